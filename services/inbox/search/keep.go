package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
)

const (
	// keepWithin bounds how long a stop waits for the disk. What is not on it by
	// then is indexed again by the next start.
	keepWithin = 5 * time.Second
	// wakeEvery is how often the background writer is woken while a stop waits.
	wakeEvery = 10 * time.Millisecond
)

var errNotKept = errors.New("search index is not on disk in time")

// written notes that the disk holds what was committed up to seq. It is called
// by the background writer, in the order of the commits.
func (x *index) written(seq uint64) {
	x.kept.Store(seq)
	select {
	case x.grew <- struct{}{}:
	default:
	}
}

// shut puts on disk what is not there yet, waiting for within at most, and then
// has done called and closes the index. Questions may be asked until done.
// errNotKept is among the errors where the time was too short. Nothing may be
// committed while it works.
func (x *index) shut(within time.Duration, done func()) error {
	stop := make(chan struct{})
	var waker sync.WaitGroup
	err := x.keep(within, stop, &waker)
	close(stop)
	done()
	err = errors.Join(err, x.Close())
	waker.Wait() // only closing ends a call that waits behind a long merge
	return err
}

func (x *index) keep(within time.Duration, stop <-chan struct{}, waker *sync.WaitGroup) error {
	if x.kept.Load() >= x.seq {
		return nil
	}
	inner, err := x.Advanced()
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	writer, ok := inner.(*scorch.Scorch)
	if !ok {
		return fmt.Errorf("search index is a %T", inner)
	}
	waker.Go(func() { wake(writer, stop) })
	late := time.NewTimer(within)
	defer late.Stop()
	for x.kept.Load() < x.seq {
		select {
		case <-x.grew:
		case <-late.C:
			return errNotKept
		}
	}
	return nil
}

// wake cuts the rests of the background writer short until stop. There is no
// call for that, but the writer rises when the merger has been through its
// segments, and that can be asked for: with a plan under which no segment may
// be merged it costs nothing. One call is not enough, for it may come just
// before the writer lies down.
func wake(writer *scorch.Scorch, stop <-chan struct{}) {
	again := time.NewTicker(wakeEvery)
	defer again.Stop()
	nothing := &mergeplan.MergePlanOptions{
		MaxSegmentSize: 0, // no segment is small enough
		CalcBudget:     func(int64, int64, *mergeplan.MergePlanOptions) int { return math.MaxInt },
	}
	for {
		// It fails only while another is asked for, and nobody else asks.
		_ = writer.ForceMerge(context.Background(), nothing)
		select {
		case <-stop:
			return
		case <-again.C:
		}
	}
}
