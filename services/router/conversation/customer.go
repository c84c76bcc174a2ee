package conversation

import (
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// OrderKey names an order: a shop's id means something inside its inbox.
func OrderKey(inbox events.InboxID, id string) string { return string(inbox) + "\x00" + id }

// State puts an order as the shop states it now on the contact's page. What is
// older than what stands adds nothing.
func (d *Draft) State(inbox events.InboxID, order events.Order) {
	if known, ok := d.World().Order(OrderKey(inbox, order.ID)); ok && order.UpdatedAt.Before(known.Updated) {
		return
	}
	d.add(&events.OrderStated{Inbox: inbox, Order: order})
}

// Everything is what an erasure names to mean all that is known.
const Everything = "*"

// FlagDataRequest marks the line that tells agents of a customer who asks what
// is known of them. It makes the conversation wait for an answer.
const FlagDataRequest = "data-request"

// Erase deletes what the demand names of the contact: with * everything, the
// words of their messages too, else the name or the addresses of a kind. The
// fact lists addresses; which messages it hides follows from whose they are.
func (d *Draft) Erase(what []string, reason string) {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return
	}
	fact := &events.ContactErased{What: slices.Clone(what), Reason: reason}
	for _, p := range c.Points {
		if slices.Contains(what, Everything) || slices.Contains(what, p.Kind) {
			fact.Points = append(fact.Points, p)
		}
	}
	if slices.Contains(what, Everything) {
		for _, conv := range slices.Clone(c.Callbacks) {
			if s, ok := d.World().Conversation(conv); ok && s.Callback != nil {
				d.add(&events.CallbackClosed{Conversation: conv, Callback: s.Callback.ID, Outcome: OutcomeCancelled, Reason: "the customer's data was deleted"})
			}
		}
	}
	d.add(fact)
}

// applyErased clears the contact, those folded into it, and every conversation
// that shows their name, address or words.
func applyErased(w *Work, d *events.Decision, f *events.ContactErased) {
	all := slices.Contains(f.What, Everything)
	for _, id := range Family(w, d.Contact) {
		c := w.contact(id)
		clearContact(c, f, all)
		if all && len(w.Purchases(id)) > 0 {
			w.Purchased[id] = nil
		}
		for _, conv := range w.Talks(id) {
			clearConversation(w.conversation(conv), f, c.Name, all)
		}
	}
}

// Family are a contact and those folded into it, directly or by way of another.
func Family(w World, id events.ContactID) []events.ContactID {
	out := []events.ContactID{id}
	for i := 0; i < len(out); i++ {
		c, ok := w.Contact(out[i])
		if !ok {
			continue
		}
		for _, m := range c.Merged {
			out = putOnce(out, m.From)
		}
	}
	return out
}

func clearContact(c *Contact, f *events.ContactErased, all bool) {
	if all || slices.Contains(f.What, "name") {
		c.Name = ""
	}
	for k := range c.Attributes {
		if all || slices.ContainsFunc(f.What, func(what string) bool { return k == what || strings.HasPrefix(k, what+"_") }) {
			delete(c.Attributes, k)
		}
	}
	gone := func(points []events.Point) []events.Point {
		return slices.DeleteFunc(slices.Clone(points), func(p events.Point) bool {
			return slices.ContainsFunc(f.Points, func(q events.Point) bool { return q.Key() == p.Key() })
		})
	}
	c.Points = gone(c.Points)
	for i, m := range c.Merged {
		m.Points, m.Own = gone(m.Points), gone(m.Own)
		c.Merged[i] = m
	}
	if all {
		c.Called = nil
	}
}

func clearConversation(s *State, f *events.ContactErased, name string, all bool) {
	s.Contact.Name = name
	clear := func(t *State) {
		t.Roads = slices.DeleteFunc(t.Roads, func(r Road) bool {
			return slices.ContainsFunc(f.Points, func(p events.Point) bool { return p.Key() == r.To.Key() })
		})
		if all {
			t.wordless()
		}
	}
	clear(s)
	s.eachSide(func(_ *Side, one *State) { clear(one) })
	s.asked(func(a *Asked) {
		if slices.ContainsFunc(f.Points, func(p events.Point) bool { return strings.HasSuffix(a.Road, "\x00"+p.Key()) }) {
			a.Road = ""
		}
	})
	if !all {
		return
	}
	s.Asked = nil
	s.Callback = nil // what is left is the copy of a folded conversation
}

// wordless forgets what was said and over which roads.
func (s *State) wordless() {
	s.Subject, s.Roads = "", nil
	if s.LastMessage != nil {
		last := *s.LastMessage
		last.Text, last.Author = "", ""
		s.LastMessage = &last
	}
}

// applyEvent shows a line that nobody wrote where there is nothing else to show,
// and has the conversation wait where the line asks for an answer.
func applyEvent(s *State, d *events.Decision, m *events.Message) {
	if s.LastMessage == nil {
		s.LastMessage = &events.LastMessage{ID: m.ID, Direction: m.Direction, Kind: m.Kind, Channel: m.Channel, Text: events.Preview(m.Text), OccurredAt: m.OccurredAt}
	}
	if m.HasFlag(FlagDataRequest) {
		s.Unread++
		s.Wished = false
		if s.WaitingSince == nil {
			at := d.At
			s.WaitingSince = &at
		}
	}
	if m.HasFlag(events.FlagLeft) {
		s.Left = s.WaitingSince != nil && s.Assignee == ""
		s.Ended = m.HasFlag(events.FlagEnded)
	}
}
