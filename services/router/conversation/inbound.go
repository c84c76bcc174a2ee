package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Arrival is a customer's message with what identity and threading said of it.
type Arrival struct {
	Message events.Message
	// Join is the conversation to join; empty opens a new one under NewID.
	Join     events.ConversationID
	NewID    events.ConversationID
	Explicit bool
	Thread   string
	Reason   string
	// Queue and Team are where a new conversation waits, unless Target, which may be
	// nil, knows better: it is asked about one that opens, or that stands nowhere.
	Queue  events.QueueID
	Team   events.TeamID
	Target func(row *events.Conversation, m *events.Message) Target
}

// Bounds of what a stranger can make a contact carry by typing: addresses, and
// suggestions that agents have not looked at.
const (
	maxPoints    = 64
	maxSuggested = 32
)

// Meet makes the sender known: a new contact, more addresses, a better name.
func (d *Draft) Meet(isNew bool, name string, attributes map[string]string, points []events.Point, reason string) {
	if isNew {
		d.add(&events.ContactCreated{Name: name, Points: points, Attributes: attributes})
		return
	}
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return
	}
	update := &events.ContactUpdated{}
	if c.Name == "" && name != "" {
		update.Name = &name
	}
	for k, v := range attributes {
		_, has := c.Attributes[k]
		if !has && len(c.Attributes)+len(update.Attributes) >= MaxAttributes {
			continue
		}
		if c.Attributes[k] != v {
			if update.Attributes == nil {
				update.Attributes = map[string]string{}
			}
			update.Attributes[k] = v
		}
	}
	if update.Name != nil || update.Attributes != nil {
		d.add(update)
	}
	for _, p := range points {
		d.AddPoint(p, reason)
	}
}

// AddPoint gives the contact an address, or more trust in one it has.
func (d *Draft) AddPoint(p events.Point, reason string) {
	if c, ok := d.World().Contact(d.Subject()); ok {
		held, has := c.Holds(p.Key())
		if has && held.Trust.AtLeast(p.Trust) || !has && p.Trust == events.Claimed && len(c.Points) >= maxPoints {
			return
		}
	}
	d.add(&events.ContactPointAdded{Point: p, Reason: reason, Of: d.speaker})
}

// Speaks says by which addresses the contact speaks in this decision: what they add
// is a folded contact's where all that are known were.
func (d *Draft) Speaks(points []events.Point) {
	c, ok := d.World().Contact(d.Subject())
	if !ok || len(c.Merged) == 0 {
		return
	}
	for _, p := range points {
		if _, held := c.Holds(p.Key()); !held {
			continue
		}
		if d.speaker = originOf(d.World(), c, p.Key()); d.speaker == c.ID {
			d.speaker = ""
			return
		}
	}
}

// Suggest tells agents of a doubtful match, once, unless it was dismissed.
func (d *Draft) Suggest(other events.ContactID, p events.Point, reason string) {
	c, ok := d.World().Contact(d.Subject())
	if ok && (len(c.Suggested) >= maxSuggested || slices.Contains(c.Suggested, other) || slices.Contains(c.Dismissed, other)) || other == d.Subject() {
		return
	}
	d.add(&events.MergeSuggested{Other: other, Point: p, Reason: reason})
}

// Receive puts a customer's message where it belongs, opens, wakes or reopens
// the conversation as needed, and returns the conversation.
func (d *Draft) Receive(a Arrival) events.ConversationID {
	id := a.Join
	if s, ok := FollowConversation(d.World(), id); ok && id != "" {
		id = s.ID
		d.revive(s, a)
		d.route(d.conversation(id), &a)
	} else {
		id = a.NewID
		d.open(&a)
	}
	a.Message.ConversationID = id
	m := &a.Message
	var held []Receipt
	if m.Direction == events.Out { // an echo may come after its receipts
		held = d.named(MessageRef{Channel: m.Channel, Inbox: m.InboxID}, m.ThreadIDs)
	}
	d.add(&events.MessageAdded{Message: a.Message, Reason: a.Reason})
	d.catchUp(d.conversation(id), m.ID, held)
	return id
}

// revive wakes a snoozed conversation and reopens a resolved one. Machine mail
// does neither, nor does a call of ours.
func (d *Draft) revive(s *State, a Arrival) {
	m := &a.Message
	if m.HasFlag("automatic") || m.Call != nil && m.Direction == events.Out {
		return
	}
	switch s.Status {
	case events.Snoozed:
		reason := "the customer wrote"
		switch {
		case m.Call != nil:
			reason = "the customer called"
		case m.Direction == events.Out:
			reason = a.Reason
		}
		d.add(&events.ConversationWoken{Conversation: s.ID, Reason: reason})
	case events.Resolved:
		d.add(&events.ConversationReopened{Conversation: s.ID, Reason: a.Reason})
	}
}

// Edit replaces what a known message says.
func (d *Draft) Edit(id events.MessageID, text, html string) *commands.Problem {
	ref, s, problem := d.locate(id)
	if problem != nil {
		return problem
	}
	if ref.Contact == "" {
		return refuse(commands.NotFound, "message has no contact")
	}
	d.add(&events.MessageEdited{Conversation: s.ID, Message: id, Text: text, HTML: html})
	return nil
}

// Remove hides what a known message said.
func (d *Draft) Remove(id events.MessageID) *commands.Problem {
	_, s, problem := d.locate(id)
	if problem != nil {
		return problem
	}
	d.add(&events.MessageRemoved{Conversation: s.ID, Message: id})
	return nil
}

func (d *Draft) locate(id events.MessageID) (MessageRef, *State, *commands.Problem) {
	ref, ok := d.World().Message(id)
	if !ok {
		return ref, nil, refuse(commands.NotFound, "no such message")
	}
	s, ok := FollowConversation(d.World(), ref.Conversation)
	if !ok {
		return ref, nil, refuse(commands.NotFound, "the message's conversation is gone")
	}
	return ref, s, nil
}
