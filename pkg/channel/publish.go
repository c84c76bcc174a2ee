package channel

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// Publisher puts statements into the log. Publish returns only after every one
// of them is durable; on an error none may be acknowledged to the provider
// (some may be stored: the provider's retry finds them as duplicates).
type Publisher interface {
	Publish(ctx context.Context, statements ...*events.Inbound) error
}

// ErrUnavailable says that the log cannot store now; the sender is asked to try
// again (503, SMTP 451).
var ErrUnavailable = errors.New("log unavailable")

// LogPublisher publishes to the stream INBOUND.
type LogPublisher struct{ log *eventlog.Log }

// NewLogPublisher publishes through the log, which the caller owns and closes.
func NewLogPublisher(log *eventlog.Log) *LogPublisher { return &LogPublisher{log: log} }

// Publish completes each statement (version, content hash) and appends all of
// them; they share one sync. All are encoded before the first is appended, so a
// statement that cannot be one leaves nothing half done. A statement that the
// log will never take is a [*Refusal] with status 413.
func (p *LogPublisher) Publish(ctx context.Context, statements ...*events.Inbound) error {
	messages := make([]eventlog.Message, 0, len(statements))
	for _, in := range statements {
		msg, err := p.message(in)
		if err != nil {
			return err
		}
		messages = append(messages, msg)
	}
	pending := make([]*eventlog.Pending, 0, len(messages))
	for _, msg := range messages {
		pending = append(pending, p.log.AppendAsync(msg))
	}
	for _, wait := range pending {
		switch _, err := wait.Durable(ctx); {
		case err == nil:
		case errors.Is(err, eventlog.ErrTooLarge):
			return Refuse(http.StatusRequestEntityTooLarge, "too-large", "the message is larger than can be stored")
		default:
			return fmt.Errorf("store statement: %w: %w", ErrUnavailable, err)
		}
	}
	return nil
}

func (p *LogPublisher) message(in *events.Inbound) (eventlog.Message, error) {
	if in.ProviderID == "" || in.Inbox == "" || in.Channel == "" {
		return eventlog.Message{}, fmt.Errorf("statement without provider id, inbox or channel")
	}
	in.V = 1
	if in.Content == "" {
		in.Content = ContentHash(in)
	}
	if in.OccurredAt.IsZero() {
		in.OccurredAt = in.ReceivedAt
	}
	data, err := in.Encode()
	if err != nil {
		return eventlog.Message{}, fmt.Errorf("encode statement: %w", err)
	}
	return eventlog.Message{Subject: events.InboundSubject(in), Data: data}, nil
}
