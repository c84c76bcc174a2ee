package search_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
	"github.com/tributary-inbox/tributary/services/inbox/search"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

const patience = time.Minute

// still is a file of views that does not move.
type still struct{ *store.Store }

func (s still) WaitFor(_ context.Context, seq uint64) error {
	if seq > s.Applied() {
		return errors.New("not in the views")
	}
	return nil
}

// shut lets nothing be read, so that nothing can be indexed.
type shut struct{}

func (shut) View(func(*store.Reader) error) error { return errors.New("read") }

func (shut) WaitFor(ctx context.Context, _ uint64) error {
	<-ctx.Done()
	return ctx.Err()
}

// newLog is a log of n decisions or a few more, its feed, and their views.
func newLog(t *testing.T, n int) (*search.Feed, still) {
	t.Helper()
	log := testkit.NATS(t).OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	calls := 0
	w := history.New(func(of int) int { calls += 7919; return calls / 3 % of }, history.Options{})
	var ds []*events.Decision
	for len(ds) < n {
		ds = append(ds, w.Next()...)
	}
	var pending []*eventlog.Pending
	for _, d := range ds {
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(events.ShardOf(d.Contact)), Data: data}))
	}
	last := ds[len(ds)-1].Seq
	for i, p := range pending {
		seq, err := p.Durable(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seq != ds[i].Seq {
			t.Fatalf("decision %d stands at %d", ds[i].Seq, seq)
		}
	}
	s, why, err := store.Open(filepath.Join(t.TempDir(), "inbox.db"))
	if err = errors.Join(why, err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.DB().Update(func(tx *bbolt.Tx) error { return store.Apply(tx, ds, last) }); err != nil {
		t.Fatal(err)
	}
	f, err := feed.Open(t.Context(), log, func(r feed.Raw) (*events.Decision, error) {
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
	testkit.Eventually(t, patience, func() error {
		if f.Head() < last {
			return errors.New("the feed is behind the log")
		}
		return nil
	})
	return f, still{s}
}

// run runs a Searcher until stop is called or the test ends.
func run(t *testing.T, s *search.Searcher) (stop func()) {
	t.Helper()
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
	return stop
}

// TestAStopLosesNothing guards the end of the index. Take the call of keep out
// of shut, and what is indexed after the start is some thousands short, or none.
func TestAStopLosesNothing(t *testing.T) {
	f, views := newLog(t, 5000)
	dir := filepath.Join(t.TempDir(), "search")
	head := f.Head()

	s := search.New(dir, f, views, zerolog.Nop())
	stop := run(t, s)
	testkit.Eventually(t, patience, func() error {
		if s.Lag() > 0 {
			return errors.New("the index is behind")
		}
		return nil
	})
	began := time.Now()
	stop()
	t.Logf("%d decisions indexed, stopped in %v", head, time.Since(began))

	for range 2 { // with nothing new, a stop has nothing to wait for and keeps what there is
		s = search.New(dir, f, shut{}, zerolog.Nop())
		stop = run(t, s)
		testkit.Eventually(t, patience, func() error {
			_, err := s.Find(t.Context(), search.Query{Text: "open", Size: 1})
			return err
		})
		if got := s.Indexed(); got != head {
			t.Fatalf("opened at %d, the log ends at %d", got, head)
		}
		stop()
	}
}
