package level

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// stopwatch is a clock as somebody keeps it who looks every minute.
type stopwatch struct {
	kind             events.ClockKind
	policy           events.PolicyID
	start            time.Time
	target, spent    time.Duration
	margin           time.Duration
	still            bool
	warned, breached bool
}

type ending struct {
	Kind    events.ClockKind
	Start   time.Time
	Outcome string
	Took    time.Duration
}

// model is what the slow way finds.
type model struct {
	rules    *Rules
	watches  []*stopwatch
	endings  []ending
	status   events.ConversationStatus
	priority int
	since    time.Time // open
	wait     time.Time
	call     bool // is all that is waited for
	answered bool // ever
	heard    time.Time
	theirs   bool
}

// recompute goes through the history minute by minute.
func recompute(history []event, until time.Time) *model {
	m := &model{status: events.Open}
	at := history[0].at
	for _, e := range history {
		m.pass(at, e.at)
		at = e.at
		m.look(at)
		m.decide(e)
		m.look(at)
	}
	m.pass(at, until)
	m.look(until)
	return m
}

// pass adds the minutes that a resolution runs; a response is counted from its
// start whenever somebody looks.
func (m *model) pass(from, until time.Time) {
	for _, w := range m.watches {
		if w.kind == events.Resolution && !w.still {
			w.spent += minutes(m.rules, from, until)
		}
	}
}

func minutes(r *Rules, from, until time.Time) (sum time.Duration) {
	for ; from.Before(until); from = from.Add(time.Minute) {
		if r == nil || open(r, from) {
			sum += time.Minute
		}
	}
	return sum
}

// look sees what time has made true.
func (m *model) look(now time.Time) {
	for _, w := range m.watches {
		if w.kind != events.Resolution {
			w.spent = minutes(m.rules, w.start, now)
		}
		switch {
		case w.still:
		case w.policy == "shut": // hours that never open let nothing come due that is not due as they begin
			w.breached = w.breached || w.spent == w.target
		default:
			w.warned = w.warned || !w.breached && w.margin > 0 && w.spent >= w.target-w.margin
			w.breached = w.breached || w.spent >= w.target
		}
	}
}

func (m *model) decide(e event) {
	for _, f := range e.facts {
		m.hear(e, f)
	}
	before := m.rules
	m.rules = e.rules
	for _, kind := range []events.ClockKind{events.FirstResponse, events.NextResponse, events.Resolution} {
		m.hold(kind, e, before)
	}
	pauses := func(while string) bool { return m.rules != nil && slices.Contains(m.rules.Policy.PauseWhile, while) }
	if w := m.watch(events.Resolution); w != nil {
		w.still = m.status == events.Snoozed && pauses(config.PauseSnoozed) || m.theirs && pauses(config.PauseWaiting)
	}
}

// hear is the meaning of each fact, told another way.
func (m *model) hear(e event, f events.Body) {
	m.status = status(m.status, f)
	switch f := f.(type) {
	case *events.ConversationOpened, *events.ConversationReopened:
		m.since, m.theirs = e.at, false
	case *events.ConversationResolved:
		m.finish(events.Resolution, e.at, m.rules)
		m.leave(e.at)
		m.theirs = false
	case *events.ConversationPrioritised:
		m.priority = f.Priority
	case *events.MessageAdded:
		msg := f.Message
		switch {
		case msg.Kind == events.KindNote || len(msg.Flags) > 0 || msg.Author.Kind == "bot" || msg.Author.Kind == "system":
		case msg.Direction == events.In:
			m.theirs, m.call = false, false
			if m.wait.IsZero() || m.wait.After(e.at) {
				m.wait = msg.OccurredAt
				if m.heard.After(m.wait) {
					m.wait = m.heard
				}
			}
		case !msg.OccurredAt.Before(m.wait):
			m.answer(msg.OccurredAt)
		}
	case *events.CallbackRequested:
		m.theirs = false
		wanted := f.Callback.WantedAt
		ahead := wanted != nil && wanted.After(e.at)
		switch {
		case ahead && (m.wait.IsZero() || m.call):
			m.wait, m.call = *wanted, true
		case m.wait.IsZero():
			m.wait, m.call = e.at, true
		}
	case *events.CallbackClosed:
		if f.Outcome == "reached" {
			m.answer(e.at)
		} else if m.call {
			m.leave(e.at)
		}
	}
}

func (m *model) watch(kind events.ClockKind) *stopwatch {
	for _, w := range m.watches {
		if w.kind == kind {
			return w
		}
	}
	return nil
}

func (m *model) remove(w *stopwatch) {
	m.watches = slices.DeleteFunc(m.watches, func(o *stopwatch) bool { return o == w })
}

func (m *model) answer(at time.Time) {
	for _, kind := range []events.ClockKind{events.FirstResponse, events.NextResponse} {
		m.finish(kind, at, m.rules)
	}
	m.wait, m.call, m.theirs, m.answered = time.Time{}, false, true, true
	if at.After(m.heard) {
		m.heard = at
	}
}

// finish ends what was done, well or late.
func (m *model) finish(kind events.ClockKind, at time.Time, r *Rules) {
	w := m.watch(kind)
	if w == nil {
		return
	}
	if kind != events.Resolution {
		w.spent = minutes(r, w.start, at)
	}
	outcome := OutcomeMet
	if w.spent >= w.target {
		outcome = OutcomeMissed
	}
	m.endings = append(m.endings, ending{kind, w.start, outcome, w.spent})
	m.remove(w)
}

// leave ends a wait that nobody answered.
func (m *model) leave(at time.Time) {
	for _, kind := range []events.ClockKind{events.FirstResponse, events.NextResponse} {
		if w := m.watch(kind); w != nil {
			w.spent = minutes(m.rules, w.start, at)
			outcome := OutcomeDropped
			if w.spent >= w.target {
				outcome = OutcomeMissed
			}
			m.endings = append(m.endings, ending{kind, w.start, outcome, w.spent})
			m.remove(w)
		}
	}
	m.wait, m.call = time.Time{}, false
}

// hold gives a kind its clock of now.
func (m *model) hold(kind events.ClockKind, e event, before *Rules) {
	w := m.watch(kind)
	start := m.since
	if kind != events.Resolution {
		start = m.wait
	}
	var target time.Duration
	owed := !start.IsZero() && m.status != events.Resolved && m.rules != nil &&
		(kind == events.Resolution || (kind == events.NextResponse) == m.answered)
	if owed {
		best := -1
		for i, t := range m.rules.Policy.Targets {
			if t.Priority <= m.priority && (best < 0 || t.Priority > m.rules.Policy.Targets[best].Priority) {
				best = i
				target = time.Duration(map[events.ClockKind]int{events.FirstResponse: t.FirstResponse, events.NextResponse: t.NextResponse, events.Resolution: t.Resolution}[kind]) * time.Second
			}
		}
	}
	switch {
	case target == 0 && w != nil: // its promise was taken back
		m.endings = append(m.endings, ending{kind, w.start, OutcomeDropped, w.spent})
		m.remove(w)
	case target == 0:
	case w == nil:
		w = &stopwatch{kind: kind, start: start}
		w.spent = minutes(m.rules, start, e.at)
		m.watches = append(m.watches, w)
		fallthrough
	default:
		fresh := w.target != target || w.start != start || before != m.rules
		w.policy, w.target, w.start = m.rules.Policy.ID, target, start
		w.margin = target * time.Duration(m.rules.Policy.WarnBefore) / 100
		if kind != events.Resolution {
			w.spent = minutes(m.rules, start, e.at)
		}
		if fresh {
			w.breached = w.breached && w.spent >= w.target
			w.warned = w.warned && w.margin > 0 && w.spent >= w.target-w.margin
		}
	}
}

// compare holds the row and what was said against what the slow way finds.
func (l *life) compare(m *model) {
	t := l.t
	if len(m.watches) != len(l.row.Clocks) {
		t.Fatalf("%d clocks, and %d by the minute: %s %+v", len(l.row.Clocks), len(m.watches), text(l.row.Clocks), m.watches)
	}
	for _, w := range m.watches {
		at := slices.IndexFunc(l.row.Clocks, func(c events.Clock) bool { return c.Kind == w.kind })
		if at < 0 {
			t.Fatalf("no clock of %s", w.kind)
		}
		c := l.row.Clocks[at]
		if !c.StartedAt.Equal(w.start) || time.Duration(c.Target)*time.Millisecond != w.target || c.Policy != w.policy || (c.PausedAt != nil) != w.still {
			t.Fatalf("%s, by the minute %+v", text(c), w)
		}
		if c.Warned != w.warned || c.Breached != w.breached {
			t.Fatalf("said of %s, by the minute %+v", text(c), w)
		}
		left := w.target - w.spent
		switch {
		case w.still || c.DueAt == nil:
			if c.Kind == events.Resolution && time.Duration(c.Left)*time.Millisecond != left {
				t.Fatalf("%v ms are left, by the minute %v: %s", c.Left, left, text(c))
			}
		case left > 0:
			if got := minutes(m.rules, later(l.now, c.StartedAt), *c.DueAt); got != left || !open(m.rules, c.DueAt.Add(-1)) {
				t.Fatalf("due in %v of hours, by the minute %v: %s", got, left, text(c))
			}
		case minutes(m.rules, *c.DueAt, l.now) != -left:
			t.Fatalf("late by %v of hours, by the minute %v: %s", minutes(m.rules, *c.DueAt, l.now), -left, text(c))
		}
	}
	var ends []ending
	for _, s := range l.said {
		if f, ok := s.body.(*events.ClockStopped); ok {
			ends = append(ends, ending{f.Clock.Kind, f.Clock.StartedAt, f.Outcome, time.Duration(f.Took) * time.Millisecond})
		}
	}
	if len(ends) != len(m.endings) {
		t.Fatalf("ended %+v, by the minute %+v", ends, m.endings)
	}
	for _, e := range m.endings {
		if !slices.Contains(ends, e) {
			t.Fatalf("ended %+v, by the minute %+v", ends, m.endings)
		}
	}
}
