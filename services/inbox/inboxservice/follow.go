package inboxservice

import (
	"context"
	"errors"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// While the views are behind, decoding and writing go on side by side, and what
// has been decoded meanwhile goes into one transaction, so that a row changed
// often is written once. Live, a batch is what came while the last was written.
const (
	maxBatch = 8192
	// maxBytes bounds the texts of the decisions between reader and writer.
	maxBytes = 24 << 20
)

type entry = feed.Entry[*events.Decision]

// line is the queue between the reader of the feed and the writer of the views.
type line struct {
	mu      sync.Mutex // guards all below
	changed sync.Cond
	entries []entry
	bytes   int
	err     error // set when nothing more comes
}

func newLine() *line {
	l := new(line)
	l.changed.L = &l.mu
	return l
}

// push waits for room; false when the line was closed.
func (l *line) push(entries []entry) bool {
	size := weigh(entries)
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && len(l.entries) > 0 && (l.bytes+size > maxBytes || len(l.entries) >= maxBatch) {
		l.changed.Wait()
	}
	if l.err != nil {
		return false
	}
	l.entries = append(l.entries, entries...)
	l.bytes += size
	l.changed.Broadcast()
	return true
}

// pop takes all there is, into the room of an earlier batch. It waits for
// something, and fails with what the line was closed with when nothing is left.
func (l *line) pop(room []entry) ([]entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.entries) == 0 && l.err == nil {
		l.changed.Wait()
	}
	if len(l.entries) == 0 {
		return nil, l.err
	}
	out := l.entries
	clear(room)
	l.entries, l.bytes = room[:0], 0
	l.changed.Broadcast()
	return out, nil
}

func (l *line) close(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.changed.Broadcast()
}

// weigh is about how many bytes the entries hold.
func weigh(entries []entry) int {
	n := 0
	for _, e := range entries {
		n += 2048
		if e.Value == nil {
			continue
		}
		for _, f := range e.Value.Facts {
			if m, ok := f.Body.(*events.MessageAdded); ok {
				n += 2 * (len(m.Message.Text) + len(m.Message.HTML) + len(m.Message.Quoted))
			}
		}
	}
	return n
}

// follow brings the views along the log until ctx ends or something fails.
// moved is called after every batch.
func follow(ctx context.Context, s *store.Store, f *feed.Feed[*events.Decision], moved func(upTo uint64, unreadable int)) error {
	ctx, cancel := context.WithCancel(ctx)
	l := newLine()
	var reader sync.WaitGroup
	reader.Go(func() {
		c := f.From(s.Applied())
		for {
			entries, err := c.Next(ctx)
			if err != nil {
				l.close(err)
				return
			}
			if !l.push(entries) {
				return
			}
		}
	})
	err := write(s, l, moved)
	cancel()
	l.close(err)
	reader.Wait()
	return err
}

func write(s *store.Store, l *line, moved func(uint64, int)) error {
	var batch []entry
	var decisions []*events.Decision
	for {
		var err error
		if batch, err = l.pop(batch); err != nil {
			return err
		}
		if len(batch) == 0 {
			return errors.New("empty batch")
		}
		unreadable := 0
		for _, e := range batch {
			if e.Err != nil || e.Value == nil {
				// A poison message is passed over and counted: it stays in the
				// log, and must not hold up the others.
				unreadable++
				continue
			}
			decisions = append(decisions, at(e))
		}
		upTo := batch[len(batch)-1].Seq
		err = s.DB().Update(func(tx *bbolt.Tx) error { return store.Apply(tx, decisions, upTo) })
		if err != nil {
			return err
		}
		clear(decisions)
		decisions = decisions[:0]
		moved(upTo, unreadable)
	}
}

// at gives the decision its place in the log where the feed's decoder did not;
// the one in the feed is shared and stays as it is.
func at(e entry) *events.Decision {
	if e.Value.Seq == e.Seq {
		return e.Value
	}
	d := *e.Value
	d.Seq = e.Seq
	return &d
}
