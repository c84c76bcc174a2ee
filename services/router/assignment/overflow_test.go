package assignment

import (
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// passes moves what the desk wants moved until a time, step by step, and tells where the
// conversation was.
func passes(t *testing.T, d *Desk, c events.Conversation, until time.Time) (events.Conversation, []events.QueueID) {
	t.Helper()
	var way []events.QueueID
	d.Put(&c)
	for now := morning; !now.After(until); now = now.Add(time.Second) {
		for a, ok := d.Next(now); ok; a, ok = d.Next(now) {
			if a.Verb != Overflow && a.Verb != PassOn {
				t.Fatalf("%+v", a)
			}
			if way = append(way, a.Queue); len(way) > 50 {
				t.Fatalf("it goes round: %v", way)
			}
			w := *c.Wait
			w.Queue, w.Entered = a.Queue, now
			if a.Verb == Overflow {
				w.Overflowed = append(slices.Clone(w.Overflowed), a.Queue)
			}
			c.Wait, c.Queue = &w, a.Queue
			d.Put(&c)
		}
	}
	return c, way
}

func waits(q events.QueueID) events.Conversation {
	c := open("cv", q)
	c.Wait = &events.Wait{Queue: q, Since: morning, Entered: morning}
	return c
}

// Queues that overflow into each other, however many, pass one that waits round once and
// then leave it where it is.
//
// To see it fail: have overflowsTo not look at Overflowed.
func TestACircleOfOverflowsEnds(t *testing.T) {
	for _, mode := range []config.QueueMode{config.QueuePush, config.QueuePull} {
		d := staffed([]config.Queue{
			{ID: "a", Mode: mode, OverflowTo: "b", OverflowAfter: 1}, {ID: "b", Mode: mode, OverflowTo: "c", OverflowAfter: 1}, {ID: "c", Mode: mode, OverflowTo: "a", OverflowAfter: 1},
			{ID: "self", Mode: mode, OverflowTo: "self", OverflowAfter: 1},
		})
		if _, way := passes(t, d, waits("a"), morning.Add(time.Hour)); !slices.Equal(way, []events.QueueID{"b", "c", "a"}) {
			t.Errorf("%s: it went %v", mode, way)
		}
		if _, way := passes(t, d, waits("self"), morning.Add(time.Minute)); len(way) > 0 {
			t.Errorf("%s: it went %v", mode, way)
		}
		full := waits("a")
		full.Wait.Overflowed = slices.Repeat([]events.QueueID{"x"}, events.MaxOverflowed)
		if _, way := passes(t, d, full, morning.Add(time.Minute)); len(way) > 0 {
			t.Errorf("%s: with %d behind it it went %v", mode, len(full.Wait.Overflowed), way)
		}
	}
}

// An overflow into a queue that is closed and passes on goes where that would pass it
// on to. Where that is back, it waits for the opening and goes then.
//
// To see it fail: have overflowsTo name the closed queue, or turn not look again at the
// queues that overflow.
func TestAnOverflowPassesOverAClosedQueue(t *testing.T) {
	opening := morning.Truncate(30 * time.Minute).Add(10 * time.Minute)
	for to, want := range map[events.QueueID][]events.QueueID{"night": {"day"}, "else": {"else"}} {
		d := staffed([]config.Queue{{ID: "night", Mode: config.QueuePull, OverflowTo: "day", OverflowAfter: 5}, {ID: "else", Mode: config.QueuePull}})
		d.SetQueue(config.Queue{ID: "day", Mode: config.QueuePull, Closed: config.ClosedMoves, ClosedTo: to}, Terms{Hours: shift(10)})
		if _, way := passes(t, d, waits("night"), opening.Add(-time.Second)); to == "night" && len(way) > 0 || to == "else" && !slices.Equal(way, want) {
			t.Errorf("before the opening it went %v", way)
		}
		d = staffed([]config.Queue{{ID: "night", Mode: config.QueuePull, OverflowTo: "day", OverflowAfter: 5}, {ID: "else", Mode: config.QueuePull}})
		d.SetQueue(config.Queue{ID: "day", Mode: config.QueuePull, Closed: config.ClosedMoves, ClosedTo: to}, Terms{Hours: shift(10)})
		if c, way := passes(t, d, waits("night"), opening.Add(9*time.Minute)); !slices.Equal(way, want) || to == "night" && !c.Wait.Entered.Equal(opening) {
			t.Errorf("with %s it went %v, since %v, and %v was open from %v", to, way, c.Wait.Entered, want, opening)
		}
	}
}
