package routing

import (
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// ends is a visitor's word that they are done with a web chat.
func ends(inbox, id string, points ...events.Point) *events.Inbound {
	in := statement(inbox, "webchat", id, "", points...)
	in.Type, in.Message = events.ChatWasEnded, nil
	return in
}

// A visitor who waits and ends the chat leaves the queue as one who gave up, and the
// offer that was out is withdrawn, all in the decision that says so; what they write
// later is work again.
//
// To see it fail: leave the line out of End, which is what tells giving up from any
// other resolving.
func TestAVisitorWhoEndsTheChatHasGivenUp(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 600}, config.Agent{ID: "anna"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	kim := point("visitor", "kim", events.Proved)
	first := conversationOf(t, h.say(statement("shop", "webchat", "m1", "hello", kim)))
	offered := h.row(first.ID, offeredTo("anna"))
	ds := h.say(ends("shop", "k-end:1", kim))
	if end := only[*events.ConversationUnqueued](t, ds); end.Reason != events.PlaceAbandoned || end.Queue != "sales" {
		t.Errorf("the place ends as %+v", end)
	}
	if gone := only[*events.OfferClosed](t, ds); gone.Offer != offered.Offer.ID || gone.Outcome != events.OfferWithdrawn {
		t.Errorf("the offer ends as %+v", gone)
	}
	if over := only[*events.ConversationResolved](t, ds); over.Reason != events.ResolvedEnded {
		t.Errorf("resolved for %q", over.Reason)
	}
	line := only[*events.MessageAdded](t, ds).Message
	if line.Kind != events.KindEvent || !line.HasFlag(events.FlagEnded) || line.ProviderID != "k-end:1" || line.From == nil || line.From.Key() != kim.Key() || line.Author.Kind != "system" || line.Text == "" {
		t.Errorf("the line is %+v", line)
	}
	if is := conversationOf(t, ds); is.Status != events.Resolved || is.Wait != nil || is.Offer != nil || is.WaitingSince != nil {
		t.Errorf("it is %+v", is)
	}
	// An offer that was answered too late finds that out.
	wantProblem(t, h.command(commands.AnswerOffer, commands.Envelope{Conversation: first.ID}, commands.AnswerOfferBody{Offer: offered.Offer.ID, Accept: true}), commands.Conflict)
	again := conversationOf(t, h.say(statement("shop", "webchat", "m2", "one more thing", kim)))
	if again.Status != events.Open || again.WaitingSince == nil {
		t.Errorf("later it is %+v", again)
	}
}

// An end is said once, whatever else is known of the visitor when it is said again,
// and after a restart; another end of what is over changes nothing, nor does one of
// somebody who has said nothing, and nobody is made known by it. Each is booked.
//
// To see it fail: leave ChatWasEnded out of aboutKey, or the look for a contact out
// of decideEnd.
func TestAnEndIsSaidOnce(t *testing.T) {
	h := newHouse(t)
	kim, shopper := point("visitor", "kim", events.Proved), point("external", "c-1", events.Proved)
	ds := h.say(ends("chat", "k-end:0", kim))
	only[*events.InboundStored](t, ds)
	none[*events.ContactCreated](t, ds)
	for _, d := range ds { // a claim has no facts
		if d.Cause.InboundSeq != 0 && (len(d.Facts) != 1 || d.Contact != "") {
			t.Fatalf("an end of nobody decides %+v", d)
		}
	}
	only[*events.InboundRejected](t, h.say(ends("chat", "k-end:x")))

	h.say(statement("chat", "webchat", "m1", "hello", kim))
	if is := conversationOf(t, h.say(ends("chat", "k-end:1", kim))); is.Status != events.Resolved {
		t.Fatalf("it is %+v", is)
	}
	opened := conversationOf(t, h.say(statement("chat", "webchat", "m2", "hello again", kim)))
	for _, again := range []*events.Inbound{ends("chat", "k-end:1", kim), ends("chat", "k-end:1", shopper, kim)} {
		ds := h.say(again)
		only[*events.InboundDuplicate](t, ds)
		none[*events.ConversationResolved](t, ds)
	}
	h.stop()
	h.start()
	only[*events.InboundDuplicate](t, h.say(ends("chat", "k-end:1", shopper, kim)))
	if is := conversationOf(t, h.say(ends("chat", "k-end:2", kim))); is.ID != opened.ID || is.Status != events.Resolved {
		t.Fatalf("the second talk is %+v", is)
	}
	ds = h.say(ends("chat", "k-end:3", kim))
	only[*events.InboundStored](t, ds)
	none[*events.MessageAdded](t, ds)
	none[*events.ConversationResolved](t, ds)
}

// One conversation holds all that a customer says, and only where they said the last
// word over the chat does its end mean anything.
//
// To see it fail: leave spokeOver out of End.
func TestAnEndIsOfItsChatAlone(t *testing.T) {
	h := newHouse(t)
	kim, mail := point("external", "kim", events.Proved), point("email", "kim@example.com", events.Proved)
	say := func(inbox, channel, id string, points ...events.Point) events.Conversation {
		t.Helper()
		in := statement(inbox, channel, id, "hello", points...)
		in.OccurredAt = h.clock.Now()
		h.clock.Add(1)
		return conversationOf(t, h.say(in))
	}
	chat := say("chat", "webchat", "m1", kim, mail)
	if joined := say("mail", "email", "<m2@x>", mail); joined.ID != chat.ID {
		t.Fatalf("the mail stands in %s, the chat in %s", joined.ID, chat.ID)
	}
	ds := h.say(ends("chat", "k-end:1", kim))
	none[*events.MessageAdded](t, ds)
	none[*events.ConversationResolved](t, ds)
	say("chat", "webchat", "m3", kim)
	only[*events.ConversationResolved](t, h.say(ends("chat", "k-end:2", kim)))
}

// An agent's answer and the visitor's end come in one order or the other, and each
// has its outcome: what was answered in time is over; what was not stays with who
// holds it, whose answer still goes out; and to answer what is over begins it again.
func TestAnEndRacesAnAnswer(t *testing.T) {
	for _, c := range []struct {
		name          string
		holds, before bool
		status        events.ConversationStatus
	}{
		{"answered, then ended", true, true, events.Resolved},
		{"held and ended, then answered", true, false, events.Open},
		{"ended, then answered", false, false, events.Open},
	} {
		h := newHouse(t)
		kim := point("visitor", "kim", events.Proved)
		row := conversationOf(t, h.say(statement("chat", "webchat", "m1", "hello", kim)))
		do := func(name string, body any) {
			t.Helper()
			if r := h.command(name, commands.Envelope{Conversation: row.ID}, body); r.Problem != nil {
				t.Fatalf("%s: %s: %v", c.name, name, r.Problem)
			}
		}
		answer := func() { t.Helper(); do(commands.Reply, commands.ReplyBody{Text: "here you are", ClientID: "a1"}) }
		if c.holds {
			do(commands.Assign, commands.AssignBody{Assignee: "anna"})
		}
		if c.before {
			answer()
		}
		h.say(ends("chat", "k-end:1", kim))
		if !c.before {
			answer()
		}
		is := h.row(row.ID, func(row events.Conversation) bool { return row.Status == c.status })
		log := h.log()
		if is.WaitingSince != nil || c.holds != (is.Assignee == "anna") || len(bodies[*events.SendRequested](log)) != 1 {
			t.Errorf("%s: it is %+v", c.name, is)
		}
		if reopened := len(bodies[*events.ConversationReopened](log)) == 1; reopened != (!c.holds) {
			t.Errorf("%s: reopened %v", c.name, reopened)
		}
		lines := slices.DeleteFunc(bodies[*events.MessageAdded](log), func(m *events.MessageAdded) bool { return !m.Message.HasFlag(events.FlagEnded) })
		if len(lines) != 1 {
			t.Errorf("%s: %d lines", c.name, len(lines))
		}
	}
}
