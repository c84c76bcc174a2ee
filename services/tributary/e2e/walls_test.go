package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// Two teams with a queue each. An agent of one writes down the address of the other's
// customer: the program suspects one person, and tells only those who may know of both.
// A conversation that is put under a team and left in the other's queue is in the
// numbers of that team's supervisor: on the board, in the report, and in the list that
// opens, the same.
//
// To see it fail: in gateway/desk, have Contact leave the suggestions; in gateway/access,
// leave the asides out of Total, or the teams out of Stands.
func TestWhatTwoTeamsKnowOfEachOther(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	ours, theirs := admin.Named("/teams", "ours", nil), admin.Named("/teams", "theirs", nil)
	agent, boss := admin.Colleague("agent@example.test", "agent", ours), admin.Colleague("boss@example.test", "supervisor", ours)
	inbox := func(name, team string) (made rig.Inbox) {
		queue := admin.Named("/queues", name, map[string]any{"teams": []string{team}})
		admin.Call(http.MethodPost, "/inboxes", map[string]any{
			"channel": "webhook", "name": name, "queue": queue, "settings": map[string]any{"profile": "plain", "auth": "none"},
		}, http.StatusCreated, &made)
		return made
	}
	in.Say(t, inbox("our shop", ours), rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Known"}, Text: "hello"})
	in.Say(t, inbox("their shop", theirs), rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-2", Name: "Hidden", Email: "hidden@example.test"}, Text: "hello"})
	at := map[string]events.Conversation{}
	for _, c := range admin.AwaitConversations(2) {
		at[c.Contact.Name] = c
	}
	own, other := at["Known"].Contact.ID, at["Hidden"].Contact.ID

	agent.Call(http.MethodPatch, "/contacts/"+string(own), map[string]any{"add_points": []any{map[string]string{"kind": "email", "value": "hidden@example.test"}}}, http.StatusOK, nil)
	rig.Eventually(t, func() error {
		var page queries.ContactPage
		admin.Call(http.MethodGet, "/contacts/"+string(own), nil, http.StatusOK, &page)
		if len(page.Suggestions) != 1 || page.Suggestions[0].Other != other {
			return fmt.Errorf("suggested are %+v", page.Suggestions)
		}
		return nil
	})
	for _, who := range []*rig.Agent{agent, boss} {
		for _, path := range []string{"/contacts/" + string(own), "/contacts/" + string(own) + "/timeline", "/conversations?q=hidden", "/conversations/" + string(at["Known"].ID)} {
			got, err := who.Try(http.MethodGet, path, nil)
			if err != nil || got.Status != http.StatusOK {
				t.Fatalf("%s: %d %v", path, got.Status, err)
			}
			if body := string(got.Body); strings.Contains(body, "Hidden") || strings.Contains(body, string(other)) {
				t.Errorf("%s tells %s", path, body)
			}
		}
		who.Call(http.MethodPost, "/contacts/"+string(own)+"/suggestions/dismiss", map[string]any{"other": other}, http.StatusNotFound, nil)
		who.Call(http.MethodGet, "/contacts/"+string(other), nil, http.StatusNotFound, nil)
	}

	aside := at["Hidden"]
	admin.Call(http.MethodPost, "/conversations/"+string(aside.ID)+"/transfer", map[string]any{"queue": aside.Queue, "team": ours}, http.StatusOK, nil)
	span := url.Values{"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, "metric": {"backlog"}}
	rig.Eventually(t, func() error {
		var board queries.BoardAnswer
		boss.Call(http.MethodGet, "/board", nil, http.StatusOK, &board)
		var behind struct {
			Items         []events.Conversation
			Total, Hidden int
		}
		boss.Call(http.MethodGet, "/board/conversations?kind=total&number=open", nil, http.StatusOK, &behind)
		got, err := boss.Try(http.MethodGet, "/reports?"+span.Encode(), nil)
		if err != nil || got.Status != http.StatusOK {
			return fmt.Errorf("%d %w", got.Status, err)
		}
		var table queries.ReportTable
		if err := json.Unmarshal(got.Body, &table); err != nil {
			return err
		}
		backlog := int64(-1)
		if len(table.Rows) == 1 {
			backlog = table.Rows[0].Counts[queries.ReportBacklog]
		}
		if board.Total.Open != 2 || len(behind.Items) != 2 || behind.Total != 2 || behind.Hidden != 0 || backlog != 2 || board.Asides != nil {
			return fmt.Errorf("the board says %d, opens to %d of %d, the report says %d", board.Total.Open, len(behind.Items), behind.Total, backlog)
		}
		return nil
	})
}
