package bus_test

import (
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// stand is a server with one log that takes the suite's topics.
type stand struct {
	srv *testkit.Server
	log *eventlog.Log
}

func newStand(t *testing.T) stand {
	t.Helper()
	srv := testkit.NATS(t)
	return stand{srv, srv.OpenLog(t, "CONFORMANCE", "conformance.>")}
}

func (s stand) pubSub(t *testing.T, group string, shape func(*bus.SubscriberConfig)) (message.Publisher, message.Subscriber) {
	t.Helper()
	cfg := bus.SubscriberConfig{
		JetStream: s.log.JetStream(), Group: group, Durability: s.log, AckWait: 5 * time.Second,
		Backoff:      bus.Exponential(time.Millisecond, 10*time.Millisecond),
		DrainTimeout: 100 * time.Millisecond, Logger: testkit.Logger(t),
	}
	shape(&cfg)
	sub, err := bus.NewSubscriber(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return bus.NewPublisher(bus.OverLog(s.log), nil), sub
}

func features(ordered bool) tests.Features {
	return tests.Features{
		ConsumerGroups:                      true,
		ExactlyOnceDelivery:                 false,
		GuaranteedOrder:                     ordered,
		GuaranteedOrderWithSingleSubscriber: ordered,
		Persistent:                          true,
		GenerateTopicFunc:                   func(c tests.TestContext) string { return "conformance." + string(c.TestID) },
	}
}

func conform(t *testing.T, stress, ordered bool, shape func(*bus.SubscriberConfig)) {
	s := newStand(t)
	run := tests.TestPubSub
	if stress {
		run = tests.TestPubSubStressTest
	}
	run(t, features(ordered),
		func(t *testing.T) (message.Publisher, message.Subscriber) { return s.pubSub(t, "suite", shape) },
		func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			return s.pubSub(t, group, shape)
		})
}

func inOrder(c *bus.SubscriberConfig) { c.Key = bus.Total }

func atOnce(c *bus.SubscriberConfig) { c.Concurrency = 16 }

func TestConformanceInOrder(t *testing.T) { conform(t, false, true, inOrder) }

func TestConformanceManyAtATime(t *testing.T) { conform(t, false, false, atOnce) }
