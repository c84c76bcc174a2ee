package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// Four are resolved one after the other, and all four customers write again: two
// find room with the agent who had them, the others wait for her, first of all for
// her.
//
// To see it fail: have Desk.Room say yes.
func TestReopeningDoesNotGoBeyondCapacity(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush, PreferFor: 600}, &book{}, config.Agent{ID: "anna", Capacity: 20}, config.Agent{ID: "bo"})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	var all []events.ConversationID
	for i := range 4 {
		row := h.row(h.asks(fmt.Sprint("m", i), fmt.Sprint("c", i)).ID, assignedTo("anna"))
		if r := h.command(commands.Resolve, commands.Envelope{Conversation: row.ID}, commands.ReasonBody{}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
		all = append(all, row.ID)
	}
	units := config.DefaultWorkload().Of("webhook").Units
	theirs := 0
	for i := range all {
		again := h.asks(fmt.Sprint("n", i), fmt.Sprint("c", i), fmt.Sprint("m", i))
		switch {
		case again.Assignee == "anna":
			theirs++
		case again.Assignee != "" || again.Wait == nil || again.Wait.Prefer != "anna":
			t.Fatalf("came back to %q, waiting as %+v", again.Assignee, again.Wait)
		}
	}
	if theirs*units > 20 || (theirs+1)*units <= 20 {
		t.Fatalf("anna has %d of %d units each, and a capacity of 20", theirs, units)
	}
	h.present("bo", commands.SetPresenceBody{State: events.AgentAvailable})
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: all[0]}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.row(all[theirs], assignedTo("anna")) // though bo is there with nothing to do
}

// A connection that broke makes nobody available who was not: whoever was at lunch
// is at lunch when it stands again, and what is left of a wrap-up goes on.
//
// To see it fail: have back make everybody available.
func TestABreakMakesNobodyAvailable(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush}, config.Agent{ID: "anna"})
	ask := func() events.Presence {
		t.Helper()
		r := h.command(commands.SetPresence, commands.Envelope{}, commands.SetPresenceBody{Agent: "anna"})
		if r.Problem != nil {
			t.Fatal(r.Problem)
		}
		return *r.Presence
	}
	gone := func() {
		t.Helper()
		h.present("anna", commands.SetPresenceBody{Connection: "lost"})
		h.clock.Add(31 * time.Second)
		testkit.Eventually(t, time.Minute, func() error {
			if p := ask(); p.State != events.AgentOffline || p.Before == nil {
				return fmt.Errorf("after the grace anna stands as %+v", p)
			}
			return nil
		})
	}
	for _, c := range []struct {
		said   commands.SetPresenceBody
		away   time.Duration
		want   events.AgentState
		reason string
	}{
		{commands.SetPresenceBody{State: events.AgentAway, Reason: "lunch"}, time.Hour, events.AgentAway, "lunch"},
		{commands.SetPresenceBody{State: events.AgentAvailable}, time.Hour, events.AgentAvailable, ""},
		{commands.SetPresenceBody{State: events.AgentWrapUp, Seconds: 600}, time.Minute, events.AgentWrapUp, ""},
		{commands.SetPresenceBody{State: events.AgentWrapUp, Seconds: 600}, time.Hour, events.AgentAvailable, ""},
		{commands.SetPresenceBody{State: events.AgentWrapUp}, time.Hour, events.AgentWrapUp, ""},
	} {
		h.present("anna", c.said)
		until := ask().Until
		gone()
		h.clock.Add(c.away)
		h.present("anna", commands.SetPresenceBody{Connection: "back"})
		p := ask()
		if p.State != c.want || p.Reason != c.reason || p.Before != nil || p.LostAt != nil || c.want == events.AgentWrapUp && (p.Until == nil) != (until == nil) {
			t.Errorf("%+v: back as %+v", c.said, p)
		}
	}
	h.present("anna", commands.SetPresenceBody{State: events.AgentOffline, Reason: "home"})
	h.present("anna", commands.SetPresenceBody{Connection: "lost"})
	h.present("anna", commands.SetPresenceBody{Connection: "back"})
	if p := ask(); p.State != events.AgentOffline || p.Reason != "home" {
		t.Errorf("who went home is back as %+v", p)
	}
}

// Who never said how they stand is there while they are connected, takes nothing,
// and is gone when they are; asking how they stand says nothing.
func TestWhoNeverSaidHowTheyStand(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush}, config.Agent{ID: "anna"})
	stands := func(body commands.SetPresenceBody) events.Presence {
		t.Helper()
		r := h.command(commands.SetPresence, commands.Envelope{}, body)
		if r.Problem != nil {
			t.Fatal(r.Problem)
		}
		return *r.Presence
	}
	h.asks("m1", "kim") // so that the log holds something
	stands(commands.SetPresenceBody{Agent: "anna"})
	stands(commands.SetPresenceBody{Agent: "anna", Connection: "lost"})
	if said := bodies[*events.AgentPresenceChanged](h.log()); len(said) > 0 {
		t.Fatalf("anna has said nothing, and stands as %+v", said[0])
	}
	if p := stands(commands.SetPresenceBody{Agent: "anna", Connection: "back"}); p.State != events.AgentAway {
		t.Fatalf("connected, and stands as %+v", p)
	}
	if p := stands(commands.SetPresenceBody{Agent: "anna", Connection: "lost"}); p.LostAt == nil {
		t.Fatalf("the connection is lost, and stands as %+v", p)
	}
}

// After a start nobody is given anything before somebody vouches for them; who does
// not come back is offline after the grace, and gives back what they had not begun.
//
// To see it fail: leave stands out of restaff.
func TestAfterAStartOnlyWhoIsThereGetsWork(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush}, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
	for _, a := range []string{"anna", "bo"} {
		h.present(a, commands.SetPresenceBody{State: events.AgentAvailable})
	}
	h.present("bo", commands.SetPresenceBody{State: events.AgentAway})
	held := h.row(h.asks("m1", "kim").ID, assignedTo("anna"))
	h.present("bo", commands.SetPresenceBody{State: events.AgentAvailable})
	roll, err := h.nc.SubscribeSync(events.RollSubject)
	if err != nil {
		t.Fatal(err)
	}
	h.stop()
	h.attended = true
	h.start()
	if _, err := roll.NextMsg(time.Minute); err != nil {
		t.Fatalf("nobody was asked who is there: %v", err)
	}
	c := h.asks("m2", "lee")
	row := h.row(c.ID, func(c events.Conversation) bool { return c.Wait != nil })
	if row.Assignee != "" {
		t.Fatalf("given to %s, for whom nobody vouches", row.Assignee)
	}
	h.present("bo", commands.SetPresenceBody{Connection: "back"})
	h.row(c.ID, assignedTo("bo"))
	h.clock.Add(31 * time.Second)
	h.row(held.ID, assignedTo("bo")) // anna did not come back
	h.present("anna", commands.SetPresenceBody{Connection: "back"})
	r := h.command(commands.SetPresence, commands.Envelope{}, commands.SetPresenceBody{Agent: "anna"})
	if r.Problem != nil || r.Presence.State != events.AgentAvailable {
		t.Fatalf("back as %+v, %v", r.Presence, r.Problem)
	}
}
