package ledger

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// someDay is a busy day or two.
func someDay(seed uint64, steps int) *daytest.Day {
	chance := rand.New(rand.NewPCG(seed, 4))
	day := daytest.New(chance.IntN, start, 5, 12)
	for range steps {
		day.Step()
	}
	return day
}

// plain settings never change: the queues' teams are those of a day.
type plain struct {
	queues map[events.QueueID][]events.TeamID
	agents map[events.AgentID][]events.TeamID
}

func plainOf(day *daytest.Day) *plain {
	p := &plain{map[events.QueueID][]events.TeamID{}, map[events.AgentID][]events.TeamID{}}
	for _, q := range day.Queues {
		p.queues[q.ID] = q.Teams
	}
	for _, a := range day.Agents {
		p.agents[a.ID] = a.Teams
	}
	return p
}

func (p *plain) TeamsOf(q events.QueueID, _ time.Time) []events.TeamID   { return p.queues[q] }
func (p *plain) TeamsWith(a events.AgentID, _ time.Time) []events.TeamID { return p.agents[a] }
func (p *plain) Business(_ events.QueueID, from, to time.Time) (time.Duration, bool) {
	return to.Sub(from) / 2, true
}

func (p *plain) Units(channel string, _ time.Time) int {
	return config.DefaultWorkload().Of(channel).Units
}

func opened(t testing.TB, path string, formula int) *bolt.DB {
	t.Helper()
	db, _, err := open(path, formula)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func fresh(t testing.TB) *bolt.DB {
	t.Helper()
	return opened(t, filepath.Join(t.TempDir(), "reports.db"), 1)
}

// write folds decisions in batches whose sizes size gives.
func write(t testing.TB, db *bolt.DB, w *writer, log []*events.Decision, size func() int) {
	t.Helper()
	for len(log) > 0 {
		n := min(size(), len(log))
		if err := db.Update(func(tx *bbolt.Tx) error { return w.apply(tx, log[:n]) }); err != nil {
			t.Fatal(err)
		}
		log = log[n:]
	}
}

func hashOf(t testing.TB, db *bolt.DB) string {
	t.Helper()
	hash, err := bolt.Hash(db.DB, "projection")
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func view(t testing.TB, db *bolt.DB, read func(source)) {
	t.Helper()
	if err := db.View(func(tx *bbolt.Tx) error { read(source{tx, new(known)}); return nil }); err != nil {
		t.Fatal(err)
	}
}

func ask(t testing.TB, s *Service, q queries.AskReport) *queries.ReportTable {
	t.Helper()
	table, err := s.Report(context.Background(), &q)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func round(config.Hours) (Calendar, error) { return roundTheClock{}, nil }

type roundTheClock struct{}

func (roundTheClock) Between(from, to time.Time) time.Duration { return to.Sub(from) }

var _ reports.Source = source{}
