package routing

import (
	"context"
	"fmt"

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

// submit hands decisions to the log and makes their outcome the present state.
// done is called once they are durable, or have failed, from another goroutine.
// An error means that the state must be read anew.
func (r *Router) submit(ctx context.Context, o outcome, done func(seq uint64, err error)) error {
	messages := make([]eventlog.Message, len(o.decisions))
	for i, d := range o.decisions {
		data, err := d.Encode()
		if err != nil {
			return fmt.Errorf("encode decision %s: %w", d.ID, err)
		}
		shard := shardOf(d)
		last, err := r.expectation(ctx, shard)
		if err != nil {
			return err
		}
		messages[i] = eventlog.Message{Subject: events.ConversationSubject(shard), Data: data, ExpectLast: eventlog.Expect(last)}
	}
	pending, err := r.append(ctx, o.decisions, messages)
	if err != nil {
		return err
	}
	r.newest = pending
	r.since += uint64(len(messages))
	r.prog.mark(o.decisions[0].Cause.InboundSeq)
	if o.work != nil {
		r.store.take(o.work)
	}
	r.settling <- settled{pending, done}
	return nil
}

func (r *Router) append(ctx context.Context, decisions []*events.Decision, messages []eventlog.Message) (durable, error) {
	if len(messages) == 1 {
		p := r.deps.Log.AppendAsync(messages[0])
		r.inflight[shardOf(decisions[0])] = p
		return p, nil
	}
	// An atomic append has no fixed place among those under way, so these get
	// theirs first; and two of its messages in one shard share an expectation.
	if p, ok := r.newest.(*eventlog.Pending); ok {
		if _, err := p.Accepted(ctx); err != nil {
			return nil, err
		}
	}
	met := map[string]bool{}
	for i := range messages {
		if met[messages[i].Subject] {
			messages[i].ExpectLast = nil
		}
		met[messages[i].Subject] = true
	}
	last, err := r.deps.Log.AppendAtomic(ctx, messages)
	if err != nil {
		return nil, fmt.Errorf("append atomically: %w", err)
	}
	first := last - uint64(len(messages)) + 1
	for i, d := range decisions {
		r.prog.Last[shardOf(d)] = first + uint64(i)
	}
	return landed(last), nil
}
