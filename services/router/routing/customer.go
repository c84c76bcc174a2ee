package routing

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/identity"
)

// Statements about a customer that are no message: an order, what a source knows
// of them, a demand to delete it.

// buyerKinds are the addresses by which a shop's customer is known elsewhere. Who
// pays in Naver TalkTalk is known by the chat itself.
var buyerKinds = []string{"email", "phone", "external", "navertalk"}

// decideOrder puts an order on its customer's page. An order stays with whom it
// was first stated of, whatever addresses a later statement shows.
func (r *Router) decideOrder(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	if in.Purchase == nil || in.Purchase.ID == "" {
		return outcome{}, "says nothing"
	}
	if known, ok := r.store.Order(conversation.OrderKey(in.Inbox, in.Purchase.ID)); ok {
		d := r.draft(entry, in, standing(r.store, known.Contact), at)
		d.State(in.Inbox, *in.Purchase)
		d.Note(storedAs(in, key))
		return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
	}
	if in.Purchase.Part {
		return outcome{}, "is about an order that nobody has stated"
	}
	buyer := *in
	buyer.Sender.Points = slices.DeleteFunc(slices.Clone(in.Sender.Points), func(p events.Point) bool {
		return !p.Trust.AtLeast(events.Stated) || !slices.Contains(buyerKinds, p.Kind) || identity.Nameless(p)
	})
	if len(buyer.Sender.Points) == 0 {
		return outcome{}, "names no customer"
	}
	g, reason := r.meet(entry, &buyer, at)
	if reason != "" {
		return outcome{}, reason
	}
	g.draft.State(in.Inbox, *in.Purchase)
	g.draft.Note(storedAs(in, key))
	return finish(g.draft, g.further), ""
}

// decideContact writes down what a source knows of a customer.
func (r *Router) decideContact(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	if withheld(in.Sender) {
		return outcome{}, "has no sender"
	}
	g, reason := r.meet(entry, in, at)
	if reason != "" {
		return outcome{}, reason
	}
	if left(in) {
		line, named := r.line(g, in, key, "The customer left the chat.")
		g.draft.Leave(in.Inbox, line, named)
	}
	g.draft.Note(storedAs(in, key))
	return finish(g.draft, g.further), ""
}

// decideEnd takes a customer's word that they are done. Of whom nobody knows there
// is nothing to end, and nobody is made known by it.
func (r *Router) decideEnd(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	if withheld(in.Sender) {
		return outcome{}, "has no sender"
	}
	sender := effective(in, r.inboxOf(in.Inbox))
	if identity.Resolve(sender, in.Inbox, r.owners(sender, in.Inbox)).Contact == "" {
		d := r.draft(entry, in, "", at)
		d.Note(storedAs(in, key))
		return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
	}
	g, reason := r.meet(entry, in, at)
	if reason != "" {
		return outcome{}, reason
	}
	line, named := r.line(g, in, key, "The visitor ended the chat.")
	g.draft.End(in.Inbox, line, named)
	g.draft.Note(storedAs(in, key))
	return finish(g.draft, g.further), ""
}

// line is what a conversation shows of a statement about its customer that is no
// message, and names it in each.
func (r *Router) line(g *guest, in *events.Inbound, key, text string) (events.Message, func(events.ConversationID) events.MessageID) {
	m := r.message(in, g.sender, g.contact)
	m.Author, m.Text, m.ThreadIDs = system, text, nil
	return m, func(c events.ConversationID) events.MessageID {
		return events.MessageID(id.Derive("ms", key, string(c)))
	}
}

// left reports whether a source states that the customer has left it: they blocked
// us, or closed the chat there. A session that the source itself ended for want of
// words is none of theirs, and in Channel Talk it is we who block.
func left(in *events.Inbound) bool {
	a := in.Sender.Attributes
	return a["naver_chat"] == "left" || a["kakao_session"] == "left" || a["blocked"] == "yes" && in.Channel != "channeltalk"
}

// decideErasure deletes what a provider demands to be deleted of whom its signed
// addresses name; whoever asks for a copy instead gets a person's answer. Nobody
// known by these addresses has nothing to delete.
func (r *Router) decideErasure(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	if in.Erasure == nil {
		return outcome{}, "says nothing"
	}
	asking := *in
	asking.Sender.Points = slices.DeleteFunc(slices.Clone(in.Sender.Points), func(p events.Point) bool {
		return !p.Trust.AtLeast(events.Stated) || identity.Nameless(p)
	})
	if len(asking.Sender.Points) == 0 {
		return outcome{}, "names no customer by an address that is proved or stated"
	}
	if in.Erasure.Report {
		return r.decideReport(entry, &asking, key, at)
	}
	if len(in.Erasure.What) == 0 {
		return outcome{}, "does not say what is to be deleted"
	}
	sender := effective(&asking, r.inboxOf(in.Inbox))
	who := identity.Resolve(sender, in.Inbox, r.owners(sender, in.Inbox))
	d := r.draft(entry, in, who.Contact, at)
	if who.Contact != "" {
		d.Erase(in.Erasure.What, in.Erasure.Reason)
	}
	d.Note(storedAs(in, key))
	return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
}

// decideReport tells agents of a customer who wants to know what is known.
func (r *Router) decideReport(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	g, reason := r.meet(entry, in, at)
	if reason != "" {
		return outcome{}, reason
	}
	text := "The customer asks for a copy of their data."
	if in.Erasure.Reason != "" {
		text += " " + in.Erasure.Reason
	}
	m := r.message(in, g.sender, g.contact)
	m.ID = events.MessageID(id.Derive("ms", key))
	m.Kind, m.Direction, m.Author, m.Text, m.ThreadIDs = events.KindEvent, events.Out, system, text, nil
	m.Flags = []string{conversation.FlagDataRequest}
	r.join(g, in, m)
	g.draft.Note(storedAs(in, key))
	return finish(g.draft, g.further), ""
}
