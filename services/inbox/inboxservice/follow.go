package inboxservice

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// While the views are behind, decoding and writing go on side by side, and what
// is written goes into few large transactions, in which a row changed often is
// written once: a decision costs less than half of what it does in batches of
// 512, and no less in larger ones, which only hold more memory. Live, a batch is
// what came while the last was written.
const (
	maxBatch = 4096
	// maxBytes bounds the texts of the decisions between reader and writer.
	maxBytes = 24 << 20
	// A batch of fullBatch and more is catching up, and does not rest. Others rest
	// restFor times as long as they took to write, within these bounds: a
	// transaction for every decision costs more memory to clean up than all the
	// rest of a message's road, and its collector is what senders then wait for.
	fullBatch = 2048
	restFor   = 4
	minRest   = 100 * time.Millisecond
	maxRest   = 500 * time.Millisecond
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
	for l.err == nil && len(l.entries) > 0 && !l.hasRoom() {
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

// pop takes all there is, and gives back the room of an earlier batch. It waits
// for something, while far behind for a whole batch, and fails with what the
// line was closed with when nothing is left.
func (l *line) pop(room []entry, head func() uint64) ([]entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && (len(l.entries) == 0 || l.hasRoom() && l.entries[len(l.entries)-1].Seq+maxBatch < head()) {
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

func (l *line) hasRoom() bool { return l.bytes < maxBytes && len(l.entries) < maxBatch }

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
// moved is called after every batch; hurry is somebody who waits for the next.
func follow(ctx context.Context, s *store.Store, f *feed.Feed[*events.Decision], hurry <-chan struct{}, moved func(upTo uint64, unreadable int)) error {
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
	err := write(ctx, s, l, f.Head, hurry, moved)
	cancel()
	l.close(err)
	reader.Wait()
	return err
}

func write(ctx context.Context, s *store.Store, l *line, head func() uint64, hurry <-chan struct{}, moved func(uint64, int)) error {
	var batch []entry
	var decisions []*events.Decision
	for {
		var err error
		if batch, err = l.pop(batch, head); err != nil {
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
		began := time.Now()
		err = bolt.WhenRoom(ctx, func() error {
			return s.DB().Update(func(tx *bbolt.Tx) error { return store.Apply(tx, decisions, upTo) })
		})
		if err != nil {
			return err
		}
		clear(decisions)
		decisions = decisions[:0]
		moved(upTo, unreadable)
		if len(batch) < fullBatch {
			rest(ctx, hurry, min(max(restFor*time.Since(began), minRest), maxRest))
		}
	}
}

// rest lets a crowd of decisions gather: under load fewer and larger
// transactions, in which a row that changes often is written once, and most of
// the processor left to what brings messages to screens. A decision that comes
// alone waits for nothing, and whoever waits for a sequence ends the rest.
func rest(ctx context.Context, hurry <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-hurry:
	case <-ctx.Done():
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
