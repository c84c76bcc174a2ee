package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tributary-inbox/tributary/pkg/testkit"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// TestMain looks for goroutines left behind. The one it passes over belongs to
// nats.go 1.55, which leaves one per connection that published to an object
// store and is then closed.
func TestMain(m *testing.M) {
	testkit.NoLeaks(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

func TestWorkOnAConversation(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	c := p.world.open("cv1", nil)

	var list struct {
		Items      []events.Conversation `json:"items"`
		NextCursor *string               `json:"next_cursor"`
	}
	admin.call("GET", "/conversations?status=open&limit=10", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != c.ID || list.NextCursor == nil {
		t.Fatalf("list: %+v", list)
	}
	var d struct {
		ID           string               `json:"id"`
		Conversation *events.Conversation `json:"conversation"`
		Message      *events.Message      `json:"message"`
	}
	admin.call("POST", "/conversations/cv1/messages", map[string]any{"text": "good day", "client_id": "c1"}, 201, &d)
	if d.Message == nil || d.Message.Text != "good day" || d.ID != string(d.Message.ID) {
		t.Fatalf("reply: %+v", d)
	}
	env, err := p.world.lastAsked()
	must(t, err)
	if env.ID != "c1" || env.Actor.Kind != "agent" || env.Actor.ID != string(admin.id) || env.Name != "reply" {
		t.Fatalf("envelope: %+v", env)
	}
	admin.call("POST", "/conversations/cv1/assign", map[string]any{"assignee": "me"}, 200, &d)
	if d.Conversation.Assignee != admin.id {
		t.Fatalf("assignee %q", d.Conversation.Assignee)
	}
	admin.call("POST", "/conversations/cv1/assign", map[string]any{"assignee": nil}, 200, &d)
	if d.Conversation.Assignee != "" {
		t.Fatalf("assignee %q", d.Conversation.Assignee)
	}
	for path, body := range map[string]any{
		"notes": map[string]any{"text": "n"}, "tags": map[string]any{"add": []string{" VIP "}}, "snooze": map[string]any{"until": "2099-01-01T00:00:00Z"},
		"resolve": nil, "reopen": map[string]any{"reason": "r"}, "read": map[string]any{}, "transfer": map[string]any{"assignee": "me"},
	} {
		want := 200
		switch path {
		case "notes":
			want = 201
		case "snooze":
			want = 422 // too far away
		}
		admin.call("POST", "/conversations/cv1/"+path, body, want, nil)
		if path == "tags" {
			env, err := p.world.lastAsked()
			must(t, err)
			if !strings.Contains(string(env.Body), `"vip"`) {
				t.Fatalf("tag not brought to its form: %s", env.Body)
			}
		}
	}
	admin.call("POST", "/messages/ms1/outcome", map[string]any{"conversation": "cv1", "outcome": "retry"}, 200, nil)
	admin.call("GET", "/conversations/cv1", nil, 200, nil)
	admin.call("GET", "/conversations/cv1/messages", nil, 200, nil)
	admin.call("GET", "/contacts/"+string(c.Contact.ID), nil, 200, nil)
	admin.call("GET", "/contacts/"+string(c.Contact.ID)+"/timeline", nil, 200, nil)
	admin.call("PATCH", "/contacts/"+string(c.Contact.ID), map[string]any{"name": "Kim"}, 200, nil)
	admin.call("DELETE", "/session", nil, 204, nil)
	admin.call("GET", "/me", nil, 401, nil)
}

// P4: a stale version is 412, a lost claim 409, both with the present state. It
// fails when ask maps either to another status or drops the conversation.
func TestConflictsCarryThePresentState(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	other := admin.agent("b@example.test", config.RoleAgent)
	p.world.open("cv1", nil)
	var problem struct {
		Code         string               `json:"code"`
		Status       int                  `json:"status"`
		Conversation *events.Conversation `json:"conversation"`
	}
	claim := func(c *client, ifMatch string, want int, out any) *http.Response {
		header := http.Header{}
		if ifMatch != "" {
			header.Set("If-Match", ifMatch)
		}
		return c.send("POST", "/conversations/cv1/assign", strings.NewReader(`{"assignee":"me"}`), header, want, out)
	}
	claim(admin, `"1"`, 200, nil)
	resp := claim(other, "1", 412, &problem)
	if problem.Conversation == nil || problem.Conversation.Assignee != admin.id || problem.Conversation.Version != 2 || problem.Code != "stale" {
		t.Fatalf("stale: %+v", problem)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q", got)
	}
	problem.Conversation = nil
	claim(other, "", 409, &problem)
	if problem.Conversation == nil || problem.Conversation.Assignee != admin.id || problem.Code != "conflict" {
		t.Fatalf("conflict: %+v", problem)
	}
	for _, bad := range []string{"x", "0", "-1", "1.5", `"`, "99999999999999999999"} {
		claim(other, bad, 400, nil)
	}
}

func TestSecretsOfAnInboxAreNeverReadBack(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	var made, read string
	admin.call("POST", "/inboxes", `{"channel":"webhook","name":"shop","settings":{"profile":"plain","secret":"`+secret+`","make":true}}`, 201, &made)
	var in struct {
		ID        string            `json:"id"`
		HookPath  string            `json:"hook_path"`
		Secrets   []string          `json:"secrets"`
		Generated map[string]string `json:"generated"`
	}
	must(t, json.Unmarshal([]byte(made), &in))
	if !strings.HasPrefix(in.HookPath, "/hooks/webhook/") || len(in.HookPath) < len("/hooks/webhook/")+22 {
		t.Fatalf("hook path %q", in.HookPath)
	}
	if in.Generated["made"] != "generated-secret-value" || in.Generated["secret"] != "" {
		t.Fatalf("generated: %v", in.Generated)
	}
	stored, _, ok := p.tables.Inboxes.Get(in.ID)
	if !ok || stored.Secrets["secret"] != secret || strings.Contains(string(stored.Settings), secret) {
		t.Fatalf("stored: %+v", stored)
	}
	admin.call("PATCH", "/inboxes/"+in.ID, `{"name":"shop 2","settings":{"profile":"plain"}}`, 200, &read)
	var lists, one string
	admin.call("GET", "/inboxes", nil, 200, &lists)
	admin.call("GET", "/inboxes/"+in.ID, nil, 200, &one)
	agent := admin.agent("a@example.test", config.RoleAgent)
	var plain string
	agent.call("GET", "/inboxes", nil, 200, &plain)
	if strings.Contains(plain, in.HookPath) || strings.Contains(plain, "settings") {
		t.Errorf("an agent reads the hook path or the settings: %s", plain)
	}
	for _, answer := range []string{made, read, lists, one, plain} {
		if strings.Contains(answer, secret) {
			t.Errorf("the secret is read back: %s", answer)
		}
	}
	for _, answer := range []string{read, lists, one, plain} {
		if strings.Contains(answer, "generated-secret-value") {
			t.Errorf("the generated secret is read back: %s", answer)
		}
	}
	if stored, _, _ := p.tables.Inboxes.Get(in.ID); stored.Secrets["secret"] != secret || stored.Name != "shop 2" {
		t.Errorf("a change without the secret took it away: %+v", stored)
	}
	admin.call("PATCH", "/inboxes/"+in.ID, `{"settings":{"profile":"plain","secret":""}}`, 422, nil)
	admin.call("PATCH", "/inboxes/"+in.ID, `{"settings":{"profile":"plain","secret":null}}`, 200, nil)
	if stored, _, _ := p.tables.Inboxes.Get(in.ID); stored.Secrets["secret"] != "" {
		t.Error("null does not take a secret away")
	}
	admin.call("DELETE", "/inboxes/"+in.ID, nil, 204, nil)
	admin.call("GET", "/inboxes/"+in.ID, nil, 404, nil)
}

// P10: nothing of what passes through may be in the log. It fails when a log
// line takes a body, an address, a token or a query string with it.
func TestNothingPrivateIsLogged(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", nil)
	const text, secret = "my card is 4111 1111", "super-secret-hook-key"
	admin.call("POST", "/conversations/cv1/messages", map[string]any{"text": text, "client_id": "c1"}, 201, nil)
	admin.call("POST", "/inboxes", `{"channel":"webhook","name":"x","settings":{"profile":"plain","secret":"`+secret+`"}}`, 201, nil)
	admin.call("POST", "/session", map[string]string{"email": "who@example.test", "password": "wrong-password"}, 401, nil)
	admin.call("POST", "/inboxes", `{"channel":"webhook","name":7,"settings":{"secret":"`+secret+`"}}`, 422, nil)
	p.world.mu.Lock()
	p.world.silent = true
	p.world.mu.Unlock()
	conn := dial(t, g, admin.token)
	conn.send(`{"type":"command","id":"1","name":"reply","conversation":"cv1","body":{"text":"` + text + `"`)
	conn.read("error")
	for _, private := range []string{text, secret, admin.token, adminPassword, adminEmail, "who@example.test", "wrong-password"} {
		if strings.Contains(p.logs.String(), private) {
			t.Errorf("the log holds %q", private)
		}
	}
}
