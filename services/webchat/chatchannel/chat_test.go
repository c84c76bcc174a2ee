package chatchannel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

// house is a whole chat: a real log, the service, and a stand-in for the router
// that makes every statement a decision.
type house struct {
	t       testing.TB
	nc      *nats.Conn
	inbound *eventlog.Log
	facts   *eventlog.Log
	feed    *feed.Feed[*events.Decision]
	dir     string
	deps    Deps
	svc     *Service
	server  *httptest.Server
	inboxes *directory
	gate    *gate
	stop    func()
	routed  atomic.Uint64 // the last statement that was decided
}

const inboxID = events.InboxID("inchat")

const identityKey = "an identity secret of a shop"

type directory struct {
	mu      sync.Mutex // guards inboxes
	inboxes []config.Inbox
}

func (d *directory) find(ok func(config.Inbox) bool) (config.Inbox, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, in := range d.inboxes {
		if ok(in) {
			return in, true
		}
	}
	return config.Inbox{}, false
}

func (d *directory) ByID(id events.InboxID) (config.Inbox, bool) {
	return d.find(func(in config.Inbox) bool { return in.ID == id })
}

func (d *directory) ByHook(kind, token string) (config.Inbox, bool) {
	return d.find(func(in config.Inbox) bool { return in.Channel == kind && in.HookToken == token })
}

func (d *directory) List(string) []config.Inbox { return d.inboxes }

func (d *directory) set(change func(*config.Inbox)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.inboxes[0])
}

// gate is a publisher that can be shut, and counts what went through.
type gate struct {
	channel.Publisher
	mu    sync.Mutex // guards all below
	shut  error
	count int
}

func (g *gate) Publish(ctx context.Context, in ...*events.Inbound) error {
	g.mu.Lock()
	err := g.shut
	g.mu.Unlock()
	if err != nil {
		return err
	}
	if err := g.Publisher.Publish(ctx, in...); err != nil {
		return err
	}
	g.mu.Lock()
	g.count += len(in)
	g.mu.Unlock()
	return nil
}

func (g *gate) set(err error) {
	g.mu.Lock()
	g.shut = err
	g.mu.Unlock()
}

func (g *gate) published() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}

func decode(r feed.Raw) (*events.Decision, error) {
	d, err := events.DecodeDecision(r.Data)
	if err == nil {
		d.Seq = r.Seq
	}
	return d, err
}

func newHouse(t testing.TB, change ...func(*Deps)) *house {
	t.Helper()
	n := testkit.NATS(t)
	h := &house{t: t, nc: n.Conn(t), dir: t.TempDir()}
	h.inbound = n.OpenLog(t, events.InboundStream, events.InboundWildcard)
	h.facts = n.OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	f, err := feed.Open(t.Context(), h.facts, decode, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	h.feed = f
	in := config.Inbox{ID: inboxID, Channel: Kind, Name: "shop", HookToken: "tok", Settings: json.RawMessage(`{"title":"Shop","demo":true,"identity_secret":"` + identityKey + `"}`)}
	if err := check(&in); err != nil {
		t.Fatal(err)
	}
	h.inboxes = &directory{inboxes: []config.Inbox{in}}
	h.gate = &gate{Publisher: channel.NewLogPublisher(h.inbound)}
	h.deps = Deps{NC: h.nc, Facts: f, Inboxes: h.inboxes, Publisher: h.gate, Dir: h.dir, Log: testkit.Logger(t), Limits: Limits{MessagesPerSecond: 1e6, MessageBurst: 1e6, FramesPerSecond: 1e6, FrameBurst: 1e6, ConnectsPerSecond: 1e6, ConnectBurst: 1e6}}
	for _, c := range change {
		c(&h.deps)
	}
	h.route()
	h.open()
	t.Cleanup(func() { h.stop() })
	return h
}

// open starts the service on a new port; a test may stop it and open another there.
func (h *house) open() { h.openAt(testkit.Address(h.t)) }

func (h *house) openAt(address string) {
	h.t.Helper()
	svc, err := New(h.deps)
	if err != nil {
		h.t.Fatal(err)
	}
	h.svc = svc
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	select {
	case <-svc.Ready():
	case err := <-done:
		h.t.Fatalf("run: %v", err)
	case <-time.After(time.Minute):
		h.t.Fatal("not ready")
	}
	mux := http.NewServeMux()
	svc.Routes(mux)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	h.server.Start()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("run: %v", err)
		}
		h.server.Close()
	})
}

// route is the stand-in for the router: it follows INBOUND and decides each
// message once.
func (h *house) route() {
	in, err := feed.Open(h.t.Context(), h.inbound, func(r feed.Raw) (*events.Inbound, error) { return events.DecodeInbound(r.Data) }, feed.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	h.t.Cleanup(func() { cancel(); <-done; in.Close() })
	go func() {
		defer close(done)
		seen, talks := map[string]bool{}, map[string]bool{}
		cursor := in.From(0)
		for {
			batch, err := cursor.Next(ctx)
			if err != nil {
				return
			}
			for _, e := range batch {
				if e.Err == nil && e.Value.Type == events.MessageReceived && !seen[e.Value.ProviderID] {
					seen[e.Value.ProviderID] = true
					talks[e.Value.SenderKey()] = true
					h.write(events.NewFact(&events.MessageAdded{Message: messageOf(e.Value)}))
				}
				if e.Err == nil && e.Value.Type == events.ChatWasEnded && !seen[e.Value.ProviderID] {
					seen[e.Value.ProviderID] = true
					if talks[e.Value.SenderKey()] {
						h.write(events.NewFact(&events.MessageAdded{Message: lineOf(e.Value)}))
					}
					talks[e.Value.SenderKey()] = false
				}
				h.routed.Store(e.Seq)
			}
		}
	}()
}

func messageOf(in *events.Inbound) events.Message {
	from := in.Sender.Points[0]
	return events.Message{
		ID: events.MessageID(id.Derive("ms", string(in.Inbox), in.ProviderID)), ConversationID: "cvone", ContactID: "ctone00",
		Direction: events.In, Kind: events.KindMessage, Channel: in.Channel, InboxID: in.Inbox, ProviderID: in.ProviderID,
		Text: in.Message.Text, From: &from, Status: events.StatusReceived, OccurredAt: in.OccurredAt,
	}
}

// lineOf is what a conversation shows of an end.
func lineOf(in *events.Inbound) events.Message {
	from := in.Sender.Points[0]
	return events.Message{
		ID: events.MessageID(id.Derive("ms", in.ProviderID, "cvone")), ConversationID: "cvone", ContactID: "ctone00",
		Direction: events.Out, Kind: events.KindEvent, Channel: in.Channel, InboxID: in.Inbox, ProviderID: in.ProviderID,
		Author: events.Author{Kind: "system"}, Text: "The visitor ended the chat.", Flags: []string{events.FlagLeft, events.FlagEnded},
		From: &from, Status: events.StatusReceived, OccurredAt: in.OccurredAt,
	}
}

// answer is an agent's message to a point.
func answer(n string, to events.Point) events.Message {
	return events.Message{
		ID: events.MessageID("ms" + n), ConversationID: "cvone", ContactID: "ctone00", Direction: events.Out, Kind: events.KindMessage,
		Channel: Kind, InboxID: inboxID, Author: events.Author{Kind: "agent", ID: "ag1", Name: "Mina"}, Text: "answer " + n, From: &to, OccurredAt: time.Now(),
	}
}

func (h *house) decide(m ...events.Message) {
	facts := make([]events.Fact, 0, len(m))
	for _, m := range m {
		facts = append(facts, events.NewFact(&events.MessageAdded{Message: m}))
	}
	h.fact(facts...)
}

// fact is decided after everything that visitors have stated until now: a visitor's
// words are acknowledged when they are stored, which may be before they are decided.
func (h *house) fact(facts ...events.Fact) {
	h.t.Helper()
	stated := h.inbound.DurableSeq()
	testkit.Eventually(h.t, time.Minute, func() error {
		if at := h.routed.Load(); at < stated {
			return fmt.Errorf("%d of %d statements are decided", at, stated)
		}
		return nil
	})
	h.write(facts...)
}

func (h *house) write(facts ...events.Fact) {
	d := events.Decision{ID: id.New("dc"), Contact: "ctone00", At: time.Now(), Facts: facts}
	data, err := d.Encode()
	if err == nil {
		_, err = h.facts.Append(context.Background(), eventlog.Message{Subject: events.ConversationSubject(0), Data: data})
	}
	if err != nil {
		h.t.Errorf("decide: %v", err)
	}
}

// visitor is a browser: one socket after another with one memory.
type visitor struct {
	h      *house
	ws     *websocket.Conn
	token  string
	cursor uint64
	lines  []Line
	hello  map[string]any
}

func (h *house) visitor() *visitor { return &visitor{h: h, hello: map[string]any{}} }

func (v *visitor) dial() {
	v.h.t.Helper()
	c, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(v.h.server.URL, "http")+"/chat/tok", nil)
	if err != nil {
		v.h.t.Fatalf("dial: %v %v", err, resp)
	}
	v.ws = c
	v.h.t.Cleanup(func() { _ = c.Close() })
}

func (v *visitor) connect() Welcome {
	v.h.t.Helper()
	v.dial()
	hello := map[string]any{"type": "hello", "visitor": v.token, "after": v.cursor}
	for k, x := range v.hello {
		hello[k] = x
	}
	v.send(hello)
	var w Welcome
	v.until("welcome", &w)
	v.token = w.Visitor
	if w.Reset {
		v.lines = nil
	}
	v.lines = append(v.lines, w.Lines...)
	v.cursor = w.Cursor
	return w
}

func (v *visitor) send(frame any) {
	v.h.t.Helper()
	if err := v.ws.WriteJSON(frame); err != nil {
		v.h.t.Fatalf("send: %v", err)
	}
}

func (v *visitor) read() (map[string]any, []byte, error) {
	if err := v.ws.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, nil, err
	}
	_, data, err := v.ws.ReadMessage()
	if err != nil {
		return nil, nil, err
	}
	var f map[string]any
	return f, data, json.Unmarshal(data, &f)
}

// until reads to the first frame of a type; lines on the way are kept.
func (v *visitor) until(kind string, into any) {
	v.h.t.Helper()
	for {
		f, data, err := v.read()
		if err != nil {
			v.h.t.Fatalf("waiting for %s: %v", kind, err)
		}
		v.keep(f, data)
		if f["type"] == kind {
			if err := json.Unmarshal(data, into); err != nil {
				v.h.t.Fatal(err)
			}
			return
		}
	}
}

// keep remembers a frame that is a line.
func (v *visitor) keep(f map[string]any, data []byte) {
	v.h.t.Helper()
	switch f["type"] {
	case "message", "edited", "removed", "ended":
		var l Line
		if err := json.Unmarshal(data, &l); err != nil {
			v.h.t.Fatal(err)
		}
		v.lines = append(v.lines, l)
		v.cursor = max(v.cursor, l.Seq)
	}
}

func (v *visitor) say(clientID, text string) Ack {
	v.h.t.Helper()
	v.send(map[string]any{"type": "message", "client_id": clientID, "text": text})
	var a Ack
	v.until("ack", &a)
	return a
}

func (v *visitor) texts() []string {
	var out []string
	for _, l := range v.lines {
		if l.Type == "message" {
			out = append(out, l.Text)
		}
	}
	return out
}

// sees reads until the lines say exactly this.
func (v *visitor) sees(want ...string) {
	v.h.t.Helper()
	for len(v.texts()) < len(want) {
		var l Line
		v.until("message", &l)
	}
	if got := v.texts(); !slices.Equal(got, want) {
		v.h.t.Fatalf("sees %q, want %q", got, want)
	}
}

func (v *visitor) point() events.Point {
	random, _, _ := strings.Cut(strings.TrimPrefix(v.token, tokenPrefix), ".")
	return visitorToken{random: random}.point(inboxID)
}

func (v *visitor) closeCode() int {
	v.h.t.Helper()
	for {
		_, _, err := v.read()
		var c *websocket.CloseError
		if errors.As(err, &c) {
			return c.Code
		}
		if err != nil {
			v.h.t.Fatalf("waiting for a close: %v", err)
		}
	}
}

func signed(user string) map[string]any {
	return map[string]any{"user_id": user, "hmac": SignUser(identityKey, user)}
}

func TestTalk(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	w := v.connect()
	if !w.Fresh || w.SignedIn || w.Title != "Shop" || len(w.Lines) != 0 {
		t.Errorf("welcome %+v", w)
	}
	a := v.say("a1", "hello")
	if a.ID == "" || a.Seq == 0 {
		t.Errorf("ack %+v", a)
	}
	h.decide(answer("1", v.point()))
	v.sees("hello", "answer 1")
	if l := v.lines[0]; l.ClientID != "a1" || l.From != "visitor" || l.ID != a.ID || l.Seq != a.Seq {
		t.Errorf("own line %+v, ack %+v", l, a)
	}
	if l := v.lines[1]; l.From != "agent" || l.Author != "Mina" || l.ID != "ms1" || l.ClientID != "" {
		t.Errorf("agent's line %+v", l)
	}
}

func TestAckOnlyOnceDurable(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	h.gate.set(channel.ErrUnavailable)
	v.send(map[string]any{"type": "message", "client_id": "a1", "text": "hello"})
	var f Failure
	v.until("error", &f)
	if f.Code != "unavailable" || f.ClientID != "a1" || f.RetryMS == 0 {
		t.Errorf("failure %+v", f)
	}
	h.gate.set(nil)
	v.say("a1", "hello")
	v.sees("hello")
	// The first acknowledgement does not wait for the message's place for long.
	if a := v.say("a1", "hello"); a.Seq != v.lines[0].Seq {
		t.Errorf("ack %+v, stands at %d", a, v.lines[0].Seq)
	}
}

func TestSameClientIDIsOneMessage(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	first := v.say("a1", "hello")
	for range 3 {
		if again := v.say("a1", "hello"); again != first {
			t.Errorf("ack %+v, first %+v", again, first)
		}
	}
	v.send(map[string]any{"type": "message", "client_id": "a1", "text": "something else"})
	var f Failure
	v.until("error", &f)
	if f.Code != "client-id-reused" {
		t.Errorf("failure %+v", f)
	}
	// After a restart nothing is left in memory, and still nothing is twice.
	h.stop()
	h.open()
	v.connect()
	if again := v.say("a1", "hello"); again != first {
		t.Errorf("ack after a restart %+v, first %+v", again, first)
	}
	if n := h.gate.published(); n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
}

// TestOtherWordsUnderAnOldClientID: an ack means that these words are durable, also
// where only the file knows the id.
func TestOtherWordsUnderAnOldClientID(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	first := v.say("a1", "hello")
	restart := func() {
		h.stop()
		h.open()
		v.connect()
	}
	restart()
	v.send(map[string]any{"type": "message", "client_id": "a1", "text": "something else"})
	var f Failure
	v.until("error", &f)
	if n := h.gate.published(); f.Code != "client-id-reused" || f.ClientID != "a1" || n != 1 {
		t.Errorf("failure %+v, %d statements, want a refusal and one", f, n)
	}
	v.say("a1", "hello") // the refusal leaves no mark on the first one
	message := events.MessageID(id.Derive("ms", string(inboxID), first.ID))
	h.fact(events.NewFact(&events.MessageEdited{Message: message, Text: "better"}))
	var l Line
	v.until("edited", &l)
	restart()
	v.say("a1", "hello") // as it was sent, not as it now reads
	if n := h.gate.published(); n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
	h.fact(events.NewFact(&events.MessageRemoved{Message: message}))
	v.until("removed", &l)
	restart()
	v.say("a1", "something else") // nothing tells whether it is: the router is asked
	if n := h.gate.published(); n != 2 {
		t.Errorf("acknowledged with %d statements, want 2", n)
	}
}

func TestOneClientIDOnManySocketsAtOnce(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	var all sync.WaitGroup
	for range 8 {
		o := &visitor{h: h, token: v.token, hello: v.hello}
		o.connect()
		all.Go(func() {
			if err := o.ws.WriteJSON(map[string]any{"type": "message", "client_id": "same", "text": "once"}); err != nil {
				t.Error(err)
				return
			}
			for {
				f, _, err := o.read()
				if err != nil {
					t.Error(err)
					return
				}
				if f["type"] == "ack" {
					return
				}
			}
		})
	}
	all.Wait()
	if n := h.gate.published(); n != 1 {
		t.Errorf("%d statements, want 1", n)
	}
}

// Break it: let hub.decision set at after push, or past skip WaitFor.
func TestResumeGetsExactlyTheGap(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.say("c0", "first")
	var want []string
	want = append(want, "first")
	done := make(chan struct{})
	const n = 300
	point := v.point()
	go func() {
		defer close(done)
		for i := range n {
			h.decide(answer(fmt.Sprint(i), point))
		}
	}()
	for i := range n {
		want = append(want, fmt.Sprintf("answer %d", i))
	}
	for len(v.texts()) < len(want) {
		for range 7 {
			if len(v.texts()) == len(want) {
				break
			}
			var l Line
			v.until("message", &l)
		}
		_ = v.ws.Close()
		v.connect()
	}
	<-done
	if got := v.texts(); !slices.Equal(got, want) {
		t.Fatalf("got %d lines %q", len(got), got)
	}
}

func TestVisitorSeesOnlyTheirOwnChat(t *testing.T) {
	h := newHouse(t)
	v, o := h.visitor(), h.visitor()
	v.connect()
	o.connect()
	v.say("a", "mine")
	o.say("a", "theirs")
	mail := answer("mail", v.point())
	mail.Channel = "email"
	note := answer("note", v.point())
	note.Kind = events.KindNote
	other := answer("other", v.point())
	other.InboxID = "another"
	h.decide(mail, note, other, answer("ok", v.point()))
	v.sees("mine", "answer ok")
	o.sees("theirs")
	v.cursor, v.lines = 0, nil
	v.connect()
	v.sees("mine", "answer ok")
}

func TestIdentity(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.say("a", "anonymous")
	before := v.point()
	v.hello = signed("c-1")
	v.cursor, v.lines = 0, nil
	if w := v.connect(); !w.SignedIn || w.Fresh {
		t.Errorf("welcome %+v", w)
	}
	if v.point() != before {
		t.Error("signing in made another visitor")
	}
	v.say("b", "signed in")
	v.sees("anonymous", "signed in")

	t.Run("another browser of the same customer", func(t *testing.T) {
		o := h.visitor()
		o.hello = signed("c-1")
		o.connect()
		o.sees("signed in")
		h.decide(answer("both", events.Point{Kind: kindExternal, Value: "c-1", Trust: events.Proved}))
		o.sees("signed in", "answer both")
		if o.lines[0].ClientID != "" {
			t.Error("the other browser's client id is shown")
		}
	})
	t.Run("the next person at the same browser", func(t *testing.T) {
		for _, hello := range []map[string]any{signed("c-2"), {}} {
			o := &visitor{h: h, token: v.token, hello: hello}
			if w := o.connect(); !w.Fresh || len(w.Lines) != 0 {
				t.Errorf("%v: welcome %+v", hello, w)
			}
			if o.point() == v.point() {
				t.Errorf("%v: has the former's token", hello)
			}
		}
	})
	t.Run("a wrong hmac is refused", func(t *testing.T) {
		for name, hello := range map[string]map[string]any{
			"wrong": {"user_id": "c-1", "hmac": SignUser("another secret of somebody", "c-1")}, "none": {"user_id": "c-1"}, "of another": {"user_id": "c-1", "hmac": SignUser(identityKey, "c-2")},
			"no user": {"hmac": SignUser(identityKey, "")}, "not hex": {"user_id": "c-1", "hmac": "zz"}, "control": {"user_id": "c\n1", "hmac": SignUser(identityKey, "c\n1")},
		} {
			o := h.visitor()
			o.dial()
			hello["type"] = "hello"
			o.send(hello)
			var f Failure
			o.until("error", &f)
			if code := o.closeCode(); f.Code != "bad-identity" || code != 4401 {
				t.Errorf("%s: %q, close %d", name, f.Code, code)
			}
		}
	})
}

func TestPointsOfAStatement(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.hello = map[string]any{"name": " Kim\nYuna ", "email": "Kim@Example.COM", "lang": "ko-KR", "page": "https://shop.example/tea?session=secret#x"}
	v.connect()
	v.say("a", "hi")
	in := h.lastStatement()
	want := []events.Point{v.point(), {Kind: "email", Value: "kim@example.com", Trust: events.Claimed}}
	if !slices.Equal(in.Sender.Points, want) || in.Sender.Points[0].Trust != events.Proved || in.Sender.Points[0].Scope != string(inboxID) {
		t.Errorf("points %+v", in.Sender.Points)
	}
	if in.Sender.Name != "Kim Yuna" || in.Sender.Attributes["language"] != "ko-KR" || in.Sender.Attributes["page"] != "https://shop.example/tea" {
		t.Errorf("sender %+v", in.Sender)
	}
	if strings.Contains(string(h.rawStatement()), strings.Split(v.token, ".")[1]) {
		t.Error("the visitor's token stands in the log")
	}
	v.hello = signed("c-9")
	v.connect()
	v.say("b", "hi")
	in = h.lastStatement()
	if in.Sender.Points[0] != (events.Point{Kind: "external", Value: "c-9", Trust: events.Proved}) || in.Sender.Points[1] != v.point() {
		t.Errorf("points %+v", in.Sender.Points)
	}
}

func (h *house) rawStatement() []byte {
	h.t.Helper()
	r, err := h.inbound.Get(h.t.Context(), h.inbound.DurableSeq())
	if err != nil {
		h.t.Fatal(err)
	}
	return r.Data
}

func (h *house) lastStatement() *events.Inbound {
	h.t.Helper()
	in, err := events.DecodeInbound(h.rawStatement())
	if err != nil {
		h.t.Fatal(err)
	}
	return in
}

func TestEditsAndRemovals(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	p := v.point()
	h.decide(answer("1", p), answer("2", p), answer("3", p))
	v.sees("answer 1", "answer 2", "answer 3")
	_ = v.ws.Close()
	h.fact(events.NewFact(&events.MessageEdited{Message: "ms1", Text: "better"}), events.NewFact(&events.MessageRemoved{Message: "ms2"}), events.NewFact(&events.MessageEdited{Message: "msunknown", Text: "x"}))
	v.lines = nil
	v.connect()
	for len(v.lines) < 2 {
		var l Line
		v.until("removed", &l)
	}
	if a, b := v.lines[0], v.lines[1]; len(v.lines) != 2 || a.Type != "edited" || a.ID != "ms1" || a.Text != "better" || b.Type != "removed" || b.ID != "ms2" || b.Text != "" {
		t.Errorf("resumed with %+v", v.lines)
	}
	h.fact(events.NewFact(&events.MessageEdited{Message: "ms3", Text: "live"}))
	var l Line
	v.until("edited", &l)
	if l.ID != "ms3" || l.Text != "live" {
		t.Errorf("edited live %+v", l)
	}
	// Who loads the chat anew gets it as it now reads.
	v.cursor, v.lines = 0, nil
	v.connect()
	var got []string
	for _, l := range v.lines {
		got = append(got, l.Type+" "+l.Text)
	}
	if !slices.Equal(got, []string{"message better", "removed ", "message live"}) {
		t.Errorf("loaded %q", got)
	}
	v.send(map[string]any{"type": "older", "before": v.lines[2].Seq})
	var o Older
	v.until("older", &o)
	if len(o.Lines) != 2 || o.More {
		t.Errorf("older %+v", o)
	}
}

func TestTyping(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.say("a", "hi")
	v.sees("hi")
	sub, err := h.nc.SubscribeSync(events.TypingSubject("cvone"))
	if err != nil {
		t.Fatal(err)
	}
	v.send(map[string]any{"type": "typing", "on": true})
	m, err := sub.NextMsg(time.Minute)
	if err != nil || !strings.Contains(string(m.Data), `"contact":"ctone00"`) || !strings.Contains(string(m.Data), `"on":true`) {
		t.Fatalf("typing of the visitor: %v %s", err, m.Data)
	}
	if err := h.nc.Publish(events.TypingSubject("cvone"), []byte(`{"type":"typing","conversation":"cvone","agent":"ag1","name":"Mina","on":true}`)); err != nil {
		t.Fatal(err)
	}
	var ty Typing
	v.until("typing", &ty)
	if ty.Name != "Mina" || !ty.On {
		t.Errorf("typing %+v", ty)
	}
}

func TestReceipts(t *testing.T) {
	h := newHouse(t)
	v, o := h.visitor(), h.visitor()
	v.connect()
	o.connect()
	h.decide(answer("1", v.point()))
	v.sees("answer 1")
	o.send(map[string]any{"type": "seen", "id": "ms1"}) // not theirs
	v.send(map[string]any{"type": "seen", "id": "msnone"})
	for range 3 {
		v.send(map[string]any{"type": "seen", "id": "ms1"})
	}
	v.say("a", "after") // frames are handled in order
	o.say("a", "after")
	if n := h.gate.published(); n != 3 {
		t.Fatalf("%d statements, want one receipt and two messages", n)
	}
	r, err := h.inbound.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	in, err := events.DecodeInbound(r.Data)
	if err != nil || in.Type != events.DeliveryReported || in.Delivery.Message != "ms1" || in.Delivery.Status != events.StatusRead || in.Sender.Points[0] != v.point() {
		t.Errorf("%v %+v", err, in)
	}
}

func TestLimits(t *testing.T) {
	h := newHouse(t, func(d *Deps) {
		d.Limits = Limits{MessagesPerSecond: 0.001, MessageBurst: 2, FramesPerSecond: 0.001, FrameBurst: 10, SocketsPerIP: 3}
	})
	v := h.visitor()
	v.connect()
	v.say("a", "one")
	v.say("b", "two")
	v.send(map[string]any{"type": "message", "client_id": "c", "text": "three"})
	var f Failure
	v.until("error", &f)
	if f.Code != "slow-down" || f.RetryMS == 0 {
		t.Errorf("failure %+v", f)
	}
	for range 10 {
		v.send(map[string]any{"type": "ping"})
	}
	if code := v.closeCode(); code != 4429 {
		t.Errorf("close %d", code)
	}
	// The client sees the close a moment before the server gives the place back.
	testkit.Eventually(t, time.Minute, func() error {
		if n := h.svc.door.sockets(); n != 0 {
			return fmt.Errorf("%d sockets still counted", n)
		}
		return nil
	})
	for range 3 {
		h.visitor().dial()
	}
	_, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.server.URL, "http")+"/chat/tok", nil)
	if err == nil || resp == nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a socket too many: %v %v", err, resp)
	}
}

func TestStopMeansResume(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.say("a", "before")
	v.sees("before")
	go h.stop()
	if code := v.closeCode(); code != 1001 {
		t.Errorf("close %d", code)
	}
	h.stop()
	h.decide(answer("1", v.point()))
	h.open()
	v.connect()
	v.sees("before", "answer 1")
}
