package eventlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Stream is the stream's name.
func (l *Log) Stream() string { return l.cfg.Stream.Name }

// LastOnSubject is the sequence of the last message on subject, durable or not,
// and 0 when there is none. It fits Message.ExpectLast.
func (l *Log) LastOnSubject(ctx context.Context, subject string) (uint64, error) {
	m, err := l.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("last message on subject: %w: %w", ErrUnavailable, err)
	}
	return m.Sequence, nil
}

// Get reads one message, durable or not. ErrNotFound means that there is none
// with that sequence.
func (l *Log) Get(ctx context.Context, seq uint64) (Record, error) {
	m, err := l.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Record{}, fmt.Errorf("get message %d: %w", seq, ErrNotFound)
	}
	if err != nil {
		return Record{}, fmt.Errorf("get message %d: %w: %w", seq, ErrUnavailable, err)
	}
	return Record{Seq: m.Sequence, Subject: m.Subject, Header: m.Header, Data: m.Data, Time: m.Time}, nil
}

// Bounds are the first and the last sequence that the stream holds at this
// moment, durable or not. first is last+1 when it is empty.
func (l *Log) Bounds(ctx context.Context) (first, last uint64, err error) {
	info, err := l.js.Stream(ctx, l.Stream())
	if err != nil {
		return 0, 0, fmt.Errorf("bounds of stream %s: %w: %w", l.Stream(), ErrUnavailable, err)
	}
	st := info.CachedInfo().State
	return st.FirstSeq, st.LastSeq, nil
}

// JetStream is the context the Log works with, for readers of its stream. The
// stream must not be written through it.
func (l *Log) JetStream() jetstream.JetStream { return l.js }

// Conn is the caller's own connection, given to Open.
func (l *Log) Conn() *nats.Conn { return l.nc }
