package daytest

import (
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// callback promises a call, or tells more of the one that is promised.
func (d *Day) callback(c *events.Conversation, reason string) {
	cb := events.Callback{ID: events.CallbackID(fmt.Sprint("cb", d.n)), Number: "+8210", Reason: reason, RequestedAt: d.Now}
	if c.Callback != nil {
		cb = *c.Callback
	}
	if d.dice(2) == 0 {
		at := d.Now.Add(time.Duration(d.dice(7200)) * time.Second)
		cb.WantedAt = &at
	}
	c.Callback = &cb
	d.say(&events.CallbackRequested{Conversation: c.ID, Callback: cb})
}

func (d *Day) promises() {
	if c := d.some(func(c *events.Conversation) bool { return c.Status != events.Merged }); c != nil {
		d.callback(c, "asked")
	}
}

// wishes is a customer who writes that they want to be called.
func (d *Day) wishes() {
	c := d.some(func(c *events.Conversation) bool { return c.Status != events.Merged })
	if c == nil {
		return
	}
	d.comesBack(c)
	in := d.Inboxes[d.dice(len(d.Inboxes))]
	d.heard(c, events.Message{Direction: events.In, Kind: events.KindMessage, Channel: in.Channel, InboxID: in.ID, Flags: []string{"callback"}, OccurredAt: d.ago()})
	if !running(c, events.FirstResponse) {
		d.clock(c, events.NextResponse)
	}
	d.callback(c, "asked")
	d.requeue(c)
}

func promised(c *events.Conversation) bool { return c.Callback != nil && c.Status != events.Merged }

// tries is a call in vain.
func (d *Day) tries() {
	if c := d.some(promised); c != nil {
		cb := *c.Callback
		cb.Attempts++
		c.Callback = &cb
		d.say(&events.CallbackRequested{Conversation: c.ID, Callback: cb})
	}
}

// keeps ends a promise. A customer who is reached is answered; who waited for
// nothing but the call waits no longer.
func (d *Day) keeps() {
	c := d.some(promised)
	if c == nil {
		return
	}
	outcome := []string{"reached", "reached", "cancelled", "in-vain"}[d.dice(4)]
	d.say(&events.CallbackClosed{Conversation: c.ID, Callback: c.Callback.ID, Outcome: outcome})
	c.Callback = nil
	switch {
	case outcome == "reached" && c.WaitingSince != nil:
		c.WaitingSince = nil
		d.unqueue(c, events.PlaceAnswered)
	case c.WaitingSince == nil:
		d.unqueue(c, outcome)
	}
	if outcome == "reached" {
		d.stop(c, "", events.FirstResponse, events.NextResponse)
	}
}

// joinsCalls takes a promise along when a conversation is folded: where both have
// one, the other is called off and the one that stays says so. What is folded keeps
// its copy.
func (d *Day) joinsCalls(from, into *events.Conversation) {
	switch {
	case from.Callback == nil:
	case into.Callback == nil:
		cb := *from.Callback
		into.Callback = &cb
	default:
		d.say(&events.CallbackClosed{Conversation: from.ID, Callback: from.Callback.ID, Outcome: "cancelled"})
		from.Callback = nil
		cb := *into.Callback
		cb.Note = "and the other number"
		into.Callback = &cb
		d.say(&events.CallbackRequested{Conversation: into.ID, Callback: cb})
	}
}
