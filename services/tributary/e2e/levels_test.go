package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// kept makes a setting and returns its id.
func kept(admin *rig.Agent, path string, body any) string {
	var made struct{ ID string }
	admin.Call(http.MethodPost, path, body, http.StatusCreated, &made)
	return made.ID
}

// waitFor reads a conversation until it is as wanted.
func waitFor(t *testing.T, a *rig.Agent, id events.ConversationID, wanted func(events.Conversation) bool) (c events.Conversation) {
	t.Helper()
	rig.Eventually(t, func() error {
		c = events.Conversation{}
		a.Call(http.MethodGet, "/conversations/"+string(id), nil, http.StatusOK, &c)
		if !wanted(c) {
			return fmt.Errorf("it is %+v with clocks %+v", c, c.Clocks)
		}
		return nil
	})
	return c
}

func firstResponse(c events.Conversation) *events.Clock {
	for i := range c.Clocks {
		if c.Clocks[i].Kind == events.FirstResponse {
			return &c.Clocks[i]
		}
	}
	return nil
}

// TestAPromiseOnTheScreen gives a queue a policy in the console's own way: an
// agent's screen hears of the clock, of the warning and of the breach, at their
// moments, and the list that the board opens has just what it counts. What comes due while the program is stopped is said once it runs again.
//
// To see it fail: in router/routing sayTimes, say nothing.
func TestAPromiseOnTheScreen(t *testing.T) {
	settings := rig.Settings(t.TempDir())
	in := rig.Run(t, settings)
	admin := in.Admin(t)
	hours := map[string]any{}
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		hours[day] = []config.Block{{From: "00:00", To: "24:00"}}
	}
	always := kept(admin, "/hours", map[string]any{"name": "always", "zone": "Asia/Seoul", "week": hours})
	policy := kept(admin, "/policies", map[string]any{"name": "quick", "hours": always, "warn_before": 50, "targets": []map[string]any{{"priority": 0, "first_response": 4}}})
	queue := kept(admin, "/queues", map[string]any{"name": "sales", "policy": policy})
	shop := inboxInto(admin, queue)
	screen, _ := admin.Watch("")
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1"}, Text: "hello"})
	clock := func(what string, is func(*events.Clock) bool) (events.Clock, events.ConversationID) {
		t.Helper()
		var k *events.Clock
		f := screen.AwaitEvent(what, func(f rig.Frame) bool {
			if f.Conversation != nil {
				k = firstResponse(*f.Conversation)
			}
			return f.Conversation != nil && k != nil && is(k)
		})
		return *k, f.Conversation.ID
	}
	started, _ := clock("a clock", func(k *events.Clock) bool { return !k.Warned })
	// A program that slept over both moments says both at once.
	warned, _ := clock("a warning", func(k *events.Clock) bool { return k.Warned })
	if time.Now().Before(*started.WarnAt) {
		t.Fatalf("warned before %v", started.WarnAt)
	}
	if !warned.Breached {
		clock("a breach", func(k *events.Clock) bool { return k.Breached })
	}
	if time.Now().Before(*started.DueAt) {
		t.Fatalf("late before %v", started.DueAt)
	}
	t.Logf("the breach was on the screen %v after its moment", time.Since(*started.DueAt).Round(time.Millisecond))
	late(t, admin, 1)
	in.Say(t, shop, rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-2"}, Text: "hello"})
	before, id := clock("the second clock", func(k *events.Clock) bool { return !k.Warned })
	in.Stop()
	in = rig.Run(t, settings)
	row := waitFor(t, in.Admin(t), id, func(c events.Conversation) bool { k := firstResponse(c); return k != nil && k.Breached })
	if k := firstResponse(row); !k.Warned || !k.DueAt.Equal(*before.DueAt) {
		t.Fatalf("after the restart it is %+v, before %+v", k, before)
	}
	late(t, in.Admin(t), 2)
}

// late waits until the list of what is late has so many and the board counts as many.
func late(t *testing.T, admin *rig.Agent, want int) {
	t.Helper()
	rig.Eventually(t, func() error {
		var board queries.BoardAnswer
		admin.Call(http.MethodGet, "/board", nil, http.StatusOK, &board)
		var page queries.Page[events.Conversation]
		admin.Call(http.MethodGet, "/conversations?clock=breached", nil, http.StatusOK, &page)
		if len(page.Items) != want || board.Total.Breached != want {
			return fmt.Errorf("%d are listed as late and %d counted, want %d", len(page.Items), board.Total.Breached, want)
		}
		return nil
	})
}

func inboxInto(admin *rig.Agent, queue string) (inbox rig.Inbox) {
	admin.Call(http.MethodPost, "/inboxes", map[string]any{
		"channel": "webhook", "name": "shop", "queue": queue, "settings": map[string]any{"profile": "plain", "auth": "none"},
	}, http.StatusCreated, &inbox)
	return inbox
}

// TestAClosedDoorOpens has customers write into a queue that is closed today: they
// wait, and whoever asks for work gets none of it, until the hours are changed.
//
// To see it fail: in router/assignment, have no queue ever shut.
func TestAClosedDoorOpens(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	anna := admin.Colleague("anna@example.test", "agent")
	closed := time.Now().UTC().AddDate(0, 0, 3).Weekday()
	week := func(days ...time.Weekday) map[string]any {
		out := map[string]any{}
		for _, d := range days {
			out[map[time.Weekday]string{0: "sunday", 1: "monday", 2: "tuesday", 3: "wednesday", 4: "thursday", 5: "friday", 6: "saturday"}[d]] = []config.Block{{From: "00:00", To: "24:00"}}
		}
		return out
	}
	hours := kept(admin, "/hours", map[string]any{"name": "rarely", "zone": "UTC", "week": week(closed)})
	queue := kept(admin, "/queues", map[string]any{"name": "sales", "mode": "push", "hours": hours, "closed": "hold"})
	shop := inboxInto(admin, queue)
	anna.Stand("available")
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1"}, Text: "hello"})
	row := admin.AwaitConversations(1)[0]
	row = waitFor(t, admin, row.ID, func(c events.Conversation) bool { return c.Wait != nil })
	anna.Call(http.MethodPost, "/next", nil, http.StatusNotFound, nil)
	if row.Assignee != "" {
		t.Fatalf("a closed queue gave it to %s", row.Assignee)
	}
	admin.Call(http.MethodPut, "/hours/"+hours, map[string]any{"name": "always", "zone": "UTC", "week": week(0, 1, 2, 3, 4, 5, 6)}, http.StatusOK, nil)
	waitFor(t, admin, row.ID, func(c events.Conversation) bool { return c.Assignee == anna.ID })
}
