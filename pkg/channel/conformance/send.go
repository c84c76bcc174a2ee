package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// maxBody bounds what is kept of a request.
const maxBody = 1 << 20

// provider is the other side of the way out, answering as it is told.
type provider struct {
	*httptest.Server
	mu     sync.Mutex // guards all below
	act    http.HandlerFunc
	keys   []string
	calls  int
	bodies []string
}

func newProvider(t *testing.T, key func(*http.Request) string) *provider {
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			t.Errorf("the provider reads the request: %v", err)
		}
		again := func() { r.Body = io.NopCloser(bytes.NewReader(body)) }
		p.mu.Lock()
		p.calls++
		p.bodies = append(p.bodies, r.URL.RawQuery, string(body))
		if again(); key != nil {
			p.keys = append(p.keys, key(r))
		}
		act := p.act
		p.mu.Unlock()
		again()
		act(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) answer(status int, header, value, body string) {
	p.does(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func (p *provider) does(act http.HandlerFunc) {
	p.mu.Lock()
	p.act, p.keys, p.calls, p.bodies = act, nil, 0, nil
	p.mu.Unlock()
}

// got reports whether a text came to the provider: as it is, or escaped as forms
// and JSON do.
func (p *provider) got(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	quoted, err := json.Marshal(text)
	return err == nil && slices.ContainsFunc(p.bodies, func(body string) bool {
		plain, err := url.QueryUnescape(body)
		return strings.Contains(body, text) || strings.Contains(body, string(quoted)) || err == nil && strings.Contains(plain, text)
	})
}

func (p *provider) seen() (calls int, keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls, slices.Clone(p.keys)
}

func answer(n int) events.Message {
	return events.Message{ID: events.MessageID(fmt.Sprintf("msconformance%d", n)), Direction: events.Out, Kind: events.KindMessage, Text: fmt.Sprintf("answer %d", n), OccurredAt: time.Now()}
}

func sendOne(ctx context.Context, t *testing.T, sender channel.Sender, inbox config.Inbox, to events.Point, m events.Message) events.SendResult {
	t.Helper()
	result, err := sender.Send(ctx, inbox, events.SendRequest{Message: m, Inbox: inbox.ID, To: to, Attempt: 1, At: time.Now()})
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	return result
}

func send(t *testing.T, s Subject, sender channel.Sender) {
	p := newProvider(t, s.Sending.Key)
	inbox := s.Sending.Inbox(p.URL)
	if err := sender.Check(&inbox); err != nil {
		t.Fatal(err)
	}
	attempt := func(ctx context.Context, n int) events.SendResult {
		t.Helper()
		return sendOne(ctx, t, sender, inbox, s.Sending.To, answer(n))
	}
	want := func(t *testing.T, got events.SendResult, outcome events.SendOutcome) {
		t.Helper()
		if got.Outcome != outcome {
			t.Errorf("outcome %q (%s), want %q", got.Outcome, got.Detail, outcome)
		}
	}
	t.Run("taken", func(t *testing.T) {
		p.answer(200, "Content-Type", "application/json", s.Sending.Accept)
		got := attempt(within(t), 1)
		want(t, got, events.Sent)
		if len(got.ProviderIDs) == 0 {
			t.Error("no id: a reply could not be matched")
		}
	})
	t.Run("the same message has the same key", func(t *testing.T) {
		if s.Sending.Key == nil {
			t.Log("this provider has no idempotency key")
			return
		}
		p.answer(200, "Content-Type", "application/json", s.Sending.Accept)
		attempt(within(t), 2)
		attempt(within(t), 2)
		attempt(within(t), 3)
		_, keys := p.seen()
		if len(keys) != 3 || keys[0] == "" || keys[0] != keys[1] || keys[1] == keys[2] {
			t.Errorf("keys %q", keys)
		}
	})
	if limits := channel.LimitsOf(sender.Kind()); limits.QuickReplies > 0 {
		t.Run("quick replies", func(t *testing.T) { pressed(t, s, sender, p, limits) })
	}
	t.Run("too many requests", func(t *testing.T) {
		p.answer(429, "Retry-After", "7", "{}")
		got := attempt(within(t), 4)
		want(t, got, events.Retry)
		if got.RetryAfter != 7*time.Second {
			t.Errorf("retry after %v, want 7s", got.RetryAfter)
		}
	})
	t.Run("refused for good", func(t *testing.T) {
		p.answer(400, "", "", "{}")
		want(t, attempt(within(t), 5), events.Rejected)
		if calls, _ := p.seen(); calls != 1 {
			t.Errorf("%d calls for one attempt", calls)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		ctx, cancel := context.WithCancel(within(t))
		release := make(chan struct{})
		p.does(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel() // the sender's time ends once the provider has everything
			<-release
		})
		got := attempt(ctx, 6)
		close(release)
		if s.Sending.Key == nil {
			want(t, got, events.Unclear)
		} else if got.Outcome != events.Retry && got.Outcome != events.Unclear {
			t.Errorf("outcome %q, want retry or unclear", got.Outcome)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		p.Close()
		want(t, attempt(within(t), 7), events.Retry)
	})
}
