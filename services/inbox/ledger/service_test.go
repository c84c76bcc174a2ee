package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/projection"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// house is a log with settings, and a folder.
type house struct {
	log      *eventlog.Log
	config   *eventlog.Log
	facts    *feed.Feed[*events.Decision]
	settings *feed.Feed[Setting]
	dir      string
	last     uint64 // decision
	lastSet  uint64
}

func newHouse(t *testing.T) *house {
	t.Helper()
	server := testkit.NATS(t)
	h := &house{dir: t.TempDir(), log: server.OpenLog(t, events.ConversationStream, events.ConversationWildcard)}
	var err error
	h.config, err = eventlog.Open(t.Context(), server.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: server.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.config.Close)
	h.facts, err = feed.Open(t.Context(), h.log, func(r feed.Raw) (*events.Decision, error) { return events.DecodeDecision(r.Data) }, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.facts.Close)
	h.settings, err = feed.Open(t.Context(), h.config, DecodeSetting, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.settings.Close)
	return h
}

func (h *house) set(t *testing.T, kind, id string, value any) {
	t.Helper()
	m := eventlog.Message{Subject: kv.Subject(events.ConfigBucket, kind, id)}
	if value == nil {
		m.Header = nats.Header{"KV-Operation": {"DEL"}}
	} else {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		m.Data = data
	}
	var err error
	if h.lastSet, err = h.config.Append(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func (h *house) write(t *testing.T, log ...*events.Decision) {
	t.Helper()
	for _, d := range log {
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if h.last, err = h.log.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(0), Data: data}); err != nil {
			t.Fatal(err)
		}
	}
}

// start runs a ledger until stop.
func (h *house) start(t *testing.T, formula int) (*Service, func()) {
	t.Helper()
	s, err := New(Deps{Feed: h.facts, Settings: h.settings, Calendar: round, Dir: h.dir, formula: formula})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	select {
	case <-s.Ready():
	case err := <-ended:
		ended <- nil
		t.Fatalf("ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("not ready")
	}
	return s, stop
}

func (h *house) path() string { return filepath.Join(h.dir, "reports.db") }

func (h *house) hash(t *testing.T, formula int) (string, uint64) {
	t.Helper()
	db, why, err := open(h.path(), formula)
	if err != nil || why != nil {
		t.Fatal(why, err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var at uint64
	if err := db.View(func(tx *bbolt.Tx) error { at, err = projection.At(tx, "reports"); return err }); err != nil {
		t.Fatal(err)
	}
	return hashOf(t, db), at
}

// A start takes up where the last one ended, a file that is gone comes out the same,
// and another formula computes all of history anew.
func TestReportsAreMadeOfTheLogAlone(t *testing.T) {
	h, day := newHouse(t), someDay(3, 900)
	for _, q := range day.Queues {
		h.set(t, config.KindQueue, string(q.ID), q)
	}
	for _, a := range day.Agents {
		h.set(t, config.KindAgent, string(a.ID), a)
	}
	half := len(day.Log) / 2
	h.write(t, day.Log[:half]...)
	s, stop := h.start(t, 1)
	year := queries.AskReport{From: start.AddDate(0, -6, 0), To: start.AddDate(0, 6, 0), MinSeq: h.last}
	if n := ask(t, s, year).Rows[0].Counts[queries.ReportOpened]; n == 0 {
		t.Fatal("nothing was opened")
	}
	stop()
	_, at := h.hash(t, 1)
	if at != h.last {
		t.Fatalf("stands at %d, not %d", at, h.last)
	}
	h.write(t, day.Log[half:]...)
	s, stop = h.start(t, 1)
	year.MinSeq = h.last
	before := ask(t, s, year)
	if before.AsOf != h.last || before.Formula == 0 {
		t.Fatalf("as of %d, formula %d", before.AsOf, before.Formula)
	}
	stop()
	first, _ := h.hash(t, 1)
	if err := bolt.Remove(h.path()); err != nil {
		t.Fatal(err)
	}
	_, stop = h.start(t, 1)
	stop()
	if again, _ := h.hash(t, 1); again != first {
		t.Fatal("another file came out of the same log")
	}
	// What an older formula noted is of no worth to another: here it noted nothing.
	db, _, err := open(h.path(), 1)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket(bucketEntries); err != nil {
			return err
		}
		_, err := tx.CreateBucket(bucketEntries)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s, stop = h.start(t, 2)
	if after := ask(t, s, year); after.Rows[0].Counts[queries.ReportOpened] != before.Rows[0].Counts[queries.ReportOpened] {
		t.Fatalf("%v, then %v", before.Rows[0].Counts, after.Rows[0].Counts)
	}
	stop()
	if again, _ := h.hash(t, 2); again != first {
		t.Fatal("the formula's file is another, though the formula says the same")
	}
}

// What a file of another, longer log knows is not believed.
func TestAFileAheadOfTheLogIsMadeAnew(t *testing.T) {
	long, day := newHouse(t), someDay(5, 300)
	long.write(t, day.Log...)
	_, stop := long.start(t, 1)
	stop()
	short := newHouse(t)
	short.dir = long.dir
	short.write(t, day.Log[:len(day.Log)/3]...)
	s, _ := short.start(t, 1)
	table := ask(t, s, queries.AskReport{From: start.AddDate(0, -6, 0), To: start.AddDate(0, 6, 0)})
	if table.AsOf != short.last {
		t.Fatalf("as of %d, not %d", table.AsOf, short.last)
	}
}

// Settings are those of the day: when a queue goes to other teams, what was decided
// before stays with the old ones, also when history is computed anew. The times of
// the settings are the server's, so the decisions stand around now.
func TestThePastKeepsItsTeams(t *testing.T) {
	h := newHouse(t)
	queue := config.Queue{ID: "qu1", Teams: []events.TeamID{"red"}}
	h.set(t, config.KindQueue, "qu1", queue)
	settled := time.Now()
	open := func(id events.ConversationID, at time.Time) *events.Decision {
		return &events.Decision{At: at, Contact: "ct1", Facts: []events.Fact{events.NewFact(&events.ConversationOpened{Conversation: id})}, Conversations: []events.Conversation{{ID: id, Status: events.Open, Queue: "qu1"}}}
	}
	h.write(t, open("cv1", settled))
	queue.Teams = []events.TeamID{"blue"}
	h.set(t, config.KindQueue, "qu1", queue)
	h.write(t, open("cv2", settled.Add(time.Hour)))
	h.set(t, config.KindQueue, "qu1", nil)
	h.write(t, open("cv3", settled.Add(2*time.Hour)))
	s, _ := h.start(t, 1)
	table := ask(t, s, queries.AskReport{From: settled.Add(-time.Hour), To: settled.Add(9 * time.Hour), By: []queries.ReportBy{queries.ByTeam}, Numbers: []queries.ReportNumber{queries.ReportOpened}, MinSeq: h.last})
	got := map[string]int64{}
	for _, r := range table.Rows {
		got[r.Keys[0]] = r.Counts[queries.ReportOpened]
	}
	// The queue was removed before the third hour and after the second revision.
	if got["red"] != 1 || got["blue"]+got[""] != 2 {
		t.Fatalf("by team: %v", got)
	}
}

func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	h := newHouse(t)
	s, err := New(Deps{Feed: h.facts, Settings: h.settings, Dir: h.dir})
	if err != nil {
		t.Fatal(err)
	}
	good := queries.AskReport{From: start, To: start.Add(time.Hour)}
	if _, err := s.Report(t.Context(), &good); !errors.Is(err, ErrNotYet) {
		t.Fatalf("before it runs: %v", err)
	}
	s, _ = h.start(t, 1)
	if table, err := s.Report(t.Context(), &good); err != nil || len(table.Rows) != 1 {
		t.Fatalf("of nothing: %+v %v", table, err)
	}
	var bad *Invalid
	zone := good
	zone.Zone = "Asia/Atlantis"
	back := good
	back.To = start.Add(-time.Hour)
	for name, q := range map[string]queries.AskReport{"zone": zone, "range": back} {
		if _, err := s.Report(t.Context(), &q); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, q := range map[string]queries.AskReportConversations{
		"number": {Report: good, Number: "mood"}, "part": {Report: good, Number: queries.ReportOccupancy, Part: "beside"}, "limit": {Report: good, Number: queries.ReportOpened, Limit: 201},
		"cursor": {Report: good, Number: queries.ReportOpened, Cursor: "!"},
	} {
		if _, err := s.Conversations(t.Context(), &q); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Retention(t.Context(), &queries.AskRetention{From: start, To: start.AddDate(90, 0, 0)}); !errors.As(err, &bad) {
		t.Errorf("ninety years: %v", err)
	}
	year := queries.AskRetention{From: start, To: start.AddDate(1, 0, 0)}
	for name, q := range map[string]queries.AskRetentionCustomers{
		"month": {Retention: year, Cohort: "March"}, "limit": {Retention: year, Limit: 201}, "later": {Retention: year, Month: new(-1)}, "range": {},
	} {
		if _, err := s.Customers(t.Context(), &q); !errors.As(err, &bad) {
			t.Errorf("customers, %s: %v", name, err)
		}
	}
}

// halfDay is open for half of any time.
type halfDay struct{}

func (halfDay) Between(from, to time.Time) time.Duration { return to.Sub(from) / 2 }

// Hours of business are those of the queue on that day. Where they are not known the
// answer says so, and no number is made up.
func TestBusinessTimeIsThatOfTheQueue(t *testing.T) {
	h := newHouse(t)
	p := newPast(func(hours config.Hours) (Calendar, error) {
		if hours.Zone == "" {
			return nil, errors.New("no zone")
		}
		return halfDay{}, nil
	})
	set := func(kind, id string, value any) { h.set(t, kind, id, value) }
	set(config.KindQueue, "always", config.Queue{ID: "always"})
	set(config.KindQueue, "office", config.Queue{ID: "office", Hours: "nine"})
	set(config.KindQueue, "lost", config.Queue{ID: "lost", Hours: "gone"})
	set(config.KindQueue, "odd", config.Queue{ID: "odd", Hours: "unread"})
	set(config.KindHours, "nine", config.Hours{ID: "nine", Zone: "Asia/Seoul"})
	set(config.KindHours, "unread", config.Hours{ID: "unread"})
	set(config.KindInbox, "in1", config.Inbox{ID: "in1"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.follow(ctx, h.settings) }()
	defer func() { cancel(); <-ended }()
	if err := p.waitFor(t.Context(), h.lastSet); err != nil {
		t.Fatal(err)
	}
	to := time.Now().Add(time.Hour)
	for queue, want := range map[events.QueueID]time.Duration{"always": 2 * time.Hour, "office": time.Hour, "lost": -1, "odd": -1, "none": -1, "": -1} {
		got, ok := p.Business(queue, to.Add(-2*time.Hour), to)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%s: %v %v", queue, got, ok)
		}
	}
}
