package inboxservice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/inbox/inboxservice"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
)

// fill writes a calm history with about n conversations.
func fill(b *testing.B, h *house, n int) (facts, messages int) {
	b.Helper()
	w := history.New(chooser(1), history.Options{New: 350, Window: 2000, Calm: true, Text: text})
	for conversations := 0; conversations < n; {
		ds := decisions(w, 2000)
		for _, d := range ds {
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
		h.write(b, ds...)
	}
	return facts, messages
}

// text is some words of three languages, the rare ones rarer.
func text(n int) string {
	words := []string{"order", "배송이", "환불", "refund", "配送", "please", "언제", "thanks", "주문", "address", "교환", "invoice"}
	x := uint64(n) * 0x9e3779b97f4a7c15
	var out []string
	for range 12 {
		x ^= x >> 29
		x *= 0xbf58476d1ce4e5b9
		out = append(out, words[x%uint64(len(words))])
	}
	return strings.Join(out, " ") + " number" + strconv.Itoa(n%5000)
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// measure asks the queries in turn, by a call and over NATS.
func measure(b *testing.B, h *house, s *inboxservice.Service, name string, asked ...[]byte) {
	ways := map[string]func(q []byte) []byte{
		"call": func(q []byte) []byte { return s.Answer(context.Background(), name, q) },
		"nats": func(q []byte) []byte {
			m, err := h.nc.Request(events.QueryPrefix+name, q, time.Minute)
			if err != nil {
				b.Fatal(err)
			}
			return m.Data
		},
	}
	for way, call := range ways {
		b.Run(way, func(b *testing.B) {
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				out := call(asked[i%len(asked)])
				took = append(took, time.Since(start))
				if !strings.HasPrefix(string(out[:6]), `{"ok":`) {
					b.Fatalf("%s", out)
				}
			}
			report(b, took)
		})
	}
}

func encode(b *testing.B, q any) []byte {
	b.Helper()
	data, err := json.Marshal(q)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// BenchmarkInbox gives the figures of DESIGN §6 that belong to the inbox: list
// page, counters, rebuild, start. With -v it prints those that are no latency.
func BenchmarkInbox(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := newHouse(b)
			s := started(b, h, n, func(d *inboxservice.Deps) { d.NoSearch = true })
			var list [][]byte
			for _, q := range []queries.ListConversations{
				{}, {Status: events.Open}, {Status: events.Open, Assignee: "ag-ann"}, {Queue: "qu-help", Channel: "webchat"}, {Tag: "vip"},
				{Team: "tm-east", Status: events.Open}, {Sort: "waiting", Status: events.Open},
			} {
				list = append(list, encode(b, q))
			}
			b.Run("page", func(b *testing.B) { measure(b, h, s, queries.Conversations, list...) })
			b.Run("counters", func(b *testing.B) { measure(b, h, s, queries.Counters, nil) })
			logHeap(b)
		})
	}
}

// started fills a log, builds the views, and starts again over them.
func started(b *testing.B, h *house, n int, shape ...func(*inboxservice.Deps)) *inboxservice.Service {
	b.Helper()
	facts, messages := fill(b, h, n)
	start := time.Now()
	_, stop := h.start(b, func(d *inboxservice.Deps) { d.NoSearch = true })
	spent := time.Since(start)
	b.Logf("rebuild: %d facts, %d messages in %v: %.0f facts/s, views %d MiB", facts, messages, spent, float64(facts)/spent.Seconds(), sizeOf(h.dir, "inbox.db"))
	stop()
	start = time.Now()
	s, _ := h.start(b, shape...)
	b.Logf("start with views present: %v", time.Since(start))
	return s
}

// BenchmarkSearch is full text over about 100 000 messages, of words common and
// rare in three languages.
func BenchmarkSearch(b *testing.B) {
	h := newHouse(b)
	s := started(b, h, 21_000)
	start := time.Now()
	testkit.Eventually(b, 2*time.Minute, func() error {
		if n := s.SearchLag(); n > 0 {
			return fmt.Errorf("%d behind", n)
		}
		return nil
	})
	spent := time.Since(start)
	b.Logf("search index: %.0f log messages/s, %d MiB", float64(h.last)/spent.Seconds(), sizeOf(h.dir, "search"))
	for _, q := range []string{"배송", "refund invoice", "number42", "number42 ", "환불 order", "配送", "numb", "Customer 77", "010-0000-1234"} {
		b.Run(q, func(b *testing.B) {
			measure(b, h, s, queries.Conversations, encode(b, queries.ListConversations{Q: q}))
		})
	}
	logHeap(b)
}

func logHeap(b *testing.B) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("heap in use with the log's server in process: %d MiB", m.HeapInuse>>20)
}

// BenchmarkIdle prints what an idle inbox adds to the process.
func BenchmarkIdle(b *testing.B) {
	rss := func() int {
		runtime.GC()
		data, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			b.Fatal(err)
		}
		pages, err := strconv.Atoi(strings.Fields(string(data))[1])
		if err != nil {
			b.Fatal(err)
		}
		return pages * os.Getpagesize() >> 10
	}
	h := newHouse(b)
	before := rss()
	s, _ := h.start(b)
	after := rss()
	for b.Loop() {
		_ = s.Applied()
	}
	b.Logf("resident before %d KiB, with an idle inbox %d KiB", before, after)
}

func sizeOf(parts ...string) (mib int64) {
	_ = filepath.Walk(filepath.Join(parts...), func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			mib += info.Size()
		}
		return nil
	})
	return mib >> 20
}
