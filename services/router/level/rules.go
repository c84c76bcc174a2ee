package level

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Hours count a policy's time; a hours.Calendar does. See there for the meaning of
// each answer.
type Hours interface {
	Add(t time.Time, d time.Duration) (time.Time, bool)
	Between(a, b time.Time) time.Duration
}

// Rules are a policy and its hours, round the clock where they are nil.
type Rules struct {
	Policy config.Policy
	Hours  Hours
}

func (r *Rules) between(a, b time.Time) time.Duration {
	if r == nil || r.Hours == nil {
		return b.Sub(a)
	}
	return r.Hours.Between(a, b)
}

func (r *Rules) add(t time.Time, d time.Duration) (time.Time, bool) {
	if r == nil || r.Hours == nil {
		return t.Add(d), true
	}
	return r.Hours.Add(t, d)
}

// margin is how much of a target is left when it warns; nought where it never does.
func (r *Rules) margin(target time.Duration) time.Duration {
	return (target * time.Duration(r.Policy.WarnBefore) / 100).Truncate(time.Millisecond)
}

// place lets a clock run so that left remains at a moment. Where the hours do not
// hold so much it is due at no time, says nothing, and keeps what is left.
func (r *Rules) place(c *events.Clock, at time.Time, left time.Duration) {
	c.PausedAt, c.WarnAt, c.DueAt, c.Left = nil, nil, nil, 0
	due, ok := r.add(at, left)
	if !ok {
		c.Left = left.Milliseconds()
		return
	}
	c.DueAt = &due
	if margin := r.margin(target(c)); margin > 0 {
		if warn, ok := r.add(at, left-margin); ok {
			c.WarnAt = &warn
		}
	}
}

// left is what remains of a clock at a moment, negative where it is late, more than
// all of it before it begins.
func (r *Rules) left(c *events.Clock, at time.Time) time.Duration {
	switch {
	case c.Kind != events.Resolution: // responses never pause
		return target(c) - r.between(c.StartedAt, at)
	case c.PausedAt != nil || c.DueAt == nil:
		return time.Duration(c.Left) * time.Millisecond
	}
	return r.between(at, *c.DueAt)
}

func target(c *events.Clock) time.Duration { return time.Duration(c.Target) * time.Millisecond }

// promise is a clock that should run.
type promise struct {
	kind   events.ClockKind
	start  time.Time
	target time.Duration
}

// promised lists what is owed in a conversation as it stands now.
func promised(row *events.Conversation, m Memory, r *Rules) (out []promise) {
	if r == nil || row.Status == events.Resolved || row.Status == events.Merged {
		return nil
	}
	add := func(kind events.ClockKind, start time.Time) {
		if d := r.Policy.At(row.Priority).Of(kind); d > 0 && !start.IsZero() {
			out = append(out, promise{kind, start, d})
		}
	}
	if m.AnsweredAt.IsZero() {
		add(events.FirstResponse, m.Waiting)
	} else {
		add(events.NextResponse, m.Waiting)
	}
	add(events.Resolution, m.OpenSince)
	return out
}

// pausing is why the clock of a resolution stands still; empty when it runs.
func pausing(row *events.Conversation, m Memory, r *Rules) string {
	switch {
	case row.Status == events.Snoozed && r.Policy.Pauses(config.PauseSnoozed):
		return config.PauseSnoozed
	case m.Theirs && r.Policy.Pauses(config.PauseWaiting):
		return config.PauseWaiting
	}
	return ""
}
