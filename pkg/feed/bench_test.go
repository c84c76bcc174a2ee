package feed_test

import (
	"testing"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// BenchmarkCatchUp is how fast one cursor reads a log of 512-byte messages from
// behind the ring.
func BenchmarkCatchUp(b *testing.B) {
	l := testkit.Log(b)
	const n = 100_000
	body := make([]byte, 512)
	var last *eventlog.Pending
	for i := range n {
		last = l.AppendAsync(eventlog.Message{Subject: "test.a", Data: body})
		if i%5000 == 4999 {
			if _, err := last.Durable(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	f, err := feed.Open(b.Context(), l, func(r feed.Raw) (int, error) { return len(r.Data), nil }, feed.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for b.Loop() {
		c := f.From(0)
		for c.After() < n {
			if _, err := c.Next(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}

// BenchmarkAppendToCursor is the time from an append by one writer to its entry
// at a waiting cursor, synced in between.
func BenchmarkAppendToCursor(b *testing.B) {
	l := testkit.Log(b)
	f := openFeed(b, l, feed.Options{})
	c := f.From(0)
	for b.Loop() {
		l.AppendAsync(eventlog.Message{Subject: "test.a", Data: []byte("7")})
		if _, err := c.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
