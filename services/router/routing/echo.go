package routing

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/threading"
)

// A provider tells us of everything that leaves through its account: of what we
// sent, and of what somebody wrote in its own console. The first must not show
// twice. An id tells the two apart once the sending has been answered; until
// then the address, the inbox and the words do. What they cannot tell is shown,
// and taken back when the ids meet.

// ours says that an echo bears an id that a message of ours is known by, the
// provider's or our own.
func (r *Router) ours(in *events.Inbound) bool {
	for _, name := range echoIDs(in) {
		m, ok := r.store.thread(conversation.ProviderKey(in.Channel, in.Inbox, name))
		if !ok {
			m = events.MessageID(name)
		}
		if ref, known := r.store.Message(m); known && ref.Direction == events.Out {
			return true
		}
	}
	return false
}

func echoIDs(in *events.Inbound) []string {
	ids := []string{in.ProviderID}
	if in.Message != nil {
		for _, name := range in.Message.ThreadIDs {
			if name != "" && !slices.Contains(ids, name) {
				ids = append(ids, name)
			}
		}
	}
	return ids
}

// echoed finds the message of ours that an echo repeats before we were told its
// ids.
func (r *Router) echoed(in *events.Inbound) (mine events.MessageID, whole, ok bool) {
	if in.Direction != events.Out || in.Message == nil || in.Call != nil {
		return "", false, false
	}
	return conversation.Echoed(r.store, in.Inbox, in.Sender.Points, in.Message.Text)
}

func (r *Router) decideEcho(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time, mine events.MessageID, whole bool) (outcome, string) {
	ref, _ := r.store.Message(mine)
	s, ok := conversation.FollowConversation(r.store, ref.Conversation)
	if !ok {
		return outcome{}, "names no known conversation"
	}
	d := r.draft(entry, in, standing(r.store, s.Contact.ID), at)
	d.Confirm(mine, echoIDs(in), whole)
	d.Note(storedAs(in, key))
	return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
}

// fold takes back what was shown as written in the provider's console and turns
// out to be the message mine, which is now known by the same ids.
func (r *Router) fold(d *conversation.Draft, channel string, inbox events.InboxID, mine events.MessageID, ids []string) {
	for _, name := range ids {
		echo := messageID(&events.Inbound{Inbox: inbox, ProviderID: name})
		if ref, ok := r.store.Message(echo); ok && echo != mine && ref.Direction == events.Out && ref.Kind == events.KindMessage && ref.Channel == channel {
			_ = d.Remove(echo) // it is known, so nothing is refused
		}
	}
}

// decideWatermark moves all that the sender was sent through this inbox up to a
// time. One that moves nothing is stored all the same.
func (r *Router) decideWatermark(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) outcome {
	points := in.Sender.Points[:min(len(in.Sender.Points), maxSenderPoints)]
	var contact events.ContactID
	for _, p := range points {
		if sent := r.store.Outgoing(conversation.RoadKey(in.Inbox, p.Key())); len(sent) > 0 && contact == "" {
			ref, _ := r.store.Message(sent[len(sent)-1].ID)
			if s, ok := conversation.FollowConversation(r.store, ref.Conversation); ok {
				contact = standing(r.store, s.Contact.ID)
			}
		}
	}
	d := r.draft(entry, in, contact, at)
	d.Watermark(in.Inbox, points, in.Delivery.Until.UTC(), in.Delivery.Status)
	d.Note(storedAs(in, key))
	return outcome{[]*events.Decision{d.Finish()}, d.Work}
}

// echo puts a message of ours that was written in the provider's own console
// where it belongs. Nothing is sent.
func (r *Router) echo(d *conversation.Draft, m events.Message, verdict threading.Verdict) events.ConversationID {
	m.Direction, m.Status = events.Out, events.StatusSent
	m.Author = events.Author{Kind: "integration", Name: m.Channel}
	m.Flags = slices.DeleteFunc(m.Flags, func(f string) bool { return f == "unverified" })
	return d.Receive(conversation.Arrival{
		Message: m, Join: verdict.Conversation, NewID: events.ConversationID(id.Derive("cv", string(m.ID))),
		Thread: verdict.Thread, Reason: "written in the provider's console",
	})
}
