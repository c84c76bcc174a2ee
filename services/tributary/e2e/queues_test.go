package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestAQueueOffersWork has a customer write into a push queue: the agent who is
// there sees the offer on their socket and declines it, the next one takes it. An
// agent of another team neither sees it nor is asked.
//
// To see it fail: in router/routing seated, leave out the rows; or in
// gateway/server, have the board tell the sockets alone.
func TestAQueueOffersWork(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	team, other := admin.Named("/teams", "sellers", nil), admin.Named("/teams", "lawyers", nil)
	anna, bela := admin.Colleague("anna@example.test", "agent", team), admin.Colleague("bela@example.test", "agent", team)
	stranger := admin.Colleague("cho@example.test", "agent", other)
	_, shop := admin.Pushed(team)
	screen, _ := anna.Watch("")
	anna.Stand("available")
	stranger.Stand("available")
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1"}, Text: "hello"})
	offered := screen.AwaitEvent("an offer", func(f rig.Frame) bool { return f.Fact == "conversation.offered" })
	c := offered.Conversation
	if c.Offer == nil || c.Offer.Agent != anna.ID || c.Wait == nil {
		t.Fatalf("offered as %+v, waiting as %+v", c.Offer, c.Wait)
	}
	bela.Stand("available")
	answer := func(a *rig.Agent, o events.OfferID, accept bool, want int) {
		t.Helper()
		a.Call(http.MethodPost, "/conversations/"+string(c.ID)+"/offer", map[string]any{"offer": o, "accept": accept}, want, nil)
	}
	answer(bela, c.Offer.ID, true, http.StatusConflict)
	answer(stranger, c.Offer.ID, true, http.StatusNotFound)
	answer(anna, c.Offer.ID, false, http.StatusOK)
	next := screen.AwaitEvent("the next offer", func(f rig.Frame) bool { return f.Fact == "conversation.offered" })
	if next.Conversation.Offer.Agent != bela.ID {
		t.Fatalf("then offered to %s", next.Conversation.Offer.Agent)
	}
	answer(bela, next.Conversation.Offer.ID, true, http.StatusOK)
	taken := screen.AwaitEvent("the assignment", func(f rig.Frame) bool { return f.Fact == "conversation.assigned" })
	if taken.Conversation.Assignee != bela.ID || taken.Conversation.Wait != nil {
		t.Fatalf("assigned as %+v", taken.Conversation)
	}
}

// TestAClosedBrowserIsNotAvailable cuts the only socket of an agent: the router
// hears of it, and of the one that takes its place.
func TestAClosedBrowserIsNotAvailable(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	anna := admin.Colleague("anna@example.test", "agent")
	desk, _ := admin.Watch("")
	screen, _ := anna.Watch("")
	for f := desk.Next(); f.Type != live.TypePresence || f.Agent != anna.ID || f.State != "online"; {
		f = desk.Next()
	}
	anna.Stand("available")
	lost := func(want bool) {
		t.Helper()
		rig.Eventually(t, func() error {
			var p events.Presence
			anna.Call(http.MethodGet, "/agents/me/presence", nil, http.StatusOK, &p)
			if p.State != events.AgentAvailable || (p.LostAt != nil) != want {
				return fmt.Errorf("stands as %+v", p)
			}
			return nil
		})
	}
	lost(false)
	screen.Cut()
	lost(true)
	anna.Watch("")
	lost(false)
}

// TestARestartGivesNothingToWhoIsNotThere stops the program while an agent is
// available and starts it without her: what comes meanwhile waits, and is hers as
// soon as her screen is there again.
//
// To see it fail: leave Attended out of tributary/house.
func TestARestartGivesNothingToWhoIsNotThere(t *testing.T) {
	data := t.TempDir()
	in := rig.Run(t, rig.Settings(data))
	admin := in.Admin(t)
	anna := admin.Colleague("anna@example.test", "agent")
	var queue struct{ ID events.QueueID }
	admin.Call(http.MethodPost, "/queues", map[string]any{"name": "given", "mode": "push"}, http.StatusCreated, &queue)
	var shop rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", map[string]any{
		"channel": "webhook", "name": "shop", "queue": queue.ID, "settings": map[string]any{"profile": "plain", "auth": "none"},
	}, http.StatusCreated, &shop)
	anna.Watch("")
	anna.Stand("available")
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1"}, Text: "hello"})
	assigned := func(a *rig.Agent, to events.AgentID, n int) {
		t.Helper()
		rig.Eventually(t, func() error {
			list, err := a.TryConversations()
			if err != nil || len(list) != n {
				return fmt.Errorf("%d conversations, %v", len(list), err)
			}
			for _, c := range list {
				if c.Assignee != to {
					return fmt.Errorf("%s is %q's", c.ID, c.Assignee)
				}
			}
			return nil
		})
	}
	assigned(admin, anna.ID, 1)
	in.Stop()
	in = rig.Run(t, rig.Settings(data))
	admin = in.Admin(t)
	in.Say(t, shop, rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-2"}, Text: "hello"})
	unassigned := func(c events.Conversation) bool { return c.Assignee == "" && c.Wait != nil }
	if list := admin.AwaitConversations(2); !slices.ContainsFunc(list, unassigned) {
		t.Fatalf("nobody is there, and nothing waits: %+v", list)
	}
	anna = in.SignIn(t, "anna@example.test", rig.AdminPassword)
	anna.Watch("")
	assigned(admin, anna.ID, 2)
}
