package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Views is where the texts are read, as they now are.
type Views interface {
	View(read func(*store.Reader) error) error
	WaitFor(ctx context.Context, seq uint64) error
}

// Feed is the log that the index follows.
type Feed = feed.Feed[*events.Decision]

const (
	// batchDocs is how many documents one batch holds.
	batchDocs = 2048
	// gather is how long a batch that is not full waits for more. Every batch is a
	// segment, and segments cost more when they are merged than when they are
	// made; who searches can wait half a second for the newest message.
	gather = 500 * time.Millisecond
	// restFor is how many times as long as the work took the index rests. What a
	// search finds may be late; what a screen shows may not, and both share the
	// processors.
	restFor = 3
	maxRest = time.Second
	// While the log grows faster than busy messages a look, the index stands back
	// altogether, for standBack at most: then it takes a batch and looks again.
	look      = 250 * time.Millisecond
	busy      = 250
	standBack = 30 * time.Second
)

// Searcher is an index and its follower. Find may be called from any goroutine,
// Run once at a time.
type Searcher struct {
	dir   string
	feed  *Feed
	views Views
	log   zerolog.Logger

	mu  sync.RWMutex // guards idx: asking reads, opening and closing write
	idx *index

	at atomic.Uint64
}

// New makes a Searcher whose index is in dir, a folder of its own. Nothing is
// opened before Run.
func New(dir string, f *Feed, v Views, log zerolog.Logger) *Searcher {
	return &Searcher{dir: dir, feed: f, views: v, log: log}
}

// Indexed is the sequence up to which decisions are in the index.
func (s *Searcher) Indexed() uint64 { return s.at.Load() }

// Lag is how many messages of the log the index is behind.
func (s *Searcher) Lag() uint64 {
	head, at := s.feed.Head(), s.at.Load()
	if head < at {
		return 0
	}
	return head - at
}

// Run follows the log until ctx ends, and then returns nil. An index that knows
// more than the log (the log was restored from a copy) is made anew.
func (s *Searcher) Run(ctx context.Context) error {
	for {
		err := s.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, feed.ErrBeyondEnd):
			s.log.Warn().Msg("search index is ahead of the log and is made anew")
			if err := os.RemoveAll(s.dir); err != nil {
				return fmt.Errorf("remove search index: %w", err)
			}
		default:
			return err
		}
	}
}

func (s *Searcher) follow(ctx context.Context) (err error) {
	idx, err := openIndex(s.dir)
	if err != nil {
		return err
	}
	s.at.Store(idx.seq)
	s.mu.Lock()
	s.idx = idx
	s.mu.Unlock()
	defer func() {
		shut := idx.shut(keepWithin, func() {
			s.mu.Lock()
			s.idx = nil
			s.mu.Unlock()
		})
		if shut != nil {
			s.log.Warn().Err(shut).Uint64("seq", idx.seq).Uint64("on_disk", idx.kept.Load()).
				Msg("search index did not end well; the next start indexes again what is not on disk")
		}
		err = errors.Join(err, shut)
	}()
	entries := make(chan []feed.Entry[*events.Decision])
	ctx, cancel := context.WithCancel(ctx)
	var reader sync.WaitGroup
	var readErr error
	reader.Go(func() {
		defer close(entries)
		readErr = s.read(ctx, s.feed.From(idx.seq), entries)
	})
	defer func() {
		cancel()
		reader.Wait()
		err = errors.Join(err, readErr)
	}()
	for {
		start, more, err := s.batch(ctx, idx, entries)
		if err != nil || !more {
			return err
		}
		if err := pause(ctx, min(restFor*time.Since(start), maxRest)); err != nil {
			return err
		}
		if err := s.standBack(ctx); err != nil {
			return err
		}
	}
}

// standBack waits while the log grows fast. What is searched for a little later
// is worth less than what a customer waits for now.
func (s *Searcher) standBack(ctx context.Context) error {
	for until := time.Now().Add(standBack); time.Now().Before(until); {
		head := s.feed.Head()
		if err := pause(ctx, look); err != nil {
			return err
		}
		if s.feed.Head()-head < busy {
			return nil
		}
	}
	return nil
}

func (s *Searcher) read(ctx context.Context, c *feed.Cursor[*events.Decision], to chan<- []feed.Entry[*events.Decision]) error {
	for {
		entries, err := c.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case to <- entries:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pause lets d pass.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// touched are the documents that a run of decisions concerns.
type touched struct {
	messages map[string]messageRef
	contacts map[events.ContactID]bool
	erased   map[events.ContactID]bool
	// gone are messages that stand in another conversation by now.
	gone map[string]bool
	seq  uint64
}

type messageRef struct {
	conv events.ConversationID
	id   events.MessageID
}

func (t *touched) size() int { return len(t.messages) + len(t.contacts) }

// batch gathers documents for a short while and writes them. start is when the
// work began; more is false when the feed has ended.
func (s *Searcher) batch(ctx context.Context, idx *index, in <-chan []feed.Entry[*events.Decision]) (start time.Time, more bool, err error) {
	entries, more := <-in
	if !more {
		return start, false, nil
	}
	t := &touched{messages: map[string]messageRef{}, contacts: map[events.ContactID]bool{}, erased: map[events.ContactID]bool{}, gone: map[string]bool{}}
	t.add(entries)
	timer := time.NewTimer(gather)
	defer timer.Stop()
gathering:
	for t.size() < batchDocs {
		select {
		case entries, more = <-in:
			if !more {
				break gathering
			}
			t.add(entries)
		case <-timer.C:
			break gathering
		}
	}
	b := idx.NewBatch()
	for {
		if err := s.views.WaitFor(ctx, t.seq); err != nil {
			return start, false, err
		}
		start = time.Now()
		b.Reset()
		err := s.views.View(func(r *store.Reader) error { return t.load(r, b) })
		if err == nil {
			break
		}
		// The file may have been taken away between the two.
		if !errors.Is(err, store.ErrRebuilding) {
			return start, false, err
		}
	}
	if err := idx.commit(b, t.seq); err != nil {
		return start, false, err
	}
	s.at.Store(t.seq)
	return start, more, nil
}

func (t *touched) add(entries []feed.Entry[*events.Decision]) {
	for _, e := range entries {
		t.seq = e.Seq
		if e.Err != nil || e.Value == nil {
			continue
		}
		for _, f := range e.Value.Facts {
			t.fact(e.Value.Contact, f.Body)
		}
	}
}

func (t *touched) fact(contact events.ContactID, body events.Body) {
	message := func(conv events.ConversationID, id events.MessageID) {
		t.messages[messageDoc(conv, id)] = messageRef{conv, id}
	}
	switch f := body.(type) {
	case *events.MessageAdded:
		message(f.Message.ConversationID, f.Message.ID)
	case *events.MessageEdited:
		message(f.Conversation, f.Message)
	case *events.MessageRemoved:
		message(f.Conversation, f.Message)
	case *events.CallAmended:
		message(f.Conversation, f.Message)
	case *events.AttachmentSettled:
		message(f.Conversation, f.Message)
	case *events.ContactMergeReversed:
		t.contacts[contact] = true
		for _, moved := range f.Moved {
			for _, id := range moved.Messages {
				message(moved.Into, id)
				if moved.From != moved.Into {
					t.gone[messageDoc(moved.From, id)] = true
				}
			}
		}
	case *events.ContactErased:
		t.contacts[contact], t.erased[contact] = true, true
	case *events.OrderStated: // is on the page, not in what is searched
	default:
		if views.ConcernsContact(body) {
			t.contacts[contact] = true
		}
	}
}

// load puts into the batch what the views hold now.
func (t *touched) load(r *store.Reader, b *bleve.Batch) error {
	for doc := range t.gone {
		b.Delete(doc)
	}
	for _, ref := range t.messages {
		m, seq, err := r.Stored(ref.conv, ref.id)
		if errors.Is(err, store.ErrNotFound) {
			continue // named by a fact and never said: nothing to find
		}
		if err != nil {
			return err
		}
		// The document is named by where the message was said, whatever
		// conversation the fact named.
		doc := messageDoc(m.ConversationID, ref.id)
		if m.HasFlag(views.FlagRemoved) || m.Kind == events.KindEvent {
			b.Delete(doc)
			continue
		}
		if err := addMessage(b, doc, seq, messageText(m)); err != nil {
			return err
		}
	}
	for id := range t.erased {
		err := r.Hidden(id, func(conv events.ConversationID, m events.MessageID) { b.Delete(messageDoc(conv, m)) })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	for id := range t.contacts {
		c, names, err := r.Indexed(id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if c.Hidden() {
			b.Delete(contactDoc(id)) // erased, or found under whom it was merged into
			continue
		}
		text, phones := contactText(c, names)
		if err := addContact(b, contactDoc(id), uint64(max(0, c.UpdatedAt.UnixNano())), text, phones); err != nil {
			return err
		}
	}
	return nil
}
