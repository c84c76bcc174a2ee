package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestP4OneWinner has two agents claim the same conversation at the same
// moment, many times: one gets it, the other a 409 with the present state. Then
// one writes on a stale version: 412, and nothing changed.
//
// To see it fail: in router/conversation Assign, leave out the checks of claimed
// and of the version.
func TestP4OneWinner(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	rivals := []*rig.Agent{admin.Colleague("anna@example.test", "agent"), admin.Colleague("bela@example.test", "agent")}
	for round := range 25 {
		in.Say(t, shop, rig.Said{ID: fmt.Sprintf("m-%d", round), Contact: rig.SaidBy{ID: fmt.Sprintf("c-%d", round)}, Text: "hello"})
		c := newest(t, admin, round+1)
		answers := claim(t, rivals, c)
		winner := -1
		for i, a := range answers {
			switch a.Status {
			case http.StatusOK:
				if winner >= 0 {
					t.Fatalf("round %d: two winners", round)
				}
				winner = i
			case http.StatusConflict:
				checkConflict(t, a)
			default:
				t.Fatalf("round %d: %d %s", round, a.Status, a.Body)
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		var now events.Conversation
		rivals[winner].Call(http.MethodGet, "/conversations/"+string(c.ID), nil, http.StatusOK, &now)
		if now.Assignee != rivals[winner].ID {
			t.Fatalf("round %d: %s was told that they have it, but %s has", round, rivals[winner].ID, now.Assignee)
		}
		got, err := admin.Try(http.MethodPost, "/conversations/"+string(c.ID)+"/resolve", nil, "If-Match", rig.Version(c))
		must(t, err)
		if got.Status != http.StatusPreconditionFailed {
			t.Fatalf("round %d: a command on a stale version is answered %d: %s", round, got.Status, got.Body)
		}
	}
}

func newest(t *testing.T, admin *rig.Agent, n int) events.Conversation {
	t.Helper()
	list := admin.AwaitConversations(n)
	return list[0]
}

func claim(t *testing.T, rivals []*rig.Agent, c events.Conversation) []rig.Answer {
	t.Helper()
	answers := make([]rig.Answer, len(rivals))
	gate := make(chan struct{})
	var running sync.WaitGroup
	for i, rival := range rivals {
		running.Go(func() {
			<-gate
			var err error
			answers[i], err = rival.Try(http.MethodPost, "/conversations/"+string(c.ID)+"/assign", map[string]any{"assignee": rival.ID}, "If-Match", rig.Version(c))
			if err != nil {
				t.Error(err)
			}
		})
	}
	close(gate)
	running.Wait()
	return answers
}

func checkConflict(t *testing.T, a rig.Answer) {
	t.Helper()
	var problem struct {
		Status       int
		Code         string
		Conversation *events.Conversation
	}
	must(t, json.Unmarshal(a.Body, &problem))
	if problem.Conversation == nil || problem.Conversation.Assignee == "" || problem.Status != http.StatusConflict {
		t.Errorf("the loser is told %s", a.Body)
	}
}
