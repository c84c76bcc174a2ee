package assignment

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// day is a desk with the rows that a router would keep: each comes of a decision,
// drafted by the rules that the router drafts by.
type day struct {
	t     *rapid.T
	desk  *Desk
	now   time.Time
	world *world
	rows  map[events.ConversationID]*events.Conversation
	n     int
}

var skills = []events.SkillID{"korean", "billing"}

func newDay(t *rapid.T) *day {
	d := &day{t: t, desk: New(config.DefaultWorkload()), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), rows: map[events.ConversationID]*events.Conversation{}}
	d.world = newWorld(d)
	for i := range rapid.IntRange(1, 3).Draw(t, "queues") {
		d.desk.SetQueue(d.queue(i), d.terms())
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "agents") {
		d.desk.SetAgent(d.agent(i))
		d.stand(events.Presence{Agent: agentID(i), State: events.AgentAvailable})
	}
	return d
}

func agentID(i int) events.AgentID { return events.AgentID(fmt.Sprintf("ag%d", i)) }
func queueID(i int) events.QueueID { return events.QueueID(fmt.Sprintf("qu%d", i)) }

func (d *day) queue(i int) config.Queue {
	t := d.t
	mode := rapid.SampledFrom([]config.QueueMode{config.QueuePush, config.QueuePush, config.QueuePush, config.QueuePull, config.QueueManual}).Draw(t, "mode")
	q := config.Queue{ID: queueID(i), Mode: mode, OfferFor: rapid.SampledFrom([]int{0, 20}).Draw(t, "offer for"), PassFor: 60, Boost: 300}
	if rapid.Bool().Draw(t, "team queue") {
		q.Teams = []events.TeamID{events.TeamID(fmt.Sprint("tm", i%2))}
	}
	if rapid.Bool().Draw(t, "needs") {
		q.Needs = []events.Need{{Skill: rapid.SampledFrom(skills).Draw(t, "skill"), Level: rapid.IntRange(1, 5).Draw(t, "level")}}
		q.Relax = []config.Relax{{After: 60, By: 2}, {After: 300, By: 3}}
	}
	q.Closed = rapid.SampledFrom([]config.ClosedMode{config.ClosedGoesOn, config.ClosedHolds, config.ClosedMoves}).Draw(t, "closed")
	q.ClosedTo = queueID((i + rapid.IntRange(1, 2).Draw(t, "closed to")) % 3)
	q.PreferFor = rapid.SampledFrom([]int{0, 90}).Draw(t, "prefer for")
	if rapid.IntRange(0, 3).Draw(t, "overflows") == 0 {
		q.OverflowTo, q.OverflowAfter = queueID((i+rapid.IntRange(1, 2).Draw(t, "overflows to"))%3), rapid.SampledFrom([]int{1, 30, 400}).Draw(t, "overflow after")
	}
	return q
}

// shift is open for ten minutes of every half hour, from the beginning of each on,
// shifted by minutes.
type shift int

func (s shift) begins(t time.Time) time.Time {
	return t.Add(-time.Duration(s) * time.Minute).Truncate(30 * time.Minute).Add(time.Duration(s) * time.Minute)
}

func (s shift) Opens(t time.Time) (time.Time, bool) {
	if at := s.begins(t); t.Before(at.Add(10 * time.Minute)) {
		return t, true
	}
	return s.begins(t).Add(30 * time.Minute), true
}

func (s shift) Closes(t time.Time) (time.Time, bool) {
	if at := s.begins(t).Add(10 * time.Minute); t.Before(at) {
		return at, true
	}
	return t, true
}

func (s shift) Add(t time.Time, d time.Duration) (time.Time, bool) {
	for {
		t, _ = s.Opens(t)
		end, _ := s.Closes(t)
		if left := end.Sub(t); d <= left {
			return t.Add(d), true
		}
		d, t = d-end.Sub(t), end
	}
}

func (d *day) terms() Terms {
	t := Terms{Raise: config.Raise{Warned: 1, Missed: 3}}
	if rapid.Bool().Draw(d.t, "has hours") {
		t.Hours = shift(rapid.IntRange(0, 29).Draw(d.t, "shift"))
	}
	return t
}

// closed says of a queue whether it gives out nothing now.
func (d *day) closed(q *queue, at time.Time) bool {
	if q.terms.Hours == nil || q.settings.Closed == config.ClosedGoesOn {
		return false
	}
	opens, _ := q.terms.Hours.Opens(at)
	return !opens.Equal(at)
}

// waited is how long one has waited by the hours of its queue, second by second.
func (d *day) waited(c *events.Conversation, from time.Time) time.Duration {
	q := d.desk.queues[c.Wait.Queue]
	if c.Callback != nil && c.WaitingSince == nil && c.Callback.WantedAt.After(from) {
		from = *c.Callback.WantedAt
	}
	if q.terms.Hours == nil || q.settings.Closed != config.ClosedHolds {
		return d.now.Sub(from)
	}
	var sum time.Duration
	for from.Before(d.now) {
		open, _ := q.terms.Hours.Opens(from)
		end, _ := q.terms.Hours.Closes(open)
		if open.Before(d.now) {
			sum += min(end.Sub(open), d.now.Sub(open))
		}
		from = end
	}
	return sum
}

func (d *day) agent(i int) config.Agent {
	a := config.Agent{ID: agentID(i), Teams: []events.TeamID{events.TeamID(fmt.Sprint("tm", i%2))}, Skills: map[events.SkillID]int{}, Capacity: rapid.SampledFrom([]int{0, 40, 100}).Draw(d.t, "capacity")}
	for _, s := range skills {
		a.Skills[s] = rapid.IntRange(0, 5).Draw(d.t, "has")
	}
	return a
}

// fair holds one choice against everything that waits: the agent may have it,
// has room for it, and nobody stands before it whom they could serve too. pulled
// says that the agent asked for it.
func (d *day) fair(c *events.Conversation, a Action, pulled bool) {
	ag := d.desk.agents[a.Agent]
	if why := d.unfit(c, ag, pulled); why != "" {
		d.t.Fatalf("%s was given to %s, who is unfit: %s", c.ID, a.Agent, why)
	}
	for _, other := range d.rows {
		if other.Wait != nil && other.Offer == nil && other.ID != c.ID && d.unfit(other, ag, pulled) == "" && d.key(other).Before(d.key(c)) {
			d.t.Fatalf("%s (%v) overtook %s (%v) at %s", c.ID, d.key(c), other.ID, d.key(other), a.Agent)
		}
	}
}

func (d *day) key(c *events.Conversation) time.Time {
	steps := c.Priority
	for _, k := range c.Clocks {
		if steps++; k.Breached {
			steps += 2
		}
	}
	return c.Wait.Since.Add(-time.Duration(steps) * 300 * time.Second)
}

// unfit says, from the rows and settings alone, why an agent may not have one
// that waits. Whoever asks for it may be away, and may have let it go by.
func (d *day) unfit(c *events.Conversation, a *agent, pulled bool) string {
	q, ok := d.desk.queues[c.Wait.Queue]
	if !ok {
		return "no queue"
	}
	s := q.settings
	if s.Mode != config.QueuePush && !(pulled && s.Mode == config.QueuePull) {
		return "not given out"
	}
	if d.closed(q, d.now) {
		return "closed"
	}
	if c.WaitingSince == nil && c.Callback != nil && c.Callback.WantedAt.After(d.now) {
		return "wants to be called later"
	}
	if len(s.Teams) > 0 && s.Teams[0] != a.settings.Teams[0] {
		return "team"
	}
	if !pulled && (a.presence.State != events.AgentAvailable || a.presence.LostAt != nil) || a.presence.State == events.AgentOffline || a.settings.Disabled {
		return "away"
	}
	off := 0
	for _, r := range s.Relax {
		if d.waited(c, c.Wait.Since) >= time.Duration(r.After)*time.Second {
			off += r.By
		}
	}
	for _, n := range s.Needs {
		if l := n.Level - off; l > 0 && a.settings.Skills[n.Skill] < l {
			return "skill"
		}
	}
	all, firm := d.load(a.settings.ID)
	w := config.DefaultWorkload().Of(c.Channels[0])
	if w.Interruptible && all+w.Units > a.capacity || !w.Interruptible && firm+w.Units > a.capacity {
		return "full"
	}
	for _, p := range c.Wait.Passed {
		if !pulled && p.Agent == a.settings.ID && d.now.Sub(p.At) < 60*time.Second {
			return "passed"
		}
	}
	if p := c.Wait.Prefer; p != "" && p != a.settings.ID && d.waited(c, c.Wait.Entered) < time.Duration(s.PreferFor)*time.Second {
		if other, known := d.desk.agents[p]; known && other.presence.State != events.AgentOffline && !other.settings.Disabled {
			for _, gone := range c.Wait.Passed {
				if gone.Agent == p && d.now.Sub(gone.At) < 60*time.Second {
					return ""
				}
			}
			return "waits for another"
		}
	}
	return ""
}

// rest holds the desk at rest against the rows: nobody waits whom an agent could
// serve, nobody who is gone holds what they have not begun, nobody who takes nothing is
// asked, and nothing that is open is with anybody who works no more.
func (d *day) rest() {
	for _, c := range d.rows {
		d.onePlace(c)
		d.withSomebody(c)
		if c.Wait == nil || c.Offer != nil {
			a, known := d.desk.agents[c.Assignee]
			if known && c.Status == events.Open && c.Unbegun != nil && a.presence.State == events.AgentOffline {
				d.t.Fatalf("%s is left with %s, who is gone", c.ID, c.Assignee)
			}
			continue
		}
		d.moved(c)
		d.overdue(c)
		for _, a := range d.desk.agents {
			if d.unfit(c, a, false) == "" {
				d.t.Fatalf("%s waits while %s is free", c.ID, a.settings.ID)
			}
		}
	}
}

// withSomebody wants whoever has a conversation in hand, or is asked to take it, to be
// there for it.
func (d *day) withSomebody(c *events.Conversation) {
	if c.Offer != nil {
		if a, known := d.desk.agents[c.Offer.Agent]; !known || a.settings.Disabled || a.presence.State != events.AgentAvailable {
			d.t.Fatalf("%s is offered to %s, who takes nothing", c.ID, c.Offer.Agent)
		}
		return
	}
	if c.Status != events.Open || c.Assignee == "" {
		return
	}
	if a, known := d.desk.agents[c.Assignee]; !known || a.settings.Disabled {
		d.t.Fatalf("%s is open with %s, who works here no more", c.ID, c.Assignee)
	}
}

// overdue wants whoever has waited too long to be where their queue overflows to, but for
// what has been there, or would be passed on from there.
func (d *day) overdue(c *events.Conversation) {
	q, ok := d.desk.queues[c.Wait.Queue]
	if !ok || q.settings.OverflowAfter == 0 || d.closed(q, d.now) && q.settings.Closed == config.ClosedMoves {
		return
	}
	next, ok := d.desk.queues[q.settings.OverflowTo]
	if !ok || slices.Contains(c.Wait.Overflowed, next.settings.ID) || d.closed(next, d.now) && next.settings.Closed == config.ClosedMoves {
		return
	}
	if d.waited(c, c.Wait.Entered) >= time.Duration(q.settings.OverflowAfter)*time.Second {
		d.t.Fatalf("%s has waited in %s since %v and belongs to %s", c.ID, c.Wait.Queue, c.Wait.Entered, next.settings.ID)
	}
}

// moved holds one that waits against where it should: not in a queue that passes on
// what waits, unless every queue that it could come to does.
func (d *day) moved(c *events.Conversation) {
	q, ok := d.desk.queues[c.Wait.Queue]
	seen := map[*queue]bool{}
	for at := q; ok; at, ok = d.desk.queues[at.settings.ClosedTo] {
		if !d.closed(at, d.now) || at.settings.Closed != config.ClosedMoves {
			if at != q {
				d.t.Fatalf("%s waits in %s, which is closed and passes on to %s", c.ID, q.settings.ID, at.settings.ID)
			}
			return
		}
		if seen[at] {
			return
		}
		seen[at] = true
	}
}

// Days of any traffic, in queues of every mode, with all that agents and customers
// do: nobody overtakes among equals, no capacity is exceeded but by hand, each
// conversation is in one place, and nobody waits whom a free agent could serve. To
// see it fail, drop the loop in give, a timer in sort, the call of free in Put,
// the question for room in the conversation's unable, the orphans of SetAgent, of
// RemoveAgent or of SetPresence, or the look at Overflowed.
func TestAnyDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDay(t)
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			d.step()
			d.work()
			d.rest()
		}
	})
}

// A desk made anew from the rows, as after a restart, does what the one before
// would have done: no timer is lost and nothing is offered twice.
func TestADeskMadeAnewGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDay(t)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			d.step()
			if rapid.IntRange(0, 4).Draw(t, "restart") == 0 {
				d.desk = d.anew()
			}
			d.work()
			d.rest()
		}
	})
}

func (d *day) anew() *Desk {
	desk := New(config.DefaultWorkload())
	for _, q := range d.desk.queues {
		desk.SetQueue(q.settings, q.terms)
	}
	for _, a := range d.desk.agents {
		desk.SetAgent(a.settings)
		desk.SetPresence(a.presence)
	}
	for _, c := range d.rows {
		row := *c
		desk.Put(&row)
	}
	return desk
}
