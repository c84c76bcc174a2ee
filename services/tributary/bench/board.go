package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// board keeps what was sent, acknowledged and seen, by message index. Times are
// since begin, and nought means not yet.
type board struct {
	start  time.Time
	origin atomic.Int64 // since start, when the sending began
	marker []byte
	warm   time.Duration
	sent   []atomic.Int64
	acked  []atomic.Int64
	seen   []atomic.Int32 // at the first agent

	sents, acks, seens, refused, delivered atomic.Int64
	lastSeen                               atomic.Int64 // at the first agent
	lastFrame                              atomic.Int64 // at any
}

func newBoard(p Plan, most int) *board {
	return &board{
		start: time.Now(), marker: []byte(p.Marker), warm: p.Warm,
		sent: make([]atomic.Int64, most), acked: make([]atomic.Int64, most), seen: make([]atomic.Int32, most),
	}
}

// begin makes this moment the zero of all times.
func (b *board) begin() { b.origin.Store(int64(time.Since(b.start))) }

func (b *board) now() int64 { return int64(time.Since(b.start)) - b.origin.Load() }

// watchers are the agents and what they saw.
type watchers struct {
	agents  []*agent
	seen    []samples
	reading sync.WaitGroup
	failed  chan error
}

// watch connects the agents and begins to read their sockets.
func (b *board) watch(ctx context.Context, p Plan) (*watchers, error) {
	w := &watchers{failed: make(chan error, 1)}
	buffer := 16 << 10
	if p.Agents > 1000 {
		buffer = 1 << 10
	}
	var mu sync.Mutex
	var opening sync.WaitGroup
	var first error
	tokens := make(chan struct{}, 32)
	w.seen = make([]samples, p.Agents)
	for range p.Agents {
		opening.Go(func() {
			tokens <- struct{}{}
			defer func() { <-tokens }()
			a, err := connectAgent(ctx, p.Live, buffer)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				first = err
				return
			}
			w.agents = append(w.agents, a)
		})
	}
	opening.Wait()
	for i, a := range w.agents {
		w.reading.Go(func() { b.follow(ctx, i, a, w) })
	}
	if first != nil {
		w.close()
	}
	return w, first
}

// follow reads one socket until it is closed. Only the first agent keeps the
// count of what was lost or doubled.
func (b *board) follow(ctx context.Context, i int, a *agent, w *watchers) {
	for {
		frame, err := a.event(ctx)
		at := b.now()
		if err != nil {
			select {
			case w.failed <- fmt.Errorf("agent %d: %w", i, err):
			default:
			}
			return
		}
		n, ok := readIndex(frame, b.marker)
		if !ok || n >= len(b.sent) {
			continue
		}
		b.delivered.Add(1)
		b.lastFrame.Store(at)
		if sent := b.sent[n].Load(); sent >= int64(b.warm) {
			w.seen[i].add(time.Duration(at - sent))
		}
		if i == 0 {
			b.seen[n].Add(1)
			b.seens.Add(1)
			b.lastSeen.Store(at)
		}
	}
}

// close ends the sockets and waits for their readers.
func (w *watchers) close() {
	for _, a := range w.agents {
		a.close()
	}
	w.reading.Wait()
}

// post sends message n and takes its acknowledgement.
func (b *board) post(d *door, p Plan, n, contact int, buf []byte) ([]byte, time.Duration, error) {
	buf = appendMessage(buf[:0], p.Run, n, contact, time.Now())
	began := b.now()
	b.sent[n].Store(max(began, 1))
	b.sents.Add(1)
	status, _, err := d.call("POST", p.Hook, "", buf)
	took := time.Duration(b.now() - began)
	switch {
	case err != nil:
		return buf, took, err
	case status/100 != 2:
		b.refused.Add(1)
	default:
		b.acked[n].Store(max(began+int64(took), 1))
		b.acks.Add(1)
	}
	return buf, took, nil
}

// settle waits until everything acknowledged was seen by all agents, or nothing
// has come for five seconds.
func (b *board) settle(ctx context.Context, agents int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	still := b.now()
	for b.delivered.Load() < b.acks.Load()*int64(agents) {
		if b.now()-max(b.lastFrame.Load(), still) > int64(5*time.Second) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// result counts. The watchers' readers have ended.
func (b *board) result(w *watchers) *Result {
	r := &Result{Sent: int(b.sents.Load()), Acked: int(b.acks.Load()), Refused: int(b.refused.Load())}
	for _, a := range w.agents {
		r.Resumed += a.resumed
		r.Jumped += a.jumped
	}
	for n := range b.sent {
		seen := b.seen[n].Load()
		switch {
		case seen == 0 && b.acked[n].Load() > 0:
			r.Lost++
		case seen > 1:
			r.Doubled++
		}
		if seen > 0 {
			r.Seen++
		}
	}
	if last := b.lastSeen.Load(); last > 0 {
		r.Rate = float64(r.Seen) / time.Duration(last).Seconds()
	}
	return r
}
