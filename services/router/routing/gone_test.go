package routing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// disable changes whether an agent may work, as the console does.
func (h *house) disable(agent events.AgentID, disabled bool) {
	h.staff.(*crew).change(func(c *crew) {
		c.agents = slices.Clone(c.agents)
		for i := range c.agents {
			if c.agents[i].ID == agent {
				c.agents[i].Disabled = disabled
			}
		}
	})
}

func (h *house) by(agent, name string, c events.ConversationID, body any) *commands.Result {
	h.t.Helper()
	return h.command(name, commands.Envelope{Conversation: c, Actor: by(agent)}, body)
}

func (h *house) who(id, name string) events.ConversationID {
	h.t.Helper()
	return conversationOf(h.t, h.say(statement("shop", "webhook", id, "hello", point("email", name+"@example.com", events.Proved)))).ID
}

// An agent who is disabled has nothing left at that moment: what is offered to them, what
// they have not begun and what they have begun all wait again, ahead of the grace of a
// broken connection; a restart in the middle makes nothing twice. Nothing can be given to
// them any more, and what comes back to them waits for others.
//
// To see it fail: leave the orphans out of the desk's SetAgent, or the question whether
// the agent works out of Assign or of Transfer.
func TestADisabledAgentKeepsNoCustomer(t *testing.T) {
	for name, restart := range map[string]bool{"under way": false, "over a restart": true} {
		t.Run(name, func(t *testing.T) { disabled(t, restart) })
	}
}

func disabled(t *testing.T, restart bool) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 600}, config.Agent{ID: "una"}, config.Agent{ID: "vic"})
	h.present("una", commands.SetPresenceBody{State: events.AgentAvailable})
	begun, unbegun, offered, aside := h.who("m1", "kim"), h.who("m2", "lee"), h.who("m3", "park"), h.who("m4", "choi")
	for _, c := range []events.ConversationID{begun, unbegun, aside} {
		row := h.row(c, offeredTo("una"))
		if r := h.by("una", commands.AnswerOffer, c, commands.AnswerOfferBody{Offer: row.Offer.ID, Accept: true}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
	}
	if r := h.by("una", commands.AddNote, begun, commands.NoteBody{Text: "begun"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if r := h.by("una", commands.Snooze, aside, commands.SnoozeBody{Until: h.clock.Now().Add(time.Hour)}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.row(offered, offeredTo("una"))
	h.disable("una", true)
	if restart {
		h.stop()
		h.start()
	}
	nobodys := func(c events.Conversation) bool { return c.Assignee == "" && c.Offer == nil && c.Wait != nil }
	for _, c := range []events.ConversationID{begun, unbegun, offered} {
		h.row(c, nobodys)
	}
	for name, body := range map[string]any{commands.Assign: commands.AssignBody{Assignee: "una"}, commands.Transfer: commands.TransferBody{Assignee: "una"}} {
		wantProblem(t, h.by("vic", name, begun, body), commands.Invalid)
	}
	h.clock.Add(2 * time.Hour)
	h.row(aside, nobodys)
	if n := taken(h, "una"); n != 3 {
		t.Errorf("taken back %d times", n)
	}
	h.present("vic", commands.SetPresenceBody{State: events.AgentAvailable})
	for _, c := range []events.ConversationID{begun, unbegun, offered} {
		row := h.row(c, offeredTo("vic"))
		h.by("vic", commands.AnswerOffer, c, commands.AnswerOfferBody{Offer: row.Offer.ID, Accept: true})
	}
	h.disable("una", false)
	testkit.Eventually(t, time.Minute, func() error { // settings are heard of in a moment
		if r := h.by("vic", commands.Transfer, begun, commands.TransferBody{Assignee: "una"}); r.Problem != nil {
			return r.Problem
		}
		return nil
	})
	h.row(begun, assignedTo("una"))
	h.staff.(*crew).change(func(c *crew) {
		c.agents = slices.DeleteFunc(slices.Clone(c.agents), func(a config.Agent) bool { return a.ID == "una" })
	})
	h.row(begun, func(c events.Conversation) bool { return c.Assignee != "una" })
}

// taken is how often anything was taken back from an agent or given back by them.
func taken(h *house, agent events.AgentID) (n int) {
	has := map[events.ConversationID]events.AgentID{}
	for _, d := range h.log() {
		for _, f := range d.Facts {
			if a, ok := f.Body.(*events.ConversationAssigned); ok {
				if a.Assignee == "" && has[a.Conversation] == agent {
					n++
				}
				has[a.Conversation] = a.Assignee
			}
		}
	}
	return n
}

// Whoever goes away while something is offered to them is asked no more, and a colleague
// who is there gets it at once, without the offer's time having to pass.
//
// To see it fail: have the desk's SetPresence look at who is offline alone.
func TestGoingAwayPassesTheOfferOn(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 600}, config.Agent{ID: "una"}, config.Agent{ID: "vic"})
	h.present("una", commands.SetPresenceBody{State: events.AgentAvailable})
	c := h.who("m1", "kim")
	offer := h.row(c, offeredTo("una")).Offer.ID
	until := h.clock.Now().Add(time.Hour)
	h.present("una", commands.SetPresenceBody{State: events.AgentAway, Reason: "lunch", Until: &until})
	h.row(c, func(c events.Conversation) bool { return c.Offer == nil && c.Wait != nil })
	wantProblem(t, h.by("una", commands.AnswerOffer, c, commands.AnswerOfferBody{Offer: offer, Accept: true}), commands.Conflict)
	h.present("vic", commands.SetPresenceBody{State: events.AgentAvailable})
	row := h.row(c, offeredTo("vic"))
	if len(row.Wait.Passed) != 0 {
		t.Errorf("it waits as %+v: nobody let it go by", row.Wait)
	}
}

// An absence with a wanted end is over then, whether or not anybody says so, after a
// restart too. Nothing but an absence and a wrap-up has an end; it is in the future, and
// not far away.
//
// To see it fail: have the desk time wrap-ups alone, or checkState take any end.
func TestLunchEnds(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 600}, config.Agent{ID: "una"})
	at := func(d time.Duration) *time.Time { t := h.clock.Now().Add(d); return &t }
	for _, body := range []commands.SetPresenceBody{
		{State: events.AgentAvailable, Until: at(time.Hour)}, {State: events.AgentOffline, Seconds: 60}, {State: events.AgentAway, Until: at(0)}, {State: events.AgentAway, Until: at(-time.Minute)},
		{State: events.AgentAway, Until: at(25 * time.Hour)}, {State: events.AgentAway, Seconds: 86_401}, {State: events.AgentAway, Seconds: 1 << 40}, {State: events.AgentAway, Seconds: -1},
		{State: events.AgentWrapUp, Until: at(2 * time.Hour)}, {State: events.AgentAway, Until: at(time.Hour), Seconds: 60}, {Until: at(time.Hour)},
	} {
		body.Agent = "una"
		wantProblem(t, h.command(commands.SetPresence, commands.Envelope{}, body), commands.Invalid)
	}
	h.present("una", commands.SetPresenceBody{State: events.AgentAway, Reason: "lunch", Until: at(30 * time.Minute)})
	c := h.who("m1", "kim")
	h.stop()
	h.start()
	h.clock.Add(29 * time.Minute)
	if row := h.row(c, func(c events.Conversation) bool { return c.Wait != nil }); row.Offer != nil {
		t.Fatal("offered over lunch")
	}
	h.clock.Add(time.Minute)
	h.row(c, offeredTo("una"))
	r := h.command(commands.SetPresence, commands.Envelope{}, commands.SetPresenceBody{Agent: "una"})
	if p := r.Presence; p == nil || p.State != events.AgentAvailable || p.Until != nil || p.Reason != "" {
		t.Errorf("after lunch: %+v", p)
	}
	h.present("una", commands.SetPresenceBody{State: events.AgentAway, Seconds: 600})
	for _, connection := range []string{"lost", "back"} {
		h.present("una", commands.SetPresenceBody{Connection: connection})
		r = h.command(commands.SetPresence, commands.Envelope{}, commands.SetPresenceBody{Agent: "una"})
		if p := r.Presence; p.State != events.AgentAway || p.Until == nil {
			t.Errorf("%s: %+v", connection, p)
		}
	}
}

// Queues that overflow into each other pass one that waits round once; then it rests, and
// its version with it. A person who moves it gives it a new beginning.
//
// To see it fail: leave what overflowed out of the place in keepPlaces' moving.
func TestOverflowsGoRoundOnce(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePull, OverflowTo: "back", OverflowAfter: 1}, config.Agent{ID: "una"})
	h.staff.(*crew).change(func(c *crew) {
		c.queues = append(slices.Clone(c.queues), config.Queue{ID: "back", Mode: config.QueuePull, OverflowTo: "sales", OverflowAfter: 1})
	})
	c := h.who("m1", "kim")
	waitsIn := func(q events.QueueID, n int) func(events.Conversation) bool {
		return func(c events.Conversation) bool {
			return c.Wait != nil && c.Wait.Queue == q && len(c.Wait.Overflowed) == n
		}
	}
	for i, q := range []events.QueueID{"back", "sales"} {
		h.clock.Add(2 * time.Second)
		h.row(c, waitsIn(q, i+1))
	}
	was := h.row(c, waitsIn("sales", 2)).Version
	h.stop()
	h.start()
	for range 5 {
		h.clock.Add(time.Minute)
		h.who(fmt.Sprint("tick", h.clock.Now().Unix()), "lee") // the assigner has looked after each decision
	}
	if row := h.row(c, waitsIn("sales", 2)); row.Version != was {
		t.Errorf("version %d became %d while it waited", was, row.Version)
	}
	h.by("una", commands.Transfer, c, commands.TransferBody{Queue: "back"})
	h.clock.Add(2 * time.Second)
	h.row(c, waitsIn("sales", 1))
}
