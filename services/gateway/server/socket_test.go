package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// socket is a client of /live.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

// heard is any frame from the server.
type heard struct {
	Type         string                `json:"type"`
	ID           string                `json:"id"`
	Cursor       string                `json:"cursor"`
	Place        string                `json:"place"`
	Fact         string                `json:"fact"`
	Code         string                `json:"code"`
	Detail       string                `json:"detail"`
	Status       int                   `json:"status"`
	State        string                `json:"state"`
	Agent        events.AgentID        `json:"agent"`
	Role         string                `json:"role"`
	On           bool                  `json:"on"`
	Partial      bool                  `json:"partial"`
	Conversation json.RawMessage       `json:"conversation"`
	Message      *events.Message       `json:"message"`
	Messages     []events.Message      `json:"messages"`
	Items        []events.Conversation `json:"items"`
	raw          string
}

func (h heard) conversation() (c events.Conversation) {
	_ = json.Unmarshal(h.Conversation, &c) // empty where there is none
	return c
}

func dialWith(t testing.TB, g *gateway, query string, header http.Header) (*socket, *http.Response, error) {
	dialer := websocket.Dialer{HandshakeTimeout: time.Minute}
	conn, resp, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(g.url, "http")+"/live"+query, header)
	if err != nil {
		return nil, resp, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &socket{t, conn}, resp, nil
}

// dial opens a socket and takes its hello.
func dial(t testing.TB, g *gateway, token string) *socket {
	t.Helper()
	s, _, err := dialWith(t, g, "?token="+token, nil)
	must(t, err)
	hello := s.read("hello")
	if hello.Cursor == "" || hello.Agent == "" || hello.Role == "" {
		t.Fatalf("hello: %s", hello.raw)
	}
	return s
}

func (s *socket) send(frame string) {
	s.t.Helper()
	must(s.t, s.conn.WriteMessage(websocket.TextMessage, []byte(frame)))
}

// next reads one frame of any type but presence.
func (s *socket) next() (heard, error) {
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			return heard{}, err
		}
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			return heard{}, err
		}
		h := heard{raw: string(data)}
		if err := json.Unmarshal(data, &h); err != nil {
			return h, err
		}
		if h.Type != "presence" {
			return h, nil
		}
	}
}

func (s *socket) read(kind string) heard {
	s.t.Helper()
	h, err := s.next()
	must(s.t, err)
	if h.Type != kind {
		s.t.Fatalf("frame %s, want %s", h.raw, kind)
	}
	return h
}

// closed reads until the close and returns its code.
func (s *socket) closed() int {
	s.t.Helper()
	for {
		_, err := s.next()
		if err == nil {
			continue
		}
		var c *websocket.CloseError
		if !errors.As(err, &c) {
			s.t.Fatalf("ended without a close code: %v", err)
		}
		return c.Code
	}
}

func (s *socket) subscribe(frame string) heard {
	s.t.Helper()
	s.send(frame)
	return s.read("snapshot")
}

func TestSnapshotThenEvents(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", nil)
	s := dial(t, g, admin.token)
	snap := s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`)
	if len(snap.Items) != 1 || snap.ID != "1" || snap.Cursor == "" {
		t.Fatalf("snapshot: %s", snap.raw)
	}
	p.world.open("cv2", nil)
	first, second := s.read("event"), s.read("event")
	if first.Fact != "conversation.opened" || second.Fact != "message.added" || second.Message == nil || second.Message.Text != "hello" {
		t.Fatalf("events: %s %s", first.raw, second.raw)
	}
	if first.Cursor != snap.Cursor || second.Cursor == snap.Cursor {
		t.Fatalf("the cursor must move with the last fact of a decision: %s, %s, %s", snap.Cursor, first.Cursor, second.Cursor)
	}
	s.send(`{"type":"command","id":"7","name":"reply","conversation":"cv2","body":{"text":"hi","client_id":"k"}}`)
	for seen := map[string]bool{}; len(seen) < 2; {
		h, err := s.next()
		must(t, err)
		seen[h.Type] = true
		if h.Type == "result" && (h.Status != 201 || h.ID != "7" || h.Message == nil || h.conversation().ID != "cv2") {
			t.Fatalf("result: %s", h.raw)
		}
	}
	s.send(`{"type":"ping","id":"p"}`)
	if pong := s.read("pong"); pong.ID != "p" || pong.Cursor == "" {
		t.Fatalf("pong: %s", pong.raw)
	}
	s.send(`{"type":"unsubscribe","id":"1"}`)
	s.send(`{"type":"ping"}`)
	s.read("pong") // what a client says is taken in turn
	p.world.say("cv1", "unheard")
	s.send(`{"type":"ping"}`)
	s.read("pong")
}

func TestViewsAndFilters(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.world.open("cv1", func(c *events.Conversation) { c.Assignee = admin.id })
	p.world.open("cv2", nil)
	s := dial(t, g, admin.token)
	if snap := s.subscribe(`{"type":"subscribe","id":"mine","view":"mine"}`); len(snap.Items) != 1 || snap.Items[0].ID != "cv1" {
		t.Fatalf("mine: %s", snap.raw)
	}
	p.world.say("cv2", "not mine")
	p.world.say("cv1", "mine")
	if e := s.read("event"); e.conversation().ID != "cv1" {
		t.Fatalf("event of another view: %s", e.raw)
	}
	p.world.move("cv1", func(c *events.Conversation) { c.Assignee = "" })
	if e := s.read("event"); e.conversation().ID != "cv1" || e.conversation().Assignee != "" {
		t.Fatalf("what leaves the view must be told: %s", e.raw)
	}
	p.world.say("cv1", "no longer mine")
	snap := s.subscribe(`{"type":"subscribe","id":"one","view":"conversation","filter":{"conversation":"cv2"}}`)
	if len(snap.Items) != 1 || len(snap.Messages) != 2 {
		t.Fatalf("conversation: %s", snap.raw)
	}
	p.world.say("cv1", "other")
	p.world.say("cv2", "this")
	if e := s.read("event"); e.ID != "one" || e.Message.Text != "this" {
		t.Fatalf("event: %s", e.raw)
	}
}

// An agent who loses access gets one last event that names the conversation and
// nothing else. The test fails when the walls are checked only in the snapshot.
func TestHiddenWhenItGoesBehindAWall(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	ours, theirs := admin.named("/teams", "ours", nil), admin.named("/teams", "theirs", nil)
	agent := admin.agent("a@example.test", config.RoleAgent, events.TeamID(ours))
	p.world.open("cv1", func(c *events.Conversation) { c.Team = events.TeamID(ours) })
	p.world.open("cv2", func(c *events.Conversation) { c.Team = events.TeamID(theirs) })
	s := dial(t, g, agent.token)
	if snap := s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`); len(snap.Items) != 1 || snap.Items[0].ID != "cv1" {
		t.Fatalf("snapshot: %s", snap.raw)
	}
	p.world.say("cv2", "secret of theirs")
	p.world.move("cv1", func(c *events.Conversation) { c.Team = events.TeamID(theirs); c.Subject = "secret subject" })
	e := s.read("event")
	if e.Fact != "conversation.hidden" || e.conversation().ID != "cv1" || strings.Contains(e.raw, "secret") || strings.Contains(e.raw, "Customer") {
		t.Fatalf("hidden: %s", e.raw)
	}
	p.world.say("cv1", "secret after")
	agent.call("GET", "/conversations/cv1", nil, 404, nil)
	agent.call("POST", "/conversations/cv1/messages", map[string]any{"text": "x"}, 404, nil)
	agent.call("GET", "/conversations/cv1/messages", nil, 404, nil)
	p.world.move("cv1", func(c *events.Conversation) { c.Team = events.TeamID(ours) })
	if e := s.read("event"); e.Fact != "conversation.transferred" || e.conversation().ID != "cv1" {
		t.Fatalf("back: %s", e.raw)
	}
	// Taken out of the team, the agent is shown what is left to them.
	admin.call("PATCH", "/agents/"+string(agent.id), map[string]any{"teams": []string{theirs}}, 200, nil)
	if snap := s.read("snapshot"); len(snap.Items) != 1 || snap.Items[0].ID != "cv2" {
		t.Fatalf("after the change of teams: %s", snap.raw)
	}
}

func TestSocketEndsWithItsSession(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	agent := admin.agent("a@example.test", config.RoleAgent)
	s := dial(t, g, agent.token)
	agent.call("DELETE", "/session", nil, 204, nil)
	if code := s.closed(); code != 4401 {
		t.Fatalf("closed with %d", code)
	}
	again := g.signIn(t, "a@example.test", adminPassword)
	s = dial(t, g, again.token)
	admin.call("PATCH", "/agents/"+string(agent.id), map[string]any{"disabled": true}, 200, nil)
	if code := s.closed(); code != 4401 {
		t.Fatalf("closed with %d", code)
	}
	s = dial(t, g, admin.token)
	done := make(chan struct{})
	go func() { defer close(done); g.stop() }()
	if code := s.closed(); code != 1001 {
		t.Fatalf("closed with %d", code)
	}
	<-done
}

func TestPresenceTypingAndViewing(t *testing.T) {
	p := newPlant(t)
	one, two := startGateway(t, p), startGateway(t, p)
	admin := one.admin(t)
	agent := admin.agent("a@example.test", config.RoleAgent)
	p.world.open("cv1", nil)
	first, second := dial(t, one, admin.token), dial(t, two, agent.token)
	first.subscribe(`{"type":"subscribe","id":"1","view":"all"}`)
	first.send(`{"type":"viewing","conversation":"cv1","on":true}`)
	// A pong proves nothing about notices; the viewer list of the second does.
	for {
		second.send(`{"type":"viewing","conversation":"cv1","on":true}`)
		second.send(`{"type":"ping"}`)
		h, err := second.next()
		must(t, err)
		if h.Type == "viewing" {
			if h.Agent != admin.id || !h.On {
				t.Fatalf("viewing: %s", h.raw)
			}
			break
		}
	}
	second.send(`{"type":"typing","conversation":"cv1","on":true}`)
	for {
		h, err := first.next()
		must(t, err)
		if h.Type == "typing" {
			if h.Agent != agent.id || !h.On || !strings.Contains(h.raw, "Agent a@") {
				t.Fatalf("typing: %s", h.raw)
			}
			break
		}
	}
}
