package routing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// settings is a directory of inboxes that tests fill.
type settings struct {
	mu  sync.Mutex
	all []config.Inbox
}

func (s *settings) ByID(id events.InboxID) (config.Inbox, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.all {
		if i.ID == id {
			return i, true
		}
	}
	return config.Inbox{}, false
}

func (s *settings) ByHook(string, string) (config.Inbox, bool) { return config.Inbox{}, false }

func (s *settings) List(ch string) []config.Inbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.all), func(i config.Inbox) bool { return ch != "" && i.Channel != ch })
}

// house is a router over real streams.
type house struct {
	t       testing.TB
	server  *testkit.Server
	blind   bool // routers started from now on do not see those before
	nc      *nats.Conn
	inbound *eventlog.Log
	facts   *eventlog.Log
	in      *feed.Feed[*events.Inbound]
	out     *feed.Feed[*events.Decision]
	inboxes *settings
	staff   Staff
	routes  Routes
	levels  Levels
	// attended says that gateways tell who is there.
	attended bool
	dir      string
	clock    *testClock

	router *Router
	stop   func()
	done   <-chan error
}

type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *testClock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newHouse(t testing.TB, options ...func(*natsd.Options)) *house {
	t.Helper()
	server := testkit.NATS(t, options...)
	h := &house{
		t: t, server: server, nc: server.Conn(t), dir: t.TempDir(),
		inbound: server.OpenLog(t, events.InboundStream, events.InboundWildcard),
		facts:   server.OpenLog(t, events.ConversationStream, events.ConversationWildcard),
		clock:   &testClock{now: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)},
		inboxes: &settings{all: []config.Inbox{
			{ID: "shop", Channel: "webhook"}, {ID: "mail", Channel: "email"}, {ID: "chat", Channel: "webchat"},
			{ID: "threads", Channel: "email", Unify: config.UnifyThread},
		}},
	}
	var err error
	if h.in, err = feed.Open(t.Context(), h.inbound, func(r feed.Raw) (*events.Inbound, error) { return events.DecodeInbound(r.Data) }, feed.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.in.Close)
	h.openFacts()
	h.start()
	t.Cleanup(func() { h.stop() })
	return h
}

// openFacts opens a feed of the log that has seen nothing yet.
func (h *house) openFacts() {
	h.t.Helper()
	out, err := feed.Open(h.t.Context(), h.facts, func(r feed.Raw) (*events.Decision, error) {
		d, err := events.DecodeDecision(r.Data)
		if d != nil {
			d.Seq = r.Seq
		}
		return d, err
	}, feed.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(out.Close)
	h.out = out
}

func (h *house) start() {
	h.t.Helper()
	r, err := New(Deps{NC: h.nc, Inbound: h.in, Facts: h.out, Log: h.facts, Inboxes: h.inboxes, Staff: h.staff, Routes: h.routes, Levels: h.levels, Attended: h.attended, Dir: h.dir, Now: h.clock.Now, Logger: testkit.Logger(h.t)})
	if err != nil {
		h.t.Fatal(err)
	}
	r.claimGood = 40 // so that every test renews claims under way
	if h.blind {
		r.presence = "nobody.looks.here"
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	select {
	case <-r.Ready():
	case err := <-done:
		h.t.Fatalf("router ended: %v", err)
	case <-time.After(time.Minute):
		h.t.Fatal("router is not ready")
	}
	h.router, h.done = r, done
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("router: %v", err)
		}
		if err := r.Close(); err != nil {
			h.t.Errorf("close router: %v", err)
		}
	})
}

func statement(inbox, ch, id, text string, points ...events.Point) *events.Inbound {
	at := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)
	return &events.Inbound{
		Type: events.MessageReceived, Channel: ch, Inbox: events.InboxID(inbox), ProviderID: id,
		OccurredAt: at, ReceivedAt: at, Sender: events.Sender{Points: points, Name: "Kim"},
		Message: &events.ReceivedMessage{Text: text},
	}
}

func point(kind, value string, trust events.Trust) events.Point {
	return events.Point{Kind: kind, Value: value, Trust: trust}
}

// say publishes statements and waits until each has its outcome in the log.
func (h *house) say(statements ...*events.Inbound) []*events.Decision {
	h.t.Helper()
	_, last, err := h.facts.Bounds(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	cursor := h.out.From(last)
	if err := channel.NewLogPublisher(h.inbound).Publish(h.t.Context(), statements...); err != nil {
		h.t.Fatal(err)
	}
	var got []*events.Decision
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	for booked := 0; booked < len(statements); {
		batch, err := cursor.Next(ctx)
		if err != nil {
			h.t.Fatalf("after %d of %d outcomes: %v", booked, len(statements), err)
		}
		for _, e := range batch {
			got = append(got, e.Value)
			for _, f := range e.Value.Facts {
				switch f.Body.(type) {
				case *events.InboundStored, *events.InboundDuplicate, *events.InboundRejected:
					booked++
				}
			}
		}
	}
	return got
}

func (h *house) command(name string, env commands.Envelope, body any) *commands.Result {
	h.t.Helper()
	result, err := h.try(name, env, body)
	if err != nil {
		h.t.Fatal(err)
	}
	return result
}

func (h *house) try(name string, env commands.Envelope, body any) (*commands.Result, error) {
	env.Name = name
	if env.Actor.ID == "" {
		env.Actor = events.Author{Kind: "agent", ID: "anna", Name: "Anna"}
	}
	var err error
	if env.Body, err = json.Marshal(body); err != nil {
		return nil, err
	}
	data, err := json.Marshal(env)
	if err != nil {
		return nil, err
	}
	msg, err := h.nc.Request(events.CommandSubject, data, time.Minute)
	if err != nil {
		return nil, err
	}
	result := new(commands.Result)
	return result, json.Unmarshal(msg.Data, result)
}

// conversationOf returns the conversation a decision put a message into.
// conversationOf is the conversation that a statement led to; what was assigned
// meanwhile may stand between.
func conversationOf(t testing.TB, ds []*events.Decision) events.Conversation {
	t.Helper()
	for _, d := range ds {
		if len(d.Conversations) > 0 && d.Cause.InboundSeq != 0 {
			return d.Conversations[0]
		}
	}
	t.Fatal("no conversation in the decisions")
	return events.Conversation{}
}

func bodies[B events.Body](ds []*events.Decision) []B {
	var out []B
	for _, d := range ds {
		for _, f := range d.Facts {
			if b, ok := f.Body.(B); ok {
				out = append(out, b)
			}
		}
	}
	return out
}

var errNotYet = errors.New("not yet")

func wantProblem(t *testing.T, r *commands.Result, code commands.Code) {
	t.Helper()
	if r.Problem == nil || r.Problem.Code != code {
		t.Fatalf("want %s, got %s", code, fmt.Sprint(r.Problem))
	}
}
