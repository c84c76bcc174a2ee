package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// chatwoot#12058: a chat that was reopened after five days showed five days to its
// first response. The wait that reopens it counts from the message that did.
func TestAReopenedChatDoesNotShowFiveDays(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Policy: "fast"}, &book{policies: []config.Policy{fast()}})
	row := h.asks("m1", "kim")
	h.clock.Add(5 * time.Minute)
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: row.ID}, commands.ReasonBody{}); r.Problem != nil || r.Conversation.Clocks != nil {
		t.Fatalf("resolved with %+v, %v", r.Conversation.Clocks, r.Problem)
	}
	h.clock.Add(5 * 24 * time.Hour)
	again := h.asks("m2", "kim", "m1")
	if again.ID != row.ID || again.Status != events.Open {
		t.Fatalf("%s was not reopened, but %s is %s", row.ID, again.ID, again.Status)
	}
	h.clock.Add(3 * time.Minute)
	if r := h.command(commands.Reply, commands.Envelope{Conversation: row.ID}, commands.ReplyBody{Text: "hello", ClientID: "r1"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	var first []*events.ClockStopped
	for _, s := range bodies[*events.ClockStopped](h.log()) {
		if s.Clock.Kind == events.FirstResponse && s.Outcome != "dropped" {
			first = append(first, s)
		}
	}
	if len(first) != 1 || first[0].Outcome != "met" || first[0].Took != (3*time.Minute).Milliseconds() {
		t.Fatalf("the first response took %+v", *first[0])
	}
}

// chatwoot#10583: a later chat overtook one that waited. Forty come while nobody is
// there; one agent then works through them and gets them as they came.
func TestALaterChatDoesNotOvertake(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush, Policy: "fast"}, &book{policies: []config.Policy{fast()}}, config.Agent{ID: "anna", Capacity: 20})
	var came []events.ConversationID
	for i := range 40 {
		h.clock.Add(time.Second)
		came = append(came, h.asks(fmt.Sprint("m", i), fmt.Sprint("c", i)).ID)
	}
	h.stop() // nor does a restart change the order
	h.start()
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	for _, c := range came {
		h.row(c, assignedTo("anna"))
		if r := h.command(commands.Resolve, commands.Envelope{Conversation: c}, commands.ReasonBody{}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
	}
	for i, given := range bodies[*events.ConversationAssigned](h.log()) {
		if given.Conversation != came[i] {
			t.Fatalf("number %d was %s instead of %s", i, given.Conversation, came[i])
		}
	}
}

// chatwoot#4158: what was reopened went to its old agent, who was offline, and
// nobody saw it. It waits, and goes to who is there.
func TestReopenedToAnAgentWhoIsOffline(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush}, &book{}, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	row := h.asks("m1", "kim")
	h.row(row.ID, assignedTo("anna"))
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: row.ID}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.present("anna", commands.SetPresenceBody{State: events.AgentOffline})
	h.clock.Add(time.Hour)
	if again := h.asks("m2", "kim", "m1"); again.ID != row.ID || again.Assignee != "" || again.Wait == nil {
		t.Fatalf("reopened as %s for %q, waiting as %+v", again.ID, again.Assignee, again.Wait)
	}
	h.present("bo", commands.SetPresenceBody{State: events.AgentAvailable})
	h.row(row.ID, assignedTo("bo"))
}

// The same where people choose for themselves, which is how a queue is made: it is
// nobody's, waits for all to see, and whoever is there takes it.
func TestReopenedToAnAgentWhoIsOfflineByHand(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{}, &book{}, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	row := h.asks("m1", "kim")
	if r := h.command(commands.Assign, commands.Envelope{Conversation: row.ID, Actor: by("anna")}, commands.AssignBody{Assignee: "anna"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: row.ID}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.present("anna", commands.SetPresenceBody{State: events.AgentOffline})
	h.clock.Add(time.Hour)
	if again := h.asks("m2", "kim", "m1"); again.ID != row.ID || again.Assignee != "" || again.WaitingSince == nil || again.Status != events.Open {
		t.Fatalf("reopened as %s for %q, waiting since %v", again.ID, again.Assignee, again.WaitingSince)
	}
	if r := h.command(commands.Assign, commands.Envelope{Conversation: row.ID, Actor: by("bo")}, commands.AssignBody{Assignee: "bo"}); r.Problem != nil || r.Conversation.Assignee != "bo" {
		t.Fatal(r.Problem)
	}
}

// Rocket.Chat#13134: "least busy" counted all that an agent had ever had. Anna has
// done ten and has nothing; bo has one.
func TestLeastBusyCountsNowOnly(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush}, &book{}, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	for i := range 10 {
		c := h.asks(fmt.Sprint("m", i), fmt.Sprint("c", i))
		h.row(c.ID, assignedTo("anna"))
		if r := h.command(commands.Resolve, commands.Envelope{Conversation: c.ID}, commands.ReasonBody{}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
	}
	h.present("anna", commands.SetPresenceBody{State: events.AgentAway})
	h.present("bo", commands.SetPresenceBody{State: events.AgentAvailable})
	h.row(h.asks("n1", "d1").ID, assignedTo("bo"))
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	h.clock.Add(time.Minute)
	h.row(h.asks("n2", "d2").ID, assignedTo("anna"))
}

// fazer-ai/chatwoot#359: two agents claimed one conversation, 58 times in a day.
// Here both claim what the desk offers one of them: whoever is first has it, and the
// other one is told who.
func TestTwoAgentsCannotClaimOne(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush, OfferFor: 60}, &book{}, config.Agent{ID: "anna", Capacity: 2000}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	for i := range 58 {
		row := h.row(h.asks(fmt.Sprint("m", i), fmt.Sprint("c", i)).ID, offeredTo("anna"))
		claims := []func() (*commands.Result, error){
			func() (*commands.Result, error) {
				return h.try(commands.AnswerOffer, commands.Envelope{Conversation: row.ID, Actor: by("anna")}, commands.AnswerOfferBody{Offer: row.Offer.ID, Accept: true})
			},
			func() (*commands.Result, error) {
				return h.try(commands.Assign, commands.Envelope{Conversation: row.ID, Version: row.Version, Actor: by("bo")}, commands.AssignBody{Assignee: "bo"})
			},
		}
		won := make(chan bool, len(claims))
		for _, claim := range claims {
			go func() {
				r, err := claim()
				if err != nil {
					t.Error(err)
				} else if r.Problem != nil && (r.Problem.Code != commands.Conflict || r.Problem.Conversation == nil || r.Problem.Conversation.Assignee == "") {
					t.Errorf("the loser was told %+v", r.Problem)
				}
				won <- err == nil && r.Problem == nil
			}()
		}
		if first, second := <-won, <-won; first == second {
			t.Fatalf("both claims came to %t", first)
		}
	}
}
