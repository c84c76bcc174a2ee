package feed

import (
	"context"
	"errors"
	"time"
)

// Cursor is a position in the stream. It is for one goroutine at a time, needs
// no closing, and costs nothing between calls of Next.
type Cursor[T any] struct {
	feed    *Feed[T]
	after   uint64
	checked bool       // that after is not beyond the end
	old     []Entry[T] // read from behind the ring, not yet returned

	token uint64 // the read ahead, if any
	ahead *read
}

// fetchCount is the most that one read from behind the ring brings.
const fetchCount = 4096

// After is the sequence of the last entry returned, or where the cursor began.
func (c *Cursor[T]) After() uint64 { return c.after }

// Next waits until at least one entry follows and returns it and what stands
// ready behind it, in order, up to Options.Batch. The slice is shared and must
// not be changed. Errors: ctx's own, ErrClosed, ErrBeyondEnd, or the log's when
// it can promise nothing any more. A lost connection is waited for.
func (c *Cursor[T]) Next(ctx context.Context) ([]Entry[T], error) {
	for {
		if len(c.old) > 0 {
			return c.take(), nil
		}
		entries, wake, base, head, err := c.look()
		switch {
		case err != nil:
			return nil, err
		case len(entries) > 0:
			c.after = entries[len(entries)-1].Seq
			c.checked, c.ahead = true, nil
			return entries, nil
		case c.after > head && !c.checked:
			if err := c.check(ctx); err != nil {
				return nil, err
			}
			continue
		case c.after < base:
			if err := c.readOld(ctx, base); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.feed.done:
			return nil, ErrClosed
		}
	}
}

// look takes what the ring has for this cursor.
func (c *Cursor[T]) look() (entries []Entry[T], wake <-chan struct{}, base, head uint64, err error) {
	f := c.feed
	select {
	case <-f.done:
		return nil, nil, 0, 0, ErrClosed
	default:
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	base, head = f.ring.base, f.ring.head
	if c.after >= base && c.after < head {
		entries = f.ring.after(c.after, f.opts.Batch)
	}
	if len(entries) == 0 && c.after >= head && f.failed != nil {
		return nil, nil, 0, 0, f.failed
	}
	return entries, f.moved, base, head, nil
}

// check finds out whether a position past the head is one that this reader has
// not reached yet, or one that the stream never had.
func (c *Cursor[T]) check(ctx context.Context) error {
	return c.persist(ctx, func() error {
		_, last, err := c.feed.log.Bounds(ctx)
		if err != nil {
			return err
		}
		if c.after > last {
			return ErrBeyondEnd
		}
		c.checked = true
		return nil
	})
}

// readOld brings the next entries up to base, where the ring begins, or moves
// the cursor to base when there are none in between.
func (c *Cursor[T]) readOld(ctx context.Context, base uint64) error {
	return c.persist(ctx, func() error {
		raws, err := c.fetch(ctx, base)
		if err != nil {
			return err
		}
		if len(raws) == 0 {
			raw, found, err := c.feed.past.nextFromLeader(ctx, c.after+1)
			if err != nil {
				return err
			}
			if found {
				raws = []Raw{raw}
			}
		}
		for _, r := range raws {
			if r.Seq > base {
				break // the ring has it
			}
			c.old = append(c.old, c.feed.entry(r).entry)
		}
		if len(c.old) == 0 {
			c.after, c.ahead = base, nil
		}
		return nil
	})
}

// fetch collects the read that was begun ahead, or begins one, and begins the
// next, so that the server works while the caller does. No read asks for more
// than can be missing before base.
func (c *Cursor[T]) fetch(ctx context.Context, base uint64) ([]Raw, error) {
	f := c.feed
	if c.ahead == nil || c.ahead.from != c.after+1 {
		if err := c.begin(c.after, base); err != nil {
			return nil, err
		}
	}
	read := c.ahead
	c.ahead = nil
	raws, err := f.past.wait(ctx, c.token, read)
	if err != nil || len(raws) == 0 {
		return raws, err
	}
	if last := raws[len(raws)-1].Seq; last < base {
		// A read ahead that cannot be begun is begun again when it is needed.
		_ = c.begin(last, base)
	}
	return raws, nil
}

func (c *Cursor[T]) begin(after, base uint64) error {
	count := int(min(fetchCount, base-after))
	token, read, err := c.feed.past.start(after+1, count, c.feed.opts.FetchBytes)
	if err == nil {
		c.token, c.ahead = token, read
	}
	return err
}

// take returns the next of what was read from behind the ring.
func (c *Cursor[T]) take() []Entry[T] {
	n := min(len(c.old), c.feed.opts.Batch)
	out := c.old[:n:n]
	c.old = c.old[n:]
	if len(c.old) == 0 {
		c.old = nil
	}
	c.after = out[n-1].Seq
	return out
}

// persist repeats what the network may spoil until it works, or for good fails.
func (c *Cursor[T]) persist(ctx context.Context, try func() error) error {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := try()
		if err == nil || errors.Is(err, ErrBeyondEnd) {
			return err
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		case <-c.feed.done:
			again.Stop()
			return ErrClosed
		}
	}
}
