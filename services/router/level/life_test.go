package level

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/hours"
)

const conv = events.ConversationID("cv1")

// event is one decision, as the history keeps it: its facts without those of
// clocks, and the rules from then on.
type event struct {
	at         time.Time
	facts      []events.Body
	rules, was *Rules
}

// life is a conversation as a router would keep it.
type life struct {
	t       *rapid.T
	now     time.Time
	row     events.Conversation
	memory  Memory
	rules   *Rules
	history []event
	said    []spokenAt
}

type spokenAt struct {
	at    time.Time
	body  events.Body
	rules *Rules
}

var opening = time.Date(2026, 3, 6, 8, 0, 0, 0, time.UTC) // a Friday before the clocks of New York go ahead

func calendar(zone string, days ...string) Hours {
	h := config.Hours{Zone: zone}
	for i, day := range []*[]config.Block{&h.Week.Monday, &h.Week.Tuesday, &h.Week.Wednesday, &h.Week.Thursday, &h.Week.Friday, &h.Week.Saturday, &h.Week.Sunday} {
		for at := 0; at+1 < len(days[i%len(days)]); at += 12 {
			*day = append(*day, config.Block{From: days[i%len(days)][at : at+5], To: days[i%len(days)][at+6 : at+11]})
		}
	}
	at, err := h.Location()
	if err != nil {
		panic(err)
	}
	c, err := hours.Compile(h, at)
	if err != nil {
		panic(err)
	}
	return c
}

func policy(id string, warn int, first, next, resolution int, pauses ...string) config.Policy {
	scale := func(n int) []config.Target {
		return []config.Target{
			{Priority: 0, FirstResponse: first * n, NextResponse: next * n, Resolution: resolution * n},
			{Priority: 5, FirstResponse: first * n / 2, Resolution: resolution * n / 2},
		}
	}
	return config.Policy{ID: events.PolicyID(id), Name: id, WarnBefore: warn, PauseWhile: pauses, Targets: scale(60)}
}

var everyRules = []*Rules{
	nil,
	{Policy: policy("clock", 20, 60, 100, 600, config.PauseSnoozed, config.PauseWaiting)},
	{Policy: policy("office", 20, 120, 60, 1200, config.PauseSnoozed, config.PauseWaiting), Hours: calendar("Asia/Seoul", "09:00-12:00 13:00-18:00", "08:00-20:00")},
	{Policy: policy("office", 20, 120, 60, 1200, config.PauseSnoozed), Hours: calendar("America/New_York", "00:00-06:00 22:00-24:00", "01:30-03:30")}, // the same one with other settings
	{Policy: policy("mild", 0, 30, 0, 300), Hours: calendar("Australia/Lord_Howe", "07:00-23:00")},
	{Policy: policy("shut", 50, 30, 30, 300, config.PauseWaiting), Hours: calendar("UTC", "")},
}

func begin(t *rapid.T) *life {
	l := &life{t: t, now: opening.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "opening")) * time.Minute), rules: rapid.SampledFrom(everyRules).Draw(t, "rules")}
	l.row = events.Conversation{ID: conv, Status: events.Open}
	l.decide(nil, &events.ConversationOpened{Conversation: conv}, l.message(events.In, "contact", 0))
	return l
}

func (l *life) message(d events.Direction, author string, back int, flags ...string) *events.MessageAdded {
	return &events.MessageAdded{Message: events.Message{
		ConversationID: conv, Direction: d, Kind: events.KindMessage, Author: events.Author{Kind: author}, Flags: flags,
		OccurredAt: l.now.Add(-time.Duration(back) * time.Minute),
	}}
}

// decide is one decision of a router: facts, then what they mean for clocks.
func (l *life) decide(was *Rules, facts ...events.Body) {
	for _, f := range facts {
		l.row.Status = status(l.row.Status, f)
		if p, ok := f.(*events.ConversationPrioritised); ok {
			l.row.Priority = p.Priority
		}
		if c, ok := Read(f, false); ok {
			l.memory = l.memory.After(c, l.now)
		}
	}
	l.history = append(l.history, event{l.now, facts, l.rules, was})
	before := l.row
	l.apply(Settle(&before, l.memory, l.rules, was, l.now))
	if again := Settle(&l.row, l.memory, l.rules, nil, l.now); len(again) > 0 && !saying(again) {
		l.t.Fatalf("settled twice: %s", text(again))
	}
	l.apply(OnTime(&l.row, l.now))
}

func saying(facts []events.Body) bool {
	return !slices.ContainsFunc(facts, func(f events.Body) bool {
		t := f.FactType()
		return t != "clock.warned" && t != "clock.breached"
	})
}

func (l *life) apply(facts []events.Body) {
	for _, f := range facts {
		Apply(&l.row, f)
		l.said = append(l.said, spokenAt{l.now, f, l.rules})
	}
}

func status(s events.ConversationStatus, f events.Body) events.ConversationStatus {
	switch f.(type) {
	case *events.ConversationResolved:
		return events.Resolved
	case *events.ConversationReopened, *events.ConversationWoken:
		return events.Open
	case *events.ConversationSnoozed:
		return events.Snoozed
	}
	return s
}

// step is one thing that happens.
func (l *life) step() {
	t := l.t
	back := rapid.SampledFrom([]int{0, 0, 0, 1, 30, 500}).Draw(t, "stated late by")
	var facts []events.Body
	revive := func() {
		switch l.row.Status {
		case events.Resolved:
			facts = append(facts, &events.ConversationReopened{Conversation: conv})
		case events.Snoozed:
			facts = append(facts, &events.ConversationWoken{Conversation: conv})
		}
	}
	switch rapid.IntRange(0, 17).Draw(t, "what") {
	case 0, 1:
		revive()
		facts = append(facts, l.message(events.In, "contact", back))
	case 2, 3:
		revive()
		facts = append(facts, l.message(events.Out, rapid.SampledFrom([]string{"agent", "integration"}).Draw(t, "who"), back))
		if rapid.IntRange(0, 3).Draw(t, "and resolves") == 0 {
			facts = append(facts, &events.ConversationResolved{Conversation: conv})
		}
	case 4: // none of these counts
		note := l.message(events.Out, "agent", 0)
		note.Message.Kind = events.KindNote
		facts = append(facts, note, l.message(events.Out, "bot", 0), l.message(events.Out, "system", 0), l.message(events.In, "contact", 0, flagAutomatic))
	case 5:
		if l.row.Status != events.Resolved {
			facts = append(facts, &events.ConversationResolved{Conversation: conv})
		}
	case 6:
		revive()
	case 7:
		if l.row.Status == events.Open {
			facts = append(facts, &events.ConversationSnoozed{Conversation: conv})
		}
	case 8:
		facts = append(facts, &events.ConversationPrioritised{Conversation: conv, Priority: rapid.SampledFrom([]int{-1, 0, 5}).Draw(t, "priority")})
	case 9:
		was := l.rules
		l.rules = rapid.SampledFrom(everyRules).Draw(t, "new rules")
		l.decide(was)
		return
	case 10:
		revive()
		cb := events.Callback{}
		if rapid.Bool().Draw(t, "at a time") {
			at := l.now.Add(time.Duration(rapid.IntRange(-60, 900).Draw(t, "wanted")) * time.Minute)
			cb.WantedAt = &at
		}
		facts = append(facts, &events.CallbackRequested{Conversation: conv, Callback: cb})
	case 11:
		if l.row.Status != events.Resolved {
			facts = append(facts, &events.CallbackClosed{Conversation: conv, Outcome: rapid.SampledFrom([]string{"reached", "cancelled"}).Draw(t, "outcome")})
		}
	default:
		l.pass(time.Duration(rapid.SampledFrom([]int{1, 7, 40, 130, 700, 2000}).Draw(t, "minutes")) * time.Minute)
		return
	}
	l.decide(nil, facts...)
}

// pass lets time go by. Timers fire at their moments, unless nobody runs them and
// whoever starts again is late.
func (l *life) pass(d time.Duration) {
	end := l.now.Add(d)
	if rapid.IntRange(0, 3).Draw(l.t, "down") == 0 {
		l.restart()
		l.now = end
		if rapid.Bool().Draw(l.t, "begins with a decision") {
			return
		}
	}
	for at, ok := Due(&l.row); ok && !at.After(end); at, ok = Due(&l.row) {
		if at.After(l.now) {
			l.now = at
		}
		facts := OnTime(&l.row, l.now)
		if len(facts) == 0 {
			l.t.Fatalf("due at %v, and nothing to say: %s", at, text(l.row.Clocks))
		}
		if early := OnTime(&l.row, at.Add(-1)); len(early) > 0 {
			l.t.Fatalf("due at %v, and %s before", at, text(early))
		}
		l.apply(facts)
	}
	l.now = end
}

// restart keeps nothing but what is stored.
func (l *life) restart() {
	var row events.Conversation
	var m Memory
	for from, into := range map[any]any{&l.row: &row, &l.memory: &m} {
		data, err := json.Marshal(from)
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	before, had := Due(&l.row)
	if after, has := Due(&row); had != has || !after.Equal(before) {
		l.t.Fatalf("due at %v before the restart, at %v after it", before, after)
	}
	l.row.Clocks, l.memory = row.Clocks, m
}

func text(v any) string {
	data, err := json.Marshal(v)
	return fmt.Sprint(string(data), err)
}

// Any life: the clocks of the row are at random moments those that somebody finds
// who goes through all of the history minute by minute, and so are the ends of
// those that ended; what is said is said once, in order, and not while paused. To
// see it fail, drop a line of settling.end, forget or pause, or keep Left out of
// place.
func TestAnyLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := begin(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			l.step()
			if rapid.IntRange(0, 3).Draw(t, "look") == 0 {
				l.apply(OnTime(&l.row, l.now))
				l.compare(recompute(l.history, l.now))
			}
		}
		l.apply(OnTime(&l.row, l.now))
		l.compare(recompute(l.history, l.now))
		l.heard()
	})
}

// heard holds what was said against the rules of saying it.
func (l *life) heard() {
	now, placed := map[events.ClockKind]events.Clock{}, map[events.ClockKind]spokenAt{}
	for _, s := range l.said {
		var c events.Clock
		switch f := s.body.(type) {
		case *events.ClockStarted:
			now[f.Clock.Kind], placed[f.Clock.Kind] = f.Clock, s
			continue
		case *events.ClockPaused:
			c = f.Clock
		case *events.ClockResumed:
			c = f.Clock
			placed[c.Kind] = s
		case *events.ClockWarned:
			if c = f.Clock; now[c.Kind].Warned || now[c.Kind].Breached {
				l.t.Fatalf("warned twice or too late: %s", text(f))
			}
			if c.PausedAt == nil { // else it was stopped there, late
				l.within(s.at, c.WarnAt, now[c.Kind], placed[c.Kind])
			}
		case *events.ClockBreached:
			if c = f.Clock; now[c.Kind].Breached || c.WarnAt != nil && !now[c.Kind].Warned {
				l.t.Fatalf("late twice or without a warning: %s", text(f))
			}
			if c.PausedAt == nil {
				l.within(s.at, c.DueAt, now[c.Kind], placed[c.Kind])
			}
		case *events.ClockStopped:
			if f.Outcome == OutcomeMissed && !now[f.Clock.Kind].Breached {
				l.t.Fatalf("missed and never said: %s", text(f))
			}
			delete(now, f.Clock.Kind)
			continue
		}
		now[c.Kind] = c
	}
}

// within holds a moment of saying against the hours under which the clock was
// placed: it lies at their edge or inside, but for one that was past at once.
func (l *life) within(said time.Time, moment *time.Time, before events.Clock, by spokenAt) {
	switch {
	case before.Policy == "shut": // only ever said as it stops
	case before.PausedAt != nil:
		l.t.Fatalf("said while paused: %s", text(before))
	case moment == nil || said.Before(*moment):
		l.t.Fatalf("said at %v for %v", said, moment)
	case moment.After(by.at) && !open(by.rules, moment.Add(-1)):
		l.t.Fatalf("said for %v, when it is closed: %s", moment, text(before))
	}
}

func open(r *Rules, at time.Time) bool {
	return r.Hours == nil || r.Hours.(*hours.Calendar).Open(at)
}
