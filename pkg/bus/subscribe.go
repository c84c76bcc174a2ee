package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/clock"
)

// Total is a Key that puts all messages of a topic into one order.
func Total(string, map[string][]string) string { return "" }

// BySubject is a Key that orders messages of the same subject.
func BySubject(subject string, _ map[string][]string) string { return subject }

// Durability tells when a message of the stream is durable. *eventlog.Log is
// one.
type Durability interface {
	// Observe says that seq stands in the stream.
	Observe(seq uint64)
	// WaitDurable returns once it is durable.
	WaitDurable(ctx context.Context, seq uint64) error
}

// SubscriberConfig says what to read and how. Zero takes the default named.
type SubscriberConfig struct {
	// JetStream is the connection; the subscriber does not close it.
	JetStream jetstream.JetStream
	// Stream holds the topics. "" asks the server which stream does.
	Stream string
	// Group names those that share the work: within one each message is
	// handled once, and every group sees them all. It is made of letters,
	// digits, '-' and '_'. Required.
	Group string
	// Subject makes a subject, which may have wildcards, of a topic; nil takes
	// the topic as it is.
	Subject func(topic string) string
	// Key puts messages of the same key in order; nil orders nothing. It is
	// given the subject and the header.
	Key func(subject string, header map[string][]string) string
	// Concurrency is how many messages are handed out at a time; 1.
	Concurrency int
	// MaxAckPending is how many messages the server lends to all subscribers
	// of a group and topic together, whether handed out or waiting; 256.
	MaxAckPending int
	// AckWait is how long after a crash the server keeps a message back; 30 s.
	AckWait time.Duration
	// Backoff is how long a message rests after its attempt of that number,
	// from 1, was refused; nil doubles from 100 ms to a minute.
	Backoff func(attempt int) time.Duration
	// Clock times the rest of refused messages that are ordered (by Key); nil is
	// the system's. The rest of others is the server's to time.
	Clock clock.Clock
	// DrainTimeout is how long Close waits for handlers at work before it
	// cancels their contexts; 10 s. Negative cancels at once.
	DrainTimeout time.Duration
	// Durability, when set, holds a message back until it is durable, which
	// where the log syncs after the server's acknowledgement it need not be.
	Durability Durability
	// Logger receives what goes wrong between here and the server.
	Logger zerolog.Logger
}

func (c *SubscriberConfig) complete() error {
	if c.JetStream == nil {
		return errors.New("subscriber: no connection")
	}
	if c.Group == "" || strings.Trim(c.Group, durableChars) != "" {
		return fmt.Errorf("subscriber: group %q is not made of letters, digits, - and _", c.Group)
	}
	if c.Subject == nil {
		c.Subject = func(topic string) string { return topic }
	}
	if c.Backoff == nil {
		c.Backoff = Exponential(100*time.Millisecond, time.Minute)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Concurrency <= 0 {
		c.Concurrency = 1
	}
	if c.MaxAckPending <= 0 {
		c.MaxAckPending = max(256, c.Concurrency)
	}
	if c.AckWait <= 0 {
		c.AckWait = 30 * time.Second
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 10 * time.Second
	}
	return nil
}

// Exponential makes a back-off that starts with first and doubles up to limit.
func Exponential(first, limit time.Duration) func(attempt int) time.Duration {
	return func(attempt int) time.Duration {
		d := float64(first) * math.Pow(2, float64(max(attempt, 1)-1))
		return time.Duration(min(d, float64(limit)))
	}
}

// Subscriber is a message.Subscriber. Use NewSubscriber.
type Subscriber struct {
	cfg SubscriberConfig

	mu     sync.Mutex // guards all below
	closed bool
	subs   map[*subscription]struct{}
}

// NewSubscriber refuses a configuration that cannot work. It does not speak to
// the server yet.
func NewSubscriber(cfg SubscriberConfig) (*Subscriber, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	return &Subscriber{cfg: cfg, subs: map[*subscription]struct{}{}}, nil
}

// Subscribe creates the durable consumer, where it does not exist, and begins
// to read after the last message that the group has acknowledged, or from the
// first in the stream. The channel is closed when ctx is cancelled or Close is
// called, after the handlers at work had DrainTimeout to finish, or when the
// connection is closed for good. A message's context is cancelled once it is
// acknowledged or refused, with ctx, and when DrainTimeout is over; DeliveryOf
// tells more about it.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	consumer, err := s.consumer(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", s.cfg.Group, err)
	}
	sub := newSubscription(ctx, &s.cfg, consumer, func(ctx context.Context) (jetstream.Consumer, error) {
		return s.consumer(ctx, topic)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		sub.cancel()
		sub.endLife()
		sub.endReading()
		return nil, ErrClosed
	}
	s.subs[sub] = struct{}{}
	go func() {
		sub.run()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs, sub)
	}()
	return sub.out, nil
}

// SubscribeInitialize creates the durable consumer, so that it is there before
// the first Subscribe.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := s.consumer(ctx, topic); err != nil {
		return fmt.Errorf("initialise %s: %w", s.cfg.Group, err)
	}
	return nil
}

// Close ends every subscription and waits for them. What was not acknowledged
// goes back to the server at once. The durable consumers stay.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	var subs []*subscription
	for sub := range s.subs {
		subs = append(subs, sub)
	}
	s.mu.Unlock()
	for _, sub := range subs {
		sub.stop()
	}
	for _, sub := range subs {
		<-sub.done
	}
	return nil
}

func (s *Subscriber) consumer(ctx context.Context, topic string) (jetstream.Consumer, error) {
	subject := s.cfg.Subject(topic)
	stream := s.cfg.Stream
	if stream == "" {
		var err error
		if stream, err = s.cfg.JetStream.StreamNameBySubject(ctx, subject); err != nil {
			return nil, fmt.Errorf("find the stream of %s: %w", subject, err)
		}
	}
	return s.cfg.JetStream.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       Durable(s.cfg.Group, subject),
		FilterSubject: subject,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       s.cfg.AckWait,
		MaxDeliver:    -1,
		MaxAckPending: s.cfg.MaxAckPending,
	})
}

const durableChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// Durable is the name of the consumer of a group for a subject. Characters
// that a name cannot have are replaced, and a hash keeps names apart.
func Durable(group, subject string) string {
	readable := strings.Map(func(r rune) rune {
		if strings.ContainsRune(durableChars, r) {
			return r
		}
		return '_'
	}, subject)
	sum := sha256.Sum256([]byte(subject))
	return group + "_" + readable[:min(len(readable), 40)] + "_" + hex.EncodeToString(sum[:4])
}
