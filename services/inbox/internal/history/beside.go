package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// beside does what happens beside the talk: calls, promises to call, promises that
// run late, files, reactions, orders, and once in a while an erasure.
func (w *World) beside(c *contact) {
	conv := w.convs[c.open]
	if conv == nil {
		w.order(c)
		return
	}
	switch w.choose(8) {
	case 0:
		w.order(c)
	case 1:
		w.call(c, conv)
	case 2:
		w.promise(c, conv)
	case 3, 4:
		w.file(c, conv)
	case 5:
		m := one(w, w.said[conv.ID])
		w.decide(c, "inbound", &events.MessageReacted{Conversation: conv.ID, Message: m.ID, Emoji: one(w, []string{"", "👍", "❤"})})
	case 6:
		w.clock(c, conv)
	case 7:
		if w.choose(4) == 0 {
			w.erase(c)
		}
	}
}

// clock has a promise warn, be missed, or end. Nobody said anything, so the
// conversation is not newer for it.
func (w *World) clock(c *contact, conv *events.Conversation) {
	k := events.Clock{Kind: events.FirstResponse, Policy: "po-1", StartedAt: w.now, Target: 60_000, Warned: true}
	if len(conv.Clocks) > 0 && w.choose(3) == 0 {
		k, conv.Clocks = conv.Clocks[0], nil
		w.decide(c, "timer", &events.ClockStopped{Conversation: conv.ID, Clock: k, Outcome: "dropped"})
		return
	}
	if w.choose(2) == 0 {
		conv.Clocks = []events.Clock{k}
		w.decide(c, "timer", &events.ClockWarned{Conversation: conv.ID, Clock: k})
		return
	}
	late := k
	late.Kind, late.Breached = events.Resolution, true
	conv.Clocks = []events.Clock{k, late}
	w.decide(c, "timer", &events.ClockBreached{Conversation: conv.ID, Clock: late})
}

func (w *World) order(c *contact) {
	n := w.choose(5)
	w.decide(c, "inbound", &events.OrderStated{Inbox: one(w, Inboxes), Order: events.Order{
		ID: fmt.Sprint(c.id, n), Number: fmt.Sprint("#", n), Currency: "KRW", Total: fmt.Sprint(w.n),
		PlacedAt: w.now.Add(-time.Hour), UpdatedAt: w.now.Add(time.Duration(w.choose(120)-90) * time.Minute),
	}})
}

// call logs a call, and amends it at once or not at all.
func (w *World) call(c *contact, conv *events.Conversation) {
	m := w.say(c, conv, w.choose(len(Inboxes)), events.In)
	m.Kind, m.Text, m.ProviderID = events.KindCall, "", "call-"+string(m.ID)
	m.Call = &events.Call{Direction: events.In, Outcome: "missed", From: c.points[0].Value, EndedAt: w.now}
	w.decide(c, "inbound", &events.MessageAdded{Message: *m})
	if w.choose(2) == 0 {
		call := *m.Call
		call.Recording, call.Transcript = "file-1", "hello"
		m.Attachments = []events.Attachment{{ID: "file-1", URL: "media:1"}}
		w.decide(c, "inbound", &events.CallAmended{Conversation: conv.ID, Message: m.ID, Call: call, Attachments: m.Attachments})
	}
}

func (w *World) promise(c *contact, conv *events.Conversation) {
	w.touch(conv)
	if cb := conv.Callback; cb != nil && w.choose(2) == 0 {
		conv.Callback = nil
		w.decide(c, "command", &events.CallbackClosed{Conversation: conv.ID, Callback: cb.ID, Outcome: "reached", Reason: "they spoke"})
		return
	}
	conv.Callback = &events.Callback{ID: events.CallbackID(fmt.Sprint("cb", w.n)), Number: "+8210", Reason: "asked", RequestedAt: w.now, Note: "at noon"}
	w.decide(c, "command", &events.CallbackRequested{Conversation: conv.ID, Callback: *conv.Callback})
}

// file has a message come with files, or settles one.
func (w *World) file(c *contact, conv *events.Conversation) {
	for _, m := range slices.Backward(w.said[conv.ID]) {
		if len(m.Attachments) > 0 {
			a := one(w, m.Attachments)
			a.URL, a.Hash, a.Size = "", fmt.Sprintf("%064d", w.n), 9
			if w.choose(3) == 0 {
				a.Hash, a.Size, a.Failed = "", 0, "expired"
			}
			w.decide(c, "command", &events.AttachmentSettled{Conversation: conv.ID, Message: m.ID, Attachment: a})
			return
		}
	}
	m := w.say(c, conv, w.choose(len(Inboxes)), events.In)
	m.ProviderID = "file-" + string(m.ID)
	m.Attachments = []events.Attachment{{ID: "a", Name: "a.png", URL: "https://cdn.example/a"}, {ID: "b", Name: "b.png", URL: "media:b"}}
	w.decide(c, "inbound", &events.MessageAdded{Message: *m})
}

// erase deletes everything of a contact, with the rows of all their
// conversations as the router writes them.
func (w *World) erase(c *contact) {
	f := &events.ContactErased{What: []string{"*"}, Points: slices.Clone(c.points), Reason: "asked"}
	family := []*contact{c}
	for i := 0; i < len(family); i++ {
		for _, m := range family[i].merges {
			family = append(family, w.byID[m.From])
		}
	}
	for id, conv := range w.convs {
		if !slices.ContainsFunc(family, func(x *contact) bool { return x.id == conv.Contact.ID }) {
			continue
		}
		conv.Contact.Name, conv.Callback = "", nil
		if conv.LastMessage != nil {
			last := *conv.LastMessage
			last.Text = ""
			conv.LastMessage = &last
		}
		w.touch(conv)
		w.erased = append(w.erased, id)
	}
	for _, x := range family {
		x.name = ""
	}
	c.points = []events.Point{{Kind: "visitor", Value: fmt.Sprint("after", w.n), Scope: "ib-chat", Trust: events.Claimed}}
	w.decide(c, "inbound", f)
	w.decide(c, "inbound", &events.ContactPointAdded{Point: c.points[0], Reason: "wrote again"})
	w.erased = nil
}
