package hookchannel

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

func checked(t testing.TB, settings map[string]any) config.Inbox {
	t.Helper()
	data, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	inbox := config.Inbox{ID: "in", Channel: Kind, HookToken: "tok", Settings: data}
	if err := NewAdapter().Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func out() events.SendRequest {
	return events.SendRequest{
		Message: events.Message{ID: "ms1", Text: "Your tea is on its way.", Author: events.Author{Name: "Mina"}, OccurredAt: time.Now()},
		Inbox:   "in", Conversation: "cv1", To: events.Point{Kind: "external", Value: "c-1"}, At: time.Now(),
		Thread: events.Thread{References: []string{"m-0", "m-1"}},
	}
}

func TestAnswerIsSignedAndSaysWhatItAnswers(t *testing.T) {
	type call struct {
		header http.Header
		body   []byte
	}
	calls := make(chan call, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- call{r.Header, body}
		_, _ = io.WriteString(w, `{"id":"theirs"}`)
	}))
	defer server.Close()
	inbox := checked(t, map[string]any{"reply_url": server.URL, "allow_private": true})
	a := NewAdapter()
	defer a.Close()
	result, err := a.Send(t.Context(), inbox, out())
	if err != nil || result.Outcome != events.Sent || strings.Join(result.ProviderIDs, " ") != "theirs ms1" {
		t.Fatalf("%+v %v", result, err)
	}
	c := <-calls
	// The receiver checks with the same code that checks what comes to us.
	receiver := config.Inbox{ID: "x", Settings: json.RawMessage(`{"auth":"standard"}`), Secrets: map[string]string{"secret": inbox.Secrets["reply_secret"]}}
	s, err := profile.Load(receiver)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(&channel.Request{Header: c.header, Body: c.body, At: time.Now()}); err != nil {
		t.Errorf("signature: %v", err)
	}
	var answer Answer
	if err := json.Unmarshal(c.body, &answer); err != nil {
		t.Fatal(err)
	}
	if d := answer.Data; answer.Type != "message.created" || d.ID != "ms1" || d.Contact.ID != "c-1" || d.ReplyTo != "m-1" || d.Author != "Mina" || c.header.Get("Webhook-Id") != "ms1" {
		t.Errorf("%+v", answer)
	}
}

func TestOutcomes(t *testing.T) {
	a := NewAdapter()
	defer a.Close()
	for _, row := range []struct {
		status  int
		header  string
		dedupes bool
		want    events.SendOutcome
		after   time.Duration
	}{
		{200, "", true, events.Sent, 0}, {202, "", true, events.Sent, 0}, {204, "", false, events.Sent, 0},
		{301, "", true, events.Rejected, 0}, {307, "", true, events.Rejected, 0}, {400, "", true, events.Rejected, 0}, {401, "", true, events.Rejected, 0}, {404, "", true, events.Rejected, 0}, {410, "", true, events.Rejected, 0},
		{408, "", false, events.Retry, 0}, {429, "3", false, events.Retry, 3 * time.Second}, {429, "999999999", true, events.Retry, 24 * time.Hour}, {429, "-5", true, events.Retry, 0}, {429, "soon", true, events.Retry, 0},
		{503, "60", false, events.Retry, time.Minute}, {500, "", true, events.Retry, 0}, {500, "", false, events.Unclear, 0}, {502, "", true, events.Retry, 0}, {504, "", false, events.Unclear, 0},
	} {
		hits := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hits++
			w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
			if row.header != "" {
				w.Header().Set("Retry-After", row.header)
			}
			w.WriteHeader(row.status)
		}))
		inbox := checked(t, map[string]any{"reply_url": server.URL, "allow_private": true, "receiver_dedupes": row.dedupes})
		got, err := a.Send(t.Context(), inbox, out())
		server.Close()
		if err != nil || got.Outcome != row.want || got.RetryAfter != row.after || hits != 1 {
			t.Errorf("%d dedupes=%v: %+v %v, %d calls; want %s after %v", row.status, row.dedupes, got, err, hits, row.want, row.after)
		}
	}
}

func TestNoWayOut(t *testing.T) {
	a := NewAdapter()
	inbox := checked(t, map[string]any{})
	got, err := a.Send(t.Context(), inbox, out())
	if err != nil || got.Outcome != events.Rejected || !strings.Contains(got.Detail, "no way out") {
		t.Errorf("%+v %v", got, err)
	}
	if a.CanSend(inbox) || !inbox.OneWay {
		t.Error("an inbox without reply_url can send")
	}
	if with := checked(t, map[string]any{"reply_url": "https://shop.example/in"}); !a.CanSend(with) || with.OneWay {
		t.Error("an inbox with reply_url cannot send")
	}
}

// Break it: leave dialer.Control out.
func TestPrivateAddressesAreNotReached(t *testing.T) {
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	a := NewAdapter()
	defer a.Close()
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		got, err := a.Send(t.Context(), checked(t, map[string]any{"reply_url": "https://" + host + port}), out())
		if err != nil || (got.Outcome != events.Rejected && got.Outcome != events.Retry) || got.Outcome == events.Sent {
			t.Errorf("%s: %+v %v", host, got, err)
		}
		if host == "127.0.0.1" && got.Outcome != events.Rejected {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if reached {
		t.Error("a private address was reached")
	}
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"127.0.0.1": false, "::1": false, "::ffff:10.0.0.1": false, "fe80::1": false, "fd00::1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "224.0.0.1": false, "255.255.255.255": false, "0.0.0.0": false, "::": false,
	} {
		if got := provider.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
}

type directory struct{ inbox config.Inbox }

func (d directory) ByID(id events.InboxID) (config.Inbox, bool) { return d.inbox, id == d.inbox.ID }
func (d directory) ByHook(kind, token string) (config.Inbox, bool) {
	return d.inbox, kind == Kind && token == d.inbox.HookToken
}
func (d directory) List(string) []config.Inbox { return []config.Inbox{d.inbox} }

// The whole service on a real log: a hook is in the log when it is answered,
// and dispatch gets its answer by request and reply.
func TestService(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	n := testkit.NATS(t)
	nc := n.Conn(t)
	log := n.OpenLog(t, events.InboundStream, events.InboundWildcard)
	inbox := checked(t, map[string]any{"reply_url": receiver.URL, "allow_private": true})
	svc, err := New(Deps{NC: nc, Inboxes: directory{inbox}, Publisher: channel.NewLogPublisher(log), Log: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- svc.Run(ctx) }()
	<-svc.Ready()
	mux := http.NewServeMux()
	svc.Routes(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	for range 2 {
		resp, err := http.Post(server.URL+"/hooks/webhook/tok", "application/json", strings.NewReader(`{"id":"m-1","contact":{"id":"c-1"},"text":"hello"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		r, err := log.Get(t.Context(), log.DurableSeq())
		if err != nil {
			t.Fatal(err)
		}
		in, err := events.DecodeInbound(r.Data)
		if err != nil || resp.StatusCode != 202 || in.ProviderID != "m-1" || !strings.Contains(string(body), channel.EventID(in)) {
			t.Errorf("%d %s %+v %v", resp.StatusCode, body, in, err)
		}
	}
	data, err := json.Marshal(out())
	if err != nil {
		t.Fatal(err)
	}
	reply, err := nc.Request(events.SendSubject(Kind), data, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var result events.SendResult
	if err := json.Unmarshal(reply.Data, &result); err != nil || result.Outcome != events.Sent {
		t.Errorf("%s %v", reply.Data, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
