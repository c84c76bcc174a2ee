package eventlog_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// BenchmarkAppend measures durable appends of 512 bytes, the three Commits side
// by side, with writers that each wait for their own append.
func BenchmarkAppend(b *testing.B) {
	for _, w := range ways {
		for _, writers := range []int{1, 16, 64, 256} {
			b.Run(fmt.Sprintf("%s/%d", w.name, writers), func(b *testing.B) {
				s := testkit.NATS(b, func(o *natsd.Options) { o.Sync = w.sync })
				l := openLog(b, s, w.commit(s))
				benchAppend(b, l, writers)
			})
		}
	}
}

func benchAppend(b *testing.B, l *eventlog.Log, writers int) {
	body := make([]byte, 512)
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	next := make(chan int, b.N)
	for i := range b.N {
		next <- i
	}
	close(next)
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			subject := fmt.Sprintf("s.%d", w)
			for i := range next {
				start := time.Now()
				if _, err := l.Append(b.Context(), eventlog.Message{Subject: subject, Data: body}); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	b.ReportMetric(float64(took[b.N/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds()), "p99-µs")
}

// BenchmarkAppendAtomic is one writer's pairs. Most of it is the server making
// and removing the batch's staging files.
func BenchmarkAppendAtomic(b *testing.B) {
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			s := testkit.NATS(b, func(o *natsd.Options) { o.Sync = w.sync })
			l := openLog(b, s, w.commit(s))
			pair := []eventlog.Message{{Subject: "s.a", Data: make([]byte, 512)}, {Subject: "s.b", Data: make([]byte, 512)}}
			for b.Loop() {
				if _, err := l.AppendAtomic(b.Context(), pair); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
