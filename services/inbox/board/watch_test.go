package board

import (
	"testing"
	"time"

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
		"agents of a channel": func(a *queries.Alarm) {
			a.Scope = queries.BoardScope{Kind: queries.BoardChannel, ID: "x"}
			a.Metric = queries.MetricOccupancy
		},
		"books of a queue": func(a *queries.Alarm) {
			a.Scope = queries.BoardScope{Kind: queries.BoardQueue, ID: "x"}
			a.Metric = queries.MetricRejected
		},
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
