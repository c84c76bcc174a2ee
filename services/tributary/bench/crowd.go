package bench

import (
	"context"
	"errors"
	"time"
)

// crowd opens many sockets, says so through ready, which returns when the
// idle sockets have been looked at, and then sends a few messages, each as soon
// as the former was acknowledged.
func crowd(ctx context.Context, p Plan, ready func() error) (*Result, error) {
	b := newBoard(p, p.Count)
	w, err := b.watch(ctx, p)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := ready(); err != nil {
		return nil, err
	}
	d, err := openDoor(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	defer d.close()
	b.begin()
	for n := range p.Count {
		if _, _, err := b.post(d, p, n, 0, nil); err != nil {
			return nil, err
		}
	}
	b.settle(ctx, p.Agents)
	frames, took := b.delivered.Load(), time.Duration(b.lastFrame.Load())
	w.close()
	res := b.result(w)
	if took > 0 {
		res.Delivered = float64(frames) / took.Seconds()
	}
	var all samples
	for _, s := range w.seen {
		all = append(all, s...)
	}
	res.Screen = all.sum()
	if int(frames) < p.Count*p.Agents {
		select {
		case err := <-w.failed:
			return nil, errors.Join(errors.New("not every socket was given every message"), err)
		default:
			return nil, errors.New("not every socket was given every message")
		}
	}
	return res, nil
}
