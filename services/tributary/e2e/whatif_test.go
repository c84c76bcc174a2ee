package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestThePastIsPlayedAgain lets one agent serve three customers one after the
// other, and asks what a second agent would have changed. A fourth waits for a skill
// that nobody has, and is played as if it were not needed. Agents may not ask.
//
// To see it fail: in router/whatif arrives, leave out what the customers who waited
// take with them; or in gateway/api, let agents ask.
func TestThePastIsPlayedAgain(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	anna := admin.Colleague("anna@example.test", "agent", team)
	admin.Call(http.MethodPatch, "/agents/"+string(anna.ID), map[string]any{"capacity": 20}, http.StatusOK, nil)
	_, shop := admin.Pushed(team)
	began := time.Now().Add(-time.Second)
	anna.Stand("available")
	screen, _ := anna.Watch("")
	for n := range 3 {
		in.Say(t, shop, rig.Said{ID: fmt.Sprint("m-", n), Contact: rig.SaidBy{ID: fmt.Sprint("c-", n)}, Text: "hello"})
	}
	for range 3 {
		c := screen.AwaitEvent("an offer", func(f rig.Frame) bool { return f.Fact == "conversation.offered" }).Conversation
		anna.Call(http.MethodPost, "/conversations/"+string(c.ID)+"/offer", map[string]any{"offer": c.Offer.ID, "accept": true}, http.StatusOK, nil)
		anna.Resolve(c.ID)
	}
	ask := map[string]any{"from": began.UTC().Format(time.RFC3339Nano), "agents": 1, "team": team}
	anna.Call(http.MethodPost, "/what-if", ask, http.StatusForbidden, nil)
	var got queries.WhatIfAnswer
	admin.Call(http.MethodPost, "/what-if", ask, http.StatusOK, &got)
	if got.Was.Total.Taken != 3 || got.Unchanged.Total.Taken != 3 || got.Changed.Total.Taken != 3 || got.Partial {
		t.Fatalf("it was %+v, again %+v, changed %+v", got.Was.Total, got.Unchanged.Total, got.Changed.Total)
	}
	if got.Changed.Total.Average > got.Unchanged.Total.Average || got.Changed.Agents <= got.Unchanged.Agents {
		t.Errorf("with one more agent %+v after %+v", got.Changed, got.Unchanged)
	}
	stranger := admin.Colleague("sora@example.test", "supervisor", admin.Named("/teams", "others", nil))
	var theirs queries.WhatIfAnswer
	stranger.Call(http.MethodPost, "/what-if", ask, http.StatusOK, &theirs)
	if n := len(theirs.Was.Queues) + len(theirs.Unchanged.Queues) + len(theirs.Changed.Queues); n != 0 || theirs.Was.Total.Arrivals+theirs.Changed.Total.Arrivals != 0 {
		t.Errorf("a supervisor of another team is told %+v", theirs.Was)
	}

	skill := admin.Named("/skills", "Korean", nil)
	rare := admin.Named("/queues", "rare", map[string]any{"teams": []string{team}, "mode": "push", "needs": []any{map[string]any{"skill": skill, "level": 1}}})
	var other rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", map[string]any{"channel": "webhook", "name": "other", "queue": rare, "settings": map[string]any{"profile": "plain", "auth": "none"}}, http.StatusCreated, &other)
	in.Say(t, other, rig.Said{ID: "m-9", Contact: rig.SaidBy{ID: "c-9"}, Text: "hello"})
	rig.Eventually(t, func() error {
		all, err := admin.TryConversations()
		if err != nil {
			return err
		}
		for _, c := range all {
			if string(c.Queue) == rare && c.Wait != nil {
				return nil
			}
		}
		return fmt.Errorf("nobody waits for the skill")
	})
	admin.Call(http.MethodPost, "/what-if", map[string]any{"from": ask["from"], "without": []string{skill}, "today": []string{rare}}, http.StatusOK, &got)
	if got.Was.Total.Waiting != 1 || got.Unchanged.Total.Waiting != 1 || got.Changed.Total.Waiting != 0 || got.Changed.Total.Taken != 4 {
		t.Errorf("without the skill it was %+v, again %+v, changed %+v", got.Was.Total, got.Unchanged.Total, got.Changed.Total)
	}
	ask["queues"] = []any{map[string]any{"id": "nobody's"}}
	admin.Call(http.MethodPost, "/what-if", ask, http.StatusUnprocessableEntity, nil)
}
