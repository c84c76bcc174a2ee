package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/session"
)

func TestHostileRequests(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", nil)
	team := admin.named("/teams", "wall", nil)
	agent := admin.agent("a@example.test", config.RoleAgent)
	p.world.open("cv2", func(c *events.Conversation) { c.Team = events.TeamID(team) })
	long := strings.Repeat("x", 70_000)
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	attachment := `"attachments":[{"id":"a","name":"n","type":"t","hash":"%s"}]`
	const json = "application/json"
	for i, c := range []struct {
		name, method, path, kind, body string
		as                             *client
		want                           int
	}{
		{"no body", "POST", "/session", json, "", nil, 400},
		{"empty object", "POST", "/session", json, "{}", nil, 422},
		{"null", "POST", "/session", json, "null", nil, 422},
		{"array", "POST", "/session", json, "[]", nil, 422},
		{"number", "POST", "/session", json, "7", nil, 422},
		{"cut JSON", "POST", "/session", json, `{"email":"a`, nil, 400},
		{"two objects", "POST", "/session", json, `{"email":"a","password":"b"}{}`, nil, 400},
		{"unknown field", "POST", "/session", json, `{"email":"a@b.c","password":"b","admin":true}`, nil, 422},
		{"wrong type", "POST", "/session", json, `{"email":["a"],"password":{}}`, nil, 422},
		{"password too long", "POST", "/session", json, `{"email":"a@b.c","password":"` + long + `"}`, nil, 422},
		{"address too long", "POST", "/session", json, `{"email":"` + long + `","password":"x"}`, nil, 422},
		{"deep nesting", "POST", "/session", json, deep, nil, 400},
		{"not UTF-8", "POST", "/session", json, "{\"email\":\"\xff\xfe\",\"password\":\"\xc3\"}", nil, 401},
		{"NUL", "POST", "/session", json, "{\"email\":\"a\\u0000@b\",\"password\":\"b\\u0000\"}", nil, 401},
		{"injection", "POST", "/session", json, `{"email":"' or 1=1 --","password":"' or 1=1 --"}`, nil, 401},
		{"XML", "POST", "/session", "application/xml", "<a/>", nil, 415},
		{"form", "POST", "/session", "application/x-www-form-urlencoded", "email=a&password=b", nil, 415},
		{"method", "PUT", "/session", json, "{}", nil, 405},
		{"unknown path", "GET", "/nothing", "", "", nil, 404},
		{"path tricks", "GET", "/conversations/..%2f..%2fagents", "", "", admin, 404},
		{"dots", "GET", "/conversations/%2e%2e/agents", "", "", admin, 404},
		{"NUL in a path", "GET", "/conversations/%00", "", "", admin, 404},
		{"subject in an id", "GET", "/conversations/cv1.>", "", "", admin, 404},
		{"wildcard id", "GET", "/conversations/*", "", "", admin, 404},
		{"long id", "GET", "/conversations/" + long[:3000], "", "", admin, 422},
		{"not there", "GET", "/conversations/cv9", "", "", admin, 404},
		{"behind a wall", "GET", "/conversations/cv2", "", "", agent, 404},
		{"messages behind a wall", "GET", "/conversations/cv2/messages", "", "", agent, 404},
		{"write behind a wall", "POST", "/conversations/cv2/messages", json, `{"text":"x"}`, agent, 404},
		{"contact behind a wall", "GET", "/contacts/ct-cv200", "", "", agent, 404},
		{"timeline behind a wall", "GET", "/contacts/ct-cv200/timeline", "", "", agent, 404},
		{"merge from behind a wall", "POST", "/contacts/ct-cv100/merge", json, `{"from":"ct-cv200"}`, agent, 404},
		{"merge with itself", "POST", "/contacts/ct-cv100/merge", json, `{"from":"ct-cv100"}`, admin, 422},
		{"outcome behind a wall", "POST", "/messages/ms1/outcome", json, `{"conversation":"cv2","outcome":"retry"}`, agent, 404},
		{"unknown outcome", "POST", "/messages/ms1/outcome", json, `{"conversation":"cv1","outcome":"maybe"}`, admin, 422},
		{"status", "GET", "/conversations?status=closed", "", "", admin, 422},
		{"limit 0", "GET", "/conversations?limit=0", "", "", admin, 422},
		{"limit too high", "GET", "/conversations?limit=201", "", "", admin, 422},
		{"limit no number", "GET", "/conversations?limit=ten", "", "", admin, 422},
		{"limit overflow", "GET", "/conversations?limit=99999999999999999999", "", "", admin, 422},
		{"misspelt filter", "GET", "/conversations?asignee=me", "", "", admin, 422},
		{"garbage cursor", "GET", "/conversations?cursor=garbage", "", "", admin, 422},
		{"long search", "GET", "/conversations?q=" + long[:500], "", "", admin, 422},
		{"empty text", "POST", "/conversations/cv1/messages", json, `{"text":"  \n"}`, admin, 422},
		{"text too long", "POST", "/conversations/cv1/messages", json, `{"text":"` + long + `"}`, admin, 413},
		{"body too long", "POST", "/conversations/cv1/messages", json, `{"text":"` + strings.Repeat("x", 500_000) + `"}`, admin, 413},
		{"forged author", "POST", "/conversations/cv1/messages", json, `{"text":"x","author":{"kind":"system"}}`, admin, 422},
		{"long client_id", "POST", "/conversations/cv1/messages", json, `{"text":"x","client_id":"` + long[:200] + `"}`, admin, 422},
		{"unknown inbox", "POST", "/conversations/cv1/messages", json, `{"text":"x","inbox":"in9"}`, admin, 422},
		{"attachment not uploaded", "POST", "/conversations/cv1/messages", json, `{"text":"x",` + fmt.Sprintf(attachment, strings.Repeat("a", 64)) + `}`, admin, 422},
		{"attachment without a hash", "POST", "/conversations/cv1/messages", json, `{"text":"x",` + fmt.Sprintf(attachment, "../../etc/passwd") + `}`, admin, 422},
		{"assign to nobody known", "POST", "/conversations/cv1/assign", json, `{"assignee":"ag9"}`, admin, 422},
		{"assign a number", "POST", "/conversations/cv1/assign", json, `{"assignee":7}`, admin, 422},
		{"transfer nowhere", "POST", "/conversations/cv1/transfer", json, `{}`, admin, 422},
		{"transfer to a team not there", "POST", "/conversations/cv1/transfer", json, `{"team":"tm9"}`, admin, 422},
		{"transfer to a queue not there", "POST", "/conversations/cv1/transfer", json, `{"queue":"qu9"}`, admin, 422},
		{"no tags", "POST", "/conversations/cv1/tags", json, `{"add":[]}`, admin, 422},
		{"empty tag", "POST", "/conversations/cv1/tags", json, `{"add":[""]}`, admin, 422},
		{"long tag", "POST", "/conversations/cv1/tags", json, `{"add":["` + long[:65] + `"]}`, admin, 422},
		{"tag on two lines", "POST", "/conversations/cv1/tags", json, `{"add":["a\nb"]}`, admin, 422},
		{"tags of another type", "POST", "/conversations/cv1/tags", json, `{"add":"vip"}`, admin, 422},
		{"snooze in the past", "POST", "/conversations/cv1/snooze", json, `{"until":"2001-01-01T00:00:00Z"}`, admin, 422},
		{"snooze no time", "POST", "/conversations/cv1/snooze", json, `{"until":"tomorrow"}`, admin, 422},
		{"snooze for ever", "POST", "/conversations/cv1/snooze", json, `{"until":"9999-12-31T23:59:59Z"}`, admin, 422},
		{"reason too long", "POST", "/conversations/cv1/resolve", json, `{"reason":"` + long[:2000] + `"}`, admin, 422},
		{"nothing to change", "PATCH", "/contacts/ct-cv100", json, `{}`, admin, 422},
		{"point without value", "PATCH", "/contacts/ct-cv100", json, `{"add_points":[{"kind":"email","value":""}]}`, admin, 422},
		{"channel not there", "POST", "/inboxes", json, `{"channel":"pigeon","name":"x"}`, admin, 422},
		{"settings no object", "POST", "/inboxes", json, `{"channel":"webhook","name":"x","settings":[]}`, admin, 422},
		{"settings refused", "POST", "/inboxes", json, `{"channel":"webhook","name":"x","settings":{}}`, admin, 422},
		{"empty secret", "POST", "/inboxes", json, `{"channel":"webhook","name":"x","settings":{"profile":"plain","secret":""}}`, admin, 422},
		{"own hook token", "POST", "/inboxes", json, `{"channel":"webhook","name":"x","hook_token":"mine","settings":{"profile":"plain"}}`, admin, 422},
		{"change the channel", "PATCH", "/inboxes/in9", json, `{"channel":"email"}`, admin, 422},
		{"inbox not there", "PATCH", "/inboxes/in9", json, `{"name":"x"}`, admin, 404},
		{"agent makes an inbox", "POST", "/inboxes", json, `{"channel":"webhook","name":"x"}`, agent, 403},
		{"agent makes themselves administrator", "PATCH", "/agents/" + string(agent.id), json, `{"role":"administrator"}`, agent, 403},
		{"role not there", "POST", "/agents", json, `{"name":"x","email":"x@y.z","role":"god","password":"12345678"}`, admin, 422},
		{"short password", "POST", "/agents", json, `{"name":"x","email":"x@y.z","role":"agent","password":"1234567"}`, admin, 422},
		{"no address", "POST", "/agents", json, `{"name":"x","email":"nobody","role":"agent","password":"12345678"}`, admin, 422},
		{"address with a line", "POST", "/agents", json, `{"name":"x","email":"a@b\r\nBcc:c","role":"agent","password":"12345678"}`, admin, 422},
		{"address taken", "POST", "/agents", json, `{"name":"x","email":"A@EXAMPLE.test","role":"agent","password":"12345678"}`, admin, 409},
		{"team not there", "POST", "/agents", json, `{"name":"x","email":"x@y.z","role":"agent","teams":["tm9"],"password":"12345678"}`, admin, 422},
		{"last administrator", "PATCH", "/agents/" + string(admin.id), json, `{"disabled":true}`, admin, 409},
		{"last administrator's role", "PATCH", "/agents/" + string(admin.id), json, `{"role":"agent"}`, admin, 409},
		{"redrive nothing", "POST", "/dead/0/redrive", json, `{}`, admin, 422},
		{"redrive a word", "POST", "/dead/x/redrive", json, `{}`, admin, 422},
		{"upload nothing", "POST", "/attachments?name=a", "text/plain", "", admin, 400},
		{"download by hash", "GET", "/attachments/" + strings.Repeat("b", 64), "", "", admin, 404},
		{"download with dots", "GET", "/conversations/cv1/messages/..%2F..%2Fetc/attachments/passwd", "", "", admin, 404},
		{"download what is not there", "GET", "/conversations/cv1/messages/ms-none/attachments/a", "", "", admin, 404},
	} {
		if c.as == nil {
			c.as = g.anonymous(t)
		}
		header := http.Header{}
		var body io.Reader
		if c.method != "GET" {
			body = strings.NewReader(c.body)
			header.Set("Content-Type", c.kind)
		}
		// Failed sign-ins from one address are limited; each row has its own.
		var text string
		header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i))
		resp := c.as.send(c.method, c.path, body, header, c.want, &text)
		checkProblem(t, c.name, resp, text, c.want)
	}
}

// checkProblem wants RFC 9457 with a detail, and nothing of what was sent.
func checkProblem(t *testing.T, name string, resp *http.Response, text string, status int) {
	t.Helper()
	if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s: content type %q: %s", name, got, text)
	}
	var problem struct {
		Title, Detail, Code string
		Status              int
	}
	if err := json.Unmarshal([]byte(text), &problem); err != nil || problem.Status != status || problem.Title == "" || problem.Detail == "" || problem.Code == "" {
		t.Errorf("%s: not a problem: %s", name, text)
	}
	if len(text) > 2000 || strings.Contains(text, "or 1=1") {
		t.Errorf("%s: the answer repeats the request: %.300s", name, text)
	}
	if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s: no security headers", name)
	}
}

func TestHostileFrames(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	team := admin.named("/teams", "wall", nil)
	agent := admin.agent("a@example.test", config.RoleAgent)
	p.world.open("cv1", nil)
	p.world.open("cv2", func(c *events.Conversation) { c.Team = events.TeamID(team) })
	command := func(body string) string { return `{"type":"command","id":"c",` + body + `}` }
	for _, c := range []struct{ name, frame, kind, code string }{
		{"empty", ``, "error", "bad_frame"},
		{"no JSON", `hello`, "error", "bad_frame"},
		{"cut", `{"type":"ping"`, "error", "bad_frame"},
		{"array", `[]`, "error", "bad_frame"},
		{"null", `null`, "error", "bad_frame"},
		{"number", `1`, "error", "bad_frame"},
		{"string", `"ping"`, "error", "bad_frame"},
		{"type of another type", `{"type":7}`, "error", "bad_frame"},
		{"no type", `{}`, "error", "bad_type"},
		{"unknown type", `{"type":"drop"}`, "error", "bad_type"},
		{"a server's frame", `{"type":"event","id":"1"}`, "error", "bad_type"},
		{"deep", `{"type":"ping","body":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "error", "bad_frame"},
		{"long id", `{"type":"ping","id":"` + strings.Repeat("x", 100) + `"}`, "error", "bad_id"},
		{"no id", `{"type":"subscribe","view":"all"}`, "error", "bad_id"},
		{"no view", `{"type":"subscribe","id":"1"}`, "error", "bad_view"},
		{"unknown view", `{"type":"subscribe","id":"1","view":"everything"}`, "error", "bad_view"},
		{"unknown filter", `{"type":"subscribe","id":"1","view":"all","filter":{"asignee":"me"}}`, "error", "bad_filter"},
		{"filter of another type", `{"type":"subscribe","id":"1","view":"all","filter":[]}`, "error", "bad_filter"},
		{"unknown status", `{"type":"subscribe","id":"1","view":"all","filter":{"status":"gone"}}`, "error", "bad_filter"},
		{"conversation without an id", `{"type":"subscribe","id":"1","view":"conversation"}`, "error", "bad_filter"},
		{"limit", `{"type":"subscribe","id":"1","view":"all","limit":100000}`, "error", "bad_limit"},
		{"limit below nought", `{"type":"subscribe","id":"1","view":"all","limit":-1}`, "error", "bad_limit"},
		{"garbage cursor", `{"type":"subscribe","id":"1","view":"all","cursor":"garbage"}`, "error", "bad_cursor"},
		{"forged cursor", `{"type":"subscribe","id":"1","view":"all","cursor":"c1.5.0000"}`, "error", "bad_cursor"},
		{"negative cursor", `{"type":"subscribe","id":"1","view":"all","cursor":"c1.-5.0000"}`, "error", "bad_cursor"},
		{"behind a wall", `{"type":"subscribe","id":"1","view":"conversation","filter":{"conversation":"cv2"}}`, "error", "not_found"},
		{"not there", `{"type":"subscribe","id":"1","view":"conversation","filter":{"conversation":"cv9"}}`, "error", "not_found"},
		{"unsubscribe nothing", `{"type":"unsubscribe","id":"9"}`, "error", "not_subscribed"},
		{"presence state", `{"type":"presence","state":"dead"}`, "error", "bad_state"},
		{"typing behind a wall", `{"type":"typing","conversation":"cv2","on":true}`, "error", "not_found"},
		{"viewing behind a wall", `{"type":"viewing","conversation":"cv2","on":true}`, "error", "not_found"},
		{"viewing a wildcard", `{"type":"viewing","conversation":">","on":true}`, "error", "not_found"},
		{"no command", command(`"conversation":"cv1"`), "result", "422"},
		{"unknown command", command(`"name":"delete","conversation":"cv1"`), "result", "422"},
		{"a contact's command", command(`"name":"merge_contacts","conversation":"cv1","body":{"from":"ct1"}`), "result", "422"},
		{"unknown field", command(`"name":"reply","conversation":"cv1","body":{"text":"x","as":"system"}`), "result", "422"},
		{"body of another type", command(`"name":"reply","conversation":"cv1","body":[1]`), "result", "422"},
		{"no text", command(`"name":"reply","conversation":"cv1"`), "result", "422"},
		{"long text", command(`"name":"reply","conversation":"cv1","body":{"text":"` + strings.Repeat("x", 70_000) + `"}`), "result", "413"},
		{"not uploaded", command(`"name":"reply","conversation":"cv1","body":{"text":"x","attachments":[{"hash":"x"}]}`), "result", "422"},
		{"command behind a wall", command(`"name":"reply","conversation":"cv2","body":{"text":"x"}`), "result", "404"},
		{"command to nothing", command(`"name":"resolve","conversation":""`), "result", "404"},
		{"stale", command(`"name":"resolve","conversation":"cv1","version":99`), "result", "412"},
		{"version below nought", command(`"name":"resolve","conversation":"cv1","version":-1`), "result", "422"},
		{"past", command(`"name":"snooze","conversation":"cv1","body":{"until":"2001-01-01T00:00:00Z"}`), "result", "422"},
		{"no time", command(`"name":"snooze","conversation":"cv1","body":{"until":"x"}`), "result", "422"},
	} {
		s := dial(t, g, agent.token)
		s.send(c.frame)
		h, err := s.next()
		must(t, err)
		if h.Type != c.kind || h.Code != c.code && fmt.Sprint(h.Status) != c.code || h.Detail == "" || len(h.raw) > 2000 {
			t.Errorf("%s: %.300s, want %s %s", c.name, h.raw, c.kind, c.code)
		}
		s.send(`{"type":"ping","id":"alive"}`)
		if pong, err := s.next(); err != nil || pong.ID != "alive" {
			t.Errorf("%s: the socket did not survive: %v %s", c.name, err, pong.raw)
		}
	}
}

func TestHowASocketIsEnded(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	strict := startGateway(t, p, options(session.Options{FramesPerSecond: 1}))
	admin := g.admin(t)
	// The server may hang up before all is written; its close is there to read.
	send := func(s *socket, kind int, data string) { _ = s.conn.WriteMessage(kind, []byte(data)) }
	for _, c := range []struct {
		name string
		at   *gateway
		do   func(s *socket)
		want int
	}{
		{"binary", g, func(s *socket) { send(s, 2, "\x01\x02") }, 1003},
		{"not UTF-8", g, func(s *socket) { send(s, 1, "\xff\xfe") }, 1007},
		{"too large", g, func(s *socket) { send(s, 1, string(make([]byte, 300<<10))) }, 1009},
		{"nothing but garbage", g, func(s *socket) {
			for range 12 {
				send(s, 1, "garbage")
			}
		}, 4400},
		{"too many", strict, func(s *socket) {
			for range 200 {
				send(s, 1, `{"type":"ping"}`)
			}
		}, 4429},
	} {
		s := dial(t, c.at, admin.token)
		c.do(s)
		if code := s.closed(); code != c.want {
			t.Errorf("%s: closed with %d, want %d", c.name, code, c.want)
		}
	}
	for _, query := range []string{"", "?token=", "?token=x", "?token=" + strings.Repeat("a", 43), "?token=%00"} {
		s, _, err := dialWith(t, g, query, nil)
		must(t, err)
		if code := s.closed(); code != 4401 {
			t.Errorf("%q: closed with %d, want 4401", query, code)
		}
	}
	for name, origin := range map[string]string{"another site": "https://evil.test", "null": "null", "garbage": "::"} {
		_, resp, err := dialWith(t, g, "?token="+admin.token, http.Header{"Origin": {origin}})
		if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("origin %s: %v", name, err)
		}
	}
	if _, _, err := dialWith(t, g, "?token="+admin.token, http.Header{"Origin": {g.url}}); err != nil {
		t.Errorf("own origin: %v", err)
	}
	resp := admin.send("GET", g.url+"/live", nil, nil, http.StatusUpgradeRequired, nil)
	if resp.Header.Get("Upgrade") != "websocket" {
		t.Error("426 without Upgrade")
	}
}
