package queries

import (
	"strings"
	"testing"
)

// The name of an alarm travels with every board. To see it fail, leave out its length.
func TestAnAlarmIsCheckedInWords(t *testing.T) {
	one := int64(1)
	good := func() Alarm {
		return Alarm{ID: "al1", Name: strings.Repeat("a", 200), Metric: MetricWaiting, Scope: BoardScope{Kind: BoardQueue, ID: "q1"}, Above: &one}
	}
	if a := good(); a.Check() != nil {
		t.Fatal(a.Check())
	}
	for words, spoil := range map[string]func(*Alarm){
		"longer than 200 bytes": func(a *Alarm) { a.Name += "a" },
		"needs an id":           func(a *Alarm) { a.ID = "" },
		"either a value":        func(a *Alarm) { a.Below = &one },
		"between 0 and":         func(a *Alarm) { a.For = MaxAlarmFor + 1 },
		"no id":                 func(a *Alarm) { a.Scope.Kind = BoardTotal },
		"is missing":            func(a *Alarm) { a.Scope.ID = "" },
		"unknown scope":         func(a *Alarm) { a.Scope.Kind = BoardAside },
		"unknown metric":        func(a *Alarm) { a.Metric = "mood" },
	} {
		a := good()
		spoil(&a)
		if err := a.Check(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("want %q: %v", words, err)
		}
	}
}

func TestAnAsideIsNamedByItsTeamAndQueue(t *testing.T) {
	if team, queue := AsideOf(AsideID("t1", "")); team != "t1" || queue != "" {
		t.Errorf("%q in %q", team, queue)
	}
	if team, queue := AsideOf(AsideID("t1", "q1")); team != "t1" || queue != "q1" {
		t.Errorf("%q in %q", team, queue)
	}
}
