package routing

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// outcome is what deciding came to: decisions that stand or fall together, and
// the state after them.
type outcome struct {
	decisions []*events.Decision
	work      *conversation.Work
}

// landed is an append that is durable already.
type landed uint64

// Durable returns at once.
func (l landed) Durable(context.Context) (uint64, error) { return uint64(l), nil }

// shardOf is where a decision is stored: with its contact, or, when it has none
// (the books of a duplicate), by its key.
func shardOf(d *events.Decision) int {
	if d.Contact == "" {
		return events.KeyShard(d.ID)
	}
	return events.ShardOf(d.Contact)
}

// errUnfit says that a decision can never be stored as it is: it is too large
// for the log, or cannot be written down.
var errUnfit = errors.New("decision cannot be stored")

const (
	// envelope is room for the subject and the headers of an append.
	envelope = 4 << 10
	// maxUnsettled bounds the bytes on their way to the log; the log has a limit
	// of its own, which must not be met.
	maxUnsettled = 32 << 20
	// headerExpectEnd makes an append valid only at one place of the whole log,
	// headerExpectOf only while a subject's last message is the one expected.
	headerExpectEnd = "Nats-Expected-Last-Sequence"
	headerExpectOf  = "Nats-Expected-Last-Subject-Sequence-Subject"
)

// submit hands decisions to the log and makes their outcome the present state.
// done is called once they are durable, or have failed, from another goroutine.
// errUnfit means that nothing was done; any other error that the state must be
// read anew.
//
// Each append names the last sequence of the whole log, counted on from what was
// handed over before, and this router's claim. While the claim holds nobody else
// writes, so the log is always what was decided, in the order in which it was
// decided, or the beginning of it: after one refusal everything behind it is
// refused too. When it does not hold nothing is taken. The last sequence alone
// would not do: a foreign decision in the place of one of ours would let the
// next of ours pass. Neither would the shard's: what is decided about one
// contact rests on what is known of others.
func (r *Router) submit(ctx context.Context, o outcome, done func(seq uint64, err error)) error {
	if r.store.damage != nil {
		return r.store.damage
	}
	if err := r.claim(ctx); err != nil {
		return err
	}
	messages, size, err := r.encode(o.decisions)
	if err != nil {
		return err
	}
	if r.newest != nil && r.size.Load()+size > maxUnsettled {
		if _, err := r.newest.Durable(ctx); err != nil {
			return err
		}
	}
	pending, err := r.append(ctx, messages)
	if err != nil {
		return err
	}
	r.newest = pending
	r.since += uint64(len(messages))
	r.prog.mark(o.decisions[0].Cause.InboundSeq)
	if o.work != nil {
		r.store.take(o.work)
	}
	r.seated(o.decisions)
	r.size.Add(size)
	r.settling <- settled{pending, size, done}
	return nil
}

// place is the sequence that the next decision will have.
func (r *Router) place() uint64 { return r.prog.Checkpoint + r.since + 1 }

func (r *Router) encode(decisions []*events.Decision) (messages []eventlog.Message, size int64, err error) {
	messages = make([]eventlog.Message, len(decisions))
	for i, d := range decisions {
		data, err := d.Encode()
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", errUnfit, err)
		}
		if len(data) > int(r.deps.NC.MaxPayload())-envelope {
			return nil, 0, fmt.Errorf("%w: %d bytes", errUnfit, len(data))
		}
		messages[i] = eventlog.Message{Subject: events.ConversationSubject(shardOf(d)), Data: data}
		size += int64(len(data))
	}
	messages[0].ExpectLast = eventlog.Expect(r.lease)
	messages[0].Header = r.expectEnd()
	messages[0].Header[headerExpectOf] = []string{events.LeadSubject}
	return messages, size, nil
}

func (r *Router) expectEnd() nats.Header {
	return nats.Header{headerExpectEnd: {strconv.FormatUint(r.place()-1, 10)}}
}

func (r *Router) append(ctx context.Context, messages []eventlog.Message) (durable, error) {
	if len(messages) == 1 {
		p := r.deps.Log.AppendAsync(messages[0])
		return p, refusedAtOnce(p)
	}
	// An atomic append has no fixed place among those under way, so these get
	// theirs first.
	if p, ok := r.newest.(*eventlog.Pending); ok {
		if _, err := p.Accepted(ctx); err != nil {
			return nil, err
		}
	}
	last, err := r.deps.Log.AppendAtomic(ctx, messages)
	if err != nil {
		return nil, fmt.Errorf("append atomically: %w", err)
	}
	return landed(last), nil
}

var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// refusedAtOnce is why an append did not even leave, so that nothing is decided
// upon it; nil while it is under way.
func refusedAtOnce(p *eventlog.Pending) error {
	if _, err := p.Accepted(over); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
