package routing

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// knownCall says that a call is logged again under its id with other content:
// more of its legs are known by now, or it came out differently.
func (r *Router) knownCall(in *events.Inbound) bool {
	ref, ok := r.store.Message(messageID(in))
	return ok && in.Call != nil && ref.Call != nil && ref.Content != in.Content
}

// decideAmendment adds to a call what came later. What is said of a call that
// nobody has logged yet is that call, where it says enough to be one.
func (r *Router) decideAmendment(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	call := messageID(in)
	if in.Type == events.CallWasAmended {
		var ok bool
		if call, ok = r.find(in.Channel, in.Inbox, in.Target); !ok {
			return r.decideLateCall(entry, in, key, at)
		}
	}
	ref, _ := r.store.Message(call)
	s, ok := conversation.FollowConversation(r.store, ref.Conversation)
	if !ok {
		return outcome{}, "names no known conversation"
	}
	var files []events.Attachment
	if in.Message != nil {
		files = named(in.Message.Attachments)
	}
	d := r.draft(entry, in, standing(r.store, s.Contact.ID), at)
	number := ""
	if ref.Call != nil && !withheld(in.Sender) {
		number = customerNumber(ref.Call, in.Sender)
	}
	if problem := d.AmendCall(call, in.Call, files, number); problem != nil {
		return outcome{}, problem.Detail
	}
	d.Note(storedAs(in, key))
	return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
}

func (r *Router) decideLateCall(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	if in.Target == "" || in.Call == nil || in.Call.Outcome == "" || len(in.Sender.Points) == 0 {
		return outcome{}, "names no known call"
	}
	logged := *in
	logged.Type, logged.ProviderID = events.CallLogged, in.Target
	return r.decideMessage(entry, &logged, storedAs(in, key), at)
}

// customerNumber is the telephone number of the other side of a call.
func customerNumber(call *events.Call, sender events.Sender) string {
	number := call.From
	if call.Direction == events.Out {
		number = call.To
	}
	if conversation.Number(number) != "" {
		return number
	}
	for _, p := range sender.Points {
		if p.Kind == "phone" && conversation.Number(p.Value) != "" {
			return p.Value
		}
	}
	return ""
}

// calledBack recognises whom we called at a number that they only left for that:
// it is nobody's address, but a call to it was promised.
func (r *Router) calledBack(in *events.Inbound, reason string) (events.ContactID, string) {
	if in.Call == nil || in.Call.Direction != events.Out {
		return "", reason
	}
	number := conversation.Number(customerNumber(in.Call, in.Sender))
	if number == "" {
		return "", reason
	}
	promised, ok := r.store.promised(number)
	if !ok {
		return "", reason
	}
	s, ok := conversation.FollowConversation(r.store, promised)
	if !ok {
		return "", reason
	}
	return standing(r.store, s.Contact.ID), "a call to this number was promised"
}

// decideCallback puts a customer's wish to be called into their conversation, in
// their words where there are any, and makes the promise.
func (r *Router) decideCallback(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	if in.Callback == nil {
		return outcome{}, "says nothing"
	}
	wish := *in
	if wish.Message == nil {
		text := wish.Callback.Note
		if text == "" {
			text = "asks to be called back"
		}
		wish.Message = &events.ReceivedMessage{Text: text}
	}
	g, reason := r.meet(entry, &wish, at)
	if reason != "" {
		return outcome{}, reason
	}
	m := r.message(&wish, g.sender, g.contact)
	m.ID = events.MessageID(id.Derive("ms", key)) // the message of the same provider id, if any, is another
	m.ThreadIDs = slices.Clone(wish.Message.ThreadIDs)
	m.Flags = slices.DeleteFunc(m.Flags, func(f string) bool { return f == "id-reused" })
	m.Flag(conversation.FlagCallback)
	c := r.join(g, &wish, m)
	if s, ok := g.draft.World().Conversation(c); ok {
		g.draft.Wish(s, m, *in.Callback)
	}
	g.draft.Note(storedAs(in, key))
	return finish(g.draft, g.further), ""
}
