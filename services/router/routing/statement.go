package routing

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

var system = events.Author{Kind: "system"}

// decideStatement decides one statement of INBOUND. Whatever it is, exactly one
// of stored, duplicate and rejected comes of it.
func (r *Router) decideStatement(ctx context.Context, entry feed.Entry[*events.Inbound]) error {
	// Statements come in order, so whatever was not decided below this one has
	// left the stream.
	r.prog.skipTo(entry.Seq - 1)
	if r.prog.decided(entry.Seq) {
		return nil
	}
	r.store.begin()
	defer r.store.end()
	started := time.Now()
	o, result := r.judge(entry)
	r.took.Observe(time.Since(started).Seconds())
	err := r.submit(ctx, o, nil)
	if errors.Is(err, errUnfit) {
		in := entry.Value
		if in == nil {
			in = &events.Inbound{}
		}
		r.deps.Logger.Error().Err(err).Uint64("seq", entry.Seq).Msg("statement cannot be stored as a decision")
		result = "rejected"
		err = r.submit(ctx, r.rejected(entry, in, r.deps.Now().UTC(), "cannot be stored as a decision"), nil)
	}
	if err != nil {
		return err
	}
	r.decisions.WithLabelValues("inbound", result).Inc()
	if entry.Err == nil {
		r.books.WithLabelValues(string(entry.Value.Inbox), result).Inc()
	}
	return nil
}

// judge never fails: a statement that cannot be read, or that makes the rules
// stumble, is rejected with its reason and stays in INBOUND, raw.
func (r *Router) judge(entry feed.Entry[*events.Inbound]) (o outcome, result string) {
	at := r.deps.Now().UTC()
	if entry.Err != nil {
		return r.rejected(entry, &events.Inbound{}, at, "cannot be read"), "rejected"
	}
	defer func() {
		if p := recover(); p != nil {
			r.deps.Logger.Error().Str("panic", fmt.Sprintf("%T", p)).Bytes("stack", debug.Stack()).Uint64("seq", entry.Seq).Msg("deciding stumbled")
			o, result = r.rejected(entry, entry.Value, at, "deciding stumbled"), "rejected"
		}
	}()
	return r.weigh(entry, entry.Value, at)
}

func (r *Router) weigh(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time) (outcome, string) {
	var o outcome
	var reason string
	if in.Type == events.CallLogged && r.knownCall(in) || in.Type == events.CallWasAmended {
		return r.once(entry, in, at, r.decideAmendment)
	}
	if in.Type == events.DeliveryReported && in.Message != nil {
		if _, ours := r.target(in); !ours { // then it is a message like any other
			message := *in
			message.Type = events.MessageReceived
			in = &message
		}
	}
	switch in.Type {
	case events.MessageReceived, events.CallLogged:
		if duplicate := r.knownMessage(in); duplicate {
			return r.duplicate(entry, in, at), "duplicate"
		}
		if mine, whole, ok := r.echoed(in); ok {
			return r.once(entry, in, at, func(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
				return r.decideEcho(entry, in, key, at, mine, whole)
			})
		}
		o, reason = r.decideMessage(entry, in, nil, at)
	case events.MessageWasEdited, events.MessageWasRemoved, events.DeliveryReported, events.MessageWasReacted:
		return r.once(entry, in, at, r.decideAbout)
	case events.CallbackWanted:
		return r.once(entry, in, at, r.decideCallback)
	case events.OrderWasStated:
		return r.once(entry, in, at, r.decideOrder)
	case events.ContactWasStated:
		return r.once(entry, in, at, r.decideContact)
	case events.ChatWasEnded:
		return r.once(entry, in, at, r.decideEnd)
	case events.ContactWasErased:
		return r.once(entry, in, at, r.decideErasure)
	default:
		reason = "unknown kind of event"
	}
	if reason != "" {
		return r.rejected(entry, in, at, reason), "rejected"
	}
	return o, "stored"
}

// once decides a statement that is remembered by its own key; see aboutKey.
func (r *Router) once(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time,
	decide func(feed.Entry[*events.Inbound], *events.Inbound, string, time.Time) (outcome, string)) (outcome, string) {
	key, known := r.aboutKey(in)
	if known {
		return r.duplicate(entry, in, at), "duplicate"
	}
	o, reason := decide(entry, in, key, at)
	if reason != "" {
		return r.rejected(entry, in, at, reason), "rejected"
	}
	return o, "stored"
}

func storedAs(in *events.Inbound, key string) *events.InboundStored {
	return &events.InboundStored{Inbox: in.Inbox, Key: key, ProviderID: in.ProviderID, Content: in.Content}
}

// knownMessage recognises a second delivery. An id that comes again with other
// content is another message, under an id of its own.
func (r *Router) knownMessage(in *events.Inbound) bool {
	if in.Direction == events.Out && r.ours(in) { // an echo of what we sent ourselves
		return true
	}
	if r.cameBack(in) {
		return true
	}
	first, known := r.store.Message(messageID(in))
	if !known {
		return false
	}
	if first.Content == in.Content {
		return true
	}
	_, known = r.store.Message(reusedID(in))
	return known
}

// cameBack recognises our own mail that a list or a forwarding brings back: it
// bears an id of ours and one of our addresses. A stranger's mail under an id of
// ours is kept, as any other.
func (r *Router) cameBack(in *events.Inbound) bool {
	if in.Message == nil || !slices.Contains(in.Flags, flagOwnAddress) {
		return false
	}
	for _, id := range in.Message.ThreadIDs {
		if m, ok := r.store.thread(conversation.ProviderKey(in.Channel, in.Inbox, id)); ok {
			if ref, _ := r.store.Message(m); ref.Direction == events.Out {
				return true
			}
		}
	}
	return false
}

// aboutKey is what a statement that is no message is remembered by, and whether
// it is. As with messages, an id that comes again with other content (a receipt
// that says more by now) is another statement; but an end says nothing that could
// differ.
func (r *Router) aboutKey(in *events.Inbound) (key string, known bool) {
	key = statementKey(in)
	first, known := r.store.seen(key)
	if !known || first == in.Content || in.Type == events.ChatWasEnded {
		return key, known
	}
	key += "/" + in.Content
	_, known = r.store.seen(key)
	return key, known
}

func (r *Router) decideAbout(entry feed.Entry[*events.Inbound], in *events.Inbound, key string, at time.Time) (outcome, string) {
	stored := storedAs(in, key)
	if in.Delivery != nil && in.Delivery.Until != nil {
		return r.decideWatermark(entry, in, key, at), ""
	}
	target, ok := r.target(in)
	if !ok {
		if d := r.draft(entry, in, "", at); in.Type == events.DeliveryReported && in.Delivery != nil && d.Hold(in.Channel, in.Inbox, *in.Delivery) {
			d.Note(stored)
			return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
		}
		return outcome{}, "names no known message"
	}
	ref, _ := r.store.Message(target)
	s, ok := conversation.FollowConversation(r.store, ref.Conversation)
	if !ok {
		return outcome{}, "names no known conversation"
	}
	d := r.draft(entry, in, standing(r.store, s.Contact.ID), at)
	switch {
	case in.Type == events.DeliveryReported && in.Delivery != nil:
		if _, problem := d.Report(target, *in.Delivery); problem != nil {
			return outcome{}, problem.Detail
		}
		r.fold(d, in.Channel, in.Inbox, target, in.Delivery.ProviderIDs)
	case in.Type == events.MessageWasEdited && in.Message != nil:
		if problem := d.Edit(target, in.Message.Text, in.Message.HTML); problem != nil {
			return outcome{}, problem.Detail
		}
	case in.Type == events.MessageWasRemoved:
		if problem := d.Remove(target); problem != nil {
			return outcome{}, problem.Detail
		}
	case in.Type == events.MessageWasReacted && in.Reaction != nil:
		if problem := d.React(target, in.Reaction.Emoji); problem != nil {
			return outcome{}, problem.Detail
		}
	default:
		return outcome{}, "says nothing"
	}
	d.Note(stored)
	return outcome{[]*events.Decision{d.Finish()}, d.Work}, ""
}

// standing is the contact that a contact has become.
func standing(w conversation.World, id events.ContactID) events.ContactID {
	if c, ok := conversation.FollowContact(w, id); ok {
		return c.ID
	}
	return id
}

// target finds the message that a receipt, an edit or a removal is about.
func (r *Router) target(in *events.Inbound) (events.MessageID, bool) {
	ids := []string{in.Target}
	if in.Delivery != nil {
		if in.Delivery.Message != "" {
			if _, ok := r.store.Message(in.Delivery.Message); ok {
				return in.Delivery.Message, true
			}
		}
		ids = append(ids, in.Delivery.ProviderIDs...)
	}
	for _, id := range ids {
		if m, ok := r.find(in.Channel, in.Inbox, id); ok {
			return m, true
		}
	}
	return "", false
}

// find looks a provider's id up: the index first, then the id it would have.
func (r *Router) find(ch string, inbox events.InboxID, id string) (events.MessageID, bool) {
	if id == "" {
		return "", false
	}
	if m, ok := r.store.thread(conversation.ProviderKey(ch, inbox, id)); ok {
		return m, true
	}
	m := messageID(&events.Inbound{Inbox: inbox, ProviderID: id})
	_, ok := r.store.Message(m)
	return m, ok
}

func (r *Router) draft(entry feed.Entry[*events.Inbound], in *events.Inbound, contact events.ContactID, at time.Time) *conversation.Draft {
	cause := events.Cause{Kind: "inbound", InboundSeq: entry.Seq, Trace: in.Trace}
	return conversation.NewDraft(r.store, decisionID(entry.Seq), contact, at, cause, system)
}

func decisionID(inboundSeq uint64) string { return fmt.Sprintf("in%d", inboundSeq) }

func (r *Router) duplicate(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time) outcome {
	return r.booked(entry, in, at, &events.InboundDuplicate{Inbox: in.Inbox, Key: statementKey(in), ProviderID: in.ProviderID})
}

func (r *Router) rejected(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time, reason string) outcome {
	if in.Inbox == "" { // not readable: the subject names the inbox
		if parts := strings.Split(entry.Subject, "."); len(parts) == 4 {
			in = &events.Inbound{Inbox: events.InboxID(parts[3])}
		}
	}
	return r.booked(entry, in, at, &events.InboundRejected{Inbox: in.Inbox, Key: statementKey(in), ProviderID: in.ProviderID, Reason: reason})
}

func (r *Router) booked(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time, body events.Body) outcome {
	d := r.draft(entry, in, "", at)
	d.Note(body)
	return outcome{[]*events.Decision{d.Finish()}, nil}
}

// inboxOf returns the settings of the statement's inbox; an inbox deleted since
// leaves the defaults.
func (r *Router) inboxOf(id events.InboxID) config.Inbox {
	inbox, ok := r.deps.Inboxes.ByID(id)
	if !ok {
		inbox.ID = id
	}
	return inbox
}
