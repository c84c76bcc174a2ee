package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// history is decisions in a log.
type history struct {
	at  time.Time
	log []feed.Entry[*events.Decision]
}

func (h *history) about(contact events.ContactID, bodies ...events.Body) *events.Decision {
	h.at = h.at.Add(time.Minute)
	d := &events.Decision{ID: fmt.Sprint("d", len(h.log)), Contact: contact, At: h.at, Seq: uint64(len(h.log) + 1)}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	h.log = append(h.log, feed.Entry[*events.Decision]{Seq: d.Seq, Value: d})
	return d
}

func row(id, contact string, status events.ConversationStatus) events.Conversation {
	return events.Conversation{ID: events.ConversationID(id), Status: status, Contact: events.ContactRef{ID: events.ContactID(contact)}}
}

func wrote(text string, at time.Time, flags ...string) *events.MessageAdded {
	return &events.MessageAdded{Message: events.Message{Direction: events.In, Kind: events.KindMessage, Text: text, OccurredAt: at, Flags: flags}}
}

func bought(id, total string, at time.Time, refunds ...events.Refund) *events.OrderStated {
	return &events.OrderStated{Inbox: "tea", Order: events.Order{ID: id, Currency: "KRW", Total: total, PlacedAt: at, UpdatedAt: at, Refunds: refunds,
		URL: "https://shop.example/1", Lines: []events.OrderLine{{Title: "green tea", SKU: "T-1", Quantity: 2}}}}
}

// folded is a memory whose file holds the log, in batches of the sizes, the last
// one over again.
func folded(t testing.TB, log []feed.Entry[*events.Decision], sizes ...int) *Memory {
	t.Helper()
	return foldedTo(t, 0, log, sizes...)
}

// foldedTo is folded where it is known which day the log has come to.
func foldedTo(t testing.TB, ahead uint32, log []feed.Entry[*events.Decision], sizes ...int) *Memory {
	t.Helper()
	m := New(nil, t.TempDir(), zerolog.Nop())
	m.ahead = ahead
	db, err := bolt.Open(filepath.Join(t.TempDir(), "people.db"), bolt.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m.db = db
	for i := 0; len(log) > 0; i++ {
		n := min(len(log), sizes[min(i, len(sizes)-1)])
		if err := db.Update(func(tx *bbolt.Tx) error {
			if err := prepare(tx); err != nil {
				return err
			}
			return m.apply(tx, log[:n])
		}); err != nil {
			t.Fatal(err)
		}
		log = log[n:]
	}
	return m
}

func (m *Memory) want(t *testing.T, id string) *config.ScopeContact {
	t.Helper()
	c, ok := m.Seen(events.ContactID(id))
	if !ok {
		t.Fatalf("%s is not known", id)
	}
	return c
}

func TestWhatIsKnownOfAContact(t *testing.T) {
	h := &history{at: when.AddDate(0, 0, -10)}
	day := func(n int) time.Time { return when.AddDate(0, 0, n) }
	h.about("k", &events.ContactCreated{Name: "Kim Minsu", Points: []events.Point{{Kind: "email", Value: "kim@example.com"}}, Attributes: map[string]string{"plan": "gold", "gone": "x"}})
	first := h.at
	d := h.about("k", &events.ConversationOpened{Conversation: "v1"}, wrote("환불해 주세요", day(-9)))
	d.Conversations = []events.Conversation{row("v1", "k", events.Open)}
	h.about("k", wrote("out of office", day(-1), "automatic"))
	h.about("k", bought("1", "30000", day(-8)))
	h.about("k", bought("2", "5000", day(-100)))
	h.about("k", &events.OrderStated{Inbox: "tea", Order: events.Order{ID: "1", Part: true, UpdatedAt: day(-7), Refunds: []events.Refund{{ID: "r1", Amount: "1000"}}}})
	h.about("k", bought("1", "99999", day(-9))) // an old statement, told again
	h.about("k", &events.ContactUpdated{Attributes: map[string]string{"gone": ""}}, &events.SurveyAnswered{Kind: events.CSAT, Score: 4})
	m := folded(t, h.log, 3)
	c := m.want(t, "k")
	switch {
	case c.Name != "Kim Minsu" || c.FirstName != "Kim" || c.Email != "kim@example.com" || c.Language != "ko" || c.Attribute("plan") != "gold" || len(c.Attributes) != 1:
		t.Errorf("who: %+v", c)
	case c.Spent != 34000 || c.SpentSince(day(-90)) != 29000 || c.OrdersCount != 2 || c.Currency != "KRW" || c.Orders[0].Items != 2 || c.Orders[0].SKUs[0] != "T-1":
		t.Errorf("bought: %+v", c)
	case c.ConversationCount != 1 || c.OpenConversations != 1 || c.MessagesCount != 1 || !c.LastMessageAt.Equal(day(-9)) || c.Score != 4:
		t.Errorf("said: %+v", c)
	case !c.FirstSeen.Equal(first) || !c.LastSeen.Equal(h.at):
		t.Errorf("seen from %v to %v", c.FirstSeen, c.LastSeen)
	}
	if _, ok := m.Seen("nobody"); ok {
		t.Error("nobody is known")
	}
	h.about("k", &events.ContactErased{What: []string{"*"}, Points: []events.Point{{Kind: "email", Value: "kim@example.com"}}})
	if c := folded(t, h.log, 100).want(t, "k"); c.Name != "" || c.Email != "" || len(c.Attributes) != 0 || c.OrdersCount != 0 || c.Score != -1 {
		t.Errorf("after their erasure: %+v", c)
	}
}

func TestAPartialRefundBeforeItsOrderCounts(t *testing.T) {
	h := &history{at: when}
	h.about("k", &events.OrderStated{Inbox: "tea", Order: events.Order{ID: "1", Part: true, UpdatedAt: when, Refunds: []events.Refund{{ID: "r1", Amount: "1000"}}}})
	if c := folded(t, h.log, 1).want(t, "k"); c.OrdersCount != 0 || c.Spent != 0 {
		t.Errorf("part of an order counts as one: %+v", c)
	}
	h.about("k", bought("1", "3000", when.Add(-time.Hour)))
	if c := folded(t, h.log, 1).want(t, "k"); c.Spent != 2000 {
		t.Errorf("spent %v", c.Spent)
	}
}

// An order that is stated again after a merge is one order, as it is by then.
//
// To see it fail: in see, gather the orders of the family without a look at which they
// are.
func TestAnOrderStatedAgainAfterAMergeCountsOnce(t *testing.T) {
	h := &history{at: when}
	h.about("k", &events.ContactCreated{Name: "Kim"}, bought("1", "100", when))
	h.about("l", &events.ContactCreated{Name: "Lee"}, bought("2", "50", when))
	merged := &events.ContactMerged{From: "l", Into: "k"}
	h.about("k", merged)
	h.about("l", merged)
	h.about("k", bought("2", "80", when.Add(time.Hour), events.Refund{ID: "r", Amount: "10"}))
	if c := folded(t, h.log, 1).want(t, "k"); c.OrdersCount != 2 || c.Spent != 180 {
		t.Errorf("%d orders, spent %v", c.OrdersCount, c.Spent)
	}
}

func TestAMergeAddsUpAndComesApart(t *testing.T) {
	h := &history{at: when}
	lee := events.Point{Kind: "phone", Value: "+821012345678"}
	h.about("k", &events.ContactCreated{Name: "Kim"}, bought("1", "100", when))
	d := h.about("l", &events.ContactCreated{Name: "Lee", Points: []events.Point{lee}}, bought("2", "50", when), &events.ConversationOpened{Conversation: "v2"}, wrote("hello", when))
	d.Conversations = []events.Conversation{row("v2", "l", events.Open)}
	h.about("l", &events.ContactSegmented{Segments: []events.SegmentID{"poor"}})
	if in, err := folded(t, h.log, 1).Among([]events.ContactID{"k", "l", "nobody"}); err != nil || !slices.Equal(in, []events.ContactID{"l"}) {
		t.Errorf("in a segment are %v, %v", in, err)
	}
	merged := &events.ContactMerged{From: "l", Into: "k", Points: []events.Point{lee}, Conversations: []events.ConversationID{"v2"}}
	h.about("k", merged).Conversations = []events.Conversation{row("v2", "k", events.Open)}
	h.about("l", merged)
	m := folded(t, h.log, 1)
	for _, id := range []string{"k", "l"} {
		if c := m.want(t, id); c.ID != "k" || c.Spent != 150 || c.Phone != lee.Value || c.ConversationCount != 1 || c.OpenConversations != 1 || c.MessagesCount != 1 || len(c.Segments) != 0 {
			t.Errorf("as one: %+v", c)
		}
	}
	var standing []string
	last, err := m.Each("", 10, func(p *Person) { standing = append(standing, p.Contact.ID) })
	if err != nil || last != "" || !slices.Equal(standing, []string{"k"}) {
		t.Errorf("standing are %v, %q, %v", standing, last, err)
	}
	if _, err := m.Members("", 10, func(p *Person) { t.Errorf("%+v stands", p.Contact) }); err != nil { // who is in one was folded into another
		t.Error(err)
	}
	apart := &events.ContactMergeReversed{From: "l", Into: "k", Points: []events.Point{lee}, Conversations: []events.ConversationID{"v2"}}
	h.about("k", apart).Conversations = []events.Conversation{row("v2", "l", events.Open)}
	h.about("l", apart)
	m = folded(t, h.log, 2)
	if k, l := m.want(t, "k"), m.want(t, "l"); k.Spent != 100 || k.Phone != "" || k.OpenConversations != 0 || l.ID != "l" || l.Spent != 50 || l.Phone != lee.Value || l.OpenConversations != 1 {
		t.Errorf("apart: %+v and %+v", k, l)
	}
}

// anyHistory is decisions about three contacts over some weeks.
func anyHistory(rt *rapid.T) *history {
	h := &history{at: when}
	contacts := []events.ContactID{"a", "b", "c"}
	for range rapid.IntRange(1, 40).Draw(rt, "decisions") {
		h.at = h.at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 7, 30, 24 * 8}).Draw(rt, "hours")) * time.Hour)
		who := rapid.SampledFrom(contacts).Draw(rt, "who")
		other := rapid.SampledFrom(contacts).Draw(rt, "other")
		id := fmt.Sprint(rapid.IntRange(1, 4).Draw(rt, "id"))
		at := when.AddDate(0, 0, -rapid.IntRange(0, 9).Draw(rt, "day"))
		part := bought(id, "", at, events.Refund{ID: id, Amount: "1"})
		part.Order.Part = true
		merge := &events.ContactMerged{From: other, Into: who, Conversations: []events.ConversationID{"v" + events.ConversationID(id)}}
		body := rapid.SampledFrom([]events.Body{
			&events.ContactCreated{Name: id}, wrote("안녕", at), bought(id, "10", at), part, &events.ConversationOpened{Conversation: "v"},
			&events.ContactUpdated{Attributes: map[string]string{"x": id}}, &events.ContactSegmented{Segments: []events.SegmentID{"s"}}, merge,
			&events.ContactMergeReversed{From: other, Into: who}, &events.ContactErased{What: []string{"*"}}, &events.ConversationRead{},
		}).Draw(rt, "fact")
		if body == merge && who == other {
			continue
		}
		h.about(who, body).Conversations = []events.Conversation{row("v"+id, string(other), rapid.SampledFrom([]events.ConversationStatus{events.Open, events.Resolved}).Draw(rt, "status"))}
	}
	return h
}

// Any history in batches of any sizes gives the same file.
func TestBatchesMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := anyHistory(rt)
		sum := func(sizes ...int) string {
			hash, err := bolt.Hash(folded(t, h.log, sizes...).db.DB)
			if err != nil {
				rt.Fatal(err)
			}
			return hash
		}
		one := sum(1)
		if one != sum(1000) || one != sum(rapid.SliceOfN(rapid.IntRange(1, 9), 1, 5).Draw(rt, "sizes")...) {
			rt.Fatal("batches make a difference")
		}
		if len(h.log) == 0 {
			return
		}
		hash, err := bolt.Hash(foldedTo(t, dayOf(h.log[len(h.log)-1].Value.At), h.log, 5).db.DB)
		if err != nil || hash != one {
			rt.Fatalf("to know the end makes a difference: %v", err)
		}
	})
}

func TestWhoHasChangedIsTold(t *testing.T) {
	h := &history{at: when}
	h.about("k", &events.ContactCreated{Name: "Kim"})
	h.about("l", &events.ContactCreated{Name: "Lee"})
	h.about("n", &events.ConversationRead{})
	h.about("o", wrote("hello", when))
	m := folded(t, h.log, 2)
	select {
	case <-m.Changes():
	default:
		t.Fatal("nobody is told")
	}
	if ids, all := m.Changed(true); all || !slices.Equal(ids, []events.ContactID{"k", "l", "o"}) {
		t.Errorf("changed are %v, %v", ids, all)
	}
	if ids, all := m.Changed(true); all || len(ids) != 0 {
		t.Errorf("then %v, %v", ids, all)
	}
	m.touched.add(map[events.ContactID]news{"k": talk, "l": plain, "o": talk})
	m.touched.add(map[events.ContactID]news{"o": plain, "l": talk})
	if ids, _ := m.Changed(false); !slices.Equal(ids, []events.ContactID{"l", "o"}) {
		t.Errorf("without talk %v", ids)
	}
	many := map[events.ContactID]news{}
	for i := range maxTouched + 1 {
		many[events.ContactID(fmt.Sprint(i))] = plain
	}
	m.touched.add(many)
	if ids, all := m.Changed(true); !all || len(ids) != 0 {
		t.Errorf("of too many: %d, %v", len(ids), all)
	}
}

// The memory follows a real log, survives a restart, is ready when it knows what
// stood in the log, and makes a file anew that knows more than the log.
func TestTheMemoryFollowsTheLog(t *testing.T) {
	srv := testkit.NATS(t)
	log := srv.OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	dir := t.TempDir()
	say := func(log *eventlog.Log, id string) uint64 {
		t.Helper()
		d := events.Decision{ID: id, Contact: events.ContactID(id), At: when, Facts: []events.Fact{events.NewFact(&events.ContactCreated{Name: id})}}
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		seq, err := log.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(0), Data: data})
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	running := func(log *eventlog.Log, use func(*Memory)) {
		t.Helper()
		facts, err := feed.Open(t.Context(), log, func(r feed.Raw) (*events.Decision, error) { return events.DecodeDecision(r.Data) }, feed.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer facts.Close()
		m := New(facts, dir, testkit.Logger(t))
		if err := m.WaitFor(t.Context(), 1); !errors.Is(err, ErrClosed) {
			t.Errorf("before it runs: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		select {
		case <-m.Ready():
		case <-time.After(time.Minute):
			t.Fatal("not ready")
		}
		use(m)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, ok := m.Seen("kim"); ok {
			t.Error("what is closed knows somebody")
		}
	}
	say(log, "kim")
	say(log, "lee")
	running(log, func(m *Memory) {
		m.want(t, "kim")
		if err := m.WaitFor(t.Context(), say(log, "park")); err != nil {
			t.Fatal(err)
		}
		m.want(t, "park")
	})
	running(log, func(m *Memory) { m.want(t, "park") })

	other := testkit.NATS(t).OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	say(other, "choi")
	running(other, func(m *Memory) {
		m.want(t, "choi")
		if _, ok := m.Seen("kim"); ok {
			t.Error("somebody of another log is known")
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"id":"k","orders":[{"inbox":"tea","id":"1","total":"1e9"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := new(Record)
		if json.Unmarshal(data, r) != nil {
			return
		}
		c := see(r, func(events.ContactID) (*Record, bool) { return r, true })
		if again := see(r, func(events.ContactID) (*Record, bool) { return r, true }); !reflect.DeepEqual(c, again) {
			t.Error("seen twice it is not the same")
		}
	})
}

// BenchmarkFold reads a log of 5 000 customers who write eight times each, and buy
// once, as after the file was deleted.
func BenchmarkFold(b *testing.B) {
	h := &history{at: when}
	const contacts, rounds = 5000, 10
	for round := range rounds {
		for i := range contacts {
			id := events.ContactID(fmt.Sprintf("ct%05d", i*7919%contacts))
			switch round {
			case 0:
				h.about(id, &events.ContactCreated{Name: "Kim", Points: []events.Point{{Kind: "email", Value: string(id) + "@example.com"}}})
			case 1:
				h.about(id, bought("1", "100", when))
			default:
				h.about(id, wrote("hello there", when)).Conversations = []events.Conversation{row("v"+string(id), string(id), events.Open)}
			}
		}
	}
	for b.Loop() {
		foldedTo(b, dayOf(h.at), h.log, 4096)
	}
	b.ReportMetric(float64(b.N*len(h.log))/b.Elapsed().Seconds(), "decisions/s")
}
