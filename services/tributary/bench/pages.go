package bench

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// pages asks for one path, Count times by each of Senders clients, one request
// after the other.
func pages(ctx context.Context, p Plan) (*Result, error) {
	res := &Result{}
	var mu sync.Mutex
	var all samples
	var failed error
	var asking sync.WaitGroup
	for range max(p.Senders, 1) {
		asking.Go(func() {
			mine, size, err := ask(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			res.Bytes = size
			if err != nil {
				failed = err
			}
		})
	}
	asking.Wait()
	res.Ack = all.sum()
	res.Acked = res.Ack.N
	return res, failed
}

func ask(ctx context.Context, p Plan) (samples, int, error) {
	d, err := openDoor(ctx, p.Address)
	if err != nil {
		return nil, 0, err
	}
	defer d.close()
	var took samples
	var size int
	for i := 0; i < p.Count && ctx.Err() == nil; i++ {
		began := time.Now()
		status, n, err := d.call("GET", p.Path, p.Token, nil)
		if err != nil {
			return nil, 0, err
		}
		if status != 200 {
			return nil, 0, fmt.Errorf("page answered %d", status)
		}
		size = n
		if i >= p.Count/20 { // the first ones warm the caches
			took.add(time.Since(began))
		}
	}
	return took, size, ctx.Err()
}
