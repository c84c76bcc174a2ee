package assignment

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Terms are what holds in a queue beside its own settings. The zero ones are
// those of a queue that never closes and whose policy puts nobody forward.
type Terms struct {
	// Hours are the queue's, nil where somebody is always there.
	Hours Hours
	// Raise is that of its policy.
	Raise config.Raise
}

// Hours tell when a queue is open; a hours.Calendar does. See there for the
// meaning of each answer.
type Hours interface {
	Opens(t time.Time) (time.Time, bool)
	Closes(t time.Time) (time.Time, bool)
	Add(t time.Time, d time.Duration) (time.Time, bool)
}

// never is later than anything that is asked for.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// closes reports whether a queue is ever closed to what waits in it.
func (q *queue) closes() bool {
	return q.terms.Hours != nil && (q.settings.Closed == config.ClosedHolds || q.settings.Closed == config.ClosedMoves)
}

// turn looks at the hours of a queue, which stay as they are found until a time.
func (q *queue) turn(now time.Time) {
	q.shut, q.until = false, never
	if !q.closes() {
		return
	}
	if closing, ok := q.terms.Hours.Closes(now); !ok || closing.After(now) {
		if ok {
			q.until = closing
		}
		return
	}
	q.shut = true
	if opening, ok := q.terms.Hours.Opens(now); ok {
		q.until = opening
	}
}

// turn has queues that open or close by now give out what waits, or move it.
func (d *Desk) turn() {
	for _, q := range d.queues {
		if d.timers.now.Before(q.until) {
			continue
		}
		q.turn(d.timers.now)
		d.again(q)
		for _, other := range d.queues { // what stayed for want of an open one may go now
			if other != q && (other.shut && other.settings.Closed == config.ClosedMoves || d.queues[other.settings.OverflowTo] != nil && q.settings.Closed == config.ClosedMoves) {
				d.again(other)
			}
		}
	}
}

// movesTo is where what waits in a closed queue goes: the first of those it passes
// things on to that does not pass them on itself. In a circle it stays.
func (d *Desk) movesTo(q *queue) (events.QueueID, bool) {
	at := q
	for range len(d.queues) + 1 {
		next, ok := d.queues[at.settings.ClosedTo]
		if !at.shut || at.settings.Closed != config.ClosedMoves || !ok {
			return at.settings.ID, at != q
		}
		at = next
	}
	return "", false
}

// overflowsTo is where one that waits too long in a queue goes, if anywhere now: into no
// queue twice, and not into one that would pass it on at once. While all are closed to
// which it would come, it stays; it is looked at again when one opens.
func (d *Desk) overflowsTo(it *item, q *queue) (events.QueueID, bool) {
	s, w := &q.settings, it.row.Wait
	next, there := d.queues[s.OverflowTo]
	if !there || s.OverflowAfter <= 0 || len(w.Overflowed) >= events.MaxOverflowed {
		return "", false
	}
	to := s.OverflowTo
	if next.shut && next.settings.Closed == config.ClosedMoves {
		if to, there = d.movesTo(next); !there {
			return "", false
		}
	}
	return to, to != w.Queue && !slices.Contains(w.Overflowed, to)
}

// after is when so many seconds of waiting have passed: a night in a queue that
// holds what waits until the morning is nobody's waiting.
func (q *queue) after(t time.Time, seconds int) time.Time {
	wait := time.Duration(seconds) * time.Second
	if !q.closes() || q.settings.Closed != config.ClosedHolds {
		return t.Add(wait)
	}
	at, ok := q.terms.Hours.Add(t, wait)
	if !ok {
		return never
	}
	return at
}

// steps are by how much one that waits is put forward: its priority, and what the
// policy adds once a promise is at risk or missed.
func (q *queue) steps(c *events.Conversation) int {
	raise := 0
	for i := range c.Clocks {
		switch {
		case c.Clocks[i].Breached:
			raise = max(raise, q.terms.Raise.Missed)
		case c.Clocks[i].Warned:
			raise = max(raise, q.terms.Raise.Warned)
		}
	}
	return c.Priority + raise
}

// due is when the first promise of a conversation ends.
func due(c *events.Conversation) time.Time {
	first := never
	for i := range c.Clocks {
		if at := c.Clocks[i].DueAt; at != nil && at.Before(first) {
			first = *at
		}
	}
	return first
}

// wantedAt is when a customer wants to be called who waits for nothing else. Until
// then they keep their place and nobody is asked.
func wantedAt(c *events.Conversation) time.Time {
	if c.WaitingSince != nil || c.Callback == nil || c.Callback.WantedAt == nil {
		return time.Time{}
	}
	return *c.Callback.WantedAt
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
