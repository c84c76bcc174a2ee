package routing

import (
	"fmt"
	"maps"
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
//
// stored is how the statement is remembered; nil where by the message itself.
func (r *Router) decideMessage(entry feed.Entry[*events.Inbound], in *events.Inbound, stored *events.InboundStored, at time.Time) (outcome, string) {
	stated := in
	if in.Message == nil && in.Call == nil {
		return outcome{}, "says nothing"
	}
	hidden := in.Call != nil && withheld(in.Sender)
	if hidden {
		in = nobody(in)
	}
	g, reason := r.meet(entry, in, at)
	if reason != "" {
		return outcome{}, reason
	}
	m := r.message(in, g.sender, g.contact)
	r.join(g, in, m)
	if in.Delivery != nil { // what it is about may become known yet
		g.draft.Hold(in.Channel, in.Inbox, *in.Delivery)
	}
	if m.Call != nil && !hidden {
		g.draft.Called(m.ID, m.Call, customerNumber(m.Call, g.sender))
	}
	if stored == nil {
		stored = storedAs(stated, string(m.ID))
	}
	g.draft.Note(stored)
	return finish(g.draft, g.further), ""
}

// guest is a sender who has been recognised: who they are, and the decision in
// which that is written down.
type guest struct {
	draft   *conversation.Draft
	further []*conversation.Draft
	contact events.ContactID
	sender  events.Sender
	inbox   config.Inbox
	seq     uint64
}

// meet finds out who the sender is and makes them known. A non-empty reason
// means that they have no address.
func (r *Router) meet(entry feed.Entry[*events.Inbound], in *events.Inbound, at time.Time) (*guest, string) {
	if len(in.Sender.Points) == 0 {
		return nil, "has no sender"
	}
	g := &guest{inbox: r.inboxOf(in.Inbox), seq: entry.Seq}
	g.sender = effective(in, g.inbox)
	who := identity.Resolve(g.sender, in.Inbox, r.owners(g.sender, in.Inbox))
	if who.Contact == "" {
		who.Contact, who.Reason = r.calledBack(in, who.Reason)
	}
	isNew := who.Contact == ""
	g.contact = who.Contact
	if isNew {
		g.contact = newContactID(string(in.Inbox)+"\x00"+in.ProviderID, g.sender.Points[0])
	}
	g.draft = r.draft(entry, in, g.contact, at)
	g.draft.Speaks(g.sender.Points)
	if !isNew {
		who.Add = append(who.Add, g.lost(who.Add)...)
	}
	g.draft.Meet(isNew, g.sender.Name, g.sender.Attributes, who.Add, who.Reason)
	g.further = r.settleIdentity(g.draft, who)
	return g, ""
}

// lost is the address from which a known customer writes where it was taken from them
// and is only claimed: their inbox still knows them by it, and nobody could answer.
func (g *guest) lost(added []events.Point) []events.Point {
	p := g.sender.Points[0]
	c, ok := g.draft.World().Contact(g.contact)
	if !ok || p.Trust != events.Claimed || identity.Nameless(p) || slices.Contains(added, p) {
		return nil
	}
	if _, held := c.Holds(p.Key()); held {
		return nil
	}
	return []events.Point{p}
}

// join puts a message where it belongs.
func (r *Router) join(g *guest, in *events.Inbound, m events.Message) events.ConversationID {
	d, inbox := g.draft, g.inbox
	if m.Order == "" {
		m.Order = deliveryOrder(g.seq)
	}
	verdict := threading.Choose(r.threadInput(in, inbox, g.contact, d))
	if verdict.Foreign {
		m.Flag("refers-to-other-contact")
	}
	if in.Direction == events.Out && m.Call == nil {
		return r.echo(d, m, verdict)
	}
	if id, done := r.surveyed(d, m, &verdict); done {
		return id
	}
	return d.Receive(conversation.Arrival{
		Message: m, Join: verdict.Conversation, NewID: events.ConversationID(id.Derive("cv", string(m.ID))),
		Explicit: verdict.Explicit, Thread: verdict.Thread, Reason: verdict.Reason, Queue: inbox.Queue, Team: inbox.Team, Target: r.placing(d),
	})
}

// Flags of adapters that decide where a message belongs.
const (
	flagOwnAddress = "own-address" // the sender's address is an inbox of ours
	flagForwarded  = "forwarded"   // somebody else's words, sent on
	flagTimeDoubt  = "time-doubted"
)

// maxSenderPoints bounds the addresses of one statement.
const maxSenderPoints = 32

// withheld says that a caller hides who they are: no address at all, a word in
// the place of a number, or an address that the adapter marks as withheld.
func withheld(s events.Sender) bool {
	return !slices.ContainsFunc(s.Points, func(p events.Point) bool {
		return p.Kind != identity.Withheld && (p.Kind != "phone" || strings.ContainsAny(p.Value, "0123456789"))
	})
}

// nobody gives a withheld call a sender of its own: callers who hide are never
// taken for one person.
func nobody(in *events.Inbound) *events.Inbound {
	out := *in
	out.Sender.Points = []events.Point{{Kind: identity.Withheld, Value: in.ProviderID, Scope: string(in.Inbox), Trust: events.Claimed}}
	return &out
}

// said is when the provider says that it was, unless that is more than a few minutes
// after we heard it, or outside of all calendars: such a clock orders nothing.
func said(in *events.Inbound) (at time.Time, doubted bool) {
	at = in.OccurredAt.UTC()
	if at.Sub(in.ReceivedAt) > conversation.MaxAhead || at.Year() < 1 || at.Year() > 9999 {
		return in.ReceivedAt.UTC(), true
	}
	return at, false
}

// deliveryOrder is the tie-break of messages whose provider gives none and whose
// times are equal, as those of two mails sent within a second are: the order in
// which the provider delivered them.
func deliveryOrder(inboundSeq uint64) string { return fmt.Sprintf("%016x", inboundSeq) }

// effective is the sender as this inbox trusts them: an inbox may count what is
// stated as claimed, and a claimed address is known inside its inbox only. Whatever
// the channel, the name is cleaned here.
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
	sender.Name, sender.Attributes = events.CleanName(sender.Name), few(sender.Attributes)
	return sender
}

// Bounds of what one statement says of a customer beside their addresses.
const (
	maxAttributes = 32
	maxAttribute  = 512
)

// few keeps the attributes that are within bounds, the first by name.
func few(all map[string]string) map[string]string {
	long := func(k, v string) bool { return k == "" || len(k) > 64 || len(v) > maxAttribute }
	fits := len(all) <= maxAttributes
	for k, v := range all {
		fits = fits && !long(k, v)
	}
	if fits {
		return all
	}
	out := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if v := all[k]; !long(k, v) && len(out) < maxAttributes {
			out[k] = v
		}
	}
	return out
}

// named gives every attachment an id of its own within the message, which is how
// later facts name it.
func named(list []events.Attachment) []events.Attachment {
	list = slices.Clone(list)
	used := map[string]bool{}
	for i := range list {
		if list[i].ID == "" || used[list[i].ID] {
			list[i].ID = fmt.Sprint("file-", i+1)
		}
		used[list[i].ID] = true
	}
	return list
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
		call := *c
		if call.Direction == "" {
			call.Direction = events.In
			if in.Direction == events.Out {
				call.Direction = events.Out
			}
		}
		m.Kind, m.Call, m.Direction = events.KindCall, &call, call.Direction
		if call.Direction == events.Out {
			m.Author, m.Status = events.Author{Kind: "integration", Name: call.Agent}, events.StatusSent
		}
	}
	if body := in.Message; body != nil {
		m.Subject, m.Text, m.HTML, m.Quoted = body.Subject, body.Text, body.HTML, body.Quoted
		m.InReplyTo, m.Thread, m.Pressed = body.InReplyTo, body.Thread, body.Pressed
		if body.Attachments != nil {
			m.Attachments = named(body.Attachments)
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
