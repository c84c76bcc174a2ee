package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// steady sends at an even rate, whatever the answers do, so that a slow answer
// delays no later message and hides nothing. Screen is over every agent's
// socket.
func steady(ctx context.Context, p Plan) (*Result, error) {
	total := int(float64(p.Rate) * (p.Warm + p.Duration).Seconds())
	b := newBoard(p, total)
	w, err := b.watch(ctx, p)
	if err != nil {
		return nil, err
	}
	defer w.close()
	doors := make(chan *door, p.Senders)
	for range p.Senders {
		d, err := openDoor(ctx, p.Address)
		if err != nil {
			return nil, err
		}
		defer d.close()
		doors <- d
	}
	b.begin()
	acks, err := b.paced(ctx, p, total, doors)
	if err != nil {
		return nil, err
	}
	b.settle(ctx, p.Agents)
	w.close()
	res := b.result(w)
	var all samples
	for _, s := range w.seen {
		all = append(all, s...)
	}
	res.Ack, res.Screen = acks.sum(), all.sum()
	return res, nil
}

// paced sends message n at n/Rate.
func (b *board) paced(ctx context.Context, p Plan, total int, doors chan *door) (samples, error) {
	gap := time.Second / time.Duration(p.Rate)
	var mu sync.Mutex
	var acks samples
	var failed error
	var sending sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; n < total && ctx.Err() == nil; n++ {
		timer.Reset(time.Duration(n)*gap - time.Duration(b.now()))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		sending.Go(func() {
			d := <-doors
			defer func() { doors <- d }()
			_, took, err := b.post(d, p, n, n%p.Contacts, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
			} else if b.sent[n].Load() >= int64(p.Warm) {
				acks.add(took)
			}
		})
	}
	sending.Wait()
	return acks, errors.Join(failed, ctx.Err())
}
