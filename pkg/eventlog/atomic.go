package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// Headers of JetStream's atomic batch publishing (NATS ADR-50).
const (
	headerBatchID     = "Nats-Batch-Id"
	headerBatchSeq    = "Nats-Batch-Sequence"
	headerBatchCommit = "Nats-Batch-Commit"

	// MaxAtomic is how many messages an atomic append may hold, the server's
	// default limit.
	MaxAtomic = 1000
)

// AppendAtomic stores all of msgs, next to each other and in this order, or none
// of them, and returns the sequence of the last once all are durable. A subject
// may carry one expectation, on its first message in msgs. ErrConflict means
// that at least one expectation did not hold.
//
// It waits its turn when many atomic appends are under way. Its place among the
// messages of AppendAsync calls under way is not fixed.
func (l *Log) AppendAtomic(ctx context.Context, msgs []Message) (uint64, error) {
	switch {
	case len(msgs) == 0:
		return 0, fmt.Errorf("%w: empty atomic append", ErrRejected)
	case len(msgs) > MaxAtomic:
		return 0, fmt.Errorf("%w: %d messages in an atomic append", ErrTooLarge, len(msgs))
	case len(msgs) == 1:
		return l.Append(ctx, msgs[0])
	}
	select {
	case l.atomic <- struct{}{}:
		defer func() { <-l.atomic }()
	case <-ctx.Done():
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	p := l.startAtomic(msgs)
	seq, err := p.Durable(ctx)
	switch {
	case errors.Is(err, ErrConflict):
		return 0, l.findLoser(ctx, msgs, err)
	case err != nil && ctx.Err() != nil && !errors.Is(err, ErrUnavailable):
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return seq, err
}

func (l *Log) startAtomic(msgs []Message) *Pending {
	p := newPending(msgs[len(msgs)-1], l.release)
	for i := range msgs[:len(msgs)-1] {
		p.bytes += msgs[i].size()
	}
	group := batchOf(msgs)
	l.order.Lock()
	defer l.order.Unlock()
	if l.admit(p) {
		l.pub.sendGroup(group, func(a ack, se *serverError, err error) {
			l.answered(p, a, se, err)
		})
	}
	return p
}

// batchOf gives the messages the headers of one atomic batch.
func batchOf(msgs []Message) []*nats.Msg {
	id := nuid.Next()
	out := make([]*nats.Msg, len(msgs))
	for i := range msgs {
		extra := []string{headerBatchID, id, headerBatchSeq, strconv.Itoa(i + 1)}
		if i == len(msgs)-1 {
			extra = append(extra, headerBatchCommit, "1")
		}
		out[i] = wire(&msgs[i], extra...)
	}
	return out
}

// findLoser names the expectation that failed; the server does not say which.
func (l *Log) findLoser(ctx context.Context, msgs []Message, conflict error) error {
	var asked []*Message
	for i := range msgs {
		if msgs[i].ExpectLast != nil {
			asked = append(asked, &msgs[i])
		}
	}
	var told *ConflictError
	if len(asked) == 1 && errors.As(conflict, &told) {
		return &ConflictError{Subject: asked[0].Subject, Expected: *asked[0].ExpectLast, Last: told.Last}
	}
	for _, m := range asked {
		last, err := l.LastOnSubject(ctx, m.Subject)
		if err == nil && last != *m.ExpectLast {
			return &ConflictError{Subject: m.Subject, Expected: *m.ExpectLast, Last: last}
		}
	}
	return &ConflictError{}
}
