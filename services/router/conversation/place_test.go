package conversation

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// pushed is a book with a queue that gives out work, and a customer who waits in it.
func pushed(t *testing.T) (*book, events.ContactID, events.ConversationID) {
	t.Helper()
	b := newBook()
	b.queues["front"] = config.Queue{ID: "front", Mode: config.QueuePush}
	b.queues["hands"] = config.Queue{ID: "hands", Mode: config.QueueManual}
	kim := b.meets("kim")
	id, _ := b.writes(kim, "")
	if b.conversations[id].Wait == nil {
		t.Fatal("nobody waits")
	}
	return b, kim, id
}

func (b *book) stands(agent events.AgentID, state events.AgentState) {
	d := b.draft("")
	d.SetPresence(events.Presence{Agent: agent, State: state, Since: b.now})
	b.keep(d)
}

func (b *book) gives(t *testing.T, c events.ConversationID, to events.AgentID) {
	t.Helper()
	b.does(t, c, func(d *Draft, s *State) *commands.Problem {
		return d.Assign(s, 0, commands.AssignBody{Assignee: to})
	})
}

// leaves is a statement that the customer left the channel.
func (b *book) leaves(who events.ContactID) {
	d := b.draft(who)
	d.Leave("mail", events.Message{ContactID: who, Channel: "email", InboxID: "mail", Text: "left", Attachments: []events.Attachment{}, OccurredAt: b.now, ReceivedAt: b.now},
		func(events.ConversationID) events.MessageID { return events.MessageID(fmt.Sprint("line", b.n)) })
	b.keep(d)
}

func lastly(b *book) string {
	for i := len(b.log) - 1; i >= 0; i-- {
		for _, f := range b.log[i].Facts {
			if u, ok := f.Body.(*events.ConversationUnqueued); ok {
				return u.Reason
			}
		}
	}
	return ""
}

// A place says why it ended, and nothing that we did is put down to the customer:
// only one who left before anybody came has abandoned it.
//
// To see it fail: have leaving give abandoned for whatever is still waited for.
func TestAPlaceEndsForTheTrueReason(t *testing.T) {
	transfer := func(body commands.TransferBody) func(*testing.T, *book, events.ContactID, events.ConversationID) {
		return func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) {
			b.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.Transfer(s, "n", body) })
		}
	}
	resolves := func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) { b.does(t, c, resolve) }
	reviewed := func(b *book, who events.ContactID, c events.ConversationID) {
		d := b.draft(who)
		d.Review(c)
		b.keep(d)
	}
	for name, c := range map[string]struct {
		want string
		do   func(*testing.T, *book, events.ContactID, events.ConversationID)
	}{
		"resolved by somebody": {events.PlaceResolved, resolves},
		"to a manual queue":    {events.PlaceTransferred, transfer(commands.TransferBody{Queue: "hands"})},
		"to a team":            {events.PlaceTransferred, transfer(commands.TransferBody{Team: "tm"})},
		"to an agent":          {events.PlaceTaken, transfer(commands.TransferBody{Assignee: "bo"})},
		"the queue is gone": {events.PlaceStopped, func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			delete(b.queues, "front")
			reviewed(b, k, c)
		}},
		"the queue became manual": {events.PlaceStopped, func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.queues["front"] = b.queues["hands"]
			reviewed(b, k, c)
		}},
		"answered": {events.PlaceAnswered, func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) { b.answers(t, c) }},
		"put aside": {events.PlaceSnoozed, func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) {
			b.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, b.now.Add(time.Hour)) })
		}},
		"the customer left": {events.PlaceAbandoned, func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.leaves(k)
			resolves(t, b, k, c)
		}},
		"left, and written again": {events.PlaceResolved, func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.leaves(k)
			b.writes(k, c)
			resolves(t, b, k, c)
		}},
		"left, and answered": {events.PlaceAnswered, func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) { b.leaves(k); b.answers(t, c) }},
		"left, and somebody had it": {events.PlaceResolved, func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.leaves(k)
			b.gives(t, c, "bo")
			b.gives(t, c, "")
			resolves(t, b, k, c)
		}},
	} {
		b, kim, id := pushed(t)
		c.do(t, b, kim, id)
		if got := lastly(b); got != c.want || b.conversations[id].Wait != nil {
			t.Errorf("%s: %q instead of %q, waits %+v", name, got, c.want, b.conversations[id].Wait)
		}
		b.sameFromTheLog(t)
	}
}

// A promise to call is what the customer waits for, or one of the things: kept, it
// ends the wait; taken back, it ends the wait that it was.
//
// To see it fail: leave CallbackClosed out of done, or WaitingSince out of
// applyCallbackClosed.
func TestACallbackThatIsOverIsNotWaitedFor(t *testing.T) {
	closes := func(outcome string) func(*Draft, *State) *commands.Problem {
		return func(d *Draft, s *State) *commands.Problem {
			return d.CloseCallback(s, commands.CloseCallbackBody{Callback: s.Callback.ID, Outcome: outcome})
		}
	}
	for _, c := range []struct {
		wrote   bool // and not only wished to be called
		outcome string
		reason  string
		waits   bool
	}{
		{true, OutcomeReached, events.PlaceReached, false},
		{true, OutcomeCancelled, "", true},
		{true, OutcomeInVain, "", true},
		{false, OutcomeReached, events.PlaceReached, false},
		{false, OutcomeCancelled, events.PlaceCancelled, false},
		{false, OutcomeInVain, events.PlaceInVain, false},
	} {
		b := newBook()
		b.queues["front"] = config.Queue{ID: "front", Mode: config.QueuePush}
		kim := b.meets("kim", events.Point{Kind: "phone", Value: "+82100000", Trust: events.Stated})
		var id events.ConversationID
		if c.wrote {
			id, _ = b.writes(kim, "")
		} else {
			id, _ = b.writes(kim, "", func(a *Arrival) { a.Message.Flag(FlagCallback) })
		}
		b.does(t, id, func(d *Draft, s *State) *commands.Problem {
			return d.RequestCallback(s, "cb1", commands.RequestCallbackBody{})
		})
		b.does(t, id, closes(outcomeAttempted))
		if s := b.conversations[id]; s.Wait == nil || s.WaitingSince == nil {
			t.Fatalf("a call in vain ended the wait: %+v", c)
		}
		b.does(t, id, closes(c.outcome))
		s := b.conversations[id]
		if (s.Wait != nil) != c.waits || (s.WaitingSince != nil) != c.waits || lastly(b) != c.reason {
			t.Errorf("%+v: waits as %+v since %v, left for %q", c, s.Wait, s.WaitingSince, lastly(b))
		}
		b.sameFromTheLog(t)
	}
}

// A call that both sides spoke in answers who waits, whoever rang; one in vain does
// not.
func TestACallAnswersWhoWaits(t *testing.T) {
	for _, direction := range []events.Direction{events.In, events.Out} {
		for _, outcome := range []string{callAnswered, callMissed} {
			b, kim, id := pushed(t)
			b.writes(kim, id, func(a *Arrival) {
				m := &a.Message
				m.Kind, m.Direction, m.Channel, m.InboxID = events.KindCall, direction, "asterisk", "pbx"
				m.Call = &events.Call{Direction: direction, Outcome: outcome, From: "+82100000", To: "+82100000", EndedAt: b.now}
			})
			if over := b.conversations[id].Wait == nil; over != (outcome == callAnswered) {
				t.Errorf("a call %s that was %s: waits %v", direction, outcome, !over)
			}
		}
	}
}

// Whatever brings a conversation back gives it to the agent who had it only where
// they may be given something; else it waits, and they are asked first.
//
// To see it fail: have unable look at who is offline alone.
func TestWhatComesBackIsNewWork(t *testing.T) {
	// Every way back, of a conversation that bo had in hand.
	ways := map[string]func(*testing.T, *book, events.ContactID, events.ConversationID){
		"the customer writes again": func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.does(t, c, resolve)
			b.writes(k, c)
		},
		"the customer writes into a snooze": func(t *testing.T, b *book, k events.ContactID, c events.ConversationID) {
			b.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, b.now.Add(time.Hour)) })
			b.writes(k, c)
		},
		"a snooze ends": func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) {
			until := b.now.Add(time.Hour)
			b.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, until) })
			b.does(t, c, func(d *Draft, s *State) *commands.Problem { d.Wake(s, until); return nil })
		},
		"somebody reopens it": func(t *testing.T, b *book, _ events.ContactID, c events.ConversationID) {
			b.does(t, c, resolve)
			b.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.Reopen(s, "") })
		},
	}
	for name, back := range ways {
		for _, state := range []events.AgentState{events.AgentAvailable, events.AgentWrapUp, events.AgentAway, events.AgentOffline} {
			for _, room := range []bool{true, false} {
				b, kim, id := pushed(t)
				b.gives(t, id, "bo")
				b.stands("bo", state)
				b.room = func(a events.AgentID, more []*events.Conversation) bool { return room && a == "bo" && len(more) == 1 }
				back(t, b, kim, id)
				s := b.conversations[id]
				if state == events.AgentAvailable && room {
					if s.Assignee != "bo" || s.Wait != nil {
						t.Errorf("%s: bo is there and has room, and it is %q's, waiting %+v", name, s.Assignee, s.Wait)
					}
				} else if s.Assignee != "" || s.Wait == nil || s.Wait.Prefer != "bo" {
					t.Errorf("%s: bo is %s, room %v, and it is %q's, waiting %+v", name, state, room, s.Assignee, s.Wait)
				}
				b.sameFromTheLog(t)
			}
		}
	}
}

// What an agent has in hand stays theirs while they are at lunch, until they are
// gone and the customer writes; what they bring back themselves is theirs in any
// case.
func TestWhatIsInHandStays(t *testing.T) {
	b, kim, id := pushed(t)
	b.gives(t, id, "bo")
	b.stands("bo", events.AgentAway)
	b.room = func(events.AgentID, []*events.Conversation) bool { return false }
	b.writes(kim, id)
	if s := b.conversations[id]; s.Assignee != "bo" || s.Wait != nil {
		t.Fatalf("in hand, and now %q's, waiting %+v", s.Assignee, s.Wait)
	}
	b.stands("bo", events.AgentOffline)
	if s := b.conversations[id]; s.Assignee != "bo" {
		t.Fatal("what was begun was taken away although nobody wrote")
	}
	b.writes(kim, id)
	if s := b.conversations[id]; s.Assignee != "" || s.Wait == nil || s.Wait.Prefer != "bo" {
		t.Fatalf("bo is gone, and it is %q's, waiting %+v", s.Assignee, s.Wait)
	}
	b.does(t, id, func(d *Draft, s *State) *commands.Problem { // anna makes all decisions here
		return d.Transfer(s, "n", commands.TransferBody{Assignee: "anna"})
	})
	b.does(t, id, resolve)
	b.does(t, id, func(d *Draft, s *State) *commands.Problem { return d.Reopen(s, "") })
	if s := b.conversations[id]; s.Assignee != "anna" {
		t.Fatalf("anna brought it back, and it is %q's", s.Assignee)
	}
}

// Several that come back at once share the room there is.
func TestComingBackTogetherSharesTheRoom(t *testing.T) {
	b, kim, one := pushed(t)
	two, _ := b.writes(kim, "")
	b.stands("bo", events.AgentAvailable)
	b.room = func(_ events.AgentID, more []*events.Conversation) bool { return len(more) <= 1 }
	for _, c := range []events.ConversationID{one, two} {
		b.gives(t, c, "bo")
		b.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, b.now.Add(time.Hour)) })
	}
	d := b.draft(kim)
	for _, c := range []events.ConversationID{one, two} {
		d.Wake(b.conversations[c], b.now.Add(2*time.Hour))
	}
	b.keep(d)
	if first, second := b.conversations[one], b.conversations[two]; first.Assignee != "bo" || second.Assignee != "" || second.Wait == nil {
		t.Fatalf("the first is %q's, the second %q's, waiting %+v", first.Assignee, second.Assignee, second.Wait)
	}
}

// Where people choose for themselves, one who waits again must not wait for an agent
// who is offline; whoever is only away keeps it.
func TestAManualQueueKeepsNobodyWaitingForWhoIsGone(t *testing.T) {
	for state, want := range map[events.AgentState]events.AgentID{events.AgentOffline: "", events.AgentAway: "bo", events.AgentAvailable: "bo"} {
		for _, queue := range []events.QueueID{"hands", ""} {
			b := newBook()
			b.queues["hands"] = config.Queue{ID: "hands", Mode: config.QueueManual}
			kim := b.meets("kim")
			id, _ := b.writes(kim, "", func(a *Arrival) { a.Queue = queue })
			b.gives(t, id, "bo")
			b.does(t, id, resolve)
			b.stands("bo", state)
			b.writes(kim, id)
			if s := b.conversations[id]; s.Assignee != want || s.WaitingSince == nil || s.Wait != nil {
				t.Errorf("bo is %s: it is %q's, since %v", state, s.Assignee, s.WaitingSince)
			}
			b.sameFromTheLog(t)
		}
	}
}
