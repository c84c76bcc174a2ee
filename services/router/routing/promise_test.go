package routing

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/level"
)

// What the log says of clocks makes the same row whether the one who settles them
// applies it or the one who replays the log.
func TestClocksAreAppliedAlike(t *testing.T) {
	st, _, err := openStore(t.TempDir()+"/router.db", noStaff{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.db.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	row := events.Conversation{ID: "cv1"}
	work := conversation.NewWork(st)
	clock := func(kind events.ClockKind, warned bool) events.Clock {
		due := at.Add(time.Hour)
		return events.Clock{Kind: kind, Policy: "fast", StartedAt: at, Target: 3600000, DueAt: &due, Warned: warned}
	}
	for i, fact := range []events.Body{
		&events.ClockStarted{Conversation: "cv1", Clock: clock(events.FirstResponse, false)},
		&events.ClockStarted{Conversation: "cv1", Clock: clock(events.Resolution, false)},
		&events.ClockPaused{Conversation: "cv1", Clock: events.Clock{Kind: events.Resolution, PausedAt: &at, Left: 5}},
		&events.ClockWarned{Conversation: "cv1", Clock: clock(events.FirstResponse, true)},
		&events.ClockResumed{Conversation: "cv1", Clock: clock(events.Resolution, false)},
		&events.ClockStopped{Conversation: "cv1", Clock: clock(events.FirstResponse, true)},
		&events.ClockStarted{Conversation: "cv1", Clock: clock(events.Resolution, true)},
		&events.ClockBreached{Conversation: "cv1", Clock: clock(events.Resolution, true)},
		&events.ClockStopped{Conversation: "cv1", Clock: clock(events.Resolution, true)},
	} {
		level.Apply(&row, fact)
		work.Replay(&events.Decision{ID: fmt.Sprint("d", i), At: at, Facts: []events.Fact{events.NewFact(fact)}})
		s, ok := work.Conversation("cv1")
		if !ok || !reflect.DeepEqual(s.Clocks, row.Clocks) {
			t.Fatalf("after %d facts one has %+v, the other %+v", i+1, s.Clocks, row.Clocks)
		}
	}
}

// What a queue promises is remembered in a form that tells every change of it, and
// gives the rules back.
func TestAPromiseIsRemembered(t *testing.T) {
	policy := fast()
	policy.Hours = "office"
	b := &book{policies: []config.Policy{policy}, hours: []config.Hours{office()}}
	q := config.Queue{ID: "sales", Mode: config.QueuePush, Policy: "fast"}
	seen := map[string]string{}
	note := func(what string) []byte {
		t.Helper()
		p := newPromises(noStaff{})
		p.read(b, zerolog.Nop())
		raw, err := p.of(q)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[string(raw)]; ok {
			t.Fatalf("%s looks like %s", what, other)
		}
		seen[string(raw)] = what
		return raw
	}
	first := note("the first")
	was := former(first)
	start := time.Date(2026, 3, 5, 17, 55, 0, 0, time.UTC)
	if due, ok := was.Hours.Add(start, 10*time.Minute); was.Policy.ID != "fast" || !ok || !due.Equal(start.Add(15*time.Hour+10*time.Minute)) {
		t.Fatalf("it gives back %+v, due at %v", was.Policy, due)
	}
	b.policies[0].WarnBefore = 30
	note("another warning")
	b.hours[0].Week.Friday = nil
	note("other hours")
	q.Mode = config.QueueManual
	note("another mode")
	q.Policy = "gone"
	if former(note("no policy")) != nil {
		t.Fatal("a queue without a policy promises nothing")
	}
}
