package eventlog

import (
	"context"
	"sync"
	"sync/atomic"
)

// watermark is a number that only rises, and that many may wait for.
type watermark struct {
	seq atomic.Uint64

	mu     sync.Mutex // guards what follows
	moved  chan struct{}
	broken error
}

func (w *watermark) get() uint64 { return w.seq.Load() }

// raise lifts the mark to seq; a lower seq changes nothing.
func (w *watermark) raise(seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if seq > w.seq.Load() {
		w.seq.Store(seq)
		w.wakeLocked()
	}
}

// reset sets the mark, even downwards: the stream was made anew.
func (w *watermark) reset(seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq.Store(seq)
	w.wakeLocked()
}

// fail ends every wait, now and later, for a seq that was not reached.
func (w *watermark) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken == nil {
		w.broken = err
		w.wakeLocked()
	}
}

func (w *watermark) wakeLocked() {
	if w.moved != nil {
		close(w.moved)
		w.moved = nil
	}
}

// wait returns when the mark has reached seq.
func (w *watermark) wait(ctx context.Context, seq uint64) error {
	for {
		if w.get() >= seq {
			return nil
		}
		w.mu.Lock()
		if w.broken != nil {
			defer w.mu.Unlock()
			return w.broken
		}
		if w.get() >= seq {
			w.mu.Unlock()
			return nil
		}
		if w.moved == nil {
			w.moved = make(chan struct{})
		}
		moved := w.moved
		w.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
