package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// BenchmarkDecide is what deciding a customer's message costs, without the log:
// every second one from somebody who has written before, the state written to
// its file as often as in service.
func BenchmarkDecide(b *testing.B) { benchmarkDecide(b, noStaff{}, noLevels{}) }

// BenchmarkDecidePromised is the same where an answer is promised in hours.
func BenchmarkDecidePromised(b *testing.B) {
	policy := fast()
	policy.Hours = "office"
	staff := &crew{queues: []config.Queue{{ID: "sales", Mode: config.QueuePush, Policy: "fast"}}}
	benchmarkDecide(b, staff, &book{policies: []config.Policy{policy}, hours: []config.Hours{office()}})
}

func benchmarkDecide(b *testing.B, staff Staff, levels Levels) {
	st, _, err := openStore(b.TempDir()+"/router.db", staff)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := st.db.Close(); err != nil {
			b.Error(err)
		}
	}()
	at := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	st.promises.read(levels, zerolog.Nop())
	r := &Router{store: st, targets: newTargets(nil), deps: Deps{Inboxes: &settings{all: []config.Inbox{{ID: "shop", Channel: "webhook", Queue: "sales"}}}, Now: func() time.Time { return at }, Logger: zerolog.Nop()}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		who := i
		if i%2 == 1 {
			who = i * 7 % (i + 1)
		}
		in := statement("shop", "webhook", fmt.Sprint("m-", i), "a question about an order", point("external", fmt.Sprint("c-", who), events.Stated))
		st.begin()
		o, result := r.judge(feed.Entry[*events.Inbound]{Seq: uint64(i + 1), Value: in})
		if result == "stored" {
			st.take(o.work)
		}
		st.end() // before anything ends the benchmark: closing the file waits for it
		if result != "stored" {
			b.Fatalf("statement %d is %s", i, result)
		}
		if st.fresh.size() >= flushSize {
			if err := st.write(st.fresh, progress{}); err != nil {
				b.Fatal(err)
			}
			st.flushing, st.fresh = st.fresh, newLayer()
			st.settle()
		}
	}
}
