package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2/yaml"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/services/tributary/house"
)

var update = flag.Bool("update", false, "write contracts/openapi.yaml as it is served")

const contracts = "../../contracts"

// program is the whole of Tributary, running, with an administrator signed in.
type program struct {
	t     *testing.T
	house *house.House
	token string
	doc   *openapi3.T
	route routers.Router
	asked map[string]bool // operations whose answers were looked at
}

func start(t *testing.T) *program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h, err := house.Build(ctx, house.Settings{
		Data: t.TempDir(), Listen: "127.0.0.1:0", SMTPListen: "127.0.0.1:0", SMTPHostname: "localhost", MailDNS: "off", SMTPMaxBytes: 1 << 20, SMTPRelayTLS: "none",
		Replicas: 1, KeepInbound: time.Hour, AdminEmail: "root@example.com", AdminPassword: "correct horse battery",
	}, zerolog.Nop())
	if err != nil {
		stop()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx, io.Discard) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-h.Ready():
	case err := <-ended:
		ended <- err
		t.Fatalf("ended before it was ready: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("not ready after 30 s")
	}
	return &program{t: t, house: h, asked: map[string]bool{}}
}

func (p *program) url(path string) string { return "http://" + p.house.HTTPAddr() + path }

// The document in contracts is what the program serves, to the byte, and is
// OpenAPI. Breaks when an operation, a field or a limit changes without it.
func TestTheProgramKeepsItsContracts(t *testing.T) {
	p := start(t)
	p.openAPI()
	p.signIn()
	t.Run("rest and sockets", p.work)
	t.Run("log", p.logs)
}

func (p *program) openAPI() {
	p.t.Helper()
	path := filepath.Join(contracts, "openapi.yaml")
	var served bytes.Buffer
	if err := yaml.Convert(&served, bytes.NewReader(p.fetch("/openapi.json"))); err != nil {
		p.t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, served.Bytes(), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	if !bytes.Equal(kept, served.Bytes()) {
		p.t.Fatalf("%s is not what is served: run this test with -update and read the difference", path)
	}
	p.doc, err = openapi3.NewLoader().LoadFromData(p.fetch("/openapi.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.doc.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()); err != nil {
		p.t.Error(err)
	}
	fromYAML, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(fromYAML.Paths.Map()) != len(p.doc.Paths.Map()) {
		p.t.Errorf("%d paths in the file, %d served", len(fromYAML.Paths.Map()), len(p.doc.Paths.Map()))
	}
	p.doc.Servers = nil
	if p.route, err = gorillamux.NewRouter(p.doc); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) fetch(path string) []byte {
	p.t.Helper()
	resp, err := http.Get(p.url(path))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return data
}

func (p *program) signIn() {
	p.t.Helper()
	var s struct{ Token string }
	p.call(p.t, "POST", "/session", `{"email":"root@example.com","password":"correct horse battery"}`, http.StatusOK, &s)
	p.token = s.Token
}

// call asks over REST and holds the answer, status, headers and body, against
// the document.
func (p *program) call(t *testing.T, method, path, body string, want int, out any) {
	t.Helper()
	req, err := http.NewRequest(method, p.url("/api/v1"+path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, resp.StatusCode, want, data)
	}
	p.held(t, req, resp, data)
	if out == nil {
		return
	}
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, data)
	}
}

func (p *program) held(t *testing.T, req *http.Request, resp *http.Response, body []byte) {
	t.Helper()
	route, params, err := p.route.FindRoute(req)
	if err != nil {
		t.Fatalf("%s %s is not in the document: %v", req.Method, req.URL.Path, err)
	}
	p.asked[route.Operation.OperationID] = true
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeWriteOnlyValidations: true},
	})
	if err != nil {
		t.Errorf("%s %s: %v\n%s", req.Method, req.URL.Path, err, body)
	}
}

// work walks through a day: every message a customer and an agent exchange is
// held against the documents on each road it takes.
func (p *program) work(t *testing.T) {
	frames := asyncAPI(t)
	agent := p.dial(t, "/live?token="+p.token, frames)
	agent.read("Hello")
	agent.say("Subscribe", `{"type":"subscribe","id":"all","view":"all"}`)
	agent.read("Snapshot")

	var hook, chat struct {
		ID       string
		HookPath string `json:"hook_path"`
	}
	p.call(t, "POST", "/inboxes", `{"channel":"webhook","name":"shop","settings":{"profile":"plain","auth":"none"}}`, 201, &hook)
	p.call(t, "POST", "/inboxes", `{"channel":"webchat","name":"site","settings":{}}`, 201, &chat)
	p.post(t, hook.HookPath, `{"id":"m-1","contact":{"id":"c-1","name":"김하늘","email":"haneul@example.com"},"text":"배송이 언제 오나요?","occurred_at":"2026-03-14T09:26:53Z"}`)
	first := agent.event("message.added")

	id := first.Conversation.ID
	agent.say("ActivityFrame", `{"type":"typing","conversation":"`+id+`","on":true}`)
	agent.say("ActivityFrame", `{"type":"viewing","conversation":"`+id+`","on":true}`)
	agent.say("CommandFrame", `{"type":"command","id":"c1","name":"add_note","conversation":"`+id+`","body":{"text":"VIP","client_id":"n1"}}`)
	agent.read("CommandFrameResult")
	agent.say("CommandFrame", `{"type":"command","id":"c2","name":"no_such","conversation":"`+id+`"}`)
	agent.read("CommandFrameResult")
	agent.say("", `{"type":"nonsense"}`)
	agent.read("Failure")
	agent.say("Subscribe", `{"type":"subscribe","id":"load","view":"board"}`)
	agent.read("BoardFrame")
	agent.read("BoardChangeFrame")
	agent.say("Unsubscribe", `{"type":"unsubscribe","id":"load"}`)
	agent.say("Ping", `{"type":"ping","id":"p1"}`)
	agent.read("Pong")

	p.visitor(t, strings.TrimPrefix(chat.HookPath, "/hooks/webchat/"), frames, agent)
	p.rest(t, id, hook.ID)
}

// visitor chats, and is answered.
func (p *program) visitor(t *testing.T, inbox string, frames *schemas, agent *socket) {
	v := p.dial(t, "/chat/"+inbox, frames)
	v.say("ChatHello", `{"type":"hello","name":"민수","email":"minsu@example.com","lang":"ko"}`)
	v.read("ChatWelcome")
	v.say("ChatSay", `{"type":"message","client_id":"k1","text":"안녕하세요"}`)
	v.read("ChatAck")
	said := agent.until("message.added", func(f frame) bool { return f.Message != nil && f.Message.Channel == "webchat" })
	p.call(t, "POST", "/conversations/"+said.Conversation.ID+"/messages", `{"text":"네, 무엇을 도와드릴까요?","client_id":"a1"}`, 201, nil)
	answer := v.read("ChatLine")
	for answer.From != "agent" { // the visitor's own line may come behind its ack
		answer = v.read("ChatLine")
	}
	v.say("ChatSeen", `{"type":"seen","id":"`+answer.ID+`"}`)
	agent.until("message.status_changed", func(f frame) bool { return f.Data.Status == "read" })
	v.say("ChatAskOlder", `{"type":"older","before":9007199254740991}`)
	v.read("ChatOlder")
	v.say("ChatTyping", `{"type":"typing","on":true}`)
	v.say("ChatEnd", `{"type":"end","client_id":"k2"}`)
	for v.read("ChatLine").Type != "ended" { // its ack may come before or behind it
	}
	agent.until("conversation.resolved", func(f frame) bool { return f.Conversation.ID == said.Conversation.ID })
	v.say("", `{"type":"nonsense"}`)
	v.read("ChatFailure")
}

// rest asks for everything that can be asked, and holds each answer.
func (p *program) rest(t *testing.T, conversation, hook string) {
	type row struct{ ID string }
	var c struct {
		ID      string
		Version int64
		Contact row
	}
	p.call(t, "GET", "/conversations/"+conversation, "", 200, &c)
	var team, queue, other row
	p.call(t, "POST", "/teams", `{"name":"배송"}`, 201, &team)
	for _, s := range [][2]string{
		{"skills", `{"name":"Japanese"}`}, {"hours", `{"name":"office","zone":"Asia/Seoul","week":{"monday":[{"from":"09:00","to":"18:00"}]}}`},
		{"policies", `{"name":"usual","warn_before":20,"targets":[{"priority":0,"first_response":600}]}`},
		{"routes", `{"name":"refunds","when":"message.text.contains('refund')","priority":2}`},
		{"rules", `{"name":"thanks","on":["conversation.resolved"],"when":"","do":[{"do":"tag","tags":["done"]}]}`},
		{"macros", `{"name":"sorry","do":[{"do":"note","text":"said sorry"}]}`}, {"canned", `{"shortcut":"hi","name":"hello","texts":{"ko":"안녕하세요"}}`},
		{"segments", `{"name":"VIP","when":"contact.spent > 100.0"}`}, {"surveys", `{"name":"how was it","kind":"csat","after":60}`},
		{"alarms", `{"name":"many","metric":"waiting","scope":{"kind":"total"},"above":10}`},
	} {
		var made row
		p.call(t, "POST", "/"+s[0], s[1], 201, &made)
		p.call(t, "GET", "/"+s[0]+"/"+made.ID, "", 200, nil)
		p.call(t, "PUT", "/"+s[0]+"/"+made.ID, s[1], 200, nil)
		p.call(t, "GET", "/"+s[0], "", 200, nil)
		p.call(t, "DELETE", "/"+s[0]+"/"+made.ID, "", 204, nil)
	}
	p.call(t, "POST", "/rules/dry-run", `{"rule":{"name":"thanks","on":["message.added"],"when":"message.text != ''","do":[{"do":"tag","tags":["said"]}]}}`, 200, nil)
	p.call(t, "POST", "/rules/dry-run", `{"rule":{"name":"thanks","on":["nothing.known"],"do":[]}}`, 422, nil)
	p.call(t, "GET", "/rules/health", "", 200, nil)
	p.call(t, "POST", "/what-if", `{"from":"`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`","agents":2}`, 200, nil)
	p.call(t, "POST", "/what-if", `{"from":"2026-03-14T09:00:00Z","team":"nobody's"}`, 422, nil)
	p.call(t, "POST", "/expressions/check", `{"kind":"rule","when":"contact.nmae == ''"}`, 200, nil)
	p.call(t, "POST", "/expressions/check", `{"kind":"nothing","when":"true"}`, 422, nil)
	var macro, canned row
	p.call(t, "POST", "/macros", `{"name":"sorry","do":[{"do":"note","text":"said sorry to {{contact.name}}"},{"do":"reply","text":"sorry"}]}`, 201, &macro)
	p.call(t, "POST", "/conversations/"+conversation+"/macros/"+macro.ID, "", 200, nil) // the reply is refused: the source takes none
	p.call(t, "POST", "/canned", `{"shortcut":"hi","name":"hello","texts":{"ko":"안녕하세요 {{contact.name}}님"}}`, 201, &canned)
	p.call(t, "POST", "/conversations/"+conversation+"/canned/"+canned.ID, "", 200, nil)
	p.call(t, "PUT", "/workload", `{"weights":{"email":{"units":10,"interruptible":true}}}`, 200, nil)
	p.call(t, "GET", "/workload", "", 200, nil)
	p.call(t, "POST", "/queues", `{"name":"first","teams":["`+team.ID+`"]}`, 201, &queue)
	p.call(t, "POST", "/agents", `{"name":"Sato","email":"sato@example.com","password":"a long enough one","role":"agent","teams":["`+team.ID+`"]}`, 201, &other)
	on := "/conversations/" + conversation
	for _, step := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/me", "", 200},
		{"POST", "/me/password", `{"current":"not this one","new":"another long one"}`, 422},
		{"POST", "/me/password", `{"current":"correct horse battery","new":"another long one"}`, 204},
		{"GET", "/conversations?status=open&limit=1&sort=waiting", "", 200},
		{"GET", "/conversations?status=nonsense", "", 422},
		{"GET", "/conversations/cvnothing", "", 404},
		{"GET", on + "/messages", "", 200},
		{"POST", on + "/messages", `{"text":"곧 도착합니다","client_id":"r1"}`, 422}, // the source takes no answers
		{"POST", on + "/messages", `{}`, 422},
		{"POST", on + "/notes", `{"text":"note","client_id":"n2"}`, 201},
		{"POST", on + "/tags", `{"add":["urgent"]}`, 200},
		{"POST", on + "/assign", `{"assignee":"` + other.ID + `"}`, 200},
		{"POST", on + "/transfer", `{"queue":"` + queue.ID + `","note":"please"}`, 200},
		{"POST", on + "/read", "", 200},
		{"POST", on + "/snooze", `{"until":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`, 200},
		{"POST", on + "/reopen", `{"reason":"early"}`, 200},
		{"POST", on + "/resolve", `{"reason":"done"}`, 200},
		{"GET", "/contacts/" + c.Contact.ID, "", 200},
		{"PATCH", "/contacts/" + c.Contact.ID, `{"name":"하늘","attributes":{"plan":"gold"}}`, 200},
		{"GET", "/contacts/" + c.Contact.ID + "/timeline", "", 200},
		{"GET", "/inboxes", "", 200},
		{"GET", "/inboxes/" + hook, "", 200},
		{"GET", "/inboxes/" + hook + "/health", "", 200},
		{"GET", "/inboxes/" + hook + "/events", "", 200},
		{"GET", "/inboxes/" + hook + "/events/1", "", 200},
		{"GET", "/inboxes/" + hook + "/templates", "", 409},
		{"GET", "/channels", "", 200},
		{"GET", "/teams", "", 200},
		{"GET", "/queues", "", 200},
		{"GET", "/agents", "", 200},
		{"GET", "/agents/" + other.ID, "", 200},
		{"GET", "/agents/me/presence", "", 200},
		{"PUT", "/agents/me/presence", `{"state":"away","reason":"lunch","until":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`, 200},
		{"PUT", "/agents/me/presence", `{"state":"away","seconds":86400}`, 200},
		{"PUT", "/agents/me/presence", `{"state":"offline","seconds":60}`, 422},
		{"GET", "/counters", "", 200},
		{"GET", "/reports?from=2026-01-01&to=2126-01-01&zone=Asia/Seoul&by=month,queue", "", 200},
		{"GET", "/reports/opened/conversations?from=2026-01-01&to=2126-01-01", "", 200},
		{"GET", "/reports/occupancy/conversations?from=2026-01-01&to=2126-01-01&part=below", "", 200},
		{"GET", "/retention?from=2026-01-01&to=2028-01-01", "", 200},
		{"GET", "/retention/customers?from=2026-01-01&to=2028-01-01", "", 200},
		{"GET", "/books", "", 200},
		{"GET", "/board", "", 200},
		{"GET", "/board/conversations?kind=total&number=open", "", 200},
		{"GET", "/dead", "", 200},
		{"DELETE", "/session", "", 204},
		{"GET", "/me", "", 401},
	} {
		t.Run(step.method+" "+step.path, func(t *testing.T) {
			p.call(t, step.method, step.path, step.body, step.want, nil)
		})
	}
	var never []string
	for path, item := range p.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if method == http.MethodGet && !p.asked[o.OperationID] && !strings.Contains(path, "attachments") {
				never = append(never, method+" "+path)
			}
		}
	}
	slices.Sort(never)
	if len(never) > 0 {
		t.Errorf("nobody asked for %v: add it to the list above", never)
	}
}

func (p *program) post(t *testing.T, path, body string) {
	t.Helper()
	resp, err := http.Post(p.url(path), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s: %d %s", path, resp.StatusCode, text)
	}
}

// frame is what the test reads of any frame.
type frame struct {
	Type, ID, Fact string
	From           string // who said a chat's line
	Conversation   *struct{ ID string }
	Message        *struct{ ID, Channel string }
	Data           struct{ Status string }
}

// socket holds every frame in both directions against the document.
type socket struct {
	t      *testing.T
	conn   *websocket.Conn
	frames *schemas
}

func (p *program) dial(t *testing.T, path string, frames *schemas) *socket {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.Dial("ws://"+p.house.HTTPAddr()+path, nil)
	if err != nil {
		t.Fatalf("%s: %v", strings.SplitN(path, "?", 2)[0], err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return &socket{t, conn, frames}
}

// say sends a frame that is of the named message, or of none where that is "".
func (s *socket) say(message, text string) {
	s.t.Helper()
	if message != "" {
		s.frames.message(s.t, message, []byte(text))
	}
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// read returns the next frame of the named message. Whatever comes before it
// must be one of the document's as well.
func (s *socket) read(message string) frame {
	s.t.Helper()
	for {
		f, is := s.any()
		if slices.Contains(is, message) {
			return f
		}
	}
}

func (s *socket) event(fact string) frame {
	s.t.Helper()
	return s.until(fact, func(frame) bool { return true })
}

func (s *socket) until(fact string, ok func(frame) bool) frame {
	s.t.Helper()
	for {
		if f := s.read("Event"); f.Fact == fact && ok(f) {
			return f
		}
	}
}

// any reads one frame and says which messages of the document it is.
func (s *socket) any() (frame, []string) {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	_, data, err := s.conn.ReadMessage()
	if err != nil {
		s.t.Fatal(err)
	}
	var f frame
	// Data may be anything; only a status in it is looked at.
	_ = json.Unmarshal(data, &f)
	is := s.frames.whichOf(s.t, f.Type, data)
	return f, is
}
