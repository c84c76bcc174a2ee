package bus_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

const patience = time.Minute

func receive(t testing.TB, c <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-c:
		if !ok {
			t.Fatal("channel closed")
		}
		return m
	case <-time.After(patience):
		t.Fatal("no message")
	}
	return nil
}

func subscribe(t testing.TB, sub message.Subscriber, topic string) <-chan *message.Message {
	t.Helper()
	c, err := sub.Subscribe(context.Background(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func publish(t testing.TB, pub message.Publisher, topic string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := pub.Publish(topic, message.NewMessage(id, []byte(id))); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever stands in a message arrives as it was.
func TestMessagesArriveAsTheyWere(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", inOrder)
	defer sub.Close()
	c := subscribe(t, sub, "conformance.x")
	text := rapid.OneOf(rapid.String(), rapid.StringN(0, 20, -1), rapid.SampledFrom([]string{
		"Nats-Expected-Last-Sequence", "Nats-Msg-Id", "Bus-Id", "Bus-More", "a:b", "a b", " x ", "line\r\nbreak", "\xff", "traceparent",
	}))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		want := message.NewMessage(fmt.Sprint("id-", n), rapid.SliceOf(rapid.Byte()).Draw(rt, "payload"))
		want.Metadata = rapid.MapOfN(text, text, 0, 4).Draw(rt, "metadata")
		if err := pub.Publish("conformance.x", want); err != nil {
			rt.Fatal(err)
		}
		got := receive(t, c)
		got.Ack()
		if !got.Equals(want) {
			rt.Fatalf("sent %q %q, got %q %q", want.UUID, want.Metadata, got.UUID, got.Metadata)
		}
	})
}

func TestTraceContextIsAPlainHeader(t *testing.T) {
	s := newStand(t)
	pub, _ := s.pubSub(t, "g", inOrder)
	m := message.NewMessage("one", nil)
	m.Metadata.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if err := pub.Publish("conformance.x", m); err != nil {
		t.Fatal(err)
	}
	r, err := s.log.Get(t.Context(), 1)
	if err != nil || r.Header.Get("traceparent") != m.Metadata.Get("traceparent") {
		t.Fatalf("header %v, %v", r.Header, err)
	}
}

func TestTheSameUUIDIsStoredOnceForATopic(t *testing.T) {
	s := newStand(t)
	pub, _ := s.pubSub(t, "g", inOrder)
	publish(t, pub, "conformance.x", "same", "same")
	publish(t, pub, "conformance.y", "same")
	if _, last, err := s.log.Bounds(t.Context()); err != nil || last != 2 {
		t.Fatalf("%d messages stored, %v", last, err)
	}
	if err := pub.Publish("conformance.x", message.NewMessage("new\nline", nil)); err == nil {
		t.Fatal("a uuid with a line break passed")
	}
	if err := pub.Close(); err != nil {
		t.Fatal(err)
	}
	if err := pub.Publish("conformance.x", message.NewMessage("later", nil)); !errors.Is(err, bus.ErrClosed) {
		t.Fatalf("publish after close gave %v", err)
	}
}

func TestPublishFailsWhereNothingIsStored(t *testing.T) {
	s := newStand(t)
	for name, to := range map[string]bus.Appender{
		"log":       bus.OverLog(s.log),
		"jetstream": bus.OverJetStream(s.log.JetStream()),
		"function": bus.AppendFunc(func(context.Context, string, nats.Header, []byte, string) error {
			return errors.New("no")
		}),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		m := message.NewMessageWithContext(ctx, "x", nil)
		if err := bus.NewPublisher(to, nil).Publish("nobody.listens", m); err == nil {
			t.Errorf("%s: publish to a subject without a stream succeeded", name)
		}
		cancel()
	}
	m := message.NewMessage("y", nil)
	if err := bus.NewPublisher(bus.OverJetStream(s.log.JetStream()), nil).Publish("conformance.js", m); err != nil {
		t.Error(err)
	}
}

// perKey keys by the part of the subject that follows "conformance.k.".
func perKey(c *bus.SubscriberConfig) {
	c.Key, c.Concurrency = bus.BySubject, 4
}

// Messages of a key come in order and one at a time, whatever is refused.
func TestOrderOfEachKeyWithRefusals(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", perKey)
	defer sub.Close()
	const keys, each = 5, 40
	for n := range each {
		for k := range keys {
			publish(t, pub, fmt.Sprint("conformance.k.", k), fmt.Sprint(k, "-", n))
		}
	}
	c := subscribe(t, sub, "conformance.k.*")
	var mu sync.Mutex
	busy, next, done := map[string]bool{}, map[string]int{}, 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for m := range c {
				key, number, _ := strings.Cut(string(m.Payload), "-")
				mu.Lock()
				if busy[key] {
					t.Errorf("two of key %s at a time", key)
				}
				if fmt.Sprint(next[key]) != number {
					t.Errorf("key %s: got %s, want %d", key, number, next[key])
				}
				busy[key] = true
				mu.Unlock()
				refuse := rand.IntN(4) == 0
				mu.Lock()
				busy[key] = false
				if !refuse {
					next[key]++
					done++
				}
				if done == keys*each {
					go sub.Close()
				}
				mu.Unlock()
				if refuse {
					m.Nack()
				} else {
					m.Ack()
				}
			}
		})
	}
	wg.Wait()
	if done != keys*each {
		t.Fatalf("%d handled", done)
	}
}

// One key that is stuck does not hold up the others.
func TestAStuckKeyHoldsUpNobody(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", perKey)
	defer sub.Close()
	publish(t, pub, "conformance.k.bad", "bad", "bad2")
	publish(t, pub, "conformance.k.good", "g1", "g2", "g3")
	c := subscribe(t, sub, "conformance.k.*")
	refusals := 0
	for good := 0; good < 3 || refusals < 5; {
		m := receive(t, c)
		if m.UUID == "bad" {
			refusals++
			d, _ := bus.DeliveryOf(m.Context())
			if d.Attempt != refusals || d.Seq != 1 || d.Subject != "conformance.k.bad" || d.Stream != "CONFORMANCE" {
				t.Fatalf("delivery %+v, want attempt %d", d, refusals)
			}
			m.Nack()
			continue
		}
		if m.UUID == "bad2" {
			t.Fatal("bad2 overtook bad")
		}
		good++
		m.Ack()
	}
}

// A handler may say how long its message is to rest; the back-off counts for
// those that say nothing.
func TestAHandlerSaysHowLongItRests(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", func(c *bus.SubscriberConfig) {
		perKey(c)
		c.Backoff = func(int) time.Duration { return time.Hour }
	})
	defer sub.Close()
	publish(t, pub, "conformance.k.a", "a")
	c := subscribe(t, sub, "conformance.k.*")
	for range 3 {
		m := receive(t, c)
		bus.Rest(m.Context(), time.Millisecond)
		m.Nack()
	}
	receive(t, c).Ack()
}

// A handler slower than AckWait is not given the message twice.
func TestALongHandlerKeepsItsMessage(t *testing.T) {
	testkit.Longer(t, 300*time.Millisecond, func(wait time.Duration) error {
		s := newStand(t)
		pub, sub := s.pubSub(t, "g", func(c *bus.SubscriberConfig) { c.AckWait, c.Concurrency = wait, 4 })
		defer sub.Close()
		publish(t, pub, "conformance.x", "slow")
		c := subscribe(t, sub, "conformance.x")
		m := receive(t, c)
		select {
		case again := <-c:
			m.Ack()
			again.Ack()
			return fmt.Errorf("%s came again while it was worked on", again.UUID)
		case <-time.After(4 * wait): // the server would have lent it out again
		}
		m.Ack()
		publish(t, pub, "conformance.x", "next")
		if got := receive(t, c); got.UUID != "next" || !got.Ack() {
			return fmt.Errorf("got %s", got.UUID)
		}
		return nil
	})
}

// Close gives a handler at work time to finish; its acknowledgement counts.
func TestCloseWaitsForTheHandler(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", func(c *bus.SubscriberConfig) { c.DrainTimeout = patience })
	publish(t, pub, "conformance.x", "one", "two")
	c := subscribe(t, sub, "conformance.x")
	m := receive(t, c)
	closed := make(chan error)
	go func() { closed <- sub.Close() }()
	select {
	case <-m.Context().Done():
		t.Fatal("cancelled before the drain was over")
	case <-closed:
		t.Fatal("closed while a handler was at work")
	case <-time.After(100 * time.Millisecond):
	}
	m.Ack()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if _, open := <-c; open {
		t.Fatal("a message after close")
	}
	_, again := s.pubSub(t, "g", inOrder)
	defer again.Close()
	if got := receive(t, subscribe(t, again, "conformance.x")); got.UUID != "two" || !got.Ack() {
		t.Fatalf("after the restart came %s", got.UUID)
	}
	if _, err := sub.Subscribe(t.Context(), "conformance.x"); !errors.Is(err, bus.ErrClosed) {
		t.Fatalf("subscribe after close gave %v", err)
	}
}

// A process dies with messages on loan: the next one handles them first.
func TestOrderSurvivesACrash(t *testing.T) {
	s := newStand(t)
	pub, _ := s.pubSub(t, "g", perKey)
	publish(t, pub, "conformance.k.a", "a0", "a1")
	shape := func(c *bus.SubscriberConfig) { perKey(c); c.AckWait = time.Second }
	// The dead process: a raw client of the same durable that takes and is gone.
	_, probe := s.pubSub(t, "g", shape)
	if err := probe.(*bus.Subscriber).SubscribeInitialize("conformance.k.*"); err != nil {
		t.Fatal(err)
	}
	cons, err := s.log.JetStream().Consumer(t.Context(), "CONFORMANCE", bus.Durable("g", "conformance.k.*"))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(2, jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	for range batch.Messages() {
	}
	publish(t, pub, "conformance.k.a", "a2", "a3")
	_, sub := s.pubSub(t, "g", shape)
	defer sub.Close()
	c := subscribe(t, sub, "conformance.k.*")
	for n := range 4 {
		m := receive(t, c)
		if want := fmt.Sprint("a", n); m.UUID != want {
			t.Fatalf("got %s, want %s", m.UUID, want)
		}
		m.Ack()
	}
}

// A message that rests over a restart, or over a crash, holds up its own key and
// no other. To see it fail, have lowerFence wait until what is old is done.
func TestARestartHoldsNobodyUpBehindOneThatRests(t *testing.T) {
	s := newStand(t)
	shape := func(c *bus.SubscriberConfig) {
		perKey(c)
		c.AckWait, c.Backoff = time.Second, func(int) time.Duration { return time.Hour }
		c.DrainTimeout = patience // an acknowledgement that Close cuts off is none
	}
	pub, sub := s.pubSub(t, "g", shape)
	publish(t, pub, "conformance.k.bad", "bad", "bad2")
	m := receive(t, subscribe(t, sub, "conformance.k.*"))
	if m.UUID != "bad" {
		t.Fatalf("got %s", m.UUID)
	}
	m.Nack()
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		publish(t, pub, "conformance.k.good", fmt.Sprint("good", n))
		_, sub := s.pubSub(t, "g", shape)
		c := subscribe(t, sub, "conformance.k.*")
		for got := map[string]bool{}; len(got) < 2; {
			m := receive(t, c)
			switch got[m.UUID] = true; m.UUID {
			case "bad":
				m.Nack()
			case fmt.Sprint("good", n):
				m.Ack()
			default:
				t.Fatalf("%s came while bad rests", m.UUID)
			}
		}
		if err := sub.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADeletedConsumerIsMadeAnew(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", inOrder)
	defer sub.Close()
	publish(t, pub, "conformance.x", "one")
	c := subscribe(t, sub, "conformance.x")
	receive(t, c).Ack()
	if err := s.log.JetStream().DeleteConsumer(t.Context(), "CONFORMANCE", bus.Durable("g", "conformance.x")); err != nil {
		t.Fatal(err)
	}
	publish(t, pub, "conformance.x", "two")
	for receiveID := ""; receiveID != "two"; { // the new one begins at the first message
		m := receive(t, c)
		receiveID = m.UUID
		m.Ack()
	}
}

// late says durable only when told.
type late struct{ gate chan struct{} }

func (late) Observe(uint64) {}

func (l late) WaitDurable(ctx context.Context, _ uint64) error {
	select {
	case <-l.gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestNothingIsHandedOutBeforeItIsDurable(t *testing.T) {
	s := newStand(t)
	gate := make(chan struct{})
	pub, sub := s.pubSub(t, "g", func(c *bus.SubscriberConfig) { c.Durability = late{gate} })
	defer sub.Close()
	publish(t, pub, "conformance.x", "one")
	c := subscribe(t, sub, "conformance.x")
	select {
	case <-c:
		t.Fatal("handed out too early")
	case <-time.After(100 * time.Millisecond):
	}
	close(gate)
	receive(t, c).Ack()
}

func TestARouterRunsOnIt(t *testing.T) {
	s := newStand(t)
	pub, sub := s.pubSub(t, "g", atOnce)
	r, err := message.NewRouter(message.RouterConfig{CloseTimeout: patience}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 10)
	r.AddHandler("h", "conformance.in", sub, "conformance.out", pub, func(m *message.Message) ([]*message.Message, error) {
		return message.Messages{message.NewMessage("re-"+m.UUID, m.Payload)}, nil
	})
	_, sub2 := s.pubSub(t, "g", atOnce)
	r.AddConsumerHandler("o", "conformance.out", sub2, func(m *message.Message) error { got <- m.UUID; return nil })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-r.Running()
	publish(t, pub, "conformance.in", "one")
	if id := <-got; id != "re-one" {
		t.Fatalf("got %s", id)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestConfigurationThatCannotWork(t *testing.T) {
	s := newStand(t)
	js := s.log.JetStream()
	for name, cfg := range map[string]bus.SubscriberConfig{
		"no connection": {Group: "g"}, "no group": {JetStream: js}, "bad group": {JetStream: js, Group: "a.b"},
	} {
		if _, err := bus.NewSubscriber(cfg); err == nil {
			t.Errorf("%s passed", name)
		}
	}
	sub, err := bus.NewSubscriber(bus.SubscriberConfig{JetStream: js, Group: "g", Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Subscribe(t.Context(), "nobody.has.this"); err == nil {
		t.Error("a topic without a stream passed")
	}
	if bus.Durable("g", "a.b") == bus.Durable("g", "a-b") {
		t.Error("two subjects share a durable")
	}
}
