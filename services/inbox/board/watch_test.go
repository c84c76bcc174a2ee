package board

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

func value(n int64) *int64 { return &n }

// An alarm holds back for as long as it is told, ends at once, and begins anew.
func TestAnAlarmIsRaisedAfterItsTimeAndEndsAtOnce(t *testing.T) {
	w := NewWatch()
	alarm := queries.Alarm{ID: "a", Metric: queries.MetricWaiting, Scope: queries.BoardScope{Kind: queries.BoardQueue, ID: "q"}, Above: value(3), For: 60}
	w.Set([]queries.Alarm{alarm})
	for i, s := range []struct {
		after, waiting int
		raised         bool
	}{
		{0, 3, false}, {10, 4, false}, {69, 9, false}, {70, 9, true}, {71, 4, true}, {72, 3, false}, {73, 4, false}, {132, 4, false}, {133, 4, true},
	} {
		b := &queries.BoardAnswer{At: start.Add(time.Duration(s.after) * time.Second), Queues: []queries.BoardLine{{ID: "q", Waiting: s.waiting}}}
		got := w.Look(b)
		if (len(got) == 1) != s.raised {
			t.Fatalf("look %d raised %v", i, got)
		}
		if s.raised && got[0].Value != int64(s.waiting) {
			t.Fatalf("look %d: %+v", i, got[0])
		}
	}
	w.Set([]queries.Alarm{alarm}) // another save of the settings
	if got := w.Look(&queries.BoardAnswer{At: start.Add(134 * time.Second), Queues: []queries.BoardLine{{ID: "q", Waiting: 4}}}); len(got) != 1 || !got[0].Since.Equal(start.Add(73*time.Second)) {
		t.Fatalf("saved as it was it is %v", got)
	}
	alarm.Above = value(2)
	w.Set([]queries.Alarm{alarm})
	if got := w.Look(&queries.BoardAnswer{At: start.Add(135 * time.Second), Queues: []queries.BoardLine{{ID: "q", Waiting: 4}}}); len(got) != 0 {
		t.Fatalf("with another threshold it is %v at once", got)
	}
}

// A number that is not there is neither high nor low.
func TestWhatIsNotKnownRaisesNothing(t *testing.T) {
	w := NewWatch()
	var alarms []queries.Alarm
	for _, m := range []queries.Metric{queries.MetricLongestWait, queries.MetricExpectedWait, queries.MetricServiceNow, queries.MetricServiceToday, queries.MetricOccupancy, queries.MetricAvailable, queries.MetricFree} {
		alarms = append(alarms, queries.Alarm{ID: string(m), Metric: m, Scope: queries.BoardScope{Kind: queries.BoardTotal}, Below: value(1000)})
	}
	w.Set(alarms)
	if got := w.Look(&queries.BoardAnswer{At: start}); len(got) != 0 {
		t.Fatalf("raised %v", got)
	}
	since, wait := start.Add(-time.Minute), int64(5000)
	line := queries.BoardLine{LongestSince: &since, ExpectedWait: &wait, ServiceNow: queries.ServiceLevel{Met: 1, Missed: 1}, ServiceToday: queries.ServiceLevel{Met: 3, Missed: 1}, Staff: &queries.Staff{Available: 2, Load: 50, Capacity: 200}}
	got := w.Look(&queries.BoardAnswer{At: start, Total: line})
	want := []int64{60, 5, 50, 75, 25, 2, 0}
	if len(got) != len(want) {
		t.Fatalf("raised %v", got)
	}
	for i := range want {
		if got[i].Value != want[i] {
			t.Errorf("%s is %d, not %d", got[i].Metric, got[i].Value, want[i])
		}
	}
}

func TestAnAlarmThatCannotBeIsRefused(t *testing.T) {
	good := queries.Alarm{ID: "a", Metric: queries.MetricOpen, Scope: queries.BoardScope{Kind: queries.BoardTotal}, Above: value(1)}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*queries.Alarm){
		"no id":            func(a *queries.Alarm) { a.ID = "" },
		"no threshold":     func(a *queries.Alarm) { a.Above = nil },
		"two thresholds":   func(a *queries.Alarm) { a.Below = value(1) },
		"negative time":    func(a *queries.Alarm) { a.For = -1 },
		"endless time":     func(a *queries.Alarm) { a.For = queries.MaxAlarmFor + 1 },
		"unknown metric":   func(a *queries.Alarm) { a.Metric = "mood" },
		"unknown scope":    func(a *queries.Alarm) { a.Scope.Kind = "house" },
		"total with id":    func(a *queries.Alarm) { a.Scope.ID = "x" },
		"queue without id": func(a *queries.Alarm) { a.Scope.Kind = queries.BoardQueue },
	} {
		a := good
		change(&a)
		if a.Check() == nil {
			t.Errorf("%s passes", name)
		}
		w := NewWatch()
		w.Set([]queries.Alarm{a})
		if got := w.Look(&queries.BoardAnswer{At: start, Total: queries.BoardLine{Open: 5}}); len(got) != 0 {
			t.Errorf("%s is raised", name)
		}
	}
}

// Every number of the board can be watched on every line that has it: agents and the
// wait to come of channels and inboxes too, and books of whatever an inbox feeds. To see
// it fail, have Check refuse a kind of line, or leave Staff or Books out of one.
func TestEveryLineCanBeWatched(t *testing.T) {
	b := New(zone, config.DefaultWorkload())
	b.SetQueue(config.Queue{ID: "x", Teams: []events.TeamID{"x"}})
	b.SetTeam(config.Team{ID: "x"})
	b.SetInbox(&config.Inbox{ID: "x", Channel: "x", Queue: "x"})
	b.SetAgent(config.Agent{ID: "ag1", Teams: []events.TeamID{"x"}})
	b.Apply(&events.Decision{Seq: 1, At: start, Facts: []events.Fact{
		events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: "ag1", State: events.AgentAvailable, Since: start}}),
		events.NewFact(&events.InboundRejected{Inbox: "x"}),
	}})
	want := map[queries.Metric]int64{
		queries.MetricAvailable: 1, queries.MetricFree: 1, queries.MetricOccupancy: 0, queries.MetricExpectedWait: 0, queries.MetricRejected: 1,
	}
	var alarms []queries.Alarm
	for metric := range want {
		for _, s := range []queries.BoardScope{
			{Kind: queries.BoardTotal}, {Kind: queries.BoardQueue, ID: "x"}, {Kind: queries.BoardTeam, ID: "x"}, {Kind: queries.BoardChannel, ID: "x"}, {Kind: queries.BoardInbox, ID: "x"},
		} {
			alarms = append(alarms, queries.Alarm{ID: string(metric) + "/" + string(s.Kind), Metric: metric, Scope: s, Above: value(-1)})
		}
	}
	w := NewWatch()
	w.Set(alarms)
	raised := w.Look(b.At(start.Add(time.Second)))
	if len(raised) != len(alarms) {
		t.Errorf("%d alarms of %d are raised: %v", len(raised), len(alarms), raised)
	}
	for _, r := range raised {
		if r.Value != want[r.Metric] {
			t.Errorf("%s is %d, not %d", r.ID, r.Value, want[r.Metric])
		}
	}
}

// Who waits beyond the target and was not answered is no success yet: the share tells
// it while they wait. To see it fail, leave Late out of Percent.
func TestWhoWaitsBeyondTheTargetIsMissedNow(t *testing.T) {
	b := New(zone, config.DefaultWorkload())
	late := events.Conversation{ID: "cv1", Status: events.Open, Clocks: []events.Clock{{Kind: events.FirstResponse, Breached: true}}}
	inTime := events.Conversation{ID: "cv2", Status: events.Open}
	b.Apply(&events.Decision{Seq: 1, At: start, Conversations: []events.Conversation{late, inTime}, Facts: []events.Fact{
		events.NewFact(&events.ClockStopped{Conversation: "cv2", Clock: events.Clock{Kind: events.FirstResponse}, Outcome: "met"}),
	}})
	for _, level := range []queries.ServiceLevel{b.At(start).Total.ServiceNow, b.At(start).Total.ServiceToday} {
		if n, ok := level.Percent(); n != 50 || !ok {
			t.Errorf("%+v is %d per cent (%v)", level, n, ok)
		}
	}
	late.Clocks = nil
	b.Apply(&events.Decision{Seq: 2, At: start.Add(time.Minute), Conversations: []events.Conversation{late}, Facts: []events.Fact{
		events.NewFact(&events.ClockStopped{Conversation: "cv1", Clock: events.Clock{Kind: events.FirstResponse}, Outcome: "missed"}),
	}})
	if got, want := b.At(start.Add(time.Minute)).Total.ServiceNow, (queries.ServiceLevel{Met: 1, Missed: 1}); got != want {
		t.Errorf("after the answer it is %+v", got)
	}
}
