package sending

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/logs"
	"github.com/tributary-inbox/tributary/pkg/run"
)

// Deps is what dispatch needs; the caller owns all of it.
type Deps struct {
	NC    *nats.Conn
	Facts *feed.Feed[*events.Decision]
	// Outbound and Dead append to the streams of those names.
	Outbound, Dead *eventlog.Log
	// Dir is where dispatch.db remembers how far the facts were read; empty
	// remembers nothing, and a start reads from the last answer on.
	Dir    string
	Logger zerolog.Logger
	// Clock says how long an answer has been tried and times its rests; nil is
	// the system's.
	Clock clock.Clock
	// GiveUp is how long an answer is tried; 48 h when nought.
	GiveUp time.Duration
	// Held reports inboxes through which nothing is to be sent now: paused or
	// suspended ones. What is to go out through them waits, for ever if need be.
	// Nil holds none.
	Held func(events.InboxID) bool
	// Look is how often what waits looks whether its inbox is held still; 5 s
	// when nought.
	Look time.Duration
	// Sweep is how often what is settled is taken out of OUTBOUND, which has no age:
	// an answer may wait there for longer than anything is kept by time. 10 min when
	// nought.
	Sweep time.Duration
	// Timeout bounds one attempt, as seen from here; 45 s when nought. It must
	// be longer than the channel services' own.
	Timeout time.Duration
	// Backoff is the rest after an attempt that did not leave; nil doubles from
	// 500 ms to 5 min.
	Backoff func(attempt int) time.Duration
}

// Service runs the pump and the workers.
type Service struct {
	deps  Deps
	ready *run.Signal
}

// New completes the settings.
func New(deps Deps) (*Service, error) {
	if deps.NC == nil || deps.Facts == nil || deps.Outbound == nil || deps.Dead == nil {
		return nil, errors.New("dispatch: connection, facts, outbound and dead are required")
	}
	if deps.Held == nil {
		deps.Held = func(events.InboxID) bool { return false }
	}
	if deps.Look == 0 {
		deps.Look = 5 * time.Second
	}
	if deps.Sweep == 0 {
		deps.Sweep = 10 * time.Minute
	}
	if deps.Clock == nil {
		deps.Clock = clock.System{}
	}
	if deps.GiveUp == 0 {
		deps.GiveUp = 48 * time.Hour
	}
	if deps.Timeout == 0 {
		deps.Timeout = 45 * time.Second
	}
	if deps.Backoff == nil {
		deps.Backoff = bus.Exponential(500*time.Millisecond, 5*time.Minute)
	}
	return &Service{deps: deps, ready: run.NewSignal()}, nil
}

// Ready is closed when requests are copied and handed out.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }

// concurrency is how many conversations are answered at a time.
const concurrency = 64

// ackWait is how long after a crash answers wait that the dead process held. An
// attempt under way tells the server that it is alive, however long it takes.
const ackWait = 5 * time.Second

// Run works until ctx ends; attempts under way are finished and recorded.
func (s *Service) Run(ctx context.Context) error {
	js, err := jetstream.New(s.deps.NC)
	if err != nil {
		return fmt.Errorf("dispatch: %w", err)
	}
	kept, err := openPlaces(s.deps.Dir)
	if err != nil {
		return fmt.Errorf("dispatch: %w", err)
	}
	return s.work(ctx, js, kept)
}

func (s *Service) work(ctx context.Context, js jetstream.JetStream, kept *places) (err error) {
	defer func() { err = errors.Join(err, kept.close()) }()
	subscriber, err := bus.NewSubscriber(bus.SubscriberConfig{
		JetStream: js, Stream: events.OutboundStream, Group: "dispatch", Concurrency: concurrency,
		Key:     func(_ string, header map[string][]string) string { return first(header[events.HeaderConversation]) },
		AckWait: ackWait, Backoff: s.deps.Backoff, Clock: s.deps.Clock, MaxAckPending: 16_384, Durability: s.deps.Outbound, Logger: s.deps.Logger,
		DrainTimeout: s.deps.Timeout,
	})
	if err != nil {
		return fmt.Errorf("dispatch: %w", err)
	}
	router, err := s.router(subscriber)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pumped := make(chan error, 1)
	p := &pump{facts: s.deps.Facts, outbound: s.deps.Outbound, places: kept, log: s.deps.Logger}
	var beside sync.WaitGroup
	beside.Go(func() { s.sweep(ctx, js) })
	defer beside.Wait()
	go func() {
		select {
		case <-router.Running():
		case <-ctx.Done():
		}
		err := p.run(ctx, s.ready.Set)
		cancel()
		pumped <- err
	}()
	err = router.Run(ctx)
	cancel()
	return errors.Join(err, <-pumped, subscriber.Close())
}

func (s *Service) router(subscriber message.Subscriber) (*message.Router, error) {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: s.deps.Timeout}, logs.Watermill(s.deps.Logger))
	if err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	poison, err := bus.NewPoison(bus.PoisonConfig{
		Worker: "dispatch", To: bus.OverLog(s.deps.Dead), Subject: events.DeadSubject("dispatch"),
		MaxAttempts: -1, // what can be sent later is; how long is for GiveUp to say
	})
	if err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	w := &worker{
		nc: s.deps.NC, log: s.deps.Logger, now: s.deps.Clock.Now, giveUp: s.deps.GiveUp, timeout: s.deps.Timeout,
		perInbox: concurrency / 4, busy: map[events.InboxID]int{}, held: s.deps.Held, look: s.deps.Look,
	}
	router.AddConsumerHandler("send", events.OutboundWildcard, subscriber, w.handle).AddMiddleware(poison.Middleware)
	return router, nil
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
