package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// mostMessages bounds the books of a flood that is bounded by time.
const mostMessages = 2_000_000

// flood has senders who each send again as soon as they are answered.
func flood(ctx context.Context, p Plan) (*Result, error) {
	most := p.Count
	if most == 0 {
		most = mostMessages
	}
	b := newBoard(p, most)
	w, err := b.watch(ctx, p)
	if err != nil {
		return nil, err
	}
	defer w.close()
	b.begin()
	var half atomic.Int64
	stopHalf := time.AfterFunc(p.Duration/2, func() { half.Store(b.acks.Load() - b.seens.Load()) })
	defer stopHalf.Stop()
	acks, err := b.rush(ctx, p, most)
	if err != nil {
		return nil, err
	}
	behind, ended := b.acks.Load()-b.seens.Load(), b.now()
	b.settle(ctx, p.Agents)
	w.close()
	res := b.result(w)
	if p.Agents == 0 {
		res.Lost, res.Rate = 0, float64(res.Acked)/time.Duration(ended).Seconds()
	} else {
		res.Behind, res.HalfBehind = int(max(behind, 0)), int(max(half.Load(), 0))
		res.Drain = float64(max(b.lastSeen.Load()-ended, 0)) / 1e6
		res.Screen = w.seen[0].sum()
	}
	res.Ack = acks.sum()
	return res, nil
}

// rush runs the senders; each has contacts of its own, so that a contact's
// messages are sent one after the other.
func (b *board) rush(ctx context.Context, p Plan, most int) (samples, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var acks samples
	var failed error
	var sending sync.WaitGroup
	for s := range p.Senders {
		sending.Go(func() {
			mine, err := b.sender(ctx, p, s, most, &next)
			mu.Lock()
			defer mu.Unlock()
			acks = append(acks, mine...)
			if err != nil {
				failed = err
			}
		})
	}
	sending.Wait()
	return acks, failed
}

func (b *board) sender(ctx context.Context, p Plan, s, most int, next *atomic.Int64) (samples, error) {
	d, err := openDoor(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	defer d.close()
	var acks samples
	var buf []byte
	each := max(p.Contacts/p.Senders, 1)
	for i := 0; ; i++ {
		n := int(next.Add(1)) - 1
		if n >= most || p.Duration > 0 && b.now() > int64(p.Duration) {
			return acks, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		contact := n
		if p.Contacts < most {
			contact = s*each + i%each
		}
		var took time.Duration
		if buf, took, err = b.post(d, p, n, contact, buf); err != nil {
			return nil, err
		}
		if b.sent[n].Load() >= int64(p.Warm) {
			acks.add(took)
		}
	}
}
