package segments

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/automation/people"
)

const patience = time.Minute

// table is segments that a test changes.
type table struct {
	mu      sync.Mutex
	list    []config.Segment
	changed chan struct{}
}

func (s *table) Segments() []config.Segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *table) Changes() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *table) set(when ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
	for i, w := range when {
		s.list = append(s.list, config.Segment{ID: events.SegmentID(fmt.Sprint("s", i)), Name: "s", When: w})
	}
	if s.changed != nil {
		close(s.changed)
	}
	s.changed = make(chan struct{})
}

// town is a town with a log, a memory of its people and whoever decides.
type town struct {
	t      testing.TB
	nc     *nats.Conn
	log    *eventlog.Log
	people *people.Memory
	table  *table

	mu      sync.Mutex // guards what follows
	given   []commands.Envelope
	said    map[events.ContactID]string
	refuses func(n int) *commands.Problem // by how many were given before
}

func newTown(t testing.TB) *town {
	t.Helper()
	srv := testkit.NATS(t)
	w := &town{t: t, nc: srv.Conn(t), log: srv.OpenLog(t, events.ConversationStream, events.ConversationWildcard), table: &table{}, said: map[events.ContactID]string{}}
	w.table.set()
	facts, err := feed.Open(t.Context(), w.log, func(r feed.Raw) (*events.Decision, error) {
		d, err := events.DecodeDecision(r.Data)
		if d != nil {
			d.Seq = r.Seq
		}
		return d, err
	}, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(facts.Close)
	w.people = people.New(facts, t.TempDir(), testkit.Logger(t))
	w.people.Gather(100 * time.Millisecond)
	w.run(w.people.Run)
	<-w.people.Ready()
	testkit.Answer(t, w.nc, events.CommandSubject, w.decide)
	return w
}

// run runs something until the test ends, or the function it returns is called.
func (w *town) run(f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// decide stores what it is told, as the router does.
func (w *town) decide(m *nats.Msg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var env commands.Envelope
	var body commands.SegmentContactBody
	result := commands.Result{}
	if err := json.Unmarshal(m.Data, &env); err != nil || env.Name != commands.SegmentContact || json.Unmarshal(env.Body, &body) != nil || body.Segments == nil {
		w.t.Errorf("given %s", m.Data)
		return
	}
	w.given = append(w.given, env)
	if w.refuses != nil {
		result.Problem = w.refuses(len(w.given) - 1)
	}
	if result.Problem == nil && w.said[env.Contact] != fmt.Sprint(body.Segments) {
		w.said[env.Contact] = fmt.Sprint(body.Segments)
		result.Seq = w.store(env.Contact, &events.ContactSegmented{Segments: body.Segments})
	}
	data, err := json.Marshal(result)
	if err == nil {
		err = m.Respond(data)
	}
	if err != nil {
		w.t.Error(err)
	}
}

func (w *town) store(contact events.ContactID, bodies ...events.Body) uint64 {
	seq, err := w.later(contact, bodies...).Durable(context.Background())
	if err != nil {
		w.t.Error(err)
	}
	return seq
}

func (w *town) later(contact events.ContactID, bodies ...events.Body) *eventlog.Pending {
	d := events.Decision{ID: "d", Contact: contact, At: time.Now().UTC()}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	data, err := d.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(0), Data: data})
}

func (w *town) worker() *Worker {
	w.t.Helper()
	worker, err := New(Deps{NC: w.nc, Table: w.table, People: w.people, Logger: testkit.Logger(w.t)})
	if err != nil {
		w.t.Fatal(err)
	}
	return worker
}

// in waits until the log says that a contact is in these segments.
func (w *town) in(contact string, want ...events.SegmentID) {
	w.t.Helper()
	testkit.Eventually(w.t, patience, func() error {
		p, err := w.people.Person(events.ContactID(contact))
		if err != nil || p == nil || !slices.Equal(p.Segments, want) {
			return fmt.Errorf("%s: %+v, %v", contact, p, err)
		}
		return nil
	})
}

func buys(total string) *events.OrderStated {
	return &events.OrderStated{Inbox: "tea", Order: events.Order{ID: total, Total: total, Currency: "EUR", PlacedAt: time.Now().UTC(), UpdatedAt: time.Now().UTC()}}
}

func TestEverybodyIsWhereTheyBelong(t *testing.T) {
	w := newTown(t)
	w.store("kim", &events.ContactCreated{Name: "Kim"}, buys("700"))
	w.store("lee", &events.ContactCreated{Name: "Lee"})
	w.table.set(`contact.spent > 500`, `contact.name.startsWith('L')`)
	stop := w.run(w.worker().Run)
	w.in("kim", "s0") // the first look at all
	w.in("lee", "s1")
	w.store("lee", buys("600")) // something new about one
	w.in("lee", "s0", "s1")
	w.table.set(`contact.spent > 650`) // another segment
	w.in("lee")
	w.in("kim", "s0")
	w.table.set(`contact.messages_count > 1`)
	w.in("kim")
	hello := &events.MessageAdded{Message: events.Message{Direction: events.In, Kind: events.KindMessage, Text: "hello"}}
	w.store("kim", hello)
	w.store("kim", hello)
	w.in("kim", "s0")
	w.table.set() // and none
	w.in("kim")
	stop()
	w.table.set(`true`)
	w.run(w.worker().Run) // a change while nobody looked
	w.in("kim", "s0")
	w.in("lee", "s0")
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.given) > 14 {
		t.Errorf("%d commands for ten changes", len(w.given))
	}
}

func TestAnExpressionThatIsNoneHoldsForNobodyAndHoldsNothingUp(t *testing.T) {
	w := newTown(t)
	w.store("kim", &events.ContactCreated{Name: "Kim"})
	w.table.set(`contact.nmae == 'Kim'`, `1 / contact.orders_count > 0`, `'s3' in contact.segments`, `contact.name == 'Kim'`)
	w.run(w.worker().Run)
	w.in("kim", "s3")
}

// Who is in a segment because of a time leaves it when that has passed, though
// nothing is said of them.
func TestTimeMovesPeople(t *testing.T) {
	w := newTown(t)
	w.store("kim", &events.ContactCreated{Name: "Kim"}, buys("700"))
	w.table.set(`contact.spent_since(now - minutes(90)) > 500`)
	hand := clock.NewFake(time.Now().UTC())
	worker, err := New(Deps{NC: w.nc, Table: w.table, People: w.people, Clock: hand, Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	w.run(worker.Run)
	w.in("kim", "s0")
	for range 2 {
		if err := hand.BlockUntil(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		hand.Advance(sweep)
	}
	w.in("kim")
}

// What could not be stored is given again, with the same id; what is refused is
// not.
func TestWhatCannotBeStoredIsGivenAgain(t *testing.T) {
	w := newTown(t)
	w.store("kim", &events.ContactCreated{Name: "Kim"})
	w.store("gone", &events.ContactCreated{Name: "Gone"})
	w.refuses = func(n int) *commands.Problem {
		switch {
		case w.given[n].Contact == "gone":
			return &commands.Problem{Code: commands.Invalid, Detail: "the contact is merged into another"}
		case n < 2:
			return &commands.Problem{Code: commands.Unavailable, Detail: "cannot store now"}
		}
		return nil
	}
	w.table.set(`true`)
	w.run(w.worker().Run)
	w.in("kim", "s0")
	w.mu.Lock()
	defer w.mu.Unlock()
	ids, gone := map[string]bool{}, 0
	for _, env := range w.given {
		if env.Contact == "gone" {
			gone++
			continue
		}
		ids[env.ID] = true
	}
	if len(ids) != 1 || gone != 1 {
		t.Errorf("kim's command had the ids %v, gone's was given %d times", ids, gone)
	}
}

// Two workers at once, as for a moment when one process takes over, give commands
// of the same id, and another state another id.
func TestTheIdOfACommandFollowsFromWhatItAnswers(t *testing.T) {
	w := newTown(t)
	w.store("kim", &events.ContactCreated{Name: "Kim"})
	w.table.set(`true`)
	one, two := w.worker(), w.worker()
	for _, e := range []errand{{"kim", 7, []events.SegmentID{"s0"}}, {"kim", 7, []events.SegmentID{"s0"}}, {"kim", 9, []events.SegmentID{"s0"}}, {"kim", 7, nil}, {"lee", 7, nil}} {
		if err := one.give(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if err := two.give(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, env := range w.given {
		ids = append(ids, env.ID)
	}
	if len(ids) != 10 || ids[0] != ids[3] || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 4 {
		t.Errorf("ids: %s", strings.Join(ids, " "))
	}
}

// BenchmarkSweep looks at 10 000 contacts, each with three orders, for ten
// segments; nobody has to be moved.
func BenchmarkSweep(b *testing.B) {
	w := newTown(b)
	const contacts = 10_000
	var last *eventlog.Pending
	for i := range contacts {
		last = w.later(events.ContactID(fmt.Sprintf("c%05d", i)), &events.ContactCreated{Name: fmt.Sprint("Kim ", i), Attributes: map[string]string{"plan": "gold"}},
			buys("700"), buys("20"), buys("31"))
	}
	seq, err := last.Durable(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if err := w.people.WaitFor(b.Context(), seq); err != nil {
		b.Fatal(err)
	}
	var when []string
	for i := range 5 {
		when = append(when, fmt.Sprintf("contact.spent_since(now - days(90)) > %d.0", 1000+i), fmt.Sprintf("contact.attribute('plan') == 'p%d' && contact.orders_count > 3", i))
	}
	w.table.set(when...)
	worker := w.worker()
	worker.read()
	b.ResetTimer()
	for b.Loop() {
		if err := worker.sweep(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/contacts, "µs/contact")
	if len(w.given) != 0 {
		b.Fatalf("%d were moved", len(w.given))
	}
}
