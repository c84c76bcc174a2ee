package daytest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func (d *Day) offered() {
	c := d.some(waiting)
	if c == nil {
		return
	}
	c.Offer = &events.Offer{ID: events.OfferID(fmt.Sprint("of", d.n)), Agent: d.agent(), At: d.Now, Until: d.Now.Add(30 * time.Second)}
	d.say(&events.ConversationOffered{Conversation: c.ID, Offer: *c.Offer, Choice: events.Choice{Queue: c.Wait.Queue}})
}

func (d *Day) offerEnds() {
	c := d.some(func(c *events.Conversation) bool { return c.Offer != nil })
	if c == nil {
		return
	}
	offer, outcome := c.Offer, []string{events.OfferAccepted, events.OfferAccepted, events.OfferDeclined, events.OfferExpired}[d.dice(4)]
	c.Offer = nil
	d.say(&events.OfferClosed{Conversation: c.ID, Offer: offer.ID, Agent: offer.Agent, Outcome: outcome})
	if outcome == events.OfferAccepted {
		d.give(c, offer.Agent)
		return
	}
	w := *c.Wait
	w.Passed = append(slices.Clone(w.Passed), events.Passed{Agent: offer.Agent, At: d.Now, Outcome: outcome})
	c.Wait = &w
}

// assigned gives one away without an offer, or to another.
func (d *Day) assigned() {
	if c := d.some(func(c *events.Conversation) bool { return open(c) && c.Offer == nil }); c != nil {
		d.give(c, d.agent())
	}
}

func (d *Day) give(c *events.Conversation, to events.AgentID) {
	d.say(&events.ConversationAssigned{Conversation: c.ID, Assignee: to, Team: c.Team})
	c.Assignee = to
	if c.Wait != nil {
		c.Unbegun, c.Wait = c.Wait, nil
	}
}

func (d *Day) handedBack() {
	c := d.some(func(c *events.Conversation) bool { return open(c) && c.Assignee != "" })
	if c == nil {
		return
	}
	c.Assignee = ""
	d.say(&events.ConversationAssigned{Conversation: c.ID, Team: c.Team, Reason: "handed back"})
	d.enqueue(c, d.queueOf(c))
}

// unqueue takes it out of line for a reason.
func (d *Day) unqueue(c *events.Conversation, reason string) {
	if c.Offer != nil {
		d.say(&events.OfferClosed{Conversation: c.ID, Offer: c.Offer.ID, Agent: c.Offer.Agent, Outcome: events.OfferWithdrawn})
		c.Offer = nil
	}
	if c.Wait != nil {
		d.say(&events.ConversationUnqueued{Conversation: c.ID, Queue: c.Wait.Queue, Reason: reason})
		c.Wait = nil
	}
}

func (d *Day) resolves() {
	if c := d.some(live); c != nil {
		d.unqueue(c, "resolved")
		d.end(c)
	}
}

func (d *Day) end(c *events.Conversation) {
	d.stop(c, "dropped", events.FirstResponse, events.NextResponse)
	d.stop(c, "", events.Resolution)
	c.Status, c.SnoozedUntil, c.WaitingSince, c.Unbegun = events.Resolved, nil, nil, nil
	if d.dice(2) == 0 {
		c.Assignee = ""
	}
	d.say(&events.ConversationResolved{Conversation: c.ID})
}

// leaves ends a wait: by a customer who gives up and is not waited for, or by
// somebody else, for whatever reason there is.
func (d *Day) leaves() {
	c := d.some(func(c *events.Conversation) bool { return c.Wait != nil })
	if c == nil {
		return
	}
	switch d.dice(6) {
	case 0, 1:
		d.unqueue(c, events.PlaceAbandoned)
		d.end(c)
	case 2: // others look into it, by hand
		d.unqueue(c, events.PlaceTransferred)
		c.Queue = d.Queues[d.dice(len(d.Queues))].ID
		d.say(&events.ConversationTransferred{Conversation: c.ID, Queue: c.Queue, Team: c.Team})
	case 3:
		d.unqueue(c, events.PlaceStopped)
	case 4:
		d.unqueue(c, events.PlaceAnswered)
		d.out(c, d.dice(len(d.Inboxes)), events.Author{Kind: "agent", ID: string(d.agent())}, nil, false)
	default: // as the log of an older program has it
		d.unqueue(c, "left")
	}
}

func (d *Day) reopens() {
	if c := d.some(func(c *events.Conversation) bool { return c.Status == events.Resolved }); c != nil {
		d.comesBack(c)
		d.requeue(c)
	}
}

func (d *Day) snoozes() {
	c := d.some(open)
	if c == nil {
		return
	}
	d.unqueue(c, "snoozed")
	until := d.Now.Add(time.Hour)
	c.Status, c.SnoozedUntil = events.Snoozed, &until
	d.say(&events.ConversationSnoozed{Conversation: c.ID, Until: until})
}

func (d *Day) wakes() {
	if c := d.some(func(c *events.Conversation) bool { return c.Status == events.Snoozed }); c != nil {
		d.comesBack(c)
		d.requeue(c)
	}
}

// tags puts a tag on or takes it off, also when the conversation is over.
func (d *Day) tags() {
	c := d.some(func(c *events.Conversation) bool { return c.Status != events.Merged })
	if c == nil {
		return
	}
	tag := []string{"billing", "vip", "refund"}[d.dice(3)]
	if slices.Contains(c.Tags, tag) {
		c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t string) bool { return t == tag })
		d.say(&events.ConversationTagged{Conversation: c.ID, Removed: []string{tag}})
		return
	}
	c.Tags = append(slices.Clone(c.Tags), tag)
	slices.Sort(c.Tags)
	d.say(&events.ConversationTagged{Conversation: c.ID, Added: []string{tag}})
}

func (d *Day) transfers() {
	c := d.some(open)
	if c == nil {
		return
	}
	to := d.dice(len(d.Queues))
	d.unqueue(c, "transferred")
	c.Queue, c.Team, c.Assignee, c.Unbegun = d.Queues[to].ID, "", "", nil
	if d.dice(3) == 0 {
		c.Team = team(d.dice(3))
		if d.dice(3) == 0 { // to a team alone, where it stands in no queue
			c.Queue = ""
		}
	}
	d.say(&events.ConversationTransferred{Conversation: c.ID, Queue: c.Queue, Team: c.Team})
	if c.Queue != "" {
		d.enqueue(c, to)
	}
}

func (d *Day) merges() {
	into, from := d.some(live), d.some(live)
	if into == nil || from == nil || into == from {
		return
	}
	d.unqueue(from, "merged")
	d.stop(from, "dropped", events.FirstResponse, events.NextResponse, events.Resolution)
	from.Status, from.MergedInto, from.SnoozedUntil = events.Merged, into.ID, nil
	for _, channel := range from.Channels {
		into.Channels = once(into.Channels, channel)
	}
	for _, in := range from.Inboxes {
		into.Inboxes = once(into.Inboxes, in)
	}
	if from.WaitingSince != nil && (into.WaitingSince == nil || from.WaitingSince.Before(*into.WaitingSince)) {
		into.WaitingSince = from.WaitingSince
	}
	d.carries(from, into)
	d.joinsCalls(from, into)
	d.say(&events.ConversationMerged{From: from.ID, Into: into.ID, Reason: "one person"})
}

// splits takes the newest fold back: what was folded further comes out first.
func (d *Day) splits() {
	c := d.some(func(c *events.Conversation) bool {
		return c.Status == events.Merged && d.Rows[c.MergedInto].Status != events.Merged
	})
	if c == nil {
		return
	}
	into := d.touch(c.MergedInto)
	d.say(&events.ConversationMergeReversed{From: c.ID, Into: into.ID, Status: events.Open})
	c.Status, c.MergedInto = events.Open, ""
	d.returns(c, into)
	if cb := c.Callback; cb != nil {
		c.Callback = nil
		if into.Callback != nil && into.Callback.ID == cb.ID {
			c.Callback, into.Callback = into.Callback, nil
		}
	}
}

func (d *Day) prioritises() {
	if c := d.some(live); c != nil {
		c.Priority++
		d.say(&events.ConversationPrioritised{Conversation: c.ID, Priority: c.Priority})
	}
}

func running(c *events.Conversation, kind events.ClockKind) bool {
	return slices.ContainsFunc(c.Clocks, func(k events.Clock) bool { return k.Kind == kind })
}

func (d *Day) clock(c *events.Conversation, kind events.ClockKind) {
	if running(c, kind) {
		return
	}
	due := d.Now.Add(10 * time.Minute)
	k := events.Clock{Kind: kind, Policy: "po1", StartedAt: d.Now, Target: 600_000, DueAt: &due}
	c.Clocks = append(slices.Clone(c.Clocks), k)
	d.say(&events.ClockStarted{Conversation: c.ID, Clock: k})
}

// stop ends clocks; without an outcome they are met unless they are breached.
func (d *Day) stop(c *events.Conversation, outcome string, kinds ...events.ClockKind) {
	c.Clocks = slices.DeleteFunc(slices.Clone(c.Clocks), func(k events.Clock) bool {
		if !slices.Contains(kinds, k.Kind) {
			return false
		}
		how := outcome
		if how == "" {
			how = "met"
			if k.Breached {
				how = "missed"
			}
		}
		d.say(&events.ClockStopped{Conversation: c.ID, Clock: k, Outcome: how, Took: d.Now.Sub(k.StartedAt).Milliseconds() / 2})
		return true
	})
}

func (d *Day) each(c *events.Conversation, change func(k *events.Clock)) {
	c.Clocks = slices.Clone(c.Clocks)
	for i := range c.Clocks {
		change(&c.Clocks[i])
	}
}

func (d *Day) warns() {
	if c := d.some(func(c *events.Conversation) bool { return live(c) && len(c.Clocks) > 0 }); c != nil {
		d.each(c, func(k *events.Clock) {
			if !k.Warned {
				k.Warned = true
				d.say(&events.ClockWarned{Conversation: c.ID, Clock: *k})
			}
		})
	}
}

func (d *Day) breaches() {
	if c := d.some(func(c *events.Conversation) bool { return live(c) && len(c.Clocks) > 0 }); c != nil {
		at := d.dice(len(c.Clocks))
		c.Clocks = slices.Clone(c.Clocks)
		if k := &c.Clocks[at]; !k.Breached {
			k.Warned, k.Breached = true, true
			d.say(&events.ClockBreached{Conversation: c.ID, Clock: *k})
		}
	}
}

func (d *Day) pauses() {
	if c := d.some(func(c *events.Conversation) bool { return live(c) && len(c.Clocks) > 0 }); c != nil {
		d.each(c, func(k *events.Clock) {
			if k.PausedAt == nil {
				at := d.Now
				k.PausedAt = &at
				d.say(&events.ClockPaused{Conversation: c.ID, Clock: *k, Reason: "snoozed"})
			} else {
				k.PausedAt = nil
				d.say(&events.ClockResumed{Conversation: c.ID, Clock: *k})
			}
		})
	}
}

func (d *Day) presence() {
	p := events.Presence{Agent: d.agent(), Since: d.Now, State: []events.AgentState{events.AgentAvailable, events.AgentAvailable, events.AgentAvailable, events.AgentWrapUp, events.AgentAway, events.AgentOffline}[d.dice(6)]}
	if d.dice(8) == 0 {
		at := d.Now
		p.LostAt = &at
	}
	d.Presence[p.Agent] = p
	d.say(&events.AgentPresenceChanged{Presence: p})
}

// books closes the books on a statement that changed nothing.
func (d *Day) books() {
	in := d.Inboxes[d.dice(len(d.Inboxes))].ID
	if d.dice(2) == 0 {
		d.say(&events.InboundDuplicate{Inbox: in, Key: "k"})
	} else {
		d.say(&events.InboundRejected{Inbox: in, Key: "k", Reason: "no sender"})
	}
}
