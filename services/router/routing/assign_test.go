package routing

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// crew is a staff that tests change.
type crew struct {
	mu      sync.Mutex
	queues  []config.Queue
	agents  []config.Agent
	changed chan struct{}
}

func (c *crew) Queue(id events.QueueID) (config.Queue, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.queues {
		if q.ID == id {
			return q, true
		}
	}
	return config.Queue{}, false
}

func (c *crew) Queues() []config.Queue {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.queues)
}
func (c *crew) Agents() []config.Agent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.agents)
}
func (c *crew) Changed() (queues, agents <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed, nil
}

// newDesk is a router with a queue that gives out the shop's messages.
func newDesk(t *testing.T, q config.Queue, agents ...config.Agent) *house {
	t.Helper()
	q.ID = "sales"
	h := newHouse(t)
	h.inboxes.all[0].Queue = "sales"
	h.staff = &crew{queues: []config.Queue{q}, agents: agents, changed: make(chan struct{})}
	h.stop()
	h.start()
	return h
}

func (h *house) present(agent string, body commands.SetPresenceBody) {
	h.t.Helper()
	body.Agent = events.AgentID(agent)
	if r := h.command(commands.SetPresence, commands.Envelope{}, body); r.Problem != nil {
		h.t.Fatal(r.Problem)
	}
}

// change alters settings and tells whoever watches them.
func (c *crew) change(alter func(*crew)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	alter(c)
	close(c.changed)
	c.changed = make(chan struct{})
}

// row waits until the router's own row of a conversation is as wanted.
func (h *house) row(id events.ConversationID, wanted func(events.Conversation) bool) events.Conversation {
	h.t.Helper()
	var row events.Conversation
	testkit.Eventually(h.t, time.Minute, func() error {
		// A tag that is there already changes nothing and answers the present state.
		r, err := h.try(commands.Tag, commands.Envelope{Conversation: id}, commands.TagBody{})
		if err != nil {
			return err
		}
		if r.Problem != nil {
			return r.Problem
		}
		if row = *r.Conversation; !wanted(row) {
			return fmt.Errorf("offer %+v, assignee %q, wait %+v", row.Offer, row.Assignee, row.Wait)
		}
		return nil
	})
	return row
}

func offeredTo(agent events.AgentID) func(events.Conversation) bool {
	return func(c events.Conversation) bool { return c.Offer != nil && c.Offer.Agent == agent }
}

func assignedTo(agent events.AgentID) func(events.Conversation) bool {
	return func(c events.Conversation) bool { return c.Assignee == agent }
}

func by(agent string) events.Author { return events.Author{Kind: "agent", ID: agent, Name: agent} }

// A customer who writes is offered to the agent who is there, declined, offered
// to the next, not answered in time, and taken by the first in the end. Each step
// says why.
func TestAnOfferGoesRound(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 30, PassFor: 60}, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	c := conversationOf(t, h.say(statement("shop", "webhook", "m1", "hello", point("email", "kim@example.com", events.Proved))))
	row := h.row(c.ID, offeredTo("anna"))
	if row.Wait == nil || row.Wait.Queue != "sales" || !row.Offer.Until.Equal(row.Offer.At.Add(30*time.Second)) {
		t.Fatalf("waits as %+v, offered %+v", row.Wait, row.Offer)
	}
	h.present("bo", commands.SetPresenceBody{State: events.AgentAvailable})
	wantProblem(t, h.command(commands.AnswerOffer, commands.Envelope{Conversation: c.ID, Actor: by("bo")}, commands.AnswerOfferBody{Offer: row.Offer.ID, Accept: true}), commands.Conflict)
	if r := h.command(commands.AnswerOffer, commands.Envelope{Conversation: c.ID, Actor: by("anna")}, commands.AnswerOfferBody{Offer: row.Offer.ID, Reason: "lunch"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.row(c.ID, offeredTo("bo"))
	h.clock.Add(31 * time.Second)
	h.row(c.ID, func(c events.Conversation) bool { return c.Offer == nil && len(c.Wait.Passed) == 2 })
	h.clock.Add(60 * time.Second) // both may be asked again
	row = h.row(c.ID, func(c events.Conversation) bool { return c.Offer != nil })
	if r := h.command(commands.AnswerOffer, commands.Envelope{Conversation: c.ID, Actor: by(string(row.Offer.Agent))}, commands.AnswerOfferBody{Offer: row.Offer.ID, Accept: true}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	row = h.row(c.ID, assignedTo(row.Offer.Agent))
	if row.Wait != nil || row.Offer != nil || row.Unbegun == nil {
		t.Fatalf("taken, but %+v", row)
	}
}

// An agent whose connection breaks gives back what they have not begun, after a
// grace time, in the place it had; what they have begun stays with them until the
// customer writes again.
func TestWhoIsGoneGivesBack(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush}, config.Agent{ID: "anna", Capacity: 40})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	begun := conversationOf(t, h.say(statement("shop", "webhook", "m1", "hello", point("email", "kim@example.com", events.Proved))))
	idle := conversationOf(t, h.say(statement("shop", "webhook", "m2", "hello", point("email", "lee@example.com", events.Proved))))
	h.row(begun.ID, assignedTo("anna"))
	h.row(idle.ID, assignedTo("anna"))
	if r := h.command(commands.AddNote, commands.Envelope{Conversation: begun.ID, Actor: by("anna")}, commands.NoteBody{Text: "on it", ClientID: "n1"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.present("anna", commands.SetPresenceBody{Connection: "lost"})
	h.clock.Add(10 * time.Second)
	h.present("anna", commands.SetPresenceBody{Connection: "back"}) // in time: nothing happens
	h.clock.Add(time.Hour)
	h.row(idle.ID, assignedTo("anna"))
	h.present("anna", commands.SetPresenceBody{Connection: "lost"})
	h.clock.Add(31 * time.Second)
	row := h.row(idle.ID, assignedTo(""))
	if row.Wait == nil || !row.Wait.Since.Equal(*row.WaitingSince) {
		t.Fatalf("given back to %+v, waiting since %v", row.Wait, row.WaitingSince)
	}
	h.row(begun.ID, assignedTo("anna"))
	h.say(statement("shop", "webhook", "m3", "are you there?", point("email", "kim@example.com", events.Proved)))
	h.row(begun.ID, func(c events.Conversation) bool { return c.Assignee == "" && c.Wait != nil })
	h.present("anna", commands.SetPresenceBody{Connection: "back"})
	h.row(idle.ID, assignedTo("anna"))
	h.row(begun.ID, assignedTo("anna"))
}

// Offers, places and presences outlive the router: whoever takes over makes no
// second offer and ends the first in time.
func TestARouterThatStartsAgainGoesOn(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 30}, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	c := conversationOf(t, h.say(statement("shop", "webhook", "m1", "hello", point("email", "kim@example.com", events.Proved))))
	before := h.row(c.ID, offeredTo("anna"))
	h.present("bo", commands.SetPresenceBody{State: events.AgentAvailable})
	h.stop()
	h.start()
	if row := h.row(c.ID, offeredTo("anna")); row.Offer.ID != before.Offer.ID {
		t.Fatalf("offered again: %s, then %s", before.Offer.ID, row.Offer.ID)
	}
	h.clock.Add(31 * time.Second)
	h.row(c.ID, offeredTo("bo"))
}

// In a pull queue nothing is given out; who asks gets who waits longest.
func TestTakeNext(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePull}, config.Agent{ID: "anna"})
	var all []events.Conversation
	for i, who := range []string{"kim", "lee"} {
		s := statement("shop", "webhook", fmt.Sprint("m", i), "hello", point("email", who+"@example.com", events.Proved))
		s.OccurredAt = s.OccurredAt.Add(time.Duration(-i) * time.Minute)
		all = append(all, conversationOf(t, h.say(s)))
	}
	wantProblem(t, h.command(commands.TakeNext, commands.Envelope{}, struct{}{}), commands.Conflict)
	h.present("anna", commands.SetPresenceBody{State: events.AgentAway, Reason: "reading"})
	r := h.command(commands.TakeNext, commands.Envelope{}, struct{}{})
	if r.Problem != nil || r.Conversation.ID != all[1].ID || r.Conversation.Assignee != "anna" {
		t.Fatalf("took %+v, %v; %s waits longest", r.Conversation, r.Problem, all[1].ID)
	}
	if r = h.command(commands.TakeNext, commands.Envelope{}, struct{}{}); r.Problem != nil || r.Conversation.ID != all[0].ID {
		t.Fatalf("took %+v, %v; then %s", r.Conversation, r.Problem, all[0].ID)
	}
	wantProblem(t, h.command(commands.TakeNext, commands.Envelope{}, struct{}{}), commands.NotFound)
}

// What a person resolves, snoozes or answers leaves its queue, and whoever is
// asked about it is told.
func TestLeavingAQueue(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 30}, config.Agent{ID: "anna"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	c := conversationOf(t, h.say(statement("shop", "webhook", "m1", "hello", point("email", "kim@example.com", events.Proved))))
	row := h.row(c.ID, offeredTo("anna"))
	r := h.command(commands.Resolve, commands.Envelope{Conversation: c.ID, Version: row.Version, Actor: by("bo")}, commands.ReasonBody{})
	if r.Problem != nil || r.Conversation.Wait != nil || r.Conversation.Offer != nil {
		t.Fatalf("resolved as %+v, %v", r.Conversation, r.Problem)
	}
}
