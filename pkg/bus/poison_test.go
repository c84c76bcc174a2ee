package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// ward is a stand with a dead-letter stream and a worker.
type ward struct {
	stand
	dead *eventlog.Log
	desk *bus.DeadLetters
}

func newWard(t *testing.T) ward {
	s := newStand(t)
	dead := s.srv.OpenLog(t, "DEAD", "dead.>")
	return ward{s, dead, &bus.DeadLetters{JetStream: dead.JetStream(), Stream: "DEAD", To: bus.OverLog(s.log)}}
}

func (w ward) work(t *testing.T, cfg bus.PoisonConfig, handle message.NoPublishHandlerFunc) message.Publisher {
	t.Helper()
	cfg.Worker, cfg.Subject = "worker", "dead.worker"
	if cfg.To == nil {
		cfg.To = bus.OverLog(w.dead)
	}
	p, err := bus.NewPoison(cfg)
	if err != nil {
		t.Fatal(err)
	}
	pub, sub := w.pubSub(t, "g", perKey)
	r, err := message.NewRouter(message.RouterConfig{CloseTimeout: patience}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	r.AddMiddleware(p.Middleware)
	r.AddConsumerHandler("h", "conformance.k.*", sub, handle)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-r.Running()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return pub
}

func (w ward) letters(t *testing.T, want int) []bus.Dead {
	t.Helper()
	var list []bus.Dead
	testkit.Eventually(t, patience, func() (err error) {
		if list, err = w.desk.ListDead(t.Context(), 0, 100); err == nil && len(list) != want {
			err = fmt.Errorf("%d dead letters, want %d", len(list), want)
		}
		return err
	})
	return list
}

func TestAMessageThatKeepsFailingIsBuriedWithItsStory(t *testing.T) {
	w := newWard(t)
	mended := make(chan struct{})
	handled := make(chan string, 10)
	pub := w.work(t, bus.PoisonConfig{MaxAttempts: 3}, func(m *message.Message) error {
		select {
		case <-mended:
		default:
			if m.UUID == "bad" {
				return errors.New("provider says: \"nö\"\nand more")
			}
		}
		handled <- m.UUID + m.Metadata.Get("odd key")
		return nil
	})
	bad := message.NewMessage("bad", []byte("body"))
	bad.Metadata.Set("odd key", "\x00")
	if err := pub.Publish("conformance.k.a", bad); err != nil {
		t.Fatal(err)
	}
	publish(t, pub, "conformance.k.a", "good") // same key: must not wait for ever
	if id := <-handled; id != "good" {
		t.Fatalf("handled %s", id)
	}
	d := w.letters(t, 1)[0]
	if d.Worker != "worker" || d.Stream != "CONFORMANCE" || d.Seq != 1 || d.Subject != "conformance.k.a" ||
		d.Permanent || !strings.Contains(d.Reason, "nö\"\nand more") || d.Size != 4 || !d.Message.Equals(bad) {
		t.Fatalf("letter %+v with %+v", d, d.Message)
	}
	if len(d.Attempts) != 3 || d.Attempts[0].Number != 1 || d.Attempts[2].Number != 3 || d.Attempts[0].At.IsZero() {
		t.Fatalf("attempts %+v", d.Attempts)
	}
	close(mended)
	if err := w.desk.Redrive(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	if id := <-handled; id != "bad\x00" {
		t.Fatalf("handled %q", id)
	}
	w.letters(t, 0)
	if err := w.desk.Redrive(t.Context(), d.ID); !errors.Is(err, bus.ErrNotDead) {
		t.Fatalf("a second redrive gave %v", err)
	}
	if err := w.desk.Discard(t.Context(), d.ID); !errors.Is(err, bus.ErrNotDead) {
		t.Fatalf("discard gave %v", err)
	}
}

func TestAPermanentErrorAndAPanic(t *testing.T) {
	w := newWard(t)
	pub := w.work(t, bus.PoisonConfig{MaxAttempts: 2}, func(m *message.Message) error {
		if m.UUID == "panic" {
			panic("the customer's words")
		}
		return fmt.Errorf("send: %w", bus.Permanent(errors.New("no such number")))
	})
	publish(t, pub, "conformance.k.a", "permanent")
	publish(t, pub, "conformance.k.b", "panic")
	byID := map[string]bus.Dead{}
	for _, d := range w.letters(t, 2) {
		byID[d.Message.UUID] = d
	}
	if d := byID["permanent"]; !d.Permanent || len(d.Attempts) != 1 {
		t.Fatalf("letter %+v", d)
	}
	if d := byID["panic"]; d.Permanent || len(d.Attempts) != 2 || strings.Contains(d.Reason, "customer") {
		t.Fatalf("letter %+v", d)
	}
	if bus.Permanent(nil) != nil || bus.IsPermanent(errors.New("x")) {
		t.Fatal("permanent is wrong about nil or others")
	}
}

// The message is acknowledged only after its letter is stored.
func TestALetterThatCannotBeStoredIsTriedAgain(t *testing.T) {
	w := newWard(t)
	failures := 3
	refusals := make(chan struct{}, 100)
	to := bus.AppendFunc(func(ctx context.Context, subject string, h nats.Header, data []byte, id string) error {
		if failures > 0 {
			failures--
			refusals <- struct{}{}
			return errors.New("disk full")
		}
		return bus.OverLog(w.dead).Append(ctx, subject, h, data, id)(ctx)
	})
	pub := w.work(t, bus.PoisonConfig{To: to}, func(*message.Message) error { return bus.Permanent(errors.New("no")) })
	publish(t, pub, "conformance.k.a", "bad")
	for range 3 {
		<-refusals
	}
	if d := w.letters(t, 1)[0]; len(d.Attempts) != 4 {
		t.Fatalf("letter %+v", d)
	}
}

func TestALargeBodyStaysWhereItIs(t *testing.T) {
	w := newWard(t)
	body := bytes.Repeat([]byte("x"), 4096)
	handled := make(chan int, 1)
	first := true
	pub := w.work(t, bus.PoisonConfig{MaxBody: 1024}, func(m *message.Message) error {
		if first {
			first = false
			return bus.Permanent(errors.New("no"))
		}
		handled <- len(m.Payload)
		return nil
	})
	if err := pub.Publish("conformance.k.a", message.NewMessage("large", body)); err != nil {
		t.Fatal(err)
	}
	d := w.letters(t, 1)[0]
	if !d.BodyOmitted || d.Size != len(body) || len(d.Message.Payload) != 0 {
		t.Fatalf("letter %+v", d)
	}
	w.desk.Target = func(bus.Dead) string { return "conformance.k.again" }
	if err := w.desk.Redrive(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	if n := <-handled; n != len(body) {
		t.Fatalf("redriven with %d bytes", n)
	}
}

func TestACancelledHandlerIsNotCounted(t *testing.T) {
	w := newWard(t)
	p, err := bus.NewPoison(bus.PoisonConfig{Worker: "w", To: bus.OverLog(w.dead), Subject: "dead.w", MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	h := p.Middleware(func(m *message.Message) ([]*message.Message, error) { return nil, m.Context().Err() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h(message.NewMessageWithContext(ctx, "x", nil)); !errors.Is(err, context.Canceled) {
		t.Fatalf("handler gave %v", err)
	}
	w.letters(t, 0)
}

func TestOtherMessagesInTheDeadStreamArePassedOver(t *testing.T) {
	w := newWard(t)
	seq, err := w.dead.Append(t.Context(), eventlog.Message{Subject: "dead.x", Data: []byte("no letter")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.Get(t.Context(), seq); !errors.Is(err, bus.ErrNotDead) {
		t.Fatalf("get gave %v", err)
	}
	w.letters(t, 0)
	if _, err := bus.NewPoison(bus.PoisonConfig{}); err == nil {
		t.Fatal("an empty configuration passed")
	}
	if d := bus.Exponential(time.Second, time.Minute); d(1) != time.Second || d(3) != 4*time.Second || d(5000) != time.Minute {
		t.Fatal("back-off is wrong")
	}
}
