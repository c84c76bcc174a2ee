package sending

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	calls "github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// post is a plain channel over HTTP: a message is posted with its id as the key
// by which, where keyed is set, the provider knows it again.
type post struct {
	kind, url string
	keyed     bool
	client    *calls.Client
	well      *atomic.Bool // nobody is slow on purpose: an attempt may take its time
}

func (p *post) Kind() string                         { return p.kind }
func (*post) SecretNames(config.Inbox) []string      { return nil }
func (*post) Check(*config.Inbox) error              { return nil }
func (p *post) SafeToRepeat(inbox config.Inbox) bool { return p.keyed }

func (p *post) Send(ctx context.Context, _ config.Inbox, req events.SendRequest) (events.SendResult, error) {
	if !p.well.Load() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
	}
	header := http.Header{}
	if p.keyed {
		header.Set("Idempotency-Key", string(req.Message.ID))
	}
	answer, err := p.client.Do(ctx, calls.Call{URL: p.url, Header: header, Body: []byte(req.Message.Text), Private: true, SafeToRepeat: p.keyed})
	if failure, ok := err.(*calls.Failure); ok {
		return failure.Result(), nil
	}
	if err != nil {
		return events.SendResult{}, err
	}
	var said struct{ ID string }
	switch {
	case !answer.OK():
		return calls.Refused(answer, p.keyed, time.Now()), nil
	case json.Unmarshal(answer.Body, &said) == nil && said.ID != "":
		return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{said.ID}}, nil
	case p.keyed:
		return events.SendResult{Outcome: events.Retry, Detail: "the answer cannot be read"}, nil
	}
	return events.SendResult{Outcome: events.Unclear, Detail: "the answer cannot be read"}, nil
}

// desks are the inboxes of one channel.
type desks []config.Inbox

func (d desks) ByID(id events.InboxID) (config.Inbox, bool) {
	for _, inbox := range d {
		if inbox.ID == id {
			return inbox, true
		}
	}
	return config.Inbox{}, false
}
func (desks) ByHook(string, string) (config.Inbox, bool) { return config.Inbox{}, false }
func (d desks) List(string) []config.Inbox               { return d }

// troubled is a channel whose provider is the fake.
func (r *rig) troubled(kind string, keyed bool) *fake.Server {
	r.t.Helper()
	f := &fake.Server{Delay: time.Minute}
	f.Take = func(w http.ResponseWriter, req *http.Request, body []byte) *fake.Sent {
		key := req.Header.Get("Idempotency-Key")
		if known, ok := f.Known(key); ok {
			_, _ = fmt.Fprintf(w, `{"id":%q}`, known.ID)
			return nil
		}
		m := &fake.Sent{ID: "p-" + string(body), Key: key, Text: string(body)}
		_, _ = fmt.Fprintf(w, `{"id":%q}`, m.ID)
		return m
	}
	f.Refuse = func(w http.ResponseWriter, m fake.Mode) {
		status := http.StatusInternalServerError
		if m == fake.Limited {
			w.Header().Set("Retry-After", "420")
			status = http.StatusTooManyRequests
		}
		w.WriteHeader(status)
	}
	server := httptest.NewServer(f)
	client := calls.New()
	outbox := &channel.Outbox{Sender: &post{kind, server.URL, keyed, client, &r.well}, Inboxes: desks{{ID: "in" + events.InboxID(kind), Channel: kind}}, Log: testkit.Logger(r.t), Timeout: time.Minute}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- outbox.Run(ctx, r.nc, func() { close(ready) }) }()
	<-ready
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
		client.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return f
}

// texts are what a provider took, in order.
func texts(f *fake.Server) (out []string) {
	for _, m := range f.Sent() {
		out = append(out, m.Text)
	}
	return out
}

var moods = map[string]fake.Mode{"down": fake.Down, "slow": fake.Slow, "garbage": fake.Garbage, "swallow": fake.Swallow, "limited": fake.Limited, "broken": fake.Broken}

// The clock is driven through an hour in which each provider is troubled in its
// own way, and each knows a message again. Then they are well: every answer is
// sent, exactly once, in the order of its conversation. Meanwhile answers through
// another inbox leave at once.
func TestAnHourOfTroubleLosesAndDoublesNothing(t *testing.T) {
	r := newRig(t)
	now := clock.NewFake(time.Now())
	r.deps.Clock, r.deps.Backoff, r.deps.Timeout = now, nil, 2*time.Minute
	providers := map[string]*fake.Server{}
	for name, mode := range moods {
		providers[name] = r.troubled(name, true)
		providers[name].Set(mode)
	}
	r.start()
	for name := range moods {
		r.wantOn(name, "in"+events.InboxID(name), name, name+"1", name+"2", name+"3")
	}
	begin := now.Now()
	for n := 0; now.Now().Sub(begin) < time.Hour; n++ {
		patience, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := now.BlockUntil(patience, len(moods)); err != nil {
			t.Fatalf("after %v: %d conversations rest, want %d", now.Now().Sub(begin), now.Waiters(), len(moods))
		}
		cancel()
		if n%20 == 0 {
			id := fmt.Sprint("other", n)
			r.want(id, id)
			r.becomes(id, events.StatusSent)
		}
		now.Advance(time.Minute)
	}
	for name := range moods {
		if got := r.desk.is(events.MessageID(name + "1")); got != events.StatusQueued && got != events.StatusSending {
			t.Errorf("%s: after an hour the first answer is %q", name, got)
		}
		if got := r.desk.is(events.MessageID(name + "2")); got != "" {
			t.Errorf("%s: the second answer is %q before the first has left", name, got)
		}
	}
	r.well.Store(true)
	for _, f := range providers {
		f.Set(fake.Works)
	}
	testkit.Eventually(t, time.Minute, func() error {
		now.Advance(10 * time.Minute) // longer than any rest
		for name, f := range providers {
			if got, want := texts(f), []string{name + "1", name + "2", name + "3"}; !slices.Equal(got, want) {
				return fmt.Errorf("%s: the provider has %q", name, got)
			}
		}
		return nil
	})
	for name := range moods {
		for n := range 3 {
			r.becomes(fmt.Sprint(name, n+1), events.StatusSent)
		}
	}
}

// The same hour, and the providers know nothing again: whatever may have arrived
// is nobody's to send once more. It is left for a person, and what follows in its
// conversation goes on; what is known not to have arrived waits and is sent.
func TestAnHourOfTroubleWithoutKeysDoublesNothing(t *testing.T) {
	r := newRig(t)
	now := clock.NewFake(time.Now())
	r.deps.Clock, r.deps.Backoff, r.deps.Timeout = now, nil, 2*time.Minute
	providers := map[string]*fake.Server{}
	for name, mode := range moods {
		providers[name] = r.troubled(name, false)
		providers[name].Set(mode)
	}
	r.start()
	for name := range moods {
		r.wantOn(name, "in"+events.InboxID(name), name, name+"1", name+"2")
	}
	for name := range moods {
		if name != "limited" { // a 429 says that the provider has nothing
			r.becomes(name+"1", events.StatusUnknown)
			r.becomes(name+"2", events.StatusUnknown)
		}
	}
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for begin := now.Now(); now.Now().Sub(begin) < time.Hour; now.Advance(time.Minute) {
		if err := now.BlockUntil(patience, 1); err != nil {
			t.Fatal("the answer that has not left does not wait")
		}
	}
	r.well.Store(true)
	for name, f := range providers {
		f.Set(fake.Works)
		r.wantOn(name, "in"+events.InboxID(name), name, name+"3")
	}
	testkit.Eventually(t, time.Minute, func() error {
		now.Advance(10 * time.Minute)
		for name := range providers {
			if got := r.desk.is(events.MessageID(name + "3")); got != events.StatusSent {
				return fmt.Errorf("%s: the last answer is %q", name, got)
			}
		}
		return nil
	})
	for name, f := range providers {
		got := texts(f)
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("%s: the provider has %s", name, strings.Join(got, ", "))
		}
	}
	if got := texts(providers["limited"]); len(got) != 3 {
		t.Errorf("limited: the provider has %q", got)
	}
}
