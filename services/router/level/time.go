package level

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Due is the next moment at which [OnTime] has something to say of a conversation,
// in the past where that was missed; false where there is none.
func Due(row *events.Conversation) (time.Time, bool) {
	var first time.Time
	for i := range row.Clocks {
		for _, at := range moments(&row.Clocks[i]) {
			if at != nil && (first.IsZero() || at.Before(first)) {
				first = *at
			}
		}
	}
	return first, !first.IsZero()
}

// OnTime are the warnings and breaches that are due until now and were not said,
// in the order of their moments.
func OnTime(row *events.Conversation, now time.Time) []events.Body {
	return overdue(row, func(*events.Clock) time.Time { return now })
}

// moments are when a clock warns and when it is late, nil for what was said or
// will not be.
func moments(c *events.Clock) [2]*time.Time {
	var out [2]*time.Time
	if c.PausedAt != nil || c.Breached {
		return out
	}
	if !c.Warned {
		out[0] = c.WarnAt
	}
	out[1] = c.DueAt
	return out
}

func overdue(row *events.Conversation, until func(*events.Clock) time.Time) []events.Body {
	type said struct {
		at   time.Time
		body events.Body
	}
	var all []said
	for _, c := range row.Clocks {
		next, end := moments(&c), until(&c)
		if at := next[0]; at != nil && !end.Before(*at) {
			c.Warned = true
			all = append(all, said{*at, &events.ClockWarned{Conversation: row.ID, Clock: c}})
		}
		if at := next[1]; at != nil && !end.Before(*at) {
			c.Breached = true
			all = append(all, said{*at, &events.ClockBreached{Conversation: row.ID, Clock: c}})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return a.at.Compare(b.at) })
	var out []events.Body
	for _, s := range all {
		out = append(out, s.body)
	}
	return out
}

// Apply makes a fact of a clock true in the row; others change nothing. The row's
// list of clocks is replaced, never written into, so copies of the row stand. A
// row holds one clock of a kind.
func Apply(row *events.Conversation, body events.Body) {
	switch f := body.(type) {
	case *events.ClockStarted:
		put(row, f.Clock)
	case *events.ClockPaused:
		put(row, f.Clock)
	case *events.ClockResumed:
		put(row, f.Clock)
	case *events.ClockWarned:
		put(row, f.Clock)
	case *events.ClockBreached:
		put(row, f.Clock)
	case *events.ClockStopped:
		row.Clocks = slices.DeleteFunc(slices.Clone(row.Clocks), func(c events.Clock) bool { return c.Kind == f.Clock.Kind })
		if len(row.Clocks) == 0 {
			row.Clocks = nil
		}
	}
}

func put(row *events.Conversation, c events.Clock) {
	row.Clocks = slices.Clone(row.Clocks)
	for i := range row.Clocks {
		if row.Clocks[i].Kind == c.Kind {
			row.Clocks[i] = c
			return
		}
	}
	row.Clocks = append(row.Clocks, c)
}
