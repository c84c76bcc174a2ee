package daytest

import (
	"fmt"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func (d *Day) opens() { d.Open(d.dice(len(d.Inboxes)), d.dice(len(d.Queues))) }

// Open begins a conversation by a message through an inbox, in a queue.
func (d *Day) Open(inbox, queue int) events.ConversationID {
	id := events.ConversationID(fmt.Sprintf("cv%06d", len(d.ids)))
	d.ids = append(d.ids, id)
	in := d.Inboxes[inbox]
	d.Rows[id] = &events.Conversation{ID: id, Status: events.Open, Queue: d.Queues[queue].ID, Channels: []string{}, Inboxes: []events.InboxID{}, Tags: []string{}, CreatedAt: d.Now}
	c := d.touch(id)
	if d.dice(4) == 0 {
		c.Team = team(d.dice(3))
	}
	d.say(&events.ConversationOpened{Conversation: id, Inbox: in.ID, Channel: in.Channel, Reason: "new"})
	if d.dice(8) == 0 { // an agent writes first
		d.out(c, inbox, events.Author{Kind: "agent", ID: string(d.agent())}, nil, false)
		return id
	}
	d.in(c, inbox, nil, d.dice(10) == 0)
	d.clock(c, events.FirstResponse)
	d.clock(c, events.Resolution)
	d.enqueue(c, queue)
	return id
}

// writes is a customer who goes on, on whichever channel.
func (d *Day) writes() {
	c := d.some(func(c *events.Conversation) bool { return c.Status != events.Merged })
	if c == nil {
		return
	}
	d.comesBack(c)
	d.in(c, d.dice(len(d.Inboxes)), nil, d.dice(10) == 0)
	if !running(c, events.FirstResponse) {
		d.clock(c, events.NextResponse)
	}
	d.requeue(c)
}

// comesBack ends a snooze or opens what was resolved.
func (d *Day) comesBack(c *events.Conversation) {
	switch c.Status {
	case events.Snoozed:
		c.Status, c.SnoozedUntil = events.Open, nil
		d.say(&events.ConversationWoken{Conversation: c.ID, Reason: "the customer wrote"})
	case events.Resolved:
		c.Status = events.Open
		d.say(&events.ConversationReopened{Conversation: c.ID, Reason: "the customer wrote"})
		d.clock(c, events.Resolution)
	}
}

// requeue puts what nobody has back into its queue, at times.
func (d *Day) requeue(c *events.Conversation) {
	if c.Assignee == "" && c.Wait == nil && d.dice(3) > 0 {
		d.enqueue(c, d.queueOf(c))
	}
}

func (d *Day) queueOf(c *events.Conversation) int {
	for i := range d.Queues {
		if d.Queues[i].ID == c.Queue {
			return i
		}
	}
	return 0
}

// enqueue gives a place in a queue that gives out work.
func (d *Day) enqueue(c *events.Conversation, queue int) {
	q := d.Queues[queue]
	c.Queue = q.ID
	if queue > 1 {
		return
	}
	c.Wait = &events.Wait{Queue: q.ID, Since: d.Now, Entered: d.Now}
	if c.Unbegun != nil {
		c.Wait.Since, c.Unbegun = c.Unbegun.Since, nil
	}
	d.say(&events.ConversationQueued{Conversation: c.ID, Wait: *c.Wait, Reason: "arrived"})
}

// calls is a call of the customer, or one of ours.
func (d *Day) calls() {
	c := d.some(func(c *events.Conversation) bool { return c.Status != events.Merged })
	if c == nil {
		return
	}
	ring := d.dice(40)
	call := &events.Call{Direction: events.In, Outcome: []string{"answered", "missed", "abandoned", "voicemail"}[d.dice(4)], RingS: ring, TalkS: 60, EndedAt: d.ago()}
	if d.dice(3) == 0 {
		call.Direction, call.Outcome = events.Out, []string{"answered", "busy"}[d.dice(2)]
		d.comesBack(c)
		d.out(c, 2, events.Author{Kind: "agent", ID: string(d.agent())}, call, false)
		return
	}
	d.comesBack(c)
	d.in(c, 2, call, false)
	if call.Outcome != "answered" && c.Callback == nil {
		d.callback(c, "missed")
	}
	d.requeue(c)
}

func (d *Day) answers() {
	c := d.some(live)
	if c == nil {
		return
	}
	author := events.Author{Kind: "agent", ID: string(d.agent())}
	if c.Assignee != "" {
		author.ID = string(c.Assignee)
	}
	if d.dice(6) == 0 {
		author = events.Author{Kind: []string{"system", "bot", "integration"}[d.dice(3)]}
	}
	d.out(c, d.dice(len(d.Inboxes)), author, nil, author.Kind == "system")
	if author.Kind == "agent" {
		c.Unbegun = nil
		d.stop(c, "", events.FirstResponse, events.NextResponse)
	}
}

func (d *Day) notes() {
	if c := d.some(live); c != nil {
		in := d.Inboxes[d.dice(len(d.Inboxes))]
		d.add(c, events.Message{Direction: events.Out, Kind: events.KindNote, Channel: in.Channel, InboxID: in.ID, Author: events.Author{Kind: "agent", ID: string(d.agent())}, OccurredAt: d.Now})
	}
}

func (d *Day) in(c *events.Conversation, inbox int, call *events.Call, automatic bool) {
	in := d.Inboxes[inbox]
	m := events.Message{Direction: events.In, Kind: events.KindMessage, Channel: in.Channel, InboxID: in.ID, Call: call, OccurredAt: d.ago()}
	if call != nil {
		m.Kind, m.OccurredAt = events.KindCall, call.EndedAt
	}
	if automatic {
		m.Flags = []string{"automatic"}
	}
	d.heard(c, m)
}

// heard adds what the customer said.
func (d *Day) heard(c *events.Conversation, m events.Message) {
	call, automatic := m.Call, m.HasFlag("automatic")
	d.add(c, m)
	c.Channels, c.Inboxes = once(c.Channels, m.Channel), once(c.Inboxes, m.InboxID)
	d.say(&events.InboundStored{Inbox: m.InboxID, Key: fmt.Sprint("k", d.n)})
	if call != nil && call.Outcome == "answered" {
		c.WaitingSince = nil
		return
	}
	if c.WaitingSince == nil && !automatic {
		since := m.OccurredAt
		c.WaitingSince = &since
	}
}

func (d *Day) out(c *events.Conversation, inbox int, author events.Author, call *events.Call, automatic bool) {
	in := d.Inboxes[inbox]
	m := events.Message{Direction: events.Out, Kind: events.KindMessage, Channel: in.Channel, InboxID: in.ID, Author: author, Call: call, OccurredAt: d.Now}
	if call != nil {
		m.Kind = events.KindCall
	}
	if automatic {
		m.Flags = []string{"automatic"}
	}
	d.add(c, m)
	c.Channels, c.Inboxes = once(c.Channels, in.Channel), once(c.Inboxes, in.ID)
	if call == nil || call.Outcome == "answered" {
		c.WaitingSince = nil
	}
}

func (d *Day) add(c *events.Conversation, m events.Message) {
	m.ID, m.ConversationID, m.ReceivedAt = events.MessageID(fmt.Sprint("ms", d.n)), c.ID, d.Now
	d.say(&events.MessageAdded{Message: m})
	c.LastMessage = &events.LastMessage{ID: m.ID, Direction: m.Direction, Kind: m.Kind, Channel: m.Channel, OccurredAt: m.OccurredAt}
}

func once[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}
