package routing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// mail is a mail from an address, as it comes in now.
func (h *house) mail(id, from string) *events.Inbound {
	in := statement("mail", "email", id, "from "+from, point("email", from, events.Proved))
	in.OccurredAt, in.ReceivedAt = h.clock.Now(), h.clock.Now()
	in.Message.Subject = "subject of " + from
	return in
}

// writesTo has a customer write and tells which conversation it led to.
func (h *house) writesTo(in *events.Inbound) events.Conversation {
	h.t.Helper()
	h.clock.Add(time.Minute)
	return conversationOf(h.t, h.say(in))
}

func (h *house) ok(name string, env commands.Envelope, body any) *commands.Result {
	h.t.Helper()
	r := h.command(name, env, body)
	if r.Problem != nil {
		h.t.Fatalf("%s: %v", name, r.Problem)
	}
	return r
}

// answered is the request to send that an answer in a conversation became.
func (h *house) answered(c events.ConversationID) *events.SendRequest {
	h.t.Helper()
	h.clock.Add(time.Minute)
	r := h.ok(commands.Reply, commands.Envelope{Conversation: c}, commands.ReplyBody{Text: "an answer"})
	all := bodies[*events.SendRequested](h.log())
	last := all[len(all)-1].Request
	if last.Message.ID != r.Message.ID {
		h.t.Fatalf("%s was to be sent, and %s was said", last.Message.ID, r.Message.ID)
	}
	return &last
}

func (h *house) merged() (a, b events.Conversation) {
	h.t.Helper()
	a = h.writesTo(h.mail("a1", "pa@example.com"))
	b = h.writesTo(h.mail("b1", "pb@example.com"))
	h.ok(commands.Tag, commands.Envelope{Conversation: b.ID}, commands.TagBody{Add: []string{"of-b"}})
	h.ok(commands.MergeContacts, commands.Envelope{Contact: a.Contact.ID}, commands.MergeBody{From: b.Contact.ID})
	return a, b
}

func (h *house) undone(a, b events.Conversation) {
	h.t.Helper()
	h.ok(commands.ReverseMerge, commands.Envelope{Contact: a.Contact.ID}, commands.ReverseMergeBody{From: b.Contact.ID})
}

// rebuilt has the file of the router made anew from the log; it is to be the same.
func (h *house) rebuilt() {
	h.t.Helper()
	was := h.hash()
	if err := bolt.Remove(h.dir + "/router.db"); err != nil {
		h.t.Fatal(err)
	}
	h.start()
	if is := h.hash(); is != was {
		h.t.Fatalf("the log gives %s, and was %s", is, was)
	}
	h.start()
}

func TestAnAnswerAfterAnUndoneMergeGoesToItsOwnCustomer(t *testing.T) {
	h := newHouse(t)
	a, b := h.merged()
	h.undone(a, b)
	for c, to := range map[events.ConversationID]string{a.ID: "pa@example.com", b.ID: "pb@example.com"} {
		req := h.answered(c)
		if req.To.Value != to || req.Thread.Subject != "subject of "+to || len(req.Thread.References) != 1 {
			t.Errorf("the answer in the conversation of %s goes to %s under %+v", to, req.To.Value, req.Thread)
		}
	}
	row := h.row(a.ID, func(events.Conversation) bool { return true })
	if len(row.Tags) != 0 || row.Contact.ID != a.Contact.ID {
		t.Errorf("A's row is %+v", row)
	}
	h.rebuilt()
}

func TestWhatWasSaidDuringAMergeStandsWithItsCustomer(t *testing.T) {
	for _, resolved := range []bool{false, true} {
		t.Run(fmt.Sprint("resolved ", resolved), func(t *testing.T) {
			h := newHouse(t)
			a := h.writesTo(h.mail("a1", "pa@example.com"))
			b := h.writesTo(h.mail("b1", "pb@example.com"))
			if resolved { // then nothing of B's is there to come back
				h.ok(commands.Resolve, commands.Envelope{Conversation: b.ID}, commands.ReasonBody{})
			}
			h.ok(commands.MergeContacts, commands.Envelope{Contact: a.Contact.ID}, commands.MergeBody{From: b.Contact.ID})
			during := h.writesTo(h.mail("b2", "pb@example.com"))
			if during.ID != a.ID {
				t.Fatalf("it joined %s", during.ID)
			}
			// A browser of B's becomes known, by B's address alone.
			visitor := events.Point{Kind: "visitor", Value: "browser", Scope: "chat", Trust: events.Proved}
			chat := statement("chat", "webchat", "b3", "from the chat", visitor, point("email", "pb@example.com", events.Proved))
			chat.OccurredAt, chat.ReceivedAt = h.clock.Now(), h.clock.Now()
			h.writesTo(chat)
			h.undone(a, b)
			all := bodies[*events.ContactMergeReversed](h.log())
			moved := all[0].Moved
			if len(moved) != 1 || len(moved[0].Messages) != 2 || moved[0].From != a.ID || moved[0].Contact != b.Contact.ID || (moved[0].Into == b.ID) == resolved {
				t.Fatalf("moved %+v", moved)
			}
			row := h.row(moved[0].Into, func(c events.Conversation) bool { return c.Status == events.Open })
			if row.Contact.ID != b.Contact.ID || row.LastMessage.Text != "from the chat" || row.WaitingSince == nil {
				t.Errorf("B's row is %+v", row)
			}
			if row = h.row(a.ID, func(events.Conversation) bool { return true }); row.LastMessage.Text != "from pa@example.com" || row.Unread != 1 || !slices.Equal(row.Channels, []string{"email"}) {
				t.Errorf("A's row is %+v", row)
			}
			if req := h.answered(moved[0].Into); req.To.Key() != visitor.Key() {
				t.Errorf("B's answer goes to %+v", req.To)
			}
			if req := h.answered(a.ID); req.To.Value != "pa@example.com" {
				t.Errorf("A's answer goes to %+v", req.To)
			}
			again := statement("chat", "webchat", "b4", "and again", visitor)
			if c := h.writesTo(again); c.Contact.ID != b.Contact.ID {
				t.Errorf("B's browser is %s's", c.Contact.ID)
			}
			h.rebuilt()
		})
	}
}

func TestAnAnswerThatHasNotLeftFailsWhenItsAddressDoes(t *testing.T) {
	h := newHouse(t)
	a, b := h.merged()
	h.writesTo(h.mail("b2", "pb@example.com"))
	queued := h.answered(a.ID)
	if queued.To.Value != "pb@example.com" {
		t.Fatalf("it goes to %s", queued.To.Value)
	}
	h.undone(a, b)
	r := h.command(commands.BeginSend, commands.Envelope{Conversation: queued.Conversation}, commands.BeginSendBody{Message: queued.Message.ID, Attempt: 1})
	wantProblem(t, r, commands.Conflict)
	if r.Problem.Detail != string(events.StatusFailed) {
		t.Fatalf("the dispatcher is told %q", r.Problem.Detail)
	}
}

func TestNothingGoesToAnAddressThatWasTakenAway(t *testing.T) {
	h := newHouse(t)
	c := h.writesTo(h.mail("a1", "old@example.com"))
	kept := point("email", "new@example.com", events.Stated)
	h.ok(commands.UpdateContact, commands.Envelope{Contact: c.Contact.ID}, commands.UpdateContactBody{AddPoints: []events.Point{kept}})
	queued := h.answered(c.ID)
	if queued.To.Value != "old@example.com" {
		t.Fatalf("the customer wrote from old@, and the answer goes to %s", queued.To.Value)
	}
	h.ok(commands.UpdateContact, commands.Envelope{Contact: c.Contact.ID}, commands.UpdateContactBody{RemovePoints: []events.Point{queued.To}})
	begin := commands.BeginSendBody{Message: queued.Message.ID, Attempt: 1}
	for range 2 {
		r := h.command(commands.BeginSend, commands.Envelope{Conversation: c.ID}, begin)
		wantProblem(t, r, commands.Conflict)
		if r.Problem.Detail != string(events.StatusFailed) {
			t.Fatalf("the dispatcher is told %q", r.Problem.Detail)
		}
	}
	failed := bodies[*events.MessageStatusChanged](h.log())
	if n := len(failed); n != 1 || failed[0].Status != events.StatusFailed || failed[0].Detail == "" {
		t.Fatalf("%d changes, %+v", n, failed)
	}
	r := h.command(commands.ResolveUnknown, commands.Envelope{Conversation: c.ID}, commands.ResolveUnknownBody{Message: queued.Message.ID, Outcome: "retry"})
	if wantProblem(t, r, commands.Conflict); len(bodies[*events.SendRequested](h.log())) != 1 {
		t.Error("it is sent again")
	}
	if req := h.answered(c.ID); req.To.Value != "new@example.com" {
		t.Errorf("the next one goes to %s", req.To.Value)
	}
}

func TestAClaimedAddressThatWasTakenAwayComesBackWithItsOwner(t *testing.T) {
	h := newHouse(t)
	visitor := events.Point{Kind: "email", Value: "typed@example.com", Trust: events.Claimed}
	says := func(id string) events.Conversation {
		return h.writesTo(statement("shop", "webhook", id, "hello", visitor))
	}
	c := says("1")
	other := point("external", "own", events.Stated)
	h.ok(commands.UpdateContact, commands.Envelope{Contact: c.Contact.ID}, commands.UpdateContactBody{AddPoints: []events.Point{other}, RemovePoints: nil})
	h.ok(commands.UpdateContact, commands.Envelope{Contact: c.Contact.ID}, commands.UpdateContactBody{RemovePoints: []events.Point{visitor}})
	wantProblem(t, h.command(commands.Reply, commands.Envelope{Conversation: c.ID}, commands.ReplyBody{Text: "lost"}), commands.Invalid)
	if again := says("2"); again.Contact.ID != c.Contact.ID {
		t.Fatalf("they are %s now", again.Contact.ID)
	}
	if req := h.answered(c.ID); req.To.Key() != visitor.Key() {
		t.Fatalf("the answer goes to %+v", req.To)
	}
}

// Whatever a sender's clock says, nothing stands in the future of its own arrival, an
// answer goes where the customer spoke last, and bears the time at which it was given.
func TestNoClockOfASenderMovesAnything(t *testing.T) {
	h := newHouse(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		who := fmt.Sprintf("c%d@example.com", n)
		last := ""
		var c events.Conversation
		for i := range rapid.IntRange(1, 3).Draw(t, "messages") {
			h.clock.Add(time.Minute)
			in := h.mail(fmt.Sprint(n, "-", i), who)
			if rapid.Bool().Draw(t, "text") {
				in.Channel, in.Inbox = "webhook", "shop"
			}
			off := rapid.OneOf(rapid.Int64Range(-600, 600), rapid.Int64Range(-2*366*86400, 2*366*86400)).Draw(t, "off")
			in.OccurredAt = in.ReceivedAt.Add(time.Duration(off) * time.Second)
			ds := h.say(in)
			c, last = conversationOf(h.t, ds), in.Channel
			m := bodies[*events.MessageAdded](ds)[0].Message
			if ahead := m.OccurredAt.Sub(m.ReceivedAt); ahead > conversation.MaxAhead {
				t.Fatalf("it stands %s after its arrival", ahead)
			}
			if doubted := m.HasFlag(flagTimeDoubt); doubted != (off > 300) {
				t.Fatalf("%d s ahead, doubted: %v", off, doubted)
			}
		}
		before := h.clock.Now()
		body := commands.ReplyBody{Text: "an answer"}
		r := h.ok(commands.Reply, commands.Envelope{Conversation: c.ID}, body)
		if r.Message.Channel != last || r.Message.OccurredAt.Sub(before) > conversation.MaxAhead {
			t.Fatalf("the customer spoke by %s, and the answer goes by %s at %s past now", last, r.Message.Channel, r.Message.OccurredAt.Sub(before))
		}
	})
}

func TestAReusedClientIDIsTold(t *testing.T) {
	h := newHouse(t)
	c := h.writesTo(h.mail("a1", "pa@example.com"))
	env := commands.Envelope{Conversation: c.ID}
	first := h.ok(commands.Reply, env, commands.ReplyBody{Text: "yes", ClientID: "one"})
	if again := h.ok(commands.Reply, env, commands.ReplyBody{Text: "yes", ClientID: "one"}); again.Message.ID != first.Message.ID {
		t.Fatalf("said twice it is %s and %s", first.Message.ID, again.Message.ID)
	}
	wantProblem(t, h.command(commands.Reply, env, commands.ReplyBody{Text: "no", ClientID: "one"}), commands.ClientIDReused)
	wantProblem(t, h.command(commands.Reply, env, commands.ReplyBody{Text: "yes", ClientID: "one", Attachments: []events.Attachment{{Name: "a", Hash: "h"}}}), commands.ClientIDReused)
	wantProblem(t, h.command(commands.AddNote, env, commands.NoteBody{Text: "yes", ClientID: "one"}), commands.ClientIDReused)
	h.ok(commands.AddNote, env, commands.NoteBody{Text: "a note", ClientID: "two"})
	wantProblem(t, h.command(commands.AddNote, env, commands.NoteBody{Text: "another", ClientID: "two"}), commands.ClientIDReused)
	wantProblem(t, h.command(commands.Reply, env, commands.ReplyBody{Text: "a note", ClientID: "two"}), commands.ClientIDReused)
	h.rebuilt()
	wantProblem(t, h.command(commands.Reply, env, commands.ReplyBody{Text: "no", ClientID: "one"}), commands.ClientIDReused)
	if n := len(bodies[*events.MessageAdded](h.log())); n != 3 {
		t.Fatalf("%d messages", n)
	}
}
