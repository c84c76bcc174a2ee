package rig

import (
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Pushed makes a queue that offers work to a team, and an inbox that fills it.
func (a *Agent) Pushed(team string) (events.QueueID, Inbox) {
	a.t.Helper()
	var queue struct{ ID events.QueueID }
	a.Call(http.MethodPost, "/queues", map[string]any{"name": "sales", "teams": []string{team}, "mode": "push", "offer_for": 60}, http.StatusCreated, &queue)
	var inbox Inbox
	a.Call(http.MethodPost, "/inboxes", map[string]any{
		"channel": "webhook", "name": "shop", "queue": queue.ID, "team": team, "settings": map[string]any{"profile": "plain", "auth": "none"},
	}, http.StatusCreated, &inbox)
	return queue.ID, inbox
}

// Stand says how the agent stands from now on.
func (a *Agent) Stand(state string) {
	a.t.Helper()
	a.Call(http.MethodPut, "/agents/me/presence", map[string]any{"state": state}, http.StatusOK, nil)
}

// Surveyed makes a questionnaire that asks after some seconds.
func (a *Agent) Surveyed(kind events.SurveyKind, after int) events.QuestionnaireID {
	a.t.Helper()
	var q struct{ ID events.QuestionnaireID }
	a.Call(http.MethodPost, "/surveys", map[string]any{"name": "after care", "kind": kind, "after": after}, http.StatusCreated, &q)
	return q.ID
}

// Present is a conversation's row as it is now.
func (a *Agent) Present(c events.ConversationID) events.Conversation {
	a.t.Helper()
	var out events.Conversation
	a.Call(http.MethodGet, "/conversations/"+string(c), nil, http.StatusOK, &out)
	return out
}

// Resolve resolves a conversation as it is now.
func (a *Agent) Resolve(c events.ConversationID) {
	a.t.Helper()
	a.Call(http.MethodPost, "/conversations/"+string(c)+"/resolve", map[string]any{}, http.StatusOK, nil, "If-Match", Version(a.Present(c)))
}

// AwaitScore waits for a score to stand in the row.
func (a *Agent) AwaitScore(c events.ConversationID, want int) events.Conversation {
	a.t.Helper()
	var out events.Conversation
	Eventually(a.t, func() error {
		if out = a.Present(c); out.Survey == nil || out.Survey.Score == nil || *out.Survey.Score != want {
			return fmt.Errorf("survey is %+v", out.Survey)
		}
		return nil
	})
	return out
}
