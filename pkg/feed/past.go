package feed

import (
	"context"
	"sync"
	"time"
)

const (
	// pieceSpan is the most sequences that one piece covers. Pieces end at its
	// multiples, so that cursors that began apart soon ask for the same ones.
	pieceSpan = 1024
	// pieceIdle is how long a piece that nobody asks for is kept.
	pieceIdle = 5 * time.Second
)

// past is what lies behind the ring: read and decoded once for all cursors that
// want it at about the same time, as views do that are rebuilt side by side, and
// agents' screens that come back together.
type past[T any] struct {
	*fetcher
	decode   func(Raw) sized[T]
	run      context.Context
	maxBytes int // of pieces that are kept
	fetch    int // bytes of one read
	wg       sync.WaitGroup

	mu     sync.Mutex // guards what follows
	pieces map[uint64]*piece[T]
	bytes  int // of the pieces that are read
	sweeps bool
	closed bool
}

// piece is a part of the stream: every message after one sequence and up to
// another. What follows done may be read once done is closed.
type piece[T any] struct {
	after uint64
	used  time.Time // guarded by past.mu, as read is
	read  bool

	done    chan struct{}
	entries []Entry[T]
	to      uint64
	bytes   int
	err     error
}

// after returns the piece that begins after a sequence, being read or read. No
// read goes beyond head, which must be greater than seq and durable.
func (p *past[T]) after(seq, head uint64) *piece[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if have := p.pieces[seq]; have != nil {
		have.used = now
		return have
	}
	fresh := &piece[T]{after: seq, used: now, done: make(chan struct{})}
	if p.closed {
		fresh.err = ErrClosed
		close(fresh.done)
		return fresh
	}
	p.pieces[seq] = fresh
	p.wg.Go(func() { p.read(fresh, min(head, (seq/pieceSpan+1)*pieceSpan)) })
	return fresh
}

// read fills a piece. One that could not be read is forgotten, so that whoever
// asks again begins a new one.
func (p *past[T]) read(into *piece[T], to uint64) {
	raws, to, err := p.raws(into.after, to)
	into.to, into.err = to, err
	if len(raws) > 0 {
		into.entries = make([]Entry[T], 0, len(raws))
	}
	for _, r := range raws {
		e := p.decode(r)
		into.entries = append(into.entries, e.entry)
		into.bytes += e.bytes
	}
	p.mu.Lock()
	if err != nil {
		delete(p.pieces, into.after)
	} else {
		into.read = true
		p.bytes += into.bytes
		p.makeRoomLocked(into)
		p.sweepLaterLocked()
	}
	p.mu.Unlock()
	close(into.done)
}

// raws reads messages after one sequence and up to another, and says up to where
// nothing is left out.
func (p *past[T]) raws(after, to uint64) ([]Raw, uint64, error) {
	raws, err := p.get(p.run, after+1, int(to-after), p.fetch)
	if err != nil {
		return nil, 0, err
	}
	if len(raws) == 0 {
		raw, found, err := p.nextFromLeader(p.run, after+1)
		if err != nil {
			return nil, 0, err
		}
		if !found || raw.Seq > to {
			return nil, to, nil
		}
		raws = []Raw{raw}
	}
	for len(raws) > 0 && raws[len(raws)-1].Seq > to {
		raws = raws[:len(raws)-1] // a hole in the stream made the count reach further
	}
	if len(raws) == 0 {
		return nil, to, nil
	}
	return raws, raws[len(raws)-1].Seq, nil
}

// makeRoomLocked forgets the pieces that were not asked for the longest, but not
// the one that was just read.
func (p *past[T]) makeRoomLocked(but *piece[T]) {
	for p.bytes > p.maxBytes {
		var oldest *piece[T]
		for _, x := range p.pieces {
			if x != but && x.read && (oldest == nil || x.used.Before(oldest.used)) {
				oldest = x
			}
		}
		if oldest == nil {
			return
		}
		p.forgetLocked(oldest)
	}
}

func (p *past[T]) close() {
	p.mu.Lock()
	p.closed = true // whoever begins a read from here on is refused
	p.mu.Unlock()
	p.wg.Wait()
	p.fetcher.close()
}

func (p *past[T]) forgetLocked(x *piece[T]) {
	delete(p.pieces, x.after)
	p.bytes -= x.bytes
}

// sweepLaterLocked gives memory back when nobody reads the past any more.
func (p *past[T]) sweepLaterLocked() {
	if p.sweeps {
		return
	}
	p.sweeps = true
	time.AfterFunc(pieceIdle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sweeps = false
		for _, x := range p.pieces {
			if x.read && time.Since(x.used) >= pieceIdle {
				p.forgetLocked(x)
			}
		}
		if len(p.pieces) > 0 {
			p.sweepLaterLocked()
		}
	})
}
