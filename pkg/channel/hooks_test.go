package channel

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// echo is an adapter whose message is the body; "panic" makes it panic.
type echo struct{}

func (echo) Kind() string                      { return "echo" }
func (echo) SecretNames(config.Inbox) []string { return nil }
func (echo) Check(*config.Inbox) error         { return nil }
func (echo) Receive(in config.Inbox, req *Request) ([]*events.Inbound, Reply, error) {
	switch string(req.Body) {
	case "panic":
		panic("secret body")
	case "refuse":
		return nil, Reply{}, Refuse(418, "teapot", "short and stout")
	case "nothing":
		return nil, Reply{Status: 200, Body: []byte("challenge")}, nil
	}
	return []*events.Inbound{{Type: events.MessageReceived, Channel: "echo", Inbox: in.ID, ProviderID: "1", ReceivedAt: req.At, Message: &events.ReceivedMessage{Text: string(req.Body)}}}, Reply{}, nil
}

type single config.Inbox

func (s *single) ByID(events.InboxID) (config.Inbox, bool) { return config.Inbox(*s), true }
func (s *single) ByHook(kind, token string) (config.Inbox, bool) {
	return config.Inbox(*s), kind == "echo" && token == "t"
}
func (s *single) List(string) []config.Inbox { return nil }

type publishFunc func(context.Context, ...*events.Inbound) error

func (f publishFunc) Publish(ctx context.Context, in ...*events.Inbound) error { return f(ctx, in...) }

func stored(context.Context, ...*events.Inbound) error { return nil }

func serve(t *testing.T, h Hooks) *httptest.Server {
	t.Helper()
	if h.Inboxes == nil {
		h.Inboxes = &single{ID: "in", Channel: "echo"}
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}/{inbox}", NewHooks(h, nil, echo{}))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func post(t *testing.T, s *httptest.Server, body string) (int, http.Header, string) {
	t.Helper()
	resp, err := http.Post(s.URL+"/hooks/echo/t", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(data)
}

func TestAnswers(t *testing.T) {
	var log bytes.Buffer
	var fails error
	s := serve(t, Hooks{MaxBody: 100, Log: zerolog.New(&log), Publisher: publishFunc(func(context.Context, ...*events.Inbound) error { return fails })})
	for _, row := range []struct {
		body   string
		fails  error
		status int
		retry  bool
	}{
		{"hello", nil, 202, false}, {"nothing", errors.New("not asked"), 200, false}, {"refuse", nil, 418, false}, {"panic", nil, 500, false}, {"hello", nil, 202, false},
		{strings.Repeat("x", 100), nil, 202, false}, {strings.Repeat("x", 101), nil, 413, false},
		{"hello", ErrUnavailable, 503, true}, {"hello", fmt.Errorf("store: %w", Refuse(413, "too-large", "x")), 413, false},
	} {
		fails = row.fails
		status, header, body := post(t, s, row.body)
		if status != row.status || (header.Get("Retry-After") != "") != row.retry {
			t.Errorf("%.10q %v: %d %q %s", row.body, row.fails, status, header.Get("Retry-After"), body)
		}
	}
	if strings.Contains(log.String(), "secret body") || !strings.Contains(log.String(), "adapter panicked") {
		t.Errorf("log: %s", log.String())
	}
	resp, err := http.Post(s.URL+"/hooks/echo/other", "", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 404 {
		t.Errorf("unknown inbox: %d", resp.StatusCode)
	}
}

// A pause keeps answers back; some providers never repeat what was refused.
func TestPausedInboxStillTakesWhatComesIn(t *testing.T) {
	kept := 0
	s := serve(t, Hooks{Inboxes: &single{ID: "in", Channel: "echo", Paused: true}, Publisher: publishFunc(func(ctx context.Context, in ...*events.Inbound) error {
		kept += len(in)
		return stored(ctx, in...)
	})})
	if status, _, _ := post(t, s, "hello"); status != 202 || kept != 1 {
		t.Errorf("status %d, %d kept", status, kept)
	}
	if status, _, _ := post(t, s, "nothing"); status != 200 {
		t.Errorf("challenge: status %d", status)
	}
}

// Memory is bounded by bytes: while bodies that are held fill it, the next is
// asked to come again, and all of it is given back.
func TestBytesUnderWayAreBounded(t *testing.T) {
	release := make(chan struct{})
	inside := make(chan struct{}, 8)
	s := serve(t, Hooks{MaxBody: 64 << 10, MaxBytes: 200 << 10, Publisher: publishFunc(func(context.Context, ...*events.Inbound) error {
		inside <- struct{}{}
		<-release
		return nil
	})})
	big := strings.Repeat("x", 60<<10)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			resp, err := http.Post(s.URL+"/hooks/echo/t", "", strings.NewReader(big))
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
			if resp.StatusCode != 202 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
		<-inside
	}
	if status, header, _ := post(t, s, big); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("a body too many: status %d", status)
	}
	close(release)
	wait.Wait()
	for range 3 {
		if status, _, _ := post(t, s, big); status != 202 {
			t.Errorf("afterwards: status %d", status)
		}
	}
}

// A sender who announces a body and sends it byte by byte is let go.
func TestSlowBodyIsGivenUp(t *testing.T) {
	s := serve(t, Hooks{BodyTimeout: 50 * time.Millisecond, Publisher: publishFunc(stored)})
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "POST /hooks/echo/t HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 408 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestPublisherIsAllOrRefusal(t *testing.T) {
	log := testkit.NATS(t).OpenLog(t, events.InboundStream, events.InboundWildcard)
	p := NewLogPublisher(log)
	good := func(text string) *events.Inbound {
		return &events.Inbound{Type: events.MessageReceived, Channel: "echo", Inbox: "in", ProviderID: "1", ReceivedAt: time.Now(), Message: &events.ReceivedMessage{Text: text}}
	}
	if err := p.Publish(t.Context(), good("a"), &events.Inbound{}); err == nil || log.DurableSeq() != 0 {
		t.Errorf("%v, %d stored", err, log.DurableSeq())
	}
	var refusal *Refusal
	if err := p.Publish(t.Context(), good(strings.Repeat("x", 20<<20))); !errors.As(err, &refusal) || refusal.Status != 413 {
		t.Errorf("too large: %v", err)
	}
	if err := p.Publish(t.Context(), good("a"), good("b")); err != nil || log.DurableSeq() != 2 {
		t.Errorf("%v, %d stored", err, log.DurableSeq())
	}
	log.Close()
	if err := p.Publish(t.Context(), good("c")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("closed: %v", err)
	}
}

func TestLargeRawBytesGoToTheBlobs(t *testing.T) {
	server := testkit.NATS(t)
	log := server.OpenLog(t, events.InboundStream, events.InboundWildcard)
	blobs, err := blob.Open(t.Context(), server.Conn(t), "BLOBS", 1, server.Commit)
	if err != nil {
		t.Fatal(err)
	}
	raw := bytes.Repeat([]byte("raw "), events.RawInlineLimit)
	in := &events.Inbound{Type: events.Unknown, Channel: "echo", Inbox: "in", ProviderID: "1", ReceivedAt: time.Now(), Raw: &events.Raw{Type: "text/plain", Bytes: raw}}
	want := ContentHash(in)
	if err := NewLogPublisher(log).WithBlobs(blobs).Publish(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	record, err := log.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := events.DecodeInbound(record.Data)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Content != want || stored.Raw.Bytes != nil || stored.Raw.Size != int64(len(raw)) || len(record.Data) > 4096 {
		t.Fatalf("stored %d bytes, raw %+v", len(record.Data), stored.Raw)
	}
	r, err := blobs.Open(t.Context(), stored.Raw.Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, raw) {
		t.Fatalf("blob holds %d bytes, %v", len(got), err)
	}
}
