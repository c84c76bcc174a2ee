package assignment

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// day is a desk with the rows as a router would keep them.
type day struct {
	t     *rapid.T
	desk  *Desk
	now   time.Time
	rows  map[events.ConversationID]*events.Conversation
	done  map[events.ConversationID]int
	offer int
}

var skills = []events.SkillID{"korean", "billing"}

func newDay(t *rapid.T) *day {
	d := &day{t: t, desk: New(config.DefaultWorkload()), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), rows: map[events.ConversationID]*events.Conversation{}, done: map[events.ConversationID]int{}}
	for i := range rapid.IntRange(1, 3).Draw(t, "queues") {
		d.desk.SetQueue(d.queue(i), d.terms())
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "agents") {
		d.desk.SetAgent(d.agent(i))
		d.desk.SetPresence(events.Presence{Agent: agentID(i), State: events.AgentAvailable, Since: d.now})
	}
	return d
}

func agentID(i int) events.AgentID { return events.AgentID(fmt.Sprintf("ag%d", i)) }
func queueID(i int) events.QueueID { return events.QueueID(fmt.Sprintf("qu%d", i)) }

func (d *day) queue(i int) config.Queue {
	t := d.t
	q := config.Queue{ID: queueID(i), Mode: config.QueuePush, OfferFor: rapid.SampledFrom([]int{0, 20}).Draw(t, "offer for"), PassFor: 60, Boost: 300}
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
		q.OverflowTo, q.OverflowAfter = queueID(i+1), 400
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

// step is one thing that happens in a day.
func (d *day) step() {
	t := d.t
	switch rapid.IntRange(0, 11).Draw(t, "what") {
	case 0, 1, 2, 3:
		d.arrive()
	case 4, 5:
		if c := d.some("resolved", func(c *events.Conversation) bool { return c.Assignee != "" }); c != nil {
			c.Status, c.Unbegun = events.Resolved, nil
			d.put(c)
		}
	case 6:
		i := rapid.IntRange(0, 5).Draw(t, "who")
		p := events.Presence{Agent: agentID(i), State: rapid.SampledFrom([]events.AgentState{events.AgentAvailable, events.AgentAway, events.AgentOffline, events.AgentWrapUp}).Draw(t, "state"), Since: d.now}
		if p.State == events.AgentWrapUp {
			until := d.now.Add(45 * time.Second)
			p.Until = &until
		} else if p.State == events.AgentAvailable && rapid.IntRange(0, 3).Draw(t, "lost") == 0 {
			at := d.now
			p.LostAt = &at
		}
		d.desk.SetPresence(p)
	case 7:
		if c := d.some("answered", func(c *events.Conversation) bool { return c.Offer != nil }); c != nil {
			if rapid.Bool().Draw(t, "accepts") {
				d.assign(c, c.Offer.Agent)
			} else {
				d.pass(c, events.OfferDeclined)
			}
		}
	case 8:
		if c := d.some("left", func(c *events.Conversation) bool { return c.Wait != nil }); c != nil {
			c.Status, c.Wait, c.Offer = events.Resolved, nil, nil
			d.put(c)
		}
	case 9:
		d.now = d.now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
	case 10:
		if c := d.some("risk", func(c *events.Conversation) bool { return c.Wait != nil }); c != nil {
			due := d.now.Add(time.Minute)
			c.Clocks = []events.Clock{{Kind: events.FirstResponse, DueAt: &due, Warned: true, Breached: rapid.Bool().Draw(t, "late")}}
			d.put(c)
		}
	case 11:
		i := rapid.IntRange(0, 2).Draw(t, "queue")
		if _, ok := d.desk.queues[queueID(i)]; ok {
			d.desk.SetQueue(d.queue(i), d.terms())
		}
	}
	d.now = d.now.Add(time.Millisecond)
}

func (d *day) arrive() {
	id := events.ConversationID(fmt.Sprintf("cv%04d", len(d.rows)))
	c := &events.Conversation{ID: id, Status: events.Open, Channels: []string{rapid.SampledFrom([]string{"email", "webchat", "phone"}).Draw(d.t, "channel")}, Priority: rapid.IntRange(0, 2).Draw(d.t, "priority")}
	c.Wait = &events.Wait{Queue: queueID(rapid.IntRange(0, 2).Draw(d.t, "queue")), Since: d.now, Entered: d.now}
	if rapid.IntRange(0, 2).Draw(d.t, "known") == 0 {
		c.Wait.Prefer = agentID(rapid.IntRange(0, 5).Draw(d.t, "prefers"))
	}
	if rapid.IntRange(0, 4).Draw(d.t, "a call") == 0 {
		at := d.now.Add(time.Duration(rapid.IntRange(-60, 600).Draw(d.t, "wanted")) * time.Second)
		c.Callback = &events.Callback{ID: "cb", RequestedAt: d.now, WantedAt: &at}
	} else {
		since := d.now
		c.WaitingSince = &since
	}
	d.rows[id] = c
	d.put(c)
}

func (d *day) some(what string, is func(*events.Conversation) bool) *events.Conversation {
	var ids []events.ConversationID
	for i := range len(d.rows) {
		if c := d.rows[events.ConversationID(fmt.Sprintf("cv%04d", i))]; is(c) && c.Status == events.Open {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return d.rows[rapid.SampledFrom(ids).Draw(d.t, what)]
}

func (d *day) put(c *events.Conversation) {
	row := *c
	d.desk.Put(&row)
}

func (d *day) assign(c *events.Conversation, to events.AgentID) {
	c.Assignee, c.Unbegun, c.Wait, c.Offer, c.UpdatedAt = to, c.Wait, nil, nil, d.now
	d.put(c)
}

func (d *day) pass(c *events.Conversation, outcome string) {
	w := *c.Wait
	w.Passed = append(append([]events.Passed{}, w.Passed...), events.Passed{Agent: c.Offer.Agent, At: d.now, Outcome: outcome})
	c.Wait, c.Offer = &w, nil
	d.put(c)
}

// work does what the desk asks for, as a router would, until it asks for nothing.
func (d *day) work() {
	for n := 0; ; n++ {
		if n > 10000 {
			d.t.Fatal("the desk never comes to rest")
		}
		a, ok := d.desk.Next(d.now)
		if !ok {
			return
		}
		c := d.rows[a.Conversation]
		switch a.Verb {
		case MakeOffer, Give:
			d.fair(c, a)
			if a.Verb == Give {
				d.assign(c, a.Agent)
				break
			}
			d.offer++
			c.Offer = &events.Offer{ID: events.OfferID(fmt.Sprint("of", d.offer)), Agent: a.Agent, At: d.now, Until: a.Until}
			d.put(c)
		case ExpireOffer:
			if d.now.Before(c.Offer.Until) {
				d.t.Fatalf("%s: an offer until %v ends at %v", c.ID, c.Offer.Until, d.now)
			}
			d.pass(c, events.OfferExpired)
		case WithdrawOffer:
			d.pass(c, events.OfferWithdrawn)
		case TakeBack:
			c.Wait, c.Unbegun, c.Assignee = c.Unbegun, nil, ""
			d.put(c)
		case Overflow:
			w := *c.Wait
			w.Queue, w.Entered = a.Queue, d.now
			c.Wait = &w
			d.put(c)
		case ChangeState:
			d.desk.SetPresence(a.Presence)
		}
	}
}

// fair holds one choice against everything that waits: the agent may have it,
// has room for it, and nobody stands before it whom they could serve too.
func (d *day) fair(c *events.Conversation, a Action) {
	ag := d.desk.agents[a.Agent]
	if why := d.unfit(c, ag); why != "" {
		d.t.Fatalf("%s was given to %s, who is unfit: %s", c.ID, a.Agent, why)
	}
	for _, other := range d.rows {
		if other.Wait != nil && other.Offer == nil && other.ID != c.ID && d.unfit(other, ag) == "" && d.key(other).Before(d.key(c)) {
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
// that waits.
func (d *day) unfit(c *events.Conversation, a *agent) string {
	q, ok := d.desk.queues[c.Wait.Queue]
	if !ok {
		return "no queue"
	}
	s := q.settings
	if d.closed(q, d.now) {
		return "closed"
	}
	if c.WaitingSince == nil && c.Callback != nil && c.Callback.WantedAt.After(d.now) {
		return "wants to be called later"
	}
	if len(s.Teams) > 0 && s.Teams[0] != a.settings.Teams[0] {
		return "team"
	}
	if a.presence.State != events.AgentAvailable || a.presence.LostAt != nil {
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
	all, firm := 0, 0
	for _, r := range d.rows {
		mine := r.Offer != nil && r.Offer.Agent == a.settings.ID || r.Offer == nil && r.Assignee == a.settings.ID && r.Status == events.Open
		if w := config.DefaultWorkload().Of(r.Channels[0]); mine {
			all += w.Units
			if !w.Interruptible {
				firm += w.Units
			}
		}
	}
	w := config.DefaultWorkload().Of(c.Channels[0])
	if w.Interruptible && all+w.Units > a.capacity || !w.Interruptible && firm+w.Units > a.capacity {
		return "full"
	}
	for _, p := range c.Wait.Passed {
		if p.Agent == a.settings.ID && d.now.Sub(p.At) < 60*time.Second {
			return "passed"
		}
	}
	if p := c.Wait.Prefer; p != "" && p != a.settings.ID && d.waited(c, c.Wait.Entered) < time.Duration(s.PreferFor)*time.Second {
		if other, known := d.desk.agents[p]; known && other.presence.State != events.AgentOffline {
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
// serve, and nobody who is gone holds what they have not begun.
func (d *day) rest() {
	for _, c := range d.rows {
		if c.Wait == nil || c.Offer != nil {
			a, known := d.desk.agents[c.Assignee]
			if known && c.Status == events.Open && c.Unbegun != nil && a.presence.State == events.AgentOffline {
				d.t.Fatalf("%s is left with %s, who is gone", c.ID, c.Assignee)
			}
			continue
		}
		d.moved(c)
		for _, a := range d.desk.agents {
			if d.unfit(c, a) == "" {
				d.t.Fatalf("%s waits while %s is free", c.ID, a.settings.ID)
			}
		}
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

// Days of any traffic: nobody overtakes among equals, no capacity is exceeded,
// and nobody waits whom a free agent could serve. To see it fail, drop the loop
// in give, a timer in sort, or the call of free in Put.
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
