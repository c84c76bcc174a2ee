package level

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// How a clock ends.
const (
	OutcomeMet     = "met"
	OutcomeMissed  = "missed"
	OutcomeDropped = "dropped"
)

// Settle gives the facts that bring a conversation's clocks in line with what has
// been decided about it: row and m are as after the decision's other facts, the
// row's clocks as before it. What has come due until now is said first. The row is
// not changed.
//
// rules hold for it from now on; nil promises nothing. was is what its clocks ran
// under until now, where the policy, its settings or its hours have changed, and
// makes every clock take its new target; nil says that nothing of that has, or that
// the conversation has been told already. A change of priority needs no telling.
func Settle(row *events.Conversation, m Memory, rules, was *Rules, now time.Time) []events.Body {
	s := &settling{row: *row, m: m, rules: rules, ran: rules, now: whole(now)}
	if was != nil {
		s.ran = was
	}
	s.add(overdue(&s.row, s.answered)...)
	owed := promised(&s.row, m, rules)
	for _, c := range slices.Clone(s.row.Clocks) {
		s.end(c, owed)
	}
	for _, p := range owed {
		s.begin(p, was != nil)
	}
	s.pause()
	return s.facts
}

type settling struct {
	row        events.Conversation
	m          Memory
	rules, ran *Rules
	now        time.Time
	facts      []events.Body
}

func (s *settling) add(facts ...events.Body) {
	for _, f := range facts {
		Apply(&s.row, f)
		s.facts = append(s.facts, f)
	}
}

// answered is until when a clock has run: to our answer where that ended its wait.
func (s *settling) answered(c *events.Clock) time.Time {
	if c.Kind != events.Resolution && c.StartedAt.Equal(s.m.Answered) && s.m.AnsweredAt.Before(s.now) {
		return s.m.AnsweredAt
	}
	return s.now
}

// end stops a clock that is owed no more, or not from the same beginning.
func (s *settling) end(c events.Clock, owed []promise) {
	at := slices.IndexFunc(owed, func(p promise) bool { return p.kind == c.Kind })
	if at >= 0 && owed[at].start.Equal(c.StartedAt) {
		return
	}
	withdrawn := s.rules == nil || s.rules.Policy.At(s.row.Priority).Of(c.Kind) == 0
	switch {
	case c.Kind == events.Resolution && s.row.Status != events.Merged && (at >= 0 || s.row.Status == events.Resolved),
		c.Kind != events.Resolution && c.StartedAt.Equal(s.m.Answered):
		if end := s.answered(&c); s.late(&c, end) {
			s.stop(c, end, OutcomeMissed)
		} else {
			s.stop(c, end, OutcomeMet)
		}
	case at >= 0: // the wait for a call was moved
	case s.late(&c, s.now) && !withdrawn:
		s.stop(c, s.now, OutcomeMissed)
	default:
		s.stop(c, s.now, OutcomeDropped)
	}
}

func (s *settling) late(c *events.Clock, at time.Time) bool {
	if c.DueAt != nil {
		return !at.Before(*c.DueAt)
	}
	return s.ran.left(c, at) <= 0
}

func (s *settling) stop(c events.Clock, at time.Time, outcome string) {
	if outcome == OutcomeMissed && !c.Breached { // it was given an earlier end while it stood still
		if !c.Warned && s.ran != nil && s.ran.Policy.WarnBefore > 0 {
			c.Warned = true
			s.add(&events.ClockWarned{Conversation: s.row.ID, Clock: c})
		}
		c.Breached = true
		s.add(&events.ClockBreached{Conversation: s.row.ID, Clock: c})
	}
	took := max(0, target(&c)-s.ran.left(&c, at))
	s.add(&events.ClockStopped{Conversation: s.row.ID, Clock: c, Outcome: outcome, Took: took.Milliseconds()})
}

// begin starts a clock that is owed, or gives one that runs its target of now.
// anew says that the rules have changed.
func (s *settling) begin(p promise, anew bool) {
	at := slices.IndexFunc(s.row.Clocks, func(c events.Clock) bool { return c.Kind == p.kind })
	c := events.Clock{Kind: p.kind, Policy: s.rules.Policy.ID, StartedAt: p.start, Target: p.target.Milliseconds()}
	if at < 0 {
		s.rules.place(&c, p.start, p.target)
		s.add(&events.ClockStarted{Conversation: s.row.ID, Clock: c})
		return
	}
	known := s.row.Clocks[at]
	if known.StartedAt.Equal(p.start) && known.Policy == c.Policy && known.Target == c.Target && !anew {
		return
	}
	c.Warned, c.Breached = known.Warned, known.Breached
	switch spent := target(&known) - s.ran.left(&known, s.now); {
	case p.kind != events.Resolution:
		s.rules.place(&c, p.start, p.target)
	case known.PausedAt != nil:
		c.PausedAt, c.Left = known.PausedAt, (p.target - spent).Milliseconds()
	default:
		s.rules.place(&c, s.now, p.target-spent)
	}
	s.forget(&c)
	if !same(c, known) {
		s.add(&events.ClockStarted{Conversation: s.row.ID, Clock: c})
	}
}

// forget takes back of a clock with a new target what does not hold under it.
func (s *settling) forget(c *events.Clock) {
	left := s.rules.left(c, s.now)
	c.Breached = c.Breached && left <= 0
	c.Warned = c.Warned && left <= s.rules.margin(target(c)) && s.rules.Policy.WarnBefore > 0
}

func same(a, b events.Clock) bool {
	equal := func(x, y *time.Time) bool { return x == nil && y == nil || x != nil && y != nil && x.Equal(*y) }
	if !equal(a.WarnAt, b.WarnAt) || !equal(a.DueAt, b.DueAt) || !equal(a.PausedAt, b.PausedAt) || !a.StartedAt.Equal(b.StartedAt) {
		return false
	}
	return a.Kind == b.Kind && a.Policy == b.Policy && a.Target == b.Target && a.Left == b.Left && a.Warned == b.Warned && a.Breached == b.Breached
}

// pause stops the clock of the resolution or lets it go on, as the policy wants.
func (s *settling) pause() {
	at := slices.IndexFunc(s.row.Clocks, func(c events.Clock) bool { return c.Kind == events.Resolution })
	if at < 0 {
		return
	}
	c := s.row.Clocks[at]
	why := pausing(&s.row, s.m, s.rules)
	switch {
	case why != "" && c.PausedAt == nil:
		c.Left = s.rules.left(&c, s.now).Milliseconds()
		now := s.now
		c.PausedAt, c.WarnAt, c.DueAt = &now, nil, nil
		s.add(&events.ClockPaused{Conversation: s.row.ID, Clock: c, Reason: why})
	case why == "" && c.PausedAt != nil:
		s.rules.place(&c, s.now, time.Duration(c.Left)*time.Millisecond)
		s.add(&events.ClockResumed{Conversation: s.row.ID, Clock: c})
	}
}
