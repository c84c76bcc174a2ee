package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrNotDead is returned where a sequence holds no dead letter: it was never
// one, or has been redriven or discarded.
var ErrNotDead = errors.New("no such dead letter")

// headerDead carries what is known of a dead letter, as JSON.
const headerDead = "Bus-Dead"

type record struct {
	Worker      string    `json:"worker"`
	Stream      string    `json:"stream"`
	Seq         uint64    `json:"seq"`
	Subject     string    `json:"subject"`
	Reason      string    `json:"reason"`
	Permanent   bool      `json:"permanent,omitempty"`
	Attempts    []Attempt `json:"attempts"`
	Size        int       `json:"size"`
	BodyOmitted bool      `json:"body_omitted,omitempty"`
}

// Dead is a message that a worker gave up.
type Dead struct {
	// ID is its sequence in the dead-letter stream, by which it is redriven.
	ID uint64
	// Buried is when it was stored there.
	Buried time.Time
	// Worker gave it up.
	Worker string
	// Stream, Seq and Subject are where it came from.
	Stream  string
	Seq     uint64
	Subject string
	// Reason is the last error; Permanent says that it was given up for the
	// error's kind and not for the number of attempts.
	Reason    string
	Permanent bool
	// Attempts are the newest failures, oldest first.
	Attempts []Attempt
	// Size is the length of the body; BodyOmitted says that Message is without
	// it because it was too large to copy.
	Size        int
	BodyOmitted bool
	// Message is as the handler saw it.
	Message *message.Message
}

// DeadLetters is the view of an operator. Its methods may be called from many
// goroutines.
type DeadLetters struct {
	// JetStream is the connection, Stream the one that holds the letters.
	JetStream jetstream.JetStream
	Stream    string
	// To stores a message that is redriven.
	To Appender
	// Target is the subject to which a letter is redriven; nil is the one it
	// came from. There every group sees it again, not only the one that gave
	// up: where the origin is a log of record, name a subject of the worker's
	// own.
	Target func(Dead) string
}

// ListDead returns up to limit letters with an ID above after, in order. limit
// is at most 1000. Whatever else stands in the stream is passed over.
func (d *DeadLetters) ListDead(ctx context.Context, after uint64, limit int) ([]Dead, error) {
	stream, err := d.JetStream.Stream(ctx, d.Stream)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	var list []Dead
	for len(list) < min(limit, 1000) {
		m, err := stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list dead letters: %w", err)
		}
		after = m.Sequence
		if dead, err := parseDead(m); err == nil {
			list = append(list, dead)
		}
	}
	return list, nil
}

// Get returns one letter, or ErrNotDead.
func (d *DeadLetters) Get(ctx context.Context, id uint64) (Dead, error) {
	stream, err := d.JetStream.Stream(ctx, d.Stream)
	if err != nil {
		return Dead{}, fmt.Errorf("get dead letter: %w", err)
	}
	m, err := stream.GetMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Dead{}, fmt.Errorf("get dead letter %d: %w", id, ErrNotDead)
	}
	if err != nil {
		return Dead{}, fmt.Errorf("get dead letter: %w", err)
	}
	return parseDead(m)
}

// Redrive stores the message of a letter again, as it was, and when that is
// durable removes the letter. A second call for the same letter, or one after
// a crash between the two steps, stores nothing twice within the target
// stream's Duplicates window.
func (d *DeadLetters) Redrive(ctx context.Context, id uint64) error {
	dead, err := d.Get(ctx, id)
	if err != nil {
		return err
	}
	if dead.BodyOmitted {
		if err := d.fetchBody(ctx, &dead); err != nil {
			return fmt.Errorf("redrive %d: %w", id, err)
		}
	}
	subject := dead.Subject
	if d.Target != nil {
		subject = d.Target(dead)
	}
	header, err := encode(dead.Message)
	if err != nil {
		return fmt.Errorf("redrive %d: %w", id, err)
	}
	msgID := fmt.Sprintf("redrive:%s:%d", d.Stream, id)
	if err := d.To.Append(ctx, subject, header, dead.Message.Payload, msgID)(ctx); err != nil {
		return fmt.Errorf("redrive %d: %w", id, err)
	}
	return d.Discard(ctx, id)
}

// Discard removes a letter for good. One that is gone already is ErrNotDead.
func (d *DeadLetters) Discard(ctx context.Context, id uint64) error {
	stream, err := d.JetStream.Stream(ctx, d.Stream)
	if err != nil {
		return fmt.Errorf("discard dead letter: %w", err)
	}
	err = stream.DeleteMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		err = fmt.Errorf("%w: %w", ErrNotDead, err)
	}
	if err != nil {
		return fmt.Errorf("discard dead letter %d: %w", id, err)
	}
	return nil
}

func (d *DeadLetters) fetchBody(ctx context.Context, dead *Dead) error {
	stream, err := d.JetStream.Stream(ctx, dead.Stream)
	if err != nil {
		return fmt.Errorf("fetch body: %w", err)
	}
	m, err := stream.GetMsg(ctx, dead.Seq)
	if err != nil {
		return fmt.Errorf("fetch body: %w", err)
	}
	dead.Message.Payload = m.Data
	return nil
}

func parseDead(m *jetstream.RawStreamMsg) (Dead, error) {
	var r record
	if json.Unmarshal([]byte(first(m.Header, headerDead)), &r) != nil {
		return Dead{}, fmt.Errorf("message %d: %w", m.Sequence, ErrNotDead)
	}
	header := nats.Header{}
	for k, v := range m.Header {
		if k != headerDead {
			header[k] = v
		}
	}
	return Dead{
		ID: m.Sequence, Buried: m.Time, Worker: r.Worker, Stream: r.Stream, Seq: r.Seq, Subject: r.Subject,
		Reason: r.Reason, Permanent: r.Permanent, Attempts: r.Attempts, Size: r.Size, BodyOmitted: r.BodyOmitted,
		Message: decode(header, m.Data),
	}, nil
}
