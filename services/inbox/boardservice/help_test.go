package boardservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

const patience = time.Minute

var zone = time.FixedZone("here", 9*3600)

// dayClock tells the time of a generated day; its timers are those of the machine.
type dayClock struct {
	clock.System
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *dayClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *dayClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// world is a log, a bucket of settings and a day that fills them. The day begins a
// minute from now and runs ahead of the clock on the wall, so every setting is
// stored before it in time; what counts is in which order things are stored.
type world struct {
	t        testing.TB
	nc       *nats.Conn
	log      *eventlog.Log
	bucket   *eventlog.Log
	feed     *facts
	settings *feed.Feed[Setting]
	clock    *dayClock
	near     uint64 // decisions between two boards on disk; nought as always
	day      *daytest.Day
	dir      string
	last     uint64 // of the log
	set      uint64 // of the bucket
}

func newWorld(t testing.TB, seed uint64) *world {
	t.Helper()
	server := testkit.NATS(t)
	w := &world{t: t, nc: server.Conn(t), log: server.OpenLog(t, events.ConversationStream, events.ConversationWildcard), dir: t.TempDir()}
	var err error
	w.bucket, err = eventlog.Open(t.Context(), server.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: server.Commit})
	must(t, err)
	t.Cleanup(w.bucket.Close)
	w.feed, err = feed.Open(t.Context(), w.log, func(r feed.Raw) (*events.Decision, error) { return events.DecodeDecision(r.Data) }, feed.Options{})
	must(t, err)
	t.Cleanup(w.feed.Close)
	w.settings, err = feed.Open(t.Context(), w.bucket, DecodeSetting, feed.Options{})
	must(t, err)
	t.Cleanup(w.settings.Close)
	w.day = daytest.New(rand.New(rand.NewPCG(seed, 7)).IntN, time.Now().UTC().Add(time.Minute).Truncate(time.Millisecond), 4, 6)
	w.clock = &dayClock{now: w.day.Now}
	for i := range 3 {
		id := events.TeamID(fmt.Sprint("tm", i))
		w.put(config.KindTeam, string(id), config.Team{ID: id})
	}
	for _, a := range w.day.Agents {
		w.put(config.KindAgent, string(a.ID), a)
	}
	for _, q := range w.day.Queues {
		w.put(config.KindQueue, string(q.ID), q)
	}
	for _, i := range w.day.Inboxes {
		w.put(config.KindInbox, string(i.ID), i)
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) put(kind, id string, value any) {
	w.t.Helper()
	data, err := json.Marshal(value)
	must(w.t, err)
	w.set, err = w.bucket.Append(w.t.Context(), eventlog.Message{Subject: kv.Subject(events.ConfigBucket, kind, id), Data: data})
	must(w.t, err)
}

// step has one thing happen and be stored, soon or late.
func (w *world) step() *events.Decision {
	w.t.Helper()
	for {
		if d := w.day.Step(); d != nil {
			w.decided(d)
			return d
		}
	}
}

// opens has a conversation begin at this very moment of the day.
func (w *world) opens() {
	w.t.Helper()
	w.decided(w.day.Make(func() { w.day.Open(0, 0) }))
}

func (w *world) decided(d *events.Decision) {
	w.t.Helper()
	data, err := d.Encode()
	must(w.t, err)
	w.last, err = w.log.Append(w.t.Context(), eventlog.Message{Subject: events.ConversationSubject(1), Data: data})
	must(w.t, err)
	w.clock.set(w.day.Now)
}

// later moves the day on, so that nothing that was answered before is fresh.
func (w *world) later(d time.Duration) {
	w.day.Now = w.day.Now.Add(d + every)
	w.clock.set(w.day.Now)
}

func (w *world) start() (s *Service, stop func()) {
	w.t.Helper()
	s, err := New(Deps{NC: w.nc, Feed: w.feed, Settings: w.settings, Dir: w.dir, Zone: zone, Clock: w.clock, Logger: testkit.Logger(w.t), near: w.near})
	must(w.t, err)
	return s, w.run(s)
}

// run has a board work until the test ends, or until it is stopped.
func (w *world) run(s *Service) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				w.t.Errorf("run: %v", err)
			}
		})
	}
	w.t.Cleanup(stop)
	select {
	case <-s.Ready():
	case <-time.After(patience):
		w.t.Fatal("the board is not ready")
	}
	return stop
}

// settled waits until the board has read all settings.
func (w *world) settled(s *Service) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.state.settings < w.set {
			return errors.New("settings are not read yet")
		}
		return nil
	})
}

// now is the board as it stands after all that happened.
func (w *world) now(s *Service) *queries.BoardAnswer {
	w.t.Helper()
	w.settled(s)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	data, err := s.Now(ctx, w.last)
	must(w.t, err)
	var out queries.BoardAnswer
	must(w.t, json.Unmarshal(data, &out))
	if out.Source == "" {
		w.t.Fatal("the board has no source")
	}
	out.Source, out.Number = "", 0
	return &out
}

func text(t testing.TB, b *queries.BoardAnswer) string {
	t.Helper()
	data, err := json.MarshalIndent(b, "", " ")
	must(t, err)
	return string(data)
}

func same(t testing.TB, what string, got, want *queries.BoardAnswer) {
	t.Helper()
	a, b := text(t, got), text(t, want)
	if a == b {
		return
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-300):min(len(s), i+120)] }
	t.Fatalf("%s:\n%s\n--- and should be\n%s", what, cut(a), cut(b))
}

func boards(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "board", "*"+suffix))
	must(t, err)
	return files
}
