package feed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

var (
	// ErrBeyondEnd means that a cursor asked for what comes after a sequence that
	// the stream has not reached: it was made before the stream was restored
	// from an older copy. Whoever holds it must start from a snapshot.
	ErrBeyondEnd = errors.New("cursor is beyond the end of the stream")
	// ErrClosed means that the Feed was closed.
	ErrClosed = errors.New("feed is closed")
)

// Raw is a message as it stands in the stream.
type Raw = eventlog.Record

// Entry is one decoded message. Entries are shared by all cursors: neither they
// nor what their values point to may be changed.
type Entry[T any] struct {
	Seq     uint64
	Subject string
	// Time is when the server stored the message.
	Time time.Time
	// Value is the zero value when Err is set.
	Value T
	// Err is why the message could not be decoded.
	Err error
}

// Options bound a Feed's memory. The zero value is a working default.
type Options struct {
	// Ring is how many of the newest entries are kept. Default 16 384.
	Ring int
	// RingBytes bounds them by the size of their raw messages. Default 16 MiB.
	RingBytes int
	// Batch is the most that Next returns at once. Default 256.
	Batch int
	// FetchBytes is about how much is read at once from behind the ring. Default
	// 1 MiB.
	FetchBytes int
	// PastBytes is how much of what was read from behind the ring is kept for
	// other cursors, by the size of the raw messages, for some seconds. Default
	// 16 MiB.
	PastBytes int
}

func (o Options) withDefaults() Options {
	for _, f := range []struct {
		v *int
		d int
	}{{&o.Ring, 16_384}, {&o.RingBytes, 16 << 20}, {&o.Batch, 256}, {&o.FetchBytes, 1 << 20}, {&o.PastBytes, 16 << 20}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return o
}

// Feed is one reader of a stream. Its methods may be called from any goroutine.
type Feed[T any] struct {
	log    *eventlog.Log
	decode func(Raw) (T, error)
	opts   Options
	past   *past[T]
	stop   context.CancelFunc
	done   <-chan struct{}
	wg     sync.WaitGroup

	mu     sync.RWMutex // guards what follows
	ring   ring[T]
	moved  chan struct{} // closed and replaced when the ring grows or fails
	failed error
}

// Open begins to read at the stream's present end; cursors may begin anywhere.
// decode is called on one goroutine for live messages and on others for older
// ones, so it must be safe for concurrent use; what it is given is its own to
// keep. A panic in it becomes the entry's error. The caller closes the Feed before the Log.
func Open[T any](ctx context.Context, log *eventlog.Log, decode func(Raw) (T, error), o Options) (*Feed[T], error) {
	_, last, err := log.Bounds(ctx)
	if err != nil {
		return nil, fmt.Errorf("open feed: %w", err)
	}
	log.Observe(last)
	if err := log.WaitDurable(ctx, last); err != nil {
		return nil, fmt.Errorf("open feed: %w", err)
	}
	fetcher, err := newFetcher(log)
	if err != nil {
		return nil, fmt.Errorf("open feed: %w", err)
	}
	run, stop := context.WithCancel(context.Background())
	o = o.withDefaults()
	f := &Feed[T]{
		log: log, decode: decode, opts: o, stop: stop, done: run.Done(),
		ring: newRing[T](o, last), moved: make(chan struct{}),
	}
	f.past = &past[T]{fetcher: fetcher, decode: f.entry, run: run, maxBytes: o.PastBytes, fetch: o.FetchBytes, pieces: map[uint64]*piece[T]{}}
	f.wg.Go(func() { f.intake(run, last) })
	return f, nil
}

// Head is the sequence up to which cursors can read now. Everything up to it is
// durable.
func (f *Feed[T]) Head() uint64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.ring.head
}

// End is the sequence of the last entry that the log has, which this feed may not have
// shown yet: whoever needs all that was written until now waits for it. It asks the
// server, and waits where the connection is lost, until ctx ends.
func (f *Feed[T]) End(ctx context.Context) (uint64, error) {
	var end uint64
	err := f.From(0).persist(ctx, func() error {
		_, last, err := f.log.Bounds(ctx)
		end = last
		return err
	})
	return end, err
}

// CatchUp waits until all can be read that the log had when it was asked, and returns
// the sequence up to which it can: where what somebody has just written must count. It
// is not for a log from whose end entries are deleted.
func (f *Feed[T]) CatchUp(ctx context.Context) (head uint64, err error) {
	end, err := f.End(ctx)
	if err != nil {
		return 0, err
	}
	for {
		f.mu.RLock()
		head, moved, failed := f.ring.head, f.moved, f.failed
		f.mu.RUnlock()
		switch {
		case head >= end:
			return head, nil
		case failed != nil:
			return 0, failed
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-f.done:
			return 0, ErrClosed
		}
	}
}

// From makes a cursor whose first entry is the first with a sequence greater
// than after; 0 means the whole stream. It reads nothing until Next is called,
// and needs no closing.
func (f *Feed[T]) From(after uint64) *Cursor[T] {
	return &Cursor[T]{feed: f, after: after}
}

// Close ends the reader and every Next, which returns ErrClosed. It waits for
// the reader.
func (f *Feed[T]) Close() {
	f.stop()
	f.wg.Wait()
	f.past.close()
}

// publish shows entries to the cursors. Their sequences rise and are durable.
func (f *Feed[T]) publish(entries []sized[T]) {
	f.mu.Lock()
	f.ring.add(entries)
	wake := f.moved
	f.moved = make(chan struct{})
	f.mu.Unlock()
	close(wake)
}

// fail tells all cursors, now and later, that nothing more can come.
func (f *Feed[T]) fail(err error) {
	f.mu.Lock()
	f.failed = err
	wake := f.moved
	f.moved = make(chan struct{})
	f.mu.Unlock()
	close(wake)
}

// sized is an entry and what it weighs in the ring.
type sized[T any] struct {
	entry Entry[T]
	bytes int
}

func (f *Feed[T]) entry(r Raw) (e sized[T]) {
	e.entry = Entry[T]{Seq: r.Seq, Subject: r.Subject, Time: r.Time}
	e.bytes = len(r.Subject) + len(r.Data) + 128*len(r.Header) + 128
	defer func() {
		if p := recover(); p != nil {
			var zero T
			e.entry.Value, e.entry.Err = zero, fmt.Errorf("decode message %d: panic: %v", r.Seq, p)
		}
	}()
	v, err := f.decode(r)
	if err != nil {
		e.entry.Err = fmt.Errorf("decode message %d: %w", r.Seq, err)
		return e
	}
	e.entry.Value = v
	return e
}
