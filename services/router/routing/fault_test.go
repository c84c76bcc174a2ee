package routing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// ledger reads the whole log and holds it against what must be true of any:
// each statement has one outcome, in the order of the statements of one sender;
// no message is added twice; versions never go back.
type ledger struct {
	outcomes map[uint64]string
	messages map[events.MessageID]bool
	texts    map[events.ContactID][]string
	byText   map[string]int
}

func (h *house) ledger(statements uint64) *ledger {
	h.t.Helper()
	l := &ledger{outcomes: map[uint64]string{}, messages: map[events.MessageID]bool{}, texts: map[events.ContactID][]string{}, byText: map[string]int{}}
	_, last, err := h.facts.Bounds(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	versions := map[events.ConversationID]int64{}
	cursor := h.out.From(0)
	for at := uint64(0); at < last; {
		batch, err := cursor.Next(ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range batch {
			at = e.Seq
			if e.Err != nil {
				h.t.Fatal(e.Err)
			}
			for _, c := range e.Value.Conversations {
				if c.Version < versions[c.ID] {
					h.t.Errorf("decision %d takes %s back from version %d to %d", e.Seq, c.ID, versions[c.ID], c.Version)
				}
				versions[c.ID] = c.Version
			}
			for _, f := range e.Value.Facts {
				l.fact(h.t, e.Value, f.Body)
			}
		}
	}
	for seq := range statements {
		if l.outcomes[seq+1] == "" {
			h.t.Errorf("statement %d has no outcome", seq+1)
		}
	}
	return l
}

func (l *ledger) fact(t testing.TB, d *events.Decision, body events.Body) {
	t.Helper()
	outcome := ""
	switch f := body.(type) {
	case *events.InboundStored:
		outcome = "stored"
	case *events.InboundDuplicate:
		outcome = "duplicate"
	case *events.InboundRejected:
		outcome = "rejected"
	case *events.MessageAdded:
		if l.messages[f.Message.ID] {
			t.Errorf("decision %d adds message %s again", d.Seq, f.Message.ID)
		}
		l.messages[f.Message.ID] = true
		l.byText[f.Message.Text]++
		if f.Message.Direction == events.In {
			l.texts[f.Message.ContactID] = append(l.texts[f.Message.ContactID], f.Message.Text)
		}
	}
	if outcome == "" {
		return
	}
	if before := l.outcomes[d.Cause.InboundSeq]; before != "" {
		t.Errorf("statement %d is %s and %s", d.Cause.InboundSeq, before, outcome)
	}
	l.outcomes[d.Cause.InboundSeq] = outcome
}

// foreign claims the log and writes a decision into a shard, as a second router
// would: only while its claim holds. One that wrote without would take the place of a
// decision of ours and let the next of ours pass. It changes nothing that is known.
func (h *house) foreign(log *eventlog.Log, n int, shard int) error {
	claim, err := log.Append(h.t.Context(), eventlog.Message{Subject: events.LeadSubject, Data: []byte(`{"id":"lead/other","facts":[]}`)})
	if err != nil {
		return err
	}
	d := &events.Decision{
		ID: fmt.Sprint("foreign", n), At: h.clock.Now(), Cause: events.Cause{Kind: "command"}, Contact: events.ContactID("ctforeign" + events.ShardSuffix(shard)),
		Facts: []events.Fact{events.NewFact(&events.ContactUpdated{Note: "somebody else"})},
	}
	data, err := d.Encode()
	if err != nil {
		return err
	}
	_, err = log.Append(h.t.Context(), eventlog.Message{
		Subject: events.ConversationSubject(shard), Data: data,
		ExpectLast: eventlog.Expect(claim), Header: nats.Header{headerExpectOf: {events.LeadSubject}},
	})
	if errors.Is(err, eventlog.ErrConflict) {
		return nil // the router has claimed since
	}
	return err
}

// storm sends statements of a few customers and agents' notes, all at once, and
// does to the router whatever disturb does meanwhile. It returns the texts of
// the notes that were told stored.
func (h *house) storm(customers, each int, disturb func(round int)) (statements uint64, notes []string) {
	h.t.Helper()
	pub := channel.NewLogPublisher(h.inbound)
	first := conversationOf(h.t, h.say(statement("shop", "webhook", "first", "first", point("external", "noted", events.Stated))))
	var wg sync.WaitGroup
	var mu sync.Mutex
	for c := range customers {
		wg.Go(func() {
			who := point("external", fmt.Sprint("c-", c), events.Stated)
			for i := range each {
				in := statement("shop", "webhook", fmt.Sprintf("m-%d-%d", c, i), fmt.Sprintf("%d/%d", c, i), who)
				if i%5 == 4 { // an address that comes to be known on the way
					in.Sender.Points = append(in.Sender.Points, point("email", fmt.Sprintf("c%d@example.com", c), events.Stated))
				}
				if i%7 == 6 {
					in.Inbox, in.Channel, in.Sender.Points = "mail", "email", []events.Point{point("email", fmt.Sprintf("c%d@example.com", c), events.Stated)}
				}
				if err := pub.Publish(h.t.Context(), in); err != nil {
					h.t.Error(err)
					return
				}
			}
		})
	}
	stop := make(chan struct{})
	var clerk sync.WaitGroup
	clerk.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			text := fmt.Sprint("note ", i)
			r, err := h.try(commands.AddNote, commands.Envelope{Conversation: first.ID}, commands.NoteBody{Text: text, ClientID: fmt.Sprint("n", i)})
			if err == nil && r.Problem == nil {
				mu.Lock()
				notes = append(notes, text)
				mu.Unlock()
			} else if err == nil && r.Problem.Code != commands.Unavailable {
				h.t.Errorf("a note was answered %+v", r.Problem)
			}
		}
	})
	for round := range 12 {
		disturb(round)
	}
	wg.Wait()
	close(stop)
	clerk.Wait()
	return uint64(customers*each) + 1, notes
}

func (h *house) settled(statements uint64) {
	h.t.Helper()
	testkit.Eventually(h.t, time.Minute, func() error {
		booked := map[uint64]bool{}
		_, last, err := h.facts.Bounds(h.t.Context())
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
		defer cancel()
		cursor := h.out.From(0)
		for at := uint64(0); at < last; {
			batch, err := cursor.Next(ctx)
			if err != nil {
				return err
			}
			for _, e := range batch {
				at = e.Seq
				if e.Value != nil && e.Value.Cause.InboundSeq > 0 {
					booked[e.Value.Cause.InboundSeq] = true
				}
			}
		}
		if uint64(len(booked)) < statements {
			return fmt.Errorf("%d of %d statements decided", len(booked), statements)
		}
		return nil
	})
}

func (h *house) check(statements uint64, each int, notes []string) {
	h.t.Helper()
	h.settled(statements)
	l := h.ledger(statements)
	for contact, texts := range l.texts {
		next := 0
		for _, text := range texts {
			var c, i int
			if n, _ := fmt.Sscanf(text, "%d/%d", &c, &i); n != 2 {
				continue
			}
			if i != next && i%7 != 6 && next%7 != 6 { // mail comes through a shard of INBOUND of its own
				h.t.Errorf("contact %s: %s stands where %d was due", contact, text, next)
			}
			next = i + 1
		}
	}
	for _, note := range notes {
		if l.byText[note] != 1 {
			h.t.Errorf("%s was told stored and stands %d times in the log", note, l.byText[note])
		}
	}
	if len(notes) == 0 {
		h.t.Error("not one note was stored: the test shows nothing")
	}
	decided := h.hash()
	if err := bolt.Remove(h.dir + "/router.db"); err != nil {
		h.t.Fatal(err)
	}
	h.start()
	if rebuilt := h.hash(); rebuilt != decided {
		h.t.Errorf("decided %s, rebuilt %s", decided, rebuilt)
	}
}

// Somebody else writes into the log at random moments, into random shards. It
// fails when submit leaves headerExpectEnd or the claim out, or recover its
// fence.
func TestForeignDecisionsBetweenOurs(t *testing.T) {
	h := newHouse(t)
	other := h.server.OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	random := rand.New(rand.NewPCG(1, 2))
	n := 0
	statements, notes := h.storm(8, 40, func(int) {
		for range random.IntN(6) {
			n++
			if err := h.foreign(other, n, random.IntN(events.Shards)); err != nil {
				t.Error(err)
			}
		}
		h.moved(uint64(random.IntN(25)))
	})
	h.check(statements, 40, notes)
}

// moved waits until the log has grown by n, or a fifth of a second.
func (h *house) moved(n uint64) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 200*time.Millisecond)
	defer cancel()
	cursor := h.out.From(h.out.Head())
	for seen := uint64(0); seen < n; {
		batch, err := cursor.Next(ctx)
		if err != nil {
			return
		}
		seen += uint64(len(batch))
	}
}

// The router is stopped at random moments as a kill would: nothing of what it
// holds is written. What it had sent to the log stands, the rest is decided anew.
func TestKilledAtAnyMoment(t *testing.T) {
	h := newHouse(t)
	random := rand.New(rand.NewPCG(3, 4))
	statements, notes := h.storm(8, 40, func(int) {
		h.moved(uint64(random.IntN(40)))
		h.kill()
		h.start()
	})
	h.check(statements, 40, notes)
}

// kill ends the router and puts its file back to what it was at this moment.
func (h *house) kill() {
	h.t.Helper()
	at := filepath.Join(h.t.TempDir(), "router.db")
	if err := h.router.store.db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(at, 0o600) }); err != nil {
		h.t.Fatal(err)
	}
	h.stop()
	if err := os.Rename(at, filepath.Join(h.dir, "router.db")); err != nil {
		h.t.Fatal(err)
	}
}

// The file cannot be read any more. Nothing may be decided as if it were empty:
// the router ends, or builds it anew. It fails when view lets errors pass.
func TestAnUnreadableStateIsNotAnEmptyOne(t *testing.T) {
	h := newHouse(t)
	kim := point("external", "c-1", events.Stated)
	first := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "one", kim)))
	h.stop()
	path := filepath.Join(h.dir, "router.db")
	db, err := bolt.Open(path, bolt.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketContact).Put([]byte(first.Contact.ID), []byte("not what it was"))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	h.start()
	if again := conversationOf(t, h.say(statement("shop", "webhook", "m-2", "two", kim))); again.Contact.ID != first.Contact.ID || again.ID != first.ID {
		t.Fatalf("the customer became somebody else: %s, then %s", first.Contact.ID, again.Contact.ID)
	}
	if err := h.router.store.db.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if err := channel.NewLogPublisher(h.inbound).Publish(t.Context(), statement("shop", "webhook", "m-3", "three", point("external", "c-2", events.Stated))); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-h.done:
		if err == nil {
			t.Fatal("the router ended without a reason")
		}
	case <-time.After(time.Minute):
		t.Fatal("the router goes on without its file")
	}
	h.stop = func() {}
}

// Two routers on one log: one decides, the other stands by and takes over when
// the first goes. It fails when standBy returns at once.
func TestASecondRouterStandsBy(t *testing.T) {
	h := newHouse(t)
	second := *h
	second.dir = t.TempDir()
	second.nc = h.server.Conn(t)
	second.start()
	first := h.stop
	statements, notes := h.storm(4, 30, func(round int) {
		h.moved(5)
		if round == 6 {
			first()
		}
	})
	h.router, h.stop, h.dir = second.router, second.stop, second.dir
	h.check(statements, 30, notes)
}

// Two routers that do not see each other, as with a network cut in two on one
// side only: the log alone keeps them from spoiling each other's work.
func TestTwoRoutersThatDoNotSeeEachOther(t *testing.T) {
	h := newHouse(t)
	second := *h
	second.dir = t.TempDir()
	second.nc = h.server.Conn(t)
	second.blind = true
	second.start()
	statements, notes := h.storm(4, 30, func(int) { h.moved(5) })
	h.settled(statements)
	second.stop()
	c := conversationOf(t, h.say(statement("shop", "webhook", "last", "last", point("external", "last", events.Stated))))
	testkit.Eventually(t, time.Minute, func() error {
		r := h.command(commands.AddNote, commands.Envelope{Conversation: c.ID}, commands.NoteBody{Text: "alone again", ClientID: "alone"})
		if r.Problem != nil {
			return r.Problem
		}
		return nil
	})
	statements, notes = statements+1, append(notes, "alone again")
	h.check(statements, 30, notes)
}

// Commands that nobody has room for are answered, not dropped.
func TestTooManyCommandsAreToldToComeBack(t *testing.T) {
	r := &Router{commands: make(chan request, 1)}
	h := newHouse(t)
	r.deps.Logger = testkit.Logger(t)
	answers := make(chan *nats.Msg, 8)
	inbox := nats.NewInbox()
	sub, err := h.nc.ChanSubscribe(inbox, answers)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	orders, err := h.nc.Subscribe("orders", r.accept)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = orders.Unsubscribe() }()
	for range 3 {
		if err := h.nc.PublishRequest("orders", inbox, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		wantUnavailable(t, answers)
	}
	r.turnAway()
	wantUnavailable(t, answers)
}

func wantUnavailable(t *testing.T, answers <-chan *nats.Msg) {
	t.Helper()
	select {
	case m := <-answers:
		var result commands.Result
		if err := json.Unmarshal(m.Data, &result); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, &result, commands.Unavailable)
	case <-time.After(time.Minute):
		t.Fatal("a command was dropped in silence")
	}
}

// A message that cannot become a decision is rejected and holds up nobody. It
// fails when submit treats an unfit decision as a failure of the log.
func TestPoisonHoldsUpNobody(t *testing.T) {
	h := newHouse(t)
	kim := point("external", "c-1", events.Stated)
	early := statement("shop", "webhook", "early", "before our era", kim)
	early.OccurredAt = time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 14*3600))
	late := statement("shop", "webhook", "late", "after all eras", kim)
	late.OccurredAt = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -12*3600))
	big := statement("shop", "webhook", "big", string(make([]byte, 0)), kim)
	fill := make([]byte, int(h.nc.MaxPayload())-2048)
	for i := range fill {
		fill[i] = 'x'
	}
	big.Message.Text = string(fill)
	ds := h.say(early, late, big, statement("shop", "webhook", "fine", "hello", kim))
	stored := bodies[*events.MessageAdded](ds)
	if len(stored) == 0 || stored[len(stored)-1].Message.Text != "hello" {
		t.Fatalf("the message behind the poison: %d stored", len(stored))
	}
	if rejected := bodies[*events.InboundRejected](ds); len(rejected) == 0 {
		t.Fatal("nothing was rejected: the test shows nothing")
	}
}

// The newest decisions were deleted, as a torn batch is when the log is opened.
// It fails when catchUp waits for a sequence that no cursor will bring.
func TestADeletedEndOfTheLog(t *testing.T) {
	h := newHouse(t)
	kim := point("external", "c-1", events.Stated)
	h.say(statement("shop", "webhook", "m-1", "one", kim))
	h.say(statement("shop", "webhook", "m-2", "two", kim))
	h.stop()
	st, err := h.facts.JetStream().Stream(t.Context(), events.ConversationStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.DeleteMsg(t.Context(), st.CachedInfo().State.LastSeq); err != nil {
		t.Fatal(err)
	}
	if err := bolt.Remove(h.dir + "/router.db"); err != nil {
		t.Fatal(err)
	}
	h.openFacts()
	h.start()
	h.say(statement("shop", "webhook", "m-3", "three", kim))
	h.settled(3)

	// And while it runs, the newest of one shard alone.
	d := h.say(statement("shop", "webhook", "m-4", "four", kim))
	if err := st.DeleteMsg(t.Context(), d[len(d)-1].Seq); err != nil {
		t.Fatal(err)
	}
	h.say(statement("shop", "webhook", "m-5", "five", kim))
}
