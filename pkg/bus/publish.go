package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("bus is closed")

// Appender puts one message into a stream.
type Appender interface {
	// Append starts to store data under the subject; the order of calls is the
	// order in the stream. The function it returns waits until the message is
	// durable, or says why it is not. Header and data must not be changed any
	// more. msgID, when not empty, lets the stream drop repetitions.
	Append(ctx context.Context, subject string, header nats.Header, data []byte, msgID string) (wait func(context.Context) error)
}

// AppendFunc is an Appender that finishes one message before the next.
type AppendFunc func(ctx context.Context, subject string, header nats.Header, data []byte, msgID string) error

// Append calls f.
func (f AppendFunc) Append(ctx context.Context, subject string, header nats.Header, data []byte, msgID string) func(context.Context) error {
	err := f(ctx, subject, header, data, msgID)
	return func(context.Context) error { return err }
}

// OverLog appends to an eventlog, and waits until it says durable.
func OverLog(l *eventlog.Log) Appender { return logAppender{l} }

type logAppender struct{ log *eventlog.Log }

func (a logAppender) Append(_ context.Context, subject string, header nats.Header, data []byte, msgID string) func(context.Context) error {
	p := a.log.AppendAsync(eventlog.Message{Subject: subject, Header: header, Data: data, MsgID: msgID})
	return func(ctx context.Context) error {
		_, err := p.Durable(ctx)
		return err
	}
}

// OverJetStream publishes to whatever stream holds the subject and waits for
// the server's acknowledgement, which on a single server that does not sync
// always is not yet durable.
func OverJetStream(js jetstream.JetStream) Appender { return jsAppender{js} }

type jsAppender struct{ js jetstream.JetStream }

func (a jsAppender) Append(_ context.Context, subject string, header nats.Header, data []byte, msgID string) func(context.Context) error {
	var opts []jetstream.PublishOpt
	if msgID != "" {
		opts = append(opts, jetstream.WithMsgID(msgID))
	}
	f, err := a.js.PublishMsgAsync(&nats.Msg{Subject: subject, Header: header, Data: data}, opts...)
	return func(ctx context.Context) error {
		if err != nil {
			return err
		}
		select {
		case <-f.Ok():
			return nil
		case err := <-f.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Publisher is a message.Publisher. Use NewPublisher.
type Publisher struct {
	to Appender

	mu      sync.RWMutex // held for reading while publishing; guards closed
	closed  bool
	subject func(string) string
}

// NewPublisher makes a publisher whose topics are subjects, translated by
// subject unless that is nil.
func NewPublisher(to Appender, subject func(topic string) string) *Publisher {
	if subject == nil {
		subject = func(topic string) string { return topic }
	}
	return &Publisher{to: to, subject: subject}
}

// Publish stores the messages in their order and returns when all of them are
// durable. A message's own context bounds the wait for it. After an error some
// may have been stored, also some after the one that failed; to publish the
// same messages again is safe within the stream's Duplicates window.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return ErrClosed
	}
	subject := p.subject(topic)
	waits := make([]func(context.Context) error, 0, len(messages))
	var failed error
	for _, m := range messages {
		h, err := encode(m)
		if err != nil {
			failed = err
			break
		}
		var msgID string
		if m.UUID != "" {
			msgID = m.UUID + "@" + subject
		}
		waits = append(waits, p.to.Append(m.Context(), subject, h, m.Payload, msgID))
	}
	for i, wait := range waits {
		if err := wait(messages[i].Context()); err != nil {
			return fmt.Errorf("publish message %d of %d: %w", i+1, len(messages), err)
		}
	}
	if failed != nil {
		return fmt.Errorf("publish message %d of %d: %w", len(waits)+1, len(messages), failed)
	}
	return nil
}

// Close waits for calls of Publish under way; later ones fail with ErrClosed.
// What the publisher appends to stays open.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}
