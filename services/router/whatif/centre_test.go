package whatif

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/assignment"
)

// centre makes up the log of a day second by second: customers come and give up,
// agents come and go, think, decline, let offers expire, work and finish up. It is
// written without a look at how a day is played again.
type centre struct {
	dice   *rand.Rand
	now    time.Time
	world  World
	desk   *assignment.Desk
	rows   map[events.ConversationID]*events.Conversation
	ids    []events.ConversationID
	stands map[events.AgentID]events.Presence
	ends   map[events.ConversationID]time.Time // of work
	gives  map[events.ConversationID]time.Time // patience
	thinks map[events.OfferID]time.Time
	shun   map[events.OfferID]string
	log    []*events.Decision
	waits  map[events.ConversationID]time.Duration
	n      int
	set    map[events.QueueID]config.Queue // as they stand since a turn

	arrivals, declines, leaves, restless int // in a thousand, each second or each time
	work                                 func(*centre) time.Duration
}

var morning = time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)

func newCentre(seed uint64, agents int, queues ...config.Queue) *centre {
	c := &centre{
		dice: rand.New(rand.NewPCG(seed, 7)), now: morning, desk: assignment.New(config.DefaultWorkload()), rows: map[events.ConversationID]*events.Conversation{},
		stands: map[events.AgentID]events.Presence{}, ends: map[events.ConversationID]time.Time{}, gives: map[events.ConversationID]time.Time{},
		thinks: map[events.OfferID]time.Time{}, shun: map[events.OfferID]string{}, waits: map[events.ConversationID]time.Duration{}, arrivals: 20, set: map[events.QueueID]config.Queue{},
		work: func(c *centre) time.Duration { return time.Duration(60+c.dice.IntN(540)) * time.Second },
	}
	c.world = World{Queues: queues, Workload: config.DefaultWorkload()}
	for i := range agents {
		c.world.Agents = append(c.world.Agents, config.Agent{ID: events.AgentID(fmt.Sprintf("ag%02d", i)), Capacity: 40})
	}
	for _, q := range queues {
		c.desk.SetQueue(q, assignment.Terms{})
	}
	for _, a := range c.world.Agents {
		c.desk.SetAgent(a)
	}
	return c
}

func (c *centre) decide(cause string, id events.ConversationID, bodies ...events.Body) {
	c.n++
	d := &events.Decision{ID: fmt.Sprint("d", c.n), At: c.now, Seq: uint64(c.n), Cause: events.Cause{Kind: cause}}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
		if p, ok := b.(*events.AgentPresenceChanged); ok {
			c.stands[p.Presence.Agent] = p.Presence
			c.desk.SetPresence(p.Presence)
		}
	}
	if row := c.rows[id]; row != nil {
		row.UpdatedAt = c.now
		d.Conversations = []events.Conversation{*row}
		c.desk.Put(row)
	}
	c.log = append(c.log, d)
}

func (c *centre) state(a events.AgentID, s events.AgentState, cause string) {
	c.decide(cause, "", &events.AgentPresenceChanged{Presence: events.Presence{Agent: a, State: s, Since: c.now}})
}

// lives goes on for some time.
func (c *centre) lives(d time.Duration) {
	for end := c.now.Add(d); c.now.Before(end); c.now = c.now.Add(time.Second) {
		for _, a := range c.world.Agents {
			if c.dice.IntN(1_000_000) < c.restless*1000/60 {
				next := []events.AgentState{events.AgentAvailable, events.AgentAvailable, events.AgentAway}[c.dice.IntN(3)]
				c.state(a.ID, next, "command")
			}
		}
		if c.dice.IntN(1000) < c.arrivals {
			c.arrives()
		}
		for _, id := range c.ids {
			c.goesOn(c.rows[id])
		}
		for {
			act, ok := c.desk.Next(c.now)
			if !ok {
				break
			}
			c.act(act)
		}
	}
}

// turns changes a setting for the rest of the day.
func (c *centre) turns(t Turn) {
	t.At = c.now
	c.world.Turns = append(c.world.Turns, t)
	switch {
	case t.Agent != nil:
		c.desk.SetAgent(*t.Agent)
	case t.Queue != nil:
		c.set[t.Queue.ID] = *t.Queue
		c.desk.SetQueue(*t.Queue, assignment.Terms{})
	case t.Workload != nil:
		c.desk.SetWorkload(*t.Workload)
	case t.Gone != "":
		c.desk.RemoveQueue(t.Gone)
	}
}

func (c *centre) arrives() {
	id := events.ConversationID(fmt.Sprintf("cv%05d", len(c.ids)))
	c.ids = append(c.ids, id)
	q := c.world.Queues[c.dice.IntN(len(c.world.Queues))].ID
	since := c.now
	row := &events.Conversation{ID: id, Status: events.Open, Queue: q, Channels: []string{"webchat"}, WaitingSince: &since, CreatedAt: c.now, Wait: &events.Wait{Queue: q, Since: c.now, Entered: c.now}}
	c.rows[id] = row
	if c.dice.IntN(1000) < c.leaves {
		c.gives[id] = c.now.Add(time.Duration(30+c.dice.IntN(300)) * time.Second)
	}
	c.decide("inbound", id, &events.ConversationOpened{Conversation: id}, &events.ConversationQueued{Conversation: id, Wait: *row.Wait})
}

// goesOn does what is due for a conversation.
func (c *centre) goesOn(row *events.Conversation) {
	id := row.ID
	switch {
	case row.Status != events.Open:
	case row.Assignee != "" && !c.now.Before(c.ends[id]):
		agent := row.Assignee
		row.Status = events.Resolved
		facts := []events.Body{&events.ConversationResolved{Conversation: id}}
		for _, q := range c.world.Queues {
			if is, turned := c.set[q.ID]; turned {
				q = is
			}
			if q.ID == row.Queue && q.WrapUp > 0 && c.stands[agent].State == events.AgentAvailable {
				until := c.now.Add(time.Duration(q.WrapUp) * time.Second)
				facts = append(facts, &events.AgentPresenceChanged{Presence: events.Presence{Agent: agent, State: events.AgentWrapUp, Since: c.now, Until: &until}})
			}
		}
		c.decide("command", id, facts...)
	case row.Wait != nil && !c.gives[id].IsZero() && !c.now.Before(c.gives[id]):
		row.Wait, row.Offer, row.Status, row.WaitingSince = nil, nil, events.Resolved, nil
		c.decide("command", id, &events.ConversationUnqueued{Conversation: id, Reason: events.PlaceAbandoned})
	case row.Offer != nil && !c.now.Before(c.thinks[row.Offer.ID]):
		o := row.Offer
		switch c.shun[o.ID] {
		case "":
			row.Offer = nil
			c.gets(row, o.Agent, &events.OfferClosed{Conversation: id, Offer: o.ID, Agent: o.Agent, Outcome: events.OfferAccepted})
		case events.OfferDeclined:
			c.passes(row, o, events.OfferDeclined, "command")
		}
	}
}

func (c *centre) passes(row *events.Conversation, o *events.Offer, outcome, cause string) {
	w := *row.Wait
	w.Passed = append(w.Passed[:len(w.Passed):len(w.Passed)], events.Passed{Agent: o.Agent, At: c.now, Outcome: outcome})
	row.Offer, row.Wait = nil, &w
	c.decide(cause, row.ID, &events.OfferClosed{Conversation: row.ID, Offer: o.ID, Agent: o.Agent, Outcome: outcome})
}

func (c *centre) gets(row *events.Conversation, a events.AgentID, before ...events.Body) {
	c.waits[row.ID] = c.now.Sub(row.CreatedAt)
	row.Wait, row.Offer, row.WaitingSince, row.Assignee = nil, nil, nil, a
	c.ends[row.ID] = c.now.Add(c.work(c))
	c.decide("assigner", row.ID, append(before, &events.ConversationAssigned{Conversation: row.ID, Assignee: a})...)
}

func (c *centre) act(act assignment.Action) {
	row := c.rows[act.Conversation]
	switch act.Verb {
	case assignment.ChangeState:
		c.decide("assigner", "", &events.AgentPresenceChanged{Presence: act.Presence})
	case assignment.Give:
		c.gets(row, act.Agent)
	case assignment.MakeOffer:
		c.n++
		o := &events.Offer{ID: events.OfferID(fmt.Sprint("of", c.n)), Agent: act.Agent, At: c.now, Until: act.Until}
		row.Offer = o
		c.thinks[o.ID] = c.now.Add(time.Duration(1+c.dice.IntN(10)) * time.Second)
		if c.dice.IntN(1000) < c.declines {
			c.shun[o.ID] = []string{events.OfferDeclined, events.OfferExpired}[c.dice.IntN(2)]
		}
		c.decide("assigner", row.ID, &events.ConversationOffered{Conversation: row.ID, Offer: *o})
	case assignment.ExpireOffer:
		c.passes(row, row.Offer, events.OfferExpired, "assigner")
	case assignment.WithdrawOffer:
		o := row.Offer
		row.Offer = nil
		c.decide("assigner", row.ID, &events.OfferClosed{Conversation: row.ID, Offer: o.ID, Agent: o.Agent, Outcome: events.OfferWithdrawn})
	case assignment.Overflow, assignment.PassOn:
		w := *row.Wait
		w.Queue, w.Entered, w.Passed = act.Queue, c.now, nil
		if act.Verb == assignment.Overflow {
			w.Overflowed = append(slices.Clone(w.Overflowed), act.Queue)
		}
		row.Wait, row.Queue = &w, act.Queue
		c.decide("assigner", row.ID, &events.ConversationTransferred{Conversation: row.ID, Queue: act.Queue}, &events.ConversationQueued{Conversation: row.ID, Wait: w})
	}
}

// day is a span of what happened, as the log tells it.
func (c *centre) day(from, to time.Time) Day {
	r := NewRecorder(from, to)
	for _, d := range c.log {
		r.See(d)
	}
	return r.Day()
}

func (c *centre) everybody(s events.AgentState) {
	for _, a := range c.world.Agents {
		c.state(a.ID, s, "command")
	}
}
