package house

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// garbageRoom is how much may be allocated between two collections, at least.
	// With a small live heap the runtime's own rule, a collection whenever the heap
	// has doubled, collects many times a second under load and takes a tenth of
	// the processor.
	garbageRoom = 256 << 20
	tuneEvery   = 2 * time.Second
	// calm is what the program may take before collections come more often than
	// that, so that a flood of large messages is held in bounds.
	calm = 640 << 20
)

// tuneMemory keeps room for garbage until ctx ends, and gives what starting took
// back to the system once ready. The runtime's forced collection every two
// minutes keeps an idle process small all the same. Who has set GOGC or GOMEMLIMIT
// has decided otherwise.
func tuneMemory(ctx context.Context, ready <-chan struct{}) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	former, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer debug.SetGCPercent(former)
	defer debug.SetMemoryLimit(limit)
	tick := time.NewTicker(tuneEvery)
	defer tick.Stop()
	for {
		if former == 100 {
			metrics.Read(live)
			debug.SetGCPercent(gcPercent(live[0].Value.Uint64()))
			if limit == math.MaxInt64 {
				debug.SetMemoryLimit(memoryLimit(live[0].Value.Uint64()))
			}
		} else {
			debug.SetGCPercent(former)
		}
		select {
		case <-ready:
			debug.FreeOSMemory()
			ready = nil
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// gcPercent allows garbageRoom, or as much again as is live, whichever is more.
func gcPercent(live uint64) int {
	return int(max(100, garbageRoom*100/max(live, 8<<20)))
}

// memoryLimit is calm, or twice what is live: more is needed than collecting can
// give, and it is not to be tried at any price. A rebuild of the views, which has
// 400 MiB at hand, spent half of its time collecting when this was half as much
// again.
func memoryLimit(live uint64) int64 { return int64(max(calm, 2*live)) }
