package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
)

func (w *World) inbound() {
	if len(w.contacts) > 0 && w.choose(100) < 3 {
		in := one(w, Inboxes)
		w.decide(w.root(w.pick()), "inbound", &events.InboundDuplicate{Inbox: in, Key: "k", ProviderID: "p"})
		return
	}
	var facts []events.Body
	var c *contact
	if len(w.contacts) == 0 || w.choose(1000) < w.o.New {
		c = w.newContact()
		facts = append(facts, &events.ContactCreated{Name: c.name, Points: slices.Clone(c.points), Attributes: map[string]string{"plan": "free"}})
	} else {
		c = w.root(w.pick())
	}
	at := w.choose(len(Inboxes))
	conv := w.convs[c.open]
	if conv == nil {
		conv = w.open(c, at)
		facts = append(facts, &events.ConversationOpened{Conversation: conv.ID, Inbox: Inboxes[at], Channel: Channels[at], Reason: "no open conversation"})
	}
	m := w.say(c, conv, at, events.In)
	m.ProviderID = "p-" + string(m.ID)
	m.ThreadIDs = []string{m.ProviderID}
	if !w.o.Calm {
		// The provider's clock differs from ours, and some messages come late.
		m.OccurredAt = w.now.Add(time.Duration(w.choose(120)-60) * time.Second)
		if said := w.said[conv.ID]; len(said) > 1 && w.choose(5) == 0 {
			m.InReplyTo = slices.Clone(said[w.choose(len(said)-1)].ThreadIDs)
		}
	}
	conv.Unread++
	if conv.WaitingSince == nil {
		t := w.now
		conv.WaitingSince = &t
	}
	if conv.Status == events.Snoozed {
		conv.Status, conv.SnoozedUntil = events.Open, nil
		facts = append(facts, &events.ConversationWoken{Conversation: conv.ID, Reason: "the customer wrote"})
	}
	facts = append(facts, &events.MessageAdded{Message: *m}, &events.InboundStored{Inbox: Inboxes[at], Key: string(m.ID), ProviderID: m.ProviderID, Content: "h"})
	w.decide(c, "inbound", facts...)
}

func (w *World) newContact() *contact {
	n := len(w.contacts)
	c := &contact{
		id:   events.ContactID(id.Derive("ct", fmt.Sprint(n)) + events.ShardSuffix(n%events.Shards)),
		name: fmt.Sprintf("Customer %d 김", n),
		points: []events.Point{
			{Kind: "email", Value: fmt.Sprintf("c%d@example.com", n), Trust: events.Stated},
			{Kind: "phone", Value: fmt.Sprintf("+8210%08d", n), Trust: events.Claimed},
		},
	}
	w.contacts = append(w.contacts, c)
	w.byID[c.id] = c
	return c
}

func (w *World) open(c *contact, at int) *events.Conversation {
	conv := &events.Conversation{
		ID:     events.ConversationID(fmt.Sprintf("cv%026d", len(w.convs))),
		Status: events.Open, Contact: events.ContactRef{ID: c.id, Name: c.name},
		Queue: one(w, Queues), CreatedAt: w.now, UpdatedAt: w.now,
	}
	w.convs[conv.ID] = conv
	c.open, c.convs = conv.ID, append(c.convs, conv.ID)
	return conv
}

// say puts a message into a conversation's state; the caller fills in the rest.
func (w *World) say(c *contact, conv *events.Conversation, at int, dir events.Direction) *events.Message {
	w.n++
	m := &events.Message{
		ID:             events.MessageID(id.Derive("ms", fmt.Sprint(w.n))),
		ConversationID: conv.ID, ContactID: c.id, Direction: dir, Kind: events.KindMessage,
		Channel: Channels[at], InboxID: Inboxes[at], Text: w.o.Text(w.n), Status: events.StatusReceived,
		Author:     events.Author{Kind: "contact", ID: string(c.id), Name: c.name},
		OccurredAt: w.now, ReceivedAt: w.now, Order: fmt.Sprintf("%08d", w.n),
	}
	if !slices.Contains(conv.Channels, Channels[at]) {
		conv.Channels, conv.Inboxes = append(conv.Channels, Channels[at]), append(conv.Inboxes, Inboxes[at])
	}
	conv.LastMessage = &events.LastMessage{
		ID: m.ID, Direction: dir, Kind: m.Kind, Channel: m.Channel, Text: events.Preview(m.Text), OccurredAt: m.OccurredAt,
	}
	w.said[conv.ID] = append(w.said[conv.ID], m)
	w.touch(conv)
	return m
}

func (w *World) reply(c *contact, conv *events.Conversation) {
	m := w.say(c, conv, w.choose(len(Inboxes)), events.Out)
	m.Author, m.Status, m.Order = events.Author{Kind: "agent", ID: "ag-ann", Name: "Ann"}, events.StatusQueued, ""
	if w.choose(6) == 0 {
		m.Kind = events.KindNote
		w.decide(c, "command", &events.MessageAdded{Message: *m})
		return
	}
	conv.WaitingSince, conv.Unread = nil, 0
	w.decide(c, "command", &events.MessageAdded{Message: *m},
		&events.SendRequested{Request: events.SendRequest{Message: *m, Conversation: conv.ID, Inbox: m.InboxID, At: w.now}})
}

func (w *World) receipt(c *contact, conv *events.Conversation) {
	for _, m := range slices.Backward(w.said[conv.ID]) {
		if m.Direction == events.Out {
			status := one(w, []events.Status{events.StatusSent, events.StatusDelivered, events.StatusRead, events.StatusFailed})
			m.ThreadIDs = []string{"t-" + string(m.ID)}
			w.decide(c, "inbound", &events.MessageStatusChanged{Conversation: conv.ID, Message: m.ID, Status: status, ThreadIDs: m.ThreadIDs})
			return
		}
	}
}

func (w *World) tag(c *contact, conv *events.Conversation) {
	t := one(w, Tags)
	w.touch(conv)
	if i := slices.Index(conv.Tags, t); i >= 0 {
		conv.Tags = slices.Delete(slices.Clone(conv.Tags), i, i+1)
		w.decide(c, "command", &events.ConversationTagged{Conversation: conv.ID, Removed: []string{t}})
		return
	}
	conv.Tags = append(slices.Clone(conv.Tags), t)
	w.decide(c, "command", &events.ConversationTagged{Conversation: conv.ID, Added: []string{t}})
}

func (w *World) life(c *contact, conv *events.Conversation) {
	w.touch(conv)
	switch {
	case conv.Status == events.Snoozed:
		conv.Status, conv.SnoozedUntil = events.Open, nil
		w.decide(c, "timer", &events.ConversationWoken{Conversation: conv.ID, Reason: "time"})
	case w.choose(3) == 0:
		until := w.now.Add(time.Hour)
		conv.Status, conv.SnoozedUntil = events.Snoozed, &until
		w.decide(c, "command", &events.ConversationSnoozed{Conversation: conv.ID, Until: until})
	default:
		conv.Status, conv.WaitingSince = events.Resolved, nil
		c.open = ""
		w.decide(c, "command", &events.ConversationResolved{Conversation: conv.ID})
	}
}
