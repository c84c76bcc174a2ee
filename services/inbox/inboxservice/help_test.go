package inboxservice_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/inbox/inboxservice"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
)

// patience is how long anything is waited for; rebuilding a large log takes its time.
const patience = 3 * time.Minute

// house is a log with its feed, to run inboxes over.
type house struct {
	log  *eventlog.Log
	feed *feed.Feed[*events.Decision]
	nc   *nats.Conn
	dir  string
	last uint64
}

func newHouse(t testing.TB) *house {
	t.Helper()
	server := testkit.NATS(t)
	h := &house{nc: server.Conn(t), dir: t.TempDir(), log: server.OpenLog(t, events.ConversationStream, events.ConversationWildcard)}
	h.openFeed(t)
	return h
}

func (h *house) openFeed(t testing.TB) {
	t.Helper()
	f, err := feed.Open(t.Context(), h.log, func(r feed.Raw) (*events.Decision, error) {
		d, err := events.DecodeDecision(r.Data)
		if err == nil {
			d.Seq = r.Seq
		}
		return d, err
	}, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	h.feed = f
}

// write appends decisions and waits until they are durable.
func (h *house) write(t testing.TB, ds ...*events.Decision) {
	t.Helper()
	var pending []*eventlog.Pending
	for _, d := range ds {
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, h.log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(events.ShardOf(d.Contact)), Data: data}))
		if len(pending) == 1000 {
			h.settle(t, pending)
			pending = pending[:0]
		}
	}
	h.settle(t, pending)
}

func (h *house) settle(t testing.TB, pending []*eventlog.Pending) {
	t.Helper()
	for _, p := range pending {
		seq, err := p.Durable(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.last = seq
	}
}

// start runs an inbox until stop is called or the test ends.
func (h *house) start(t testing.TB, shape ...func(*inboxservice.Deps)) (s *inboxservice.Service, stop func()) {
	t.Helper()
	deps := inboxservice.Deps{NC: h.nc, Feed: h.feed, Dir: h.dir, Logger: testkit.Logger(t)}
	for _, f := range shape {
		f(&deps)
	}
	s, err := inboxservice.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}
	t.Cleanup(stop)
	select {
	case <-s.Ready():
	case err := <-done:
		stopped = true
		cancel()
		t.Fatalf("inbox ended before it was ready: %v", err)
	case <-time.After(patience):
		t.Fatal("inbox is not ready")
	}
	// The feed shows what was written a moment after it is durable.
	h.waitFor(t, s)
	return s, stop
}

func (h *house) waitFor(t testing.TB, s *inboxservice.Service) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.WaitFor(ctx, h.last); err != nil {
		t.Fatal(err)
	}
}

func waitForSearch(t testing.TB, s *inboxservice.Service) {
	t.Helper()
	testkit.Eventually(t, patience, func() error {
		if lag := s.SearchLag(); lag > 0 {
			return errors.New("search is behind")
		}
		return nil
	})
}

// ask puts a query over NATS.
func ask[T any](t testing.TB, h *house, name string, q any) (*T, *queries.Problem) {
	t.Helper()
	data, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.nc.Request(events.QueryPrefix+name, data, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var a queries.Answer[T]
	if err := json.Unmarshal(m.Data, &a); err != nil {
		t.Fatalf("%v in %s", err, m.Data)
	}
	return a.OK, a.Problem
}

func must[T any](t testing.TB, h *house, name string, q any) T {
	t.Helper()
	v, p := ask[T](t, h, name, q)
	if p != nil || v == nil {
		t.Fatalf("%s: %+v", name, p)
	}
	return *v
}

func chooser(seed uint64) history.Choose {
	return func(n int) int {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return int((z ^ z>>31) % uint64(n))
	}
}

func decisions(w *history.World, n int) []*events.Decision {
	var ds []*events.Decision
	for len(ds) < n {
		ds = append(ds, w.Next()...)
	}
	return ds
}

func removeAll(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func rawMessage(data string) eventlog.Message {
	return eventlog.Message{Subject: events.ConversationSubject(0), Data: []byte(data)}
}
