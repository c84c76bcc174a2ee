package eventlog

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"
)

// Batch makes appends durable by sending those that wait as one atomic batch,
// for a server that syncs always: it syncs a batch once. An append that waits
// alone goes out by itself. Accepted and Durable are the same moment here.
func Batch() Commit { return batchCommit{} }

type batchCommit struct{ serverAck }

func (batchCommit) attach(_ context.Context, l *Log, st jetstream.Stream) (committer, error) {
	c := &batched{log: l}
	c.water.raise(st.CachedInfo().State.LastSeq)
	return c, nil
}

// maxBatchBytes keeps a batch's staging, which the server holds twice, small.
const maxBatchBytes = 4 << 20

// batched sends one thing at a time, a message or a batch, and meanwhile collects
// the next batch. Its goroutine lives only while something waits.
type batched struct {
	log   *Log
	water watermark
	sent  atomic.Uint64

	mu      sync.Mutex // guards what follows
	queue   []*Pending
	active  bool
	running sync.WaitGroup
}

func (c *batched) append(p *Pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, p)
	if !c.active {
		c.active = true
		c.running.Add(1)
		go c.run()
	}
}

func (c *batched) settle(p *Pending) {
	c.water.raise(p.seq)
	p.finish()
}

func (c *batched) observe(seq uint64) { c.water.raise(seq) }
func (c *batched) mark() *watermark   { return &c.water }
func (c *batched) healthy() error     { return nil }
func (c *batched) syncs() uint64      { return c.sent.Load() }

// close waits for the goroutine. The publisher is closed by then, so that it
// fails what is left.
func (c *batched) close() { c.running.Wait() }

func (c *batched) run() {
	defer c.running.Done()
	for {
		c.mu.Lock()
		n := cut(c.queue)
		if n == 0 {
			c.queue, c.active = nil, false
			c.mu.Unlock()
			return
		}
		group := c.queue[:n:n]
		c.queue = c.queue[n:]
		c.mu.Unlock()
		c.store(group)
	}
}

// cut says how many of the queue's first may travel together. A batch takes one
// expectation a subject and that on the subject's first message, and a repeated
// MsgID rejects it whole, so a message with a MsgID travels alone.
func cut(queue []*Pending) int {
	seen := make(map[string]bool, min(len(queue), MaxAtomic))
	bytes := 0
	for i, p := range queue {
		switch {
		case i == MaxAtomic, i > 0 && bytes+p.bytes > maxBatchBytes:
			return i
		case p.msg.MsgID != "":
			return max(i, 1)
		case p.msg.ExpectLast != nil && seen[p.msg.Subject]:
			return i
		}
		seen[p.msg.Subject] = true
		bytes += p.bytes
	}
	return len(queue)
}

// store sends group until each of its members is settled.
func (c *batched) store(group []*Pending) {
	for len(group) > 1 {
		msgs := make([]Message, len(group))
		for i, p := range group {
			msgs[i] = p.msg
		}
		c.sent.Add(1)
		wires := batchOf(msgs)
		a, se, err := await(context.Background(), func(done answer) { c.log.pub.sendGroup(wires, done) })
		if err == nil && se == nil {
			c.took(group, a)
			return
		}
		if err == nil {
			err = se.classify()
		}
		if errors.Is(err, ErrUnavailable) {
			for _, p := range group {
				c.log.answered(p, ack{}, nil, err)
			}
			return
		}
		rest := c.dropLosers(group, se)
		if len(rest) == len(group) {
			break // nobody can be singled out: let each meet its own fate
		}
		group = rest
	}
	for _, p := range group {
		c.sent.Add(1)
		a, se, err := await(context.Background(), func(done answer) { c.log.pub.send(wire(&p.msg), done) })
		c.log.answered(p, a, se, err)
	}
}

// took gives each of group its sequence: a batch is stored in one piece.
func (c *batched) took(group []*Pending, a ack) {
	first := a.seq - uint64(len(group)) + 1
	for i, p := range group {
		c.log.answered(p, ack{stream: a.stream, seq: first + uint64(i)}, nil, nil)
	}
}

// dropLosers fails those whose expectation does not hold and returns the others.
// Asking for the last sequences costs a round trip each, which only a batch with
// a conflict pays.
func (c *batched) dropLosers(group []*Pending, se *serverError) []*Pending {
	if se == nil || !se.conflict() {
		return group
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.log.cfg.AckTimeout)
	defer cancel()
	var rest []*Pending
	for _, p := range group {
		if want := p.msg.ExpectLast; want != nil {
			last, err := c.log.LastOnSubject(ctx, p.msg.Subject)
			if err == nil && last != *want {
				c.log.conflicts.Add(1)
				p.fail(&ConflictError{Subject: p.msg.Subject, Expected: *want, Last: last})
				continue
			}
		}
		rest = append(rest, p)
	}
	return rest
}
