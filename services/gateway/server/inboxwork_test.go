package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/gateway/visit"
)

// fullAdapter can do everything that an operator asks of one. Its provider takes
// the token "good" and no other.
type fullAdapter struct {
	hookAdapter
	hook chan string
}

func (*fullAdapter) Kind() string { return "whatsapp" }

func (*fullAdapter) Check(*config.Inbox) error { return nil }

func (*fullAdapter) Test(_ context.Context, in config.Inbox) error {
	if in.Secrets["secret"] != "good" {
		return errors.New("the provider says: token has expired")
	}
	return nil
}

func (a *fullAdapter) Register(_ context.Context, _ config.Inbox, hook string) error {
	a.hook <- hook
	return nil
}

func (*fullAdapter) Templates(_ context.Context, in config.Inbox) ([]events.Template, error) {
	if in.Secrets["secret"] != "good" {
		return nil, errors.New("401 with a token in it")
	}
	return []events.Template{{Name: "hello", Language: "ko", Text: "{{1}}님 안녕하세요", Params: map[string]string{"1": ""}}}, nil
}

// bench is a gateway with everything that stands behind the work on inboxes.
type bench struct {
	*gateway
	admin    *client
	inbound  *eventlog.Log
	imported chan string
	full     *fullAdapter
}

func newBench(t *testing.T, set ...func(*Deps)) *bench {
	t.Helper()
	p := newPlant(t)
	b := &bench{imported: make(chan string, 1), full: &fullAdapter{hook: make(chan string, 1)}}
	b.inbound = p.nats.OpenLog(t, events.InboundStream, events.InboundWildcard)
	statements, err := feed.Open(t.Context(), b.inbound, func(r feed.Raw) (*events.Inbound, error) { return events.DecodeInbound(r.Data) }, feed.Options{})
	must(t, err)
	t.Cleanup(statements.Close)
	b.gateway = startGateway(t, p, append([]func(*Deps){func(d *Deps) {
		d.Adapters["whatsapp"], d.Adapters["visit"] = b.full, visit.Adapter{}
		d.Statements, d.Publisher, d.PublicURL = statements, channel.NewLogPublisher(b.inbound), "https://inbox.example.test/"
		d.Import = func(_ context.Context, _ config.Inbox, file io.Reader) (any, error) {
			data, err := io.ReadAll(file)
			if err != nil {
				return nil, fmt.Errorf("read file: %w", err)
			}
			if string(data) == "bad" {
				return nil, errors.New("line 1: no date")
			}
			b.imported <- string(data)
			return map[string]any{"lines": 2}, nil
		}
	}}, set...)...)
	b.admin = b.gateway.admin(t)
	return b
}

type made struct {
	ID        events.InboxID `json:"id"`
	HookPath  string         `json:"hook_path"`
	Suspended bool           `json:"suspended"`
}

func (b *bench) inbox(secret string) made {
	b.admin.t.Helper()
	var in made
	b.admin.call("POST", "/inboxes", map[string]any{"channel": "whatsapp", "name": "WA", "settings": map[string]any{"secret": secret}}, 201, &in)
	return in
}

func TestCredentialsAreTried(t *testing.T) {
	b := newBench(t)
	var out struct {
		OK     bool   `json:"ok"`
		Detail string `json:"detail"`
	}
	b.admin.call("POST", "/inboxes/"+string(b.inbox("good").ID)+"/test", nil, 200, &out)
	if !out.OK {
		t.Fatalf("good: %+v", out)
	}
	b.admin.call("POST", "/inboxes/"+string(b.inbox("old").ID)+"/test", nil, 200, &out)
	if out.OK || !strings.Contains(out.Detail, "expired") {
		t.Fatalf("expired: %+v", out)
	}
	var hook made
	b.admin.call("POST", "/inboxes", map[string]any{"channel": "webhook", "name": "w", "settings": map[string]any{"profile": "plain"}}, 201, &hook)
	for _, path := range []string{"/test", "/connect"} {
		b.admin.call("POST", "/inboxes/"+string(hook.ID)+path, nil, 409, nil)
	}
	b.admin.call("GET", "/inboxes/"+string(hook.ID)+"/templates", nil, 409, nil)
}

func TestProviderIsToldTheHook(t *testing.T) {
	b := newBench(t)
	in := b.inbox("good")
	b.admin.call("POST", "/inboxes/"+string(in.ID)+"/connect", nil, 200, nil)
	if got := <-b.full.hook; got != "https://inbox.example.test"+in.HookPath {
		t.Fatalf("told %q", got)
	}
	nowhere := newBench(t, func(d *Deps) { d.PublicURL = "" })
	nowhere.admin.call("POST", "/inboxes/"+string(nowhere.inbox("good").ID)+"/connect", nil, 409, nil)
}

func TestTemplatesAreForAgents(t *testing.T) {
	b := newBench(t)
	agent := b.admin.agent("a@example.test", config.RoleAgent)
	var out struct {
		Items []events.Template `json:"items"`
	}
	agent.call("GET", "/inboxes/"+string(b.inbox("good").ID)+"/templates", nil, 200, &out)
	if len(out.Items) != 1 || out.Items[0].Name != "hello" {
		t.Fatalf("templates %+v", out)
	}
	var problem string
	agent.call("GET", "/inboxes/"+string(b.inbox("old").ID)+"/templates", nil, 502, &problem)
	if strings.Contains(problem, "401") {
		t.Fatalf("what the provider said is shown to an agent: %s", problem)
	}
}

func TestSuspendedInboxIsShownAndResumed(t *testing.T) {
	b := newBench(t)
	in := b.inbox("good")
	path := "/inboxes/" + string(in.ID)
	b.admin.call("POST", path+"/resume", nil, 409, nil)
	health := &channel.Health{Table: b.plant.tables.Health, Now: func() time.Time { return time.Now().Add(time.Second) }}
	health.Suspend(t.Context(), in.ID, "401: token has expired")
	var h struct {
		Suspended bool   `json:"suspended"`
		Reason    string `json:"reason"`
		LastError string `json:"last_error"`
		Book      *struct {
			Received uint64 `json:"received"`
		} `json:"book"`
	}
	b.admin.call("GET", path+"/health", nil, 200, &h)
	if !h.Suspended || !strings.Contains(h.Reason, "expired") || h.LastError == "" || h.Book == nil {
		t.Fatalf("health %+v", h)
	}
	var seen made
	b.admin.agent("a@example.test", config.RoleAgent).call("GET", path, nil, 200, &seen)
	if !seen.Suspended {
		t.Fatal("an agent does not see that nothing goes out")
	}
	seen = made{}
	b.admin.call("POST", path+"/resume", nil, 200, &seen)
	if seen.Suspended {
		t.Fatal("still suspended")
	}
	h.Suspended = true
	b.admin.call("GET", path+"/health", nil, 200, &h)
	if h.Suspended || h.LastError == "" {
		t.Fatalf("after resume %+v", h)
	}
}

// The first events of an inbox are shown as they arrive, newest first, and only
// those of that inbox; what was not understood is marked and its bytes stay in.
func TestNewestEventsOfAnInbox(t *testing.T) {
	b := newBench(t)
	in, other := b.inbox("good"), b.inbox("good")
	publish := channel.NewLogPublisher(b.inbound)
	say := func(inbox events.InboxID, n int) *events.Inbound {
		now := time.Now().UTC()
		return &events.Inbound{
			Type: events.MessageReceived, Channel: "whatsapp", Inbox: inbox, ProviderID: fmt.Sprint("p", n), OccurredAt: now, ReceivedAt: now,
			Sender:  events.Sender{Points: []events.Point{{Kind: "phone", Value: "+821000000000", Trust: events.Proved}}},
			Message: &events.ReceivedMessage{Text: fmt.Sprint("text\n", n)},
		}
	}
	for n := range 60 {
		must(t, publish.Publish(t.Context(), say(in.ID, n), say(other.ID, n)))
	}
	odd := say(in.ID, 99)
	odd.Type, odd.Message, odd.Raw = events.Unknown, nil, &events.Raw{Type: "application/json", Bytes: []byte(`{"secret":"x"}`), Size: 14}
	must(t, publish.Publish(t.Context(), odd))
	type item struct {
		Seq        uint64 `json:"seq"`
		ProviderID string `json:"provider_id"`
		Sender     string `json:"sender"`
		Preview    string `json:"preview"`
		Raw        bool   `json:"raw"`
	}
	var out struct {
		Items []item `json:"items"`
		Head  uint64 `json:"head"`
	}
	var text string
	b.wait(t, 121)
	b.admin.call("GET", "/inboxes/"+string(in.ID)+"/events", nil, 200, &text)
	must(t, json.Unmarshal([]byte(text), &out))
	if len(out.Items) != 50 || !out.Items[0].Raw || out.Items[1].ProviderID != "p59" || out.Items[1].Preview != "text 59" || out.Items[1].Sender != "+821000000000" || out.Head != 121 {
		t.Fatalf("%d items: %s", len(out.Items), text)
	}
	if strings.Contains(text, "secret") {
		t.Fatal("raw bytes are in the list")
	}
	newest := out.Items[0].Seq
	b.admin.call("GET", fmt.Sprintf("/inboxes/%s/events?after=%d", in.ID, newest-1), nil, 200, &out)
	if len(out.Items) != 1 || out.Items[0].Seq != newest {
		t.Fatalf("after: %+v", out.Items)
	}
	b.admin.call("GET", fmt.Sprintf("/inboxes/%s/events?after=%d", in.ID, uint64(1)<<60), nil, 200, &out)
	if len(out.Items) != 0 {
		t.Fatalf("beyond the end: %+v", out.Items)
	}
	// One by one they are shown as they came: only to administrators, only under
	// their own inbox, and only where anything came.
	var came struct {
		Type, Text string
		Partial    bool
	}
	at := func(in events.InboxID, seq uint64) string { return fmt.Sprintf("/inboxes/%s/events/%d", in, seq) }
	b.admin.call("GET", at(in.ID, newest), nil, 200, &came)
	if came.Type != "application/json" || came.Text != `{"secret":"x"}` || came.Partial {
		t.Fatalf("as it came: %+v", came)
	}
	b.admin.call("GET", at(other.ID, newest), nil, 404, nil)
	b.admin.call("GET", at(in.ID, newest+1), nil, 404, nil)
	b.admin.call("GET", at(in.ID, 1), nil, 404, nil)
}

// wait has the feed of statements come as far as seq.
func (b *bench) wait(t *testing.T, seq uint64) {
	t.Helper()
	cursor := b.deps.Statements.From(0)
	for cursor.After() < seq {
		if _, err := cursor.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesAreReadIn(t *testing.T) {
	b := newBench(t)
	path := "/inboxes/" + string(b.inbox("good").ID) + "/import"
	csv := "date,number\n2026-01-01,0212345678\n"
	var report string
	b.admin.send("POST", path, strings.NewReader(csv), http.Header{"Content-Type": {"text/csv"}}, 200, &report)
	if got := <-b.imported; got != csv || !strings.Contains(report, `"lines":2`) {
		t.Fatalf("read %q, told %s", got, report)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	must(t, w.WriteField("note", "x"))
	part, err := w.CreateFormFile("file", "calls.csv")
	must(t, err)
	_, err = part.Write([]byte(csv))
	must(t, err)
	must(t, w.Close())
	b.admin.send("POST", path, bytes.NewReader(form.Bytes()), http.Header{"Content-Type": {w.FormDataContentType()}}, 200, nil)
	if got := <-b.imported; got != csv {
		t.Fatalf("form: %q", got)
	}
	for _, c := range []struct {
		kind, body string
		want       int
	}{
		{"text/csv", "bad", 422}, {"multipart/form-data; boundary=x", "--x\r\n\r\nno file\r\n--x--", 400}, {"multipart/form-data", "x", 400},
	} {
		b.admin.send("POST", path, strings.NewReader(c.body), http.Header{"Content-Type": {c.kind}}, c.want, nil)
	}
	b.admin.send("POST", "/inboxes/none/import", strings.NewReader(csv), nil, 404, nil)
	none := newBench(t, func(d *Deps) { d.Import = nil })
	none.admin.send("POST", "/inboxes/"+string(none.inbox("good").ID)+"/import", strings.NewReader(csv), nil, 409, nil)
}

// A body without an announced length is cut off at the limit, too.
func TestFileTooLarge(t *testing.T) {
	b := newBench(t)
	path := "/inboxes/" + string(b.inbox("good").ID) + "/import"
	endless := io.LimitReader(zeros{}, 64<<20+1)
	b.admin.send("POST", path, endless, http.Header{"Content-Type": {"text/csv"}}, 413, nil)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestChannelsTellWhatAnInboxNeeds(t *testing.T) {
	b := newBench(t)
	var out struct {
		Items []struct {
			Kind       string `json:"kind"`
			CanTest    bool   `json:"can_test"`
			CanConnect bool   `json:"can_connect"`
			Templates  bool   `json:"templates"`
			Label      struct {
				KO string `json:"ko"`
			} `json:"label"`
			Limits *struct {
				Window int64  `json:"window_s"`
				Unit   string `json:"unit"`
			} `json:"limits"`
			Fields []struct {
				Name   string `json:"name"`
				Secret bool   `json:"secret"`
			} `json:"fields"`
		} `json:"items"`
	}
	b.admin.call("GET", "/channels", nil, 200, &out)
	found := map[string]bool{}
	for _, k := range out.Items {
		found[k.Kind] = true
		if k.Kind == "whatsapp" && (!k.CanTest || !k.CanConnect || !k.Templates || k.Limits == nil || k.Limits.Window != 86400 || k.Limits.Unit != "utf16") {
			t.Errorf("whatsapp: %+v", k)
		}
		if k.Kind == "webhook" && (k.CanTest || k.CanConnect || k.Label.KO == "" || len(k.Fields) == 0) {
			t.Errorf("webhook: %+v", k)
		}
	}
	if len(out.Items) != 3 || !found["webhook"] || !found["visit"] || !found["whatsapp"] {
		t.Fatalf("only kinds that have an adapter are offered: %v", found)
	}
}
