package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// filled makes a store with about n conversations and reports how fast it was
// built from decisions already decoded.
func filled(b *testing.B, n, window int) *store.Store {
	b.Helper()
	s := open(b, filepath.Join(b.TempDir(), "inbox.db"))
	b.Cleanup(func() { close1(b, s) })
	w := history.New(chooser(1), history.Options{New: 350, Window: window, Calm: true})
	var facts, messages int
	var spent time.Duration
	var conversations int64
	var batch []*events.Decision
	for conversations < int64(n) {
		for range 16384 {
			batch = append(batch, w.Next()...)
		}
		for _, d := range batch {
			facts += len(d.Facts)
			for _, f := range d.Facts {
				switch f.Body.(type) {
				case *events.ConversationOpened:
					conversations++
				case *events.MessageAdded:
					messages++
				}
			}
		}
		start := time.Now()
		for part := range slices.Chunk(batch, 8192) {
			apply(b, s, part)
		}
		spent += time.Since(start)
		batch = batch[:0]
	}
	b.Logf("%d conversations, %d messages, %d facts: %.0f facts/s", conversations, messages, facts, float64(facts)/spent.Seconds())
	return s
}

// BenchmarkPage is the list page of 50 rows of DESIGN §6, at the store.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := filled(b, n, 4000)
			for name, f := range map[string]views.Filter{
				"all": {}, "open": {Status: events.Open}, "mine": {Status: events.Open, Assignee: "ag-ann"},
				"queue+channel": {Queue: "qu-help", Channel: "webchat"}, "tag": {Tag: "vip"},
			} {
				b.Run(name, func(b *testing.B) { measurePage(b, s, f) })
			}
		})
	}
}

func measurePage(b *testing.B, s *store.Store, f views.Filter) {
	var page store.Page
	var took []time.Duration
	cursor := ""
	for b.Loop() {
		page.Reset()
		start := time.Now()
		view(b, s, func(r *store.Reader) error { return r.Conversations(&page, &f, "", cursor, 50) })
		took = append(took, time.Since(start))
		cursor = page.Next
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkApply builds views of decisions already decoded: in "window" some
// thousands of customers are active at a time, in "uniform" everybody always is,
// which is the worst case for the lists.
func BenchmarkApply(b *testing.B) {
	for name, window := range map[string]int{"window": 2000, "uniform": 0} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				filled(b, 20_000, window)
			}
		})
	}
}
