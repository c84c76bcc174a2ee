// Package history makes valid histories of decisions for the inbox's tests and
// measurements: contacts who write, agents who answer, assign, tag, snooze,
// resolve, merge and take merges back. It keeps the state a router would keep,
// so that every decision carries the conversations as they are after it.
package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Choose returns a number from 0 to n-1.
type Choose func(n int) int

// Options shape a history.
type Options struct {
	// New is how many of 1000 customer messages come from a new contact.
	New int
	// Window is how many of the newest contacts are still active; 0 is all.
	Window int
	// Calm leaves out merges, edits, late messages and other rare things.
	Calm bool
	// Text gives the n-th text; nil for a short one.
	Text func(n int) string
}

// World makes decisions one after another. It is for one goroutine.
type World struct {
	o        Options
	choose   Choose
	now      time.Time
	seq      uint64
	n        int
	contacts []*contact
	byID     map[events.ContactID]*contact
	convs    map[events.ConversationID]*events.Conversation
	said     map[events.ConversationID][]*events.Message
	folded   map[events.ConversationID]events.ConversationID
	out      []*events.Decision
	erased   []events.ConversationID // touched by the erasure that is being decided
}

type contact struct {
	id     events.ContactID
	name   string
	points []events.Point
	open   events.ConversationID
	convs  []events.ConversationID
	into   events.ContactID
	merges []events.ContactMerged
}

// New begins a world in which nothing has happened.
func New(choose Choose, o Options) *World {
	if o.New == 0 {
		o.New = 200
	}
	if o.Text == nil {
		o.Text = func(n int) string { return fmt.Sprintf("message number %d about 배송조회", n) }
	}
	return &World{
		o: o, choose: choose, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		byID: map[events.ContactID]*contact{}, convs: map[events.ConversationID]*events.Conversation{},
		said: map[events.ConversationID][]*events.Message{}, folded: map[events.ConversationID]events.ConversationID{},
	}
}

// Next makes the decisions of the next thing that happens: one, or two where a
// merge is told to both contacts. Their Seq counts from 1.
func (w *World) Next() []*events.Decision {
	w.out = nil
	w.now = w.now.Add(time.Duration(1+w.choose(5000)) * time.Millisecond)
	for len(w.out) == 0 {
		w.act()
	}
	return w.out
}

// Inboxes, agents, teams and queues of every world.
var (
	Inboxes  = []events.InboxID{"ib-mail", "ib-shop", "ib-chat"}
	Channels = []string{"email", "webhook", "webchat"}
	Agents   = []events.AgentID{"", "ag-ann", "ag-bob", "ag-cho", "ag-dee"}
	Teams    = []events.TeamID{"", "tm-east", "tm-west"}
	Queues   = []events.QueueID{"", "qu-sales", "qu-help"}
	Tags     = []string{"vip", "refund", "배송", "late/very"}
)

func (w *World) act() {
	k := w.choose(100)
	if len(w.contacts) == 0 || k < 40 {
		w.inbound()
		return
	}
	c := w.pick()
	conv := w.convs[c.open]
	switch {
	case conv == nil || c.into != "":
		if !w.o.Calm && k >= 85 {
			w.rare(c, k)
		} else {
			w.inbound()
		}
	case k < 60:
		w.reply(c, conv)
	case k < 66:
		w.receipt(c, conv)
	case k < 72:
		conv.Assignee, conv.Team = one(w, Agents), one(w, Teams)
		w.touch(conv)
		w.decide(c, "command", &events.ConversationAssigned{Conversation: conv.ID, Assignee: conv.Assignee, Team: conv.Team})
	case k < 75:
		w.tag(c, conv)
	case k < 77:
		conv.Queue = one(w, Queues)
		w.touch(conv)
		w.decide(c, "command", &events.ConversationTransferred{Conversation: conv.ID, Queue: conv.Queue})
	case k < 80:
		conv.Unread = 0
		w.decide(c, "command", &events.ConversationRead{Conversation: conv.ID})
	case k < 84:
		w.life(c, conv)
	case w.o.Calm:
		w.reply(c, conv)
	default:
		w.rare(c, k)
	}
}

func one[T any](w *World, from []T) T { return from[w.choose(len(from))] }

func (w *World) pick() *contact {
	from := 0
	if w.o.Window > 0 && len(w.contacts) > w.o.Window {
		from = len(w.contacts) - w.o.Window
	}
	return w.contacts[from+w.choose(len(w.contacts)-from)]
}

func (w *World) root(c *contact) *contact {
	for c.into != "" {
		c = w.byID[c.into]
	}
	return c
}

func (w *World) touch(conv *events.Conversation) { conv.UpdatedAt = w.now }

// decide writes a decision about c, with the state of every conversation that
// the facts name.
func (w *World) decide(c *contact, cause string, bodies ...events.Body) *events.Decision {
	w.seq++
	d := &events.Decision{
		ID: fmt.Sprintf("de%020d", w.seq), Contact: c.id, At: w.now, Cause: events.Cause{Kind: cause},
		Actor: events.Author{Kind: "agent", ID: "ag-ann", Name: "Ann"}, Seq: w.seq,
	}
	var named []events.ConversationID
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
		named = append(named, conversationsOf(b)...)
		if _, ok := b.(*events.ContactErased); ok {
			named = append(named, w.erased...)
		}
	}
	slices.Sort(named)
	for _, id := range slices.Compact(named) {
		conv := w.convs[id]
		conv.Version++
		snapshot := *conv
		snapshot.Channels, snapshot.Inboxes = slices.Clone(conv.Channels), slices.Clone(conv.Inboxes)
		snapshot.Tags = slices.Clone(conv.Tags)
		d.Conversations = append(d.Conversations, snapshot)
	}
	w.out = append(w.out, d)
	return d
}

func conversationsOf(b events.Body) []events.ConversationID {
	switch f := b.(type) {
	case *events.ConversationOpened:
		return []events.ConversationID{f.Conversation}
	case *events.MessageAdded:
		return []events.ConversationID{f.Message.ConversationID}
	case *events.ConversationAssigned:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationTransferred:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationTagged:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationSnoozed:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationWoken:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationResolved:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationReopened:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationRead:
		return []events.ConversationID{f.Conversation}
	case *events.MessageStatusChanged:
		return []events.ConversationID{f.Conversation}
	case *events.MessageEdited:
		return []events.ConversationID{f.Conversation}
	case *events.MessageRemoved:
		return []events.ConversationID{f.Conversation}
	case *events.MessageReacted:
		return []events.ConversationID{f.Conversation}
	case *events.AttachmentSettled:
		return []events.ConversationID{f.Conversation}
	case *events.CallAmended:
		return []events.ConversationID{f.Conversation}
	case *events.CallbackRequested:
		return []events.ConversationID{f.Conversation}
	case *events.CallbackClosed:
		return []events.ConversationID{f.Conversation}
	case *events.ClockWarned:
		return []events.ConversationID{f.Conversation}
	case *events.ClockBreached:
		return []events.ConversationID{f.Conversation}
	case *events.ClockStopped:
		return []events.ConversationID{f.Conversation}
	case *events.ConversationMerged:
		return []events.ConversationID{f.From, f.Into}
	case *events.ConversationMergeReversed:
		return []events.ConversationID{f.From, f.Into}
	case *events.ContactMerged:
		return f.Conversations
	case *events.ContactMergeReversed:
		return f.Conversations
	}
	return nil
}
