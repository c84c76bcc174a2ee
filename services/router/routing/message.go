package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/identity"
	"github.com/tributary-inbox/tributary/services/router/threading"
)

// decideMessage finds out who wrote and where it belongs, and puts it there. A
// non-empty reason means that it can be no message of anybody.
func (r *Router) decideMessage(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time) (outcome, string) {
	if in.Call != nil && withheld(in.Sender) {
		in = nobody(in)
	}
	if len(in.Sender.Points) == 0 {
		return outcome{}, "has no sender"
	}
	if in.Message == nil && in.Call == nil {
		return outcome{}, "says nothing"
	}
	inbox := r.inboxOf(in.Inbox)
	sender := effective(in, inbox)
	who := identity.Resolve(sender, in.Inbox, r.owners(sender, in.Inbox))
	contact, isNew := who.Contact, who.Contact == ""
	if isNew {
		contact = newContactID(string(in.Inbox)+"\x00"+in.ProviderID, sender.Points[0])
	}
	d := r.draft(entry, in, contact, at)
	d.Meet(isNew, sender.Name, in.Sender.Attributes, who.Add, who.Reason)
	further := r.settleIdentity(d, who)
	m := r.message(in, sender, contact)
	if m.Order == "" {
		m.Order = deliveryOrder(entry.Seq)
	}
	verdict := threading.Choose(r.threadInput(in, inbox, contact, d))
	if verdict.Foreign {
		m.Flag("refers-to-other-contact")
	}
	if in.Direction == events.Out {
		r.echo(d, m, verdict)
	} else {
		d.Receive(conversation.Arrival{
			Message: m, Join: verdict.Conversation, NewID: events.ConversationID(id.Derive("cv", string(m.ID))),
			Explicit: verdict.Explicit, Thread: verdict.Thread, Reason: verdict.Reason, Queue: inbox.Queue, Team: inbox.Team,
		})
	}
	d.Note(&events.InboundStored{Inbox: in.Inbox, Key: string(m.ID), ProviderID: in.ProviderID, Content: in.Content})
	return finish(d, further), ""
}

// Flags of adapters that decide where a message belongs.
const (
	flagOwnAddress = "own-address" // the sender's address is an inbox of ours
	flagForwarded  = "forwarded"   // somebody else's words, sent on
	flagTimeDoubt  = "time-doubted"
)

// maxSenderPoints bounds the addresses of one statement.
const maxSenderPoints = 32

// withheld says that a caller hides who they are: no address at all, or a word
// in the place of a number.
func withheld(s events.Sender) bool {
	return !slices.ContainsFunc(s.Points, func(p events.Point) bool {
		return p.Kind != "phone" || strings.ContainsAny(p.Value, "0123456789")
	})
}

// nobody gives a withheld call a sender of its own: callers who hide are never
// taken for one person.
func nobody(in *events.Inbound) *events.Inbound {
	out := *in
	out.Sender.Points = []events.Point{{Kind: "withheld", Value: in.ProviderID, Scope: string(in.Inbox), Trust: events.Claimed}}
	return &out
}

// said is when the provider says that it was, unless that is a day and more
// after we heard it, or outside of all calendars: such a clock orders nothing.
func said(in *events.Inbound) (at time.Time, doubted bool) {
	at = in.OccurredAt.UTC()
	if at.Sub(in.ReceivedAt) > 24*time.Hour || at.Year() < 1 || at.Year() > 9999 {
		return in.ReceivedAt.UTC(), true
	}
	return at, false
}

// deliveryOrder is the tie-break of messages whose provider gives none and whose
// times are equal, as those of two mails sent within a second are: the order in
// which the provider delivered them.
func deliveryOrder(inboundSeq uint64) string { return fmt.Sprintf("%016x", inboundSeq) }

// effective is the sender as this inbox trusts them: an inbox may count what is
// stated as claimed, and a claimed address is known inside its inbox only.
func effective(in *events.Inbound, inbox config.Inbox) events.Sender {
	sender := in.Sender
	sender.Points = slices.Clone(sender.Points[:min(len(sender.Points), maxSenderPoints)])
	for i, p := range sender.Points {
		if p.Trust == "" {
			p.Trust = events.Claimed
		}
		if p.Trust == events.Claimed && inbox.ClaimedAsStated {
			p.Trust = events.Stated
		}
		sender.Points[i] = p
	}
	return sender
}

func (r *Router) owners(sender events.Sender, inbox events.InboxID) map[string]identity.Owner {
	owners := make(map[string]identity.Owner, len(sender.Points))
	for _, p := range sender.Points {
		for _, key := range []string{p.Key(), identity.ClaimKey(p, inbox)} {
			if owner, ok := r.store.owner(key); ok {
				owners[key] = owner
			}
		}
	}
	return owners
}

// settleIdentity writes down merges, moves and suggestions. Facts about other
// contacts come as decisions of their own, to be stored together with this one.
func (r *Router) settleIdentity(d *conversation.Draft, who identity.Verdict) []*conversation.Draft {
	var further []*conversation.Draft
	for _, merge := range who.Merge {
		if d.Merge(merge.From, "both hold the same proved "+merge.Point.Kind, true) == nil {
			further = append(further, d.Marker(merge.From))
		}
	}
	for _, moved := range who.Move {
		d.AddPoint(moved.Point, "the visitor proved who they are")
		further = append(further, d.Lose(moved.From, moved.Point, "belongs to "+string(d.Subject())))
	}
	for _, s := range who.Suggest {
		d.Suggest(s.Other, s.Point, s.Reason)
	}
	return further
}

func finish(d *conversation.Draft, further []*conversation.Draft) outcome {
	o := outcome{work: d.Work}
	o.decisions = append(o.decisions, d.Finish())
	for _, f := range further {
		o.decisions = append(o.decisions, f.Finish())
	}
	return o
}

func (r *Router) message(in *events.Inbound, sender events.Sender, contact events.ContactID) events.Message {
	from := sender.Points[0]
	at, doubted := said(in)
	m := events.Message{
		ID: messageID(in), ContactID: contact, Direction: events.In, Kind: events.KindMessage,
		Channel: in.Channel, InboxID: in.Inbox, ProviderID: in.ProviderID, Status: events.StatusReceived,
		Author: events.Author{Kind: "contact", ID: string(contact), Name: sender.Name}, From: &from,
		Attachments: []events.Attachment{}, Flags: slices.Clone(in.Flags),
		OccurredAt: at, ReceivedAt: in.ReceivedAt.UTC(), Order: in.Order, ThreadIDs: []string{in.ProviderID},
	}
	if first, reused := r.store.Message(m.ID); reused && first.Content != in.Content {
		m.ID = reusedID(in)
		m.Flag("id-reused")
	}
	if doubted {
		m.Flag(flagTimeDoubt)
	}
	if from.Trust != events.Proved {
		m.Flag("unverified")
	}
	if c := in.Call; c != nil {
		m.Kind, m.Call = events.KindCall, c
	}
	if body := in.Message; body != nil {
		m.Subject, m.Text, m.HTML, m.Quoted = body.Subject, body.Text, body.HTML, body.Quoted
		m.InReplyTo, m.Thread = body.InReplyTo, body.Thread
		if body.Attachments != nil {
			m.Attachments = body.Attachments
		}
		if len(body.ThreadIDs) > 0 {
			m.ThreadIDs = body.ThreadIDs
		}
		if body.Automatic {
			m.Flag("automatic")
		}
	}
	return m
}

func (r *Router) threadInput(in *events.Inbound, inbox config.Inbox, contact events.ContactID, d *conversation.Draft) threading.Input {
	input := threading.Input{Contact: contact, ByThread: inbox.Unify == config.UnifyThread}
	if in.Message != nil {
		if in.Message.Token != "" {
			if s, ok := conversation.FollowConversation(d.World(), events.ConversationID(in.Message.Token)); ok {
				input.Token = &threading.Ref{Conversation: s.ID, Contact: standing(d.World(), s.Contact.ID)}
			}
		}
		if slices.Contains(in.Flags, flagForwarded) {
			input.Alone = string(messageID(in))
		} else {
			input.Refs = r.refs(in, d)
		}
		input.Thread = in.Message.Thread
		if input.Thread == "" {
			input.Thread = strings.ToLower(in.Message.Subject)
		}
	}
	if slices.Contains(in.Flags, flagOwnAddress) {
		input.Alone = string(messageID(in))
	}
	if c, ok := d.World().Contact(contact); ok {
		for i, live := range slices.Backward(c.Live) {
			if len(c.Live)-i > maxLive {
				break
			}
			if s, ok := d.World().Conversation(live); ok {
				input.Live = append(input.Live, threading.Candidate{ID: s.ID, Thread: s.Thread})
			}
		}
	}
	return input
}

// maxLive bounds how many conversations under way are looked at; only an inbox
// that unifies by thread can give a contact that many.
const maxLive = 256

// maxRefs bounds how many references of a message are looked up.
const maxRefs = 32

func (r *Router) refs(in *events.Inbound, d *conversation.Draft) []threading.Ref {
	var out []threading.Ref
	for i, ref := range in.Message.InReplyTo {
		if i >= maxRefs {
			break
		}
		mid, ok := r.find(in.Channel, in.Inbox, ref)
		if !ok {
			continue
		}
		known, _ := r.store.Message(mid)
		if s, ok := conversation.FollowConversation(d.World(), known.Conversation); ok {
			out = append(out, threading.Ref{Conversation: s.ID, Contact: standing(d.World(), s.Contact.ID)})
		}
	}
	return out
}

// echo puts a message of ours that was written in the provider's own console
// where it belongs. Nothing is sent.
func (r *Router) echo(d *conversation.Draft, m events.Message, verdict threading.Verdict) {
	m.Direction, m.Status = events.Out, events.StatusSent
	m.Author = events.Author{Kind: "integration", Name: m.Channel}
	m.Flags = slices.DeleteFunc(m.Flags, func(f string) bool { return f == "unverified" })
	d.Receive(conversation.Arrival{
		Message: m, Join: verdict.Conversation, NewID: events.ConversationID(id.Derive("cv", string(m.ID))),
		Thread: verdict.Thread, Reason: "written in the provider's console",
	})
}
