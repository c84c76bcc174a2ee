package routing

import (
	"cmp"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/identity"
)

// maxTalks bounds the conversations of one customer whose roads are looked at.
const maxTalks = 256

// elsewhere chooses a road for a question that the road used last takes none of:
// one to an address that is proved to be the customer's, the one they wrote over
// last before any that they never used. Where a machine spoke last there is none.
// From other conversations, and unused, only channels count that may begin
// ([reachedBy]).
//
// The refusal says why there is none: unproved where nothing of theirs that could be
// written to is proved, unreachable where all that is proved is barred, opted out of,
// or last heard a machine, and invalid where no inbox of ours leads there.
func (c *order) elsewhere(barred []events.Point) (conversation.Road, *commands.Problem) {
	contact, ok := c.draft.World().Contact(c.draft.Subject())
	if !ok {
		return conversation.Road{}, invalid("the customer is not known")
	}
	if last, used := c.state.LastRoad(func(conversation.Road) bool { return true }); used && last.Machine {
		return conversation.Road{}, &commands.Problem{Code: commands.Unreachable, Detail: "the customer's newest message is automatic: a machine does not ask a machine"}
	}
	problem := invalid("there is no way to reach the customer")
	heard := c.heard()
	roads := slices.Concat(c.written(heard), c.unwritten(contact, heard))
	for _, road := range roads {
		if road.To = heldAs(contact, road.To); road.To.Trust != events.Proved {
			if problem.Code == commands.Invalid {
				problem = &commands.Problem{Code: commands.Unproved, Detail: "no address of the customer is proved to be theirs"}
			}
			continue
		}
		if road.Machine || optedOut(contact, road) || slices.ContainsFunc(barred, func(p events.Point) bool { return p.Key() == road.To.Key() }) {
			problem = &commands.Problem{Code: commands.Unreachable, Detail: "what is proved to be the customer's takes nothing"}
			continue
		}
		return road, nil
	}
	return conversation.Road{}, problem
}

// heard are the roads over which the customer wrote in any of their conversations,
// as their newest word there left them.
func (c *order) heard() []conversation.Road {
	w := c.draft.World()
	var out []conversation.Road
	looked := 0
	for _, id := range conversation.Family(w, c.state.Contact.ID) {
		for _, talk := range w.Talks(id) {
			s, ok := w.Conversation(talk)
			if looked++; !ok || looked > maxTalks {
				continue
			}
			for _, r := range s.Roads {
				at := slices.IndexFunc(out, func(o conversation.Road) bool { return o.Inbox == r.Inbox && o.To.Key() == r.To.Key() })
				switch {
				case at < 0:
					out = append(out, r)
				case r.LastAt.After(out[at].LastAt):
					out[at] = r
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b conversation.Road) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(a.Inbox, b.Inbox), cmp.Compare(a.To.Key(), b.To.Key()))
	})
	return out
}

// written are the roads heard that take a question now. One of another
// conversation keeps nothing of how that one was threaded.
func (c *order) written(heard []conversation.Road) []conversation.Road {
	var out []conversation.Road
	for _, r := range heard {
		if !c.sends(r.Inbox) || onlyAnswers[r.Channel] || c.window(r, commands.ReplyBody{}) != nil {
			continue
		}
		own := slices.IndexFunc(c.state.Roads, func(o conversation.Road) bool { return o.Inbox == r.Inbox && o.To.Key() == r.To.Key() })
		switch {
		case own >= 0:
			machine := r.Machine
			r = c.state.Roads[own]
			r.Machine = machine
		case reachedBy[r.Channel] == "" || reachedBy[r.Channel] != r.To.Kind:
			continue
		default:
			r.Subject, r.References, r.Key = c.state.Subject, nil, ""
		}
		out = append(out, r)
	}
	return out
}

// unwritten are ways to addresses of the customer over inboxes to which they never
// wrote from there: mail before telephones, as whoever reads it sees what it is about.
// Whether a machine wrote last from an address is known of the address, not the inbox.
func (c *order) unwritten(contact *conversation.Contact, heard []conversation.Road) []conversation.Road {
	var out []conversation.Road
	for _, p := range contact.Points {
		machine := slices.IndexFunc(heard, func(r conversation.Road) bool { return r.To.Key() == p.Key() })
		for _, inbox := range c.router.deps.Inboxes.List("") {
			if kind := reachedBy[inbox.Channel]; kind == "" || kind != p.Kind || onlyAnswers[inbox.Channel] || identity.Nameless(p) || !c.sends(inbox.ID) {
				continue
			}
			road := conversation.Road{Inbox: inbox.ID, Channel: inbox.Channel, To: p, Subject: c.state.Subject, Machine: machine >= 0 && heard[machine].Machine}
			if c.window(road, commands.ReplyBody{}) == nil {
				out = append(out, road)
			}
		}
	}
	slices.SortFunc(out, func(a, b conversation.Road) int {
		return cmp.Or(cmp.Compare(a.To.Kind, b.To.Kind), cmp.Compare(a.Inbox, b.Inbox), cmp.Compare(a.To.Key(), b.To.Key()))
	})
	return out
}

// sends reports whether an inbox is there, can send, and is not held back.
func (c *order) sends(id events.InboxID) bool {
	inbox, ok := c.router.deps.Inboxes.ByID(id)
	return ok && sendsNow(inbox)
}

func sendsNow(inbox config.Inbox) bool { return !inbox.OneWay && !inbox.Paused }

// heldAs is an address as the contact holds it; empty where it is not theirs (any
// more).
func heldAs(contact *conversation.Contact, p events.Point) events.Point {
	if at := slices.IndexFunc(contact.Points, func(q events.Point) bool { return q.Key() == p.Key() }); at >= 0 {
		return contact.Points[at]
	}
	return events.Point{}
}

// optedOut reads from what adapters have told of the customer whether they do not
// want to be written to on a channel: opt_out.<channel>, where text messages are sms
// whoever carries them; blocked, which a channel says of itself alone; and the wish
// for no marketing, which a question that nobody asked for comes near to.
func optedOut(contact *conversation.Contact, road conversation.Road) bool {
	a := contact.Attributes
	switch reachedBy[road.Channel] {
	case "email":
		return a["opt_out.email"] == "yes" || a["no_marketing_mail"] == "yes"
	case "phone":
		return a["opt_out.sms"] == "yes" || a["opt_out."+road.Channel] == "yes" || a["no_marketing_texts"] == "yes"
	}
	return a["opt_out."+road.Channel] == "yes" || a["blocked"] == "yes"
}
