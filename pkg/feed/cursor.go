package feed

import (
	"context"
	"errors"
	"math"
	"time"
)

// Cursor is a position in the stream. It is for one goroutine at a time, needs
// no closing, and costs nothing between calls of Next.
type Cursor[T any] struct {
	feed    *Feed[T]
	after   uint64
	checked bool       // that after is not beyond the end
	old     []Entry[T] // from behind the ring and shared, not yet returned
}

// After is the sequence of the last entry returned, or where the cursor began.
func (c *Cursor[T]) After() uint64 { return c.after }

// Next waits until at least one entry follows and returns it and what stands
// ready behind it, in order, up to Options.Batch. The slice is shared and must
// not be changed. Errors: ctx's own, ErrClosed, ErrBeyondEnd, or the log's when
// it can promise nothing any more. A lost connection is waited for.
func (c *Cursor[T]) Next(ctx context.Context) ([]Entry[T], error) {
	return c.Until(ctx, math.MaxUint64)
}

// Until is Next for a walk that ends. It returns none once no entry up to end can
// come any more: they were returned, or aged out or were deleted, the last of them
// included. end must not be beyond Head. Entries behind end may be among what it
// returns.
func (c *Cursor[T]) Until(ctx context.Context, end uint64) ([]Entry[T], error) {
	for {
		if len(c.old) > 0 {
			return c.take(), nil
		}
		if c.after >= end {
			return nil, nil
		}
		entries, wake, base, head, err := c.look()
		switch {
		case err != nil:
			return nil, err
		case len(entries) > 0:
			c.after = entries[len(entries)-1].Seq
			c.checked = true
			return entries, nil
		case c.after > head && !c.checked:
			if err := c.check(ctx); err != nil {
				return nil, err
			}
			continue
		case c.after < base:
			if err := c.readOld(ctx, head); err != nil {
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

// readOld brings the next piece from behind the ring, or moves the cursor past a
// part of the stream that is empty. It has the piece behind that one begun, so
// that the server works while the caller does.
func (c *Cursor[T]) readOld(ctx context.Context, head uint64) error {
	return c.persist(ctx, func() error {
		p := c.feed.past.after(c.after, head)
		select {
		case <-p.done:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.feed.done:
			return ErrClosed
		}
		if p.err != nil {
			return p.err
		}
		if c.old = p.entries; len(c.old) == 0 {
			c.after = p.to
		}
		if p.to < head {
			c.feed.past.after(p.to, head)
		}
		return nil
	})
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
