package channel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// Publisher puts statements into the log. Publish returns only after every one
// of them is durable; on an error none may be acknowledged to the provider
// (some may be stored: the provider's retry finds them as duplicates).
type Publisher interface {
	Publish(ctx context.Context, statements ...*events.Inbound) error
}

// FlagDerivedID marks a statement whose provider gave no id: the adapter made
// one of what it says.
const FlagDerivedID = "derived-id"

// ErrUnavailable says that the log cannot store now; the sender is asked to try
// again (503, SMTP 451).
var ErrUnavailable = errors.New("log unavailable")

// LogPublisher publishes to the stream INBOUND.
type LogPublisher struct {
	log   *eventlog.Log
	blobs blob.Store
}

// NewLogPublisher publishes through the log, which the caller owns and closes.
// Raw bytes of any size travel inside the statement; see WithBlobs.
func NewLogPublisher(log *eventlog.Log) *LogPublisher { return &LogPublisher{log: log} }

// WithBlobs keeps raw bytes beyond events.RawInlineLimit in the blob store,
// durably before the statement that names them, so that a statement stays small
// however large the request was.
func (p *LogPublisher) WithBlobs(blobs blob.Store) *LogPublisher {
	return &LogPublisher{log: p.log, blobs: blobs}
}

// Publish completes each statement (version, content hash) and appends all of
// them; they share one sync. All are encoded before the first is appended, so a
// statement that cannot be one leaves nothing half done. A statement that the
// log will never take is a [*Refusal] with status 413.
func (p *LogPublisher) Publish(ctx context.Context, statements ...*events.Inbound) error {
	messages := make([]eventlog.Message, 0, len(statements))
	for _, in := range statements {
		if err := p.storeRaw(ctx, in); err != nil {
			return err
		}
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

// storeRaw moves large raw bytes out of the statement. The content hash is
// taken first: it must not depend on where the bytes are.
func (p *LogPublisher) storeRaw(ctx context.Context, in *events.Inbound) error {
	if p.blobs == nil || in.Raw == nil || len(in.Raw.Bytes) <= events.RawInlineLimit {
		return nil
	}
	if in.Content == "" {
		in.Content = ContentHash(in)
	}
	size := int64(len(in.Raw.Bytes))
	ref, err := p.blobs.Put(ctx, bytes.NewReader(in.Raw.Bytes), size)
	if err != nil {
		return fmt.Errorf("store raw bytes: %w: %w", ErrUnavailable, err)
	}
	in.Raw = &events.Raw{Type: in.Raw.Type, Hash: ref.Hash, Size: size}
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
