package history

import (
	"fmt"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// rare does what seldom happens to a contact.
func (w *World) rare(c *contact, k int) {
	c = w.root(c)
	if w.choose(4) == 0 {
		w.beside(c)
		return
	}
	switch k % 9 {
	case 0:
		w.edit(c)
	case 1:
		w.mergeContacts(c)
	case 2:
		w.reverseContacts(c)
	case 3:
		w.foldConversations(c)
	case 4:
		w.unfoldConversations(c)
	case 5:
		w.suggest(c)
	case 6:
		name := fmt.Sprintf("Renamed %d", w.n)
		w.decide(c, "command", &events.ContactUpdated{Name: &name, Attributes: map[string]string{"plan": "", "city": "Seoul"}, Note: "calls at noon"})
	case 7:
		w.decide(c, "inbound", &events.InboundRejected{Inbox: one(w, Inboxes), Key: "k", ProviderID: "p", Reason: "no sender"})
	case 8:
		w.points(c)
	}
}

func (w *World) edit(c *contact) {
	conv := w.convs[c.open]
	if conv == nil || len(w.said[conv.ID]) == 0 {
		return
	}
	m := one(w, w.said[conv.ID])
	if w.choose(3) == 0 {
		w.decide(c, "inbound", &events.MessageRemoved{Conversation: conv.ID, Message: m.ID})
		return
	}
	w.decide(c, "inbound", &events.MessageEdited{Conversation: conv.ID, Message: m.ID, Text: "edited: " + m.Text})
}

func (w *World) points(c *contact) {
	if len(c.points) > 2 {
		p := c.points[len(c.points)-1]
		c.points = c.points[:len(c.points)-1]
		w.decide(c, "command", &events.ContactPointRemoved{Point: p, Reason: "wrong number"})
		return
	}
	p := events.Point{Kind: "visitor", Value: fmt.Sprint(w.n), Scope: "ib-chat", Trust: events.Claimed}
	c.points = append(slices.Clone(c.points), p)
	w.decide(c, "command", &events.ContactPointAdded{Point: p, Reason: "chat"})
}

func (w *World) other(c *contact) *contact {
	o := w.root(w.contacts[w.choose(len(w.contacts))])
	if o == c {
		return nil
	}
	return o
}

func (w *World) suggest(c *contact) {
	o := w.other(c)
	if o == nil {
		return
	}
	if w.choose(3) == 0 {
		w.decide(c, "command", &events.SuggestionDismissed{Other: o.id})
		return
	}
	w.decide(c, "inbound", &events.MergeSuggested{Other: o.id, Point: o.points[0], Reason: "same claimed address"})
}

func (w *World) mergeContacts(into *contact) {
	from := w.other(into)
	if from == nil || from.open != "" && into.open != "" {
		return
	}
	f := events.ContactMerged{From: from.id, Into: into.id, Points: slices.Clone(from.points), Conversations: slices.Clone(from.convs), Reason: "an agent said so"}
	for _, id := range f.Conversations {
		w.convs[id].Contact = events.ContactRef{ID: into.id, Name: into.name}
		w.touch(w.convs[id])
	}
	if from.open != "" {
		into.open, from.open = from.open, ""
	}
	into.points = append(slices.Clone(into.points), from.points...)
	into.convs = append(slices.Clone(into.convs), from.convs...)
	into.merges = append(into.merges, f)
	from.points, from.convs, from.into = nil, nil, into.id
	w.decide(into, "command", &f)
	w.decide(from, "command", &f)
}

func (w *World) reverseContacts(into *contact) {
	if len(into.merges) == 0 {
		return
	}
	f := into.merges[len(into.merges)-1]
	into.merges = into.merges[:len(into.merges)-1]
	from := w.byID[f.From]
	from.into, from.points, from.convs = "", slices.Clone(f.Points), slices.Clone(f.Conversations)
	into.points = slices.DeleteFunc(slices.Clone(into.points), func(p events.Point) bool {
		return slices.ContainsFunc(f.Points, func(q events.Point) bool { return q.Key() == p.Key() })
	})
	into.convs = slices.DeleteFunc(slices.Clone(into.convs), func(id events.ConversationID) bool {
		return slices.Contains(f.Conversations, id)
	})
	for _, id := range f.Conversations {
		w.convs[id].Contact = events.ContactRef{ID: from.id, Name: from.name}
		w.touch(w.convs[id])
		if into.open == id {
			into.open, from.open = "", id
		}
	}
	r := events.ContactMergeReversed{From: f.From, Into: f.Into, Points: f.Points, Conversations: f.Conversations}
	w.decide(into, "command", &r)
	w.decide(from, "command", &r)
}

func (w *World) foldConversations(c *contact) {
	if len(c.convs) < 2 {
		return
	}
	from, into := w.convs[one(w, c.convs)], w.convs[one(w, c.convs)]
	if from == into || from.Status == events.Merged || into.Status == events.Merged || c.open == from.ID {
		return
	}
	from.Status, from.MergedInto = events.Merged, into.ID
	w.folded[from.ID] = into.ID
	w.touch(into)
	w.decide(c, "command", &events.ConversationMerged{From: from.ID, Into: into.ID, Reason: "same matter"})
}

func (w *World) unfoldConversations(c *contact) {
	for _, id := range c.convs {
		into, ok := w.folded[id]
		if !ok {
			continue
		}
		delete(w.folded, id)
		from := w.convs[id]
		from.Status, from.MergedInto = events.Resolved, ""
		w.touch(from)
		w.decide(c, "command", &events.ConversationMergeReversed{From: id, Into: into, Status: events.Resolved})
		return
	}
}
