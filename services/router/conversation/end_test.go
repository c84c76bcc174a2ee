package conversation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// ends is a visitor's word that they are done with the talk over an inbox.
func (b *book) ends(who events.ContactID, inbox events.InboxID) *events.Decision {
	d := b.draft(who)
	d.decision.Actor = events.Author{Kind: "system"}
	d.End(inbox, events.Message{ContactID: who, Channel: "webchat", InboxID: inbox, Text: "ended", Attachments: []events.Attachment{}, OccurredAt: b.now, ReceivedAt: b.now},
		func(c events.ConversationID) events.MessageID { return events.MessageID(fmt.Sprint("end", b.n, c)) })
	return b.keep(d)
}

// over has a message come by the chat.
func over(inbox events.InboxID, channel string) func(*Arrival) {
	return func(a *Arrival) { a.Message.InboxID, a.Message.Channel = inbox, channel }
}

func count[B events.Body](d *events.Decision) int {
	n := 0
	for _, f := range d.Facts {
		if _, is := f.Body.(B); is {
			n++
		}
	}
	return n
}

// What an end comes to, by how the conversation stands: who waits has given up, what
// is answered or not begun is over, and what somebody of ours has still to do stays
// theirs. Each has one line, and what goes on elsewhere has none.
//
// To see it fail: have owed say no, or leave spokeOver or calledSince out of End.
func TestWhatAnEndComesTo(t *testing.T) {
	type at = func(*testing.T, *book, events.ContactID, events.ConversationID)
	does := func(do func(*Draft, *State) *commands.Problem) at {
		return func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) { b.does(t, c, do) }
	}
	holds := func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) { b.gives(t, c, "bo") }
	given := func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) {
		b.does(t, c, func(d *Draft, s *State) *commands.Problem { d.Give(s, "bo", events.Choice{}); return nil })
	}
	answers := func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) { b.answers(t, c) }
	aside := does(func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, d.At().Add(time.Hour)) })
	promised := does(func(d *Draft, s *State) *commands.Problem {
		return d.RequestCallback(s, "cb1", commands.RequestCallbackBody{Number: "+82100000"})
	})
	writes := func(inbox events.InboxID, channel string) at {
		return func(_ *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.now = b.now.Add(time.Minute)
			b.writes(k, c, over(inbox, channel))
		}
	}
	calls := func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
		b.now = b.now.Add(time.Minute)
		b.writes(k, c, func(a *Arrival) {
			m := &a.Message
			m.Kind, m.Channel, m.InboxID = events.KindCall, "asterisk", "pbx"
			m.Call = &events.Call{Direction: events.In, Outcome: callMissed, From: "+82100000", EndedAt: b.now}
		})
	}
	ended := func(t *testing.T, b *book, k events.ContactID, _ events.ConversationID) { b.ends(k, "chat") }
	for name, c := range map[string]struct {
		before []at
		status events.ConversationStatus
		place  string // the reason of the place that ends by it
		holder events.AgentID
		lines  int
	}{
		"waits in a queue": {nil, events.Resolved, events.PlaceAbandoned, "", 1},
		"waits where nothing gives": {[]at{does(func(d *Draft, s *State) *commands.Problem {
			return d.Transfer(s, "n", commands.TransferBody{Queue: "hands"})
		})}, events.Resolved, "", "", 1},
		"was offered": {[]at{does(func(d *Draft, s *State) *commands.Problem {
			d.Offer(s, events.Offer{ID: "of1", Agent: "bo", At: d.At(), Until: d.At().Add(time.Minute)}, events.Choice{})
			return nil
		})}, events.Resolved, events.PlaceAbandoned, "", 1},
		"was given and not begun":             {[]at{given}, events.Resolved, "", "bo", 1},
		"an agent holds it":                   {[]at{holds}, events.Open, "", "bo", 1},
		"held, and ended twice":               {[]at{holds, ended}, events.Open, "", "bo", 0},
		"held, ended and written again":       {[]at{holds, ended, writes("chat", "webchat")}, events.Open, "", "bo", 1},
		"held and answered":                   {[]at{holds, answers}, events.Resolved, "", "bo", 1},
		"answered after an end":               {[]at{holds, ended, answers}, events.Resolved, "", "bo", 0},
		"held, answered, asked again":         {[]at{holds, answers, writes("chat", "webchat")}, events.Open, "", "bo", 1},
		"answered by one who did not take it": {[]at{answers}, events.Resolved, "", "", 1},
		"put aside":                           {[]at{holds, answers, aside}, events.Snoozed, "", "bo", 1},
		"put aside unanswered":                {[]at{aside}, events.Snoozed, "", "", 1},
		"a call is promised":                  {[]at{promised}, events.Open, "", "", 1},
		"answered, and a call is promised":    {[]at{answers, promised}, events.Open, "", "", 1},
		"goes on by mail":                     {[]at{writes("mail", "email")}, events.Open, "", "", 0},
		"answered, and goes on by mail":       {[]at{writes("mail", "email"), answers}, events.Open, "", "", 0},
		"goes on in another chat":             {[]at{writes("chat2", "webchat")}, events.Open, "", "", 0},
		"came from mail":                      {[]at{writes("mail", "email"), writes("chat", "webchat")}, events.Resolved, events.PlaceAbandoned, "", 1},
		"they rang meanwhile":                 {[]at{calls}, events.Open, "", "", 0},
		"rang, and wrote again":               {[]at{calls, writes("chat", "webchat")}, events.Resolved, events.PlaceAbandoned, "", 1},
		"is over already":                     {[]at{does(resolve)}, events.Resolved, "", "", 0},
		"ended before":                        {[]at{ended}, events.Resolved, "", "", 0},
	} {
		b := newBook()
		b.queues["front"] = config.Queue{ID: "front", Mode: config.QueuePush}
		b.queues["hands"] = config.Queue{ID: "hands", Mode: config.QueueManual}
		kim := b.meets("kim")
		id, _ := b.writes(kim, "", over("chat", "webchat"))
		for _, do := range c.before {
			do(t, b, kim, id)
		}
		was := b.conversations[id].Status
		dec := b.ends(kim, "chat")
		s := b.conversations[id]
		if s.Status != c.status || s.Assignee != c.holder || count[*events.MessageAdded](dec) != c.lines || s.Offer != nil {
			t.Errorf("%s: is %s, of %q, offered %+v, after %s", name, s.Status, s.Assignee, s.Offer, facts(dec))
		}
		if resolved := count[*events.ConversationResolved](dec); resolved > 0 != (was != events.Resolved && c.status == events.Resolved) {
			t.Errorf("%s: resolved %d times by %s", name, resolved, facts(dec))
		}
		place := ""
		for _, f := range dec.Facts {
			switch body := f.Body.(type) {
			case *events.ConversationUnqueued:
				place = body.Reason
			case *events.ConversationResolved:
				if body.Reason != events.ResolvedEnded {
					t.Errorf("%s: resolved for %q", name, body.Reason)
				}
			case *events.MessageAdded:
				if m := body.Message; m.Kind != events.KindEvent || !m.HasFlag(events.FlagEnded) || !m.HasFlag(events.FlagLeft) {
					t.Errorf("%s: the line is %+v", name, m)
				}
			}
		}
		if place != c.place {
			t.Errorf("%s: the place ends as %q, want %q", name, place, c.place)
		}
		if again := b.ends(kim, "chat"); len(again.Facts) > 0 {
			t.Errorf("%s: a second end does %s", name, facts(again))
		}
		b.sameFromTheLog(t)
	}
}

// Whoever worked on what a visitor ends has time to finish it; whoever was given it
// and had not begun has nothing to finish.
//
// To see it fail: leave finishUp or begun out of close.
func TestAnEndLeavesTimeToFinish(t *testing.T) {
	for _, worked := range []bool{true, false} {
		b := newBook()
		b.queues["front"] = config.Queue{ID: "front", Mode: config.QueuePush, WrapUp: 30}
		kim := b.meets("kim")
		id, _ := b.writes(kim, "", over("chat", "webchat"))
		b.stands("bo", events.AgentAvailable)
		b.does(t, id, func(d *Draft, s *State) *commands.Problem { d.Give(s, "bo", events.Choice{}); return nil })
		if worked {
			b.answers(t, id)
		}
		b.ends(kim, "chat")
		p := b.presences["bo"]
		if wraps := p.State == events.AgentWrapUp && p.Until != nil && p.Until.Equal(b.now.Add(30*time.Second)); wraps != worked || b.conversations[id].Status != events.Resolved {
			t.Errorf("worked %v: bo is %+v", worked, p)
		}
		b.sameFromTheLog(t)
	}
}

// end has a customer end what they have over an inbox, and holds it against how each
// of their conversations stood.
func (d *desk) end() {
	who := d.standing()
	inbox := rapid.SampledFrom([]events.InboxID{"chat", "mail", "pbx"}).Draw(d.t, "ended inbox")
	type stood struct {
		was   State
		meant bool
	}
	before := map[events.ConversationID]stood{}
	for id, s := range d.conversations {
		newest, by := time.Time{}, events.InboxID("")
		for _, r := range s.Roads {
			if by == "" || r.LastAt.After(newest) {
				newest, by = r.LastAt, r.Inbox
			}
		}
		rang := s.LastMessage != nil && s.LastMessage.Kind == events.KindCall && s.LastMessage.Direction == events.In && !newest.After(s.LastMessage.OccurredAt)
		before[id] = stood{*s, slices.Contains(d.book.contacts[who].Live, id) && by == inbox && !rang}
	}
	decision := d.ends(who, inbox)
	for id, b := range before {
		was, is := b.was, d.conversations[id]
		theirs := was.Assignee != "" && was.Unbegun == nil && was.WaitingSince != nil
		over := b.meant && was.Status == events.Open && was.Callback == nil && !theirs
		switch {
		case !b.meant && (is.Status != was.Status || is.Ended != was.Ended || is.Version != was.Version):
			d.t.Fatalf("%s was not meant and was changed by %s", id, facts(decision))
		case b.meant && !is.Ended:
			d.t.Fatalf("%s was ended and has no line", id)
		case over != (is.Status == events.Resolved && was.Status != events.Resolved):
			d.t.Fatalf("%s was %s, of %q, since %v, and is %s", id, was.Status, was.Assignee, was.WaitingSince, is.Status)
		case is.Assignee != was.Assignee:
			d.t.Fatalf("%s went from %q to %q", id, was.Assignee, is.Assignee)
		}
	}
	if again := d.ends(who, inbox); len(again.Facts) > 0 {
		d.t.Fatalf("a second end does %s", facts(again))
	}
}
