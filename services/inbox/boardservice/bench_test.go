package boardservice

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// filled is a log of so many decisions of one day.
func filled(b *testing.B, decisions int) *world {
	b.Helper()
	w := newWorld(b, 1)
	var pending []*eventlog.Pending
	for len(w.day.Log) < decisions {
		d := w.day.Step()
		if w.day.Now = w.day.Now.Add(-20 * time.Second); d == nil { // a busy day
			continue
		}
		data, err := d.Encode()
		must(b, err)
		pending = append(pending, w.log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(1), Data: data}))
		if len(pending) == 500 || len(w.day.Log) == decisions {
			for _, p := range pending {
				w.last, err = p.Durable(b.Context())
				must(b, err)
			}
			pending = pending[:0]
		}
	}
	w.clock.set(w.day.Now.Add(time.Hour))
	return w
}

// A start and a minute of the past with nothing on disk: the whole log is read; and
// the next minute, which goes on from there. The figures are for one decision.
func BenchmarkReplay(b *testing.B) {
	const decisions = 60_000
	w := filled(b, decisions)
	per := func(what string, since time.Time) {
		b.ReportMetric(float64(time.Since(since).Nanoseconds())/decisions, "ns/decision-"+what)
	}
	for b.Loop() {
		must(b, os.RemoveAll(filepath.Join(w.dir, "board")))
		began := time.Now()
		s, stop := w.start()
		per("start", began)
		stop()
		must(b, os.RemoveAll(filepath.Join(w.dir, "board")))
		began = time.Now()
		_, err := s.Past(b.Context(), w.day.Now.Add(time.Minute))
		must(b, err)
		per("past", began)
		began = time.Now()
		_, err = s.Past(b.Context(), w.day.Now.Add(2*time.Minute))
		must(b, err)
		b.ReportMetric(float64(time.Since(began).Microseconds()), "µs-next-minute")
	}
}
