package routing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// catchUp reads the log from the checkpoint to its present end. A checkpoint
// beyond the end (the log was restored to an earlier state) begins anew.
func (r *Router) catchUp(ctx context.Context) error {
	head := r.deps.Facts.Head()
	if r.prog.Checkpoint > head {
		if err := r.startOver(); err != nil {
			return err
		}
	}
	cursor := r.deps.Facts.From(r.prog.Checkpoint)
	for r.prog.Checkpoint < head {
		batch, err := cursor.Next(ctx)
		if err != nil {
			return err
		}
		for _, entry := range batch {
			r.replay(entry)
		}
		if r.store.fresh.size() >= flushSize {
			if err := r.writeNow(); err != nil {
				return err
			}
		}
	}
	if r.store.fresh.size() > 0 {
		if err := r.writeNow(); err != nil {
			return err
		}
	}
	return r.skipGoneStatements()
}

// replay folds one stored decision. One that cannot be read is passed over: it
// stays in the log, and the operator is told.
func (r *Router) replay(entry feed.Entry[*events.Decision]) {
	r.prog.Checkpoint = entry.Seq
	if shard, ok := events.ShardOfSubject(entry.Subject); ok {
		r.prog.Last[shard] = entry.Seq
	}
	if entry.Err != nil {
		r.deps.Logger.Error().Err(entry.Err).Uint64("seq", entry.Seq).Msg("decision cannot be read")
		return
	}
	work := conversation.NewWork(r.store)
	work.Replay(entry.Value)
	r.store.take(work)
	r.prog.mark(entry.Value.Cause.InboundSeq)
}

func (r *Router) writeNow() error {
	if err := r.store.write(r.store.fresh, r.prog.clone()); err != nil {
		return err
	}
	r.store.flushing, r.store.fresh = r.store.fresh, newLayer()
	r.store.settle()
	return nil
}

// skipGoneStatements passes over statements that INBOUND no longer keeps, and
// begins at its start where INBOUND itself was made anew.
func (r *Router) skipGoneStatements() error {
	head := r.deps.Inbound.Head()
	if r.prog.Low > head {
		r.deps.Logger.Warn().Msg("the stream of statements is shorter than what was decided; it is read from its start")
		r.prog.Low, r.prog.Done = 0, nil
	}
	return nil
}

func (r *Router) startOver() error {
	r.deps.Logger.Warn().Msg("router state is ahead of the log and is built anew")
	if err := r.store.clear(); err != nil {
		return err
	}
	r.prog = progress{}
	return nil
}

// recover drops everything that is not in the file, waits for the log to take
// appends again, and reads on from the checkpoint.
func (r *Router) recover(ctx context.Context) error {
	for shard, p := range r.inflight {
		if p != nil {
			_, _ = p.Durable(ctx) // settled either way: the log below tells
		}
		r.inflight[shard] = nil
	}
	if r.pausing {
		<-r.flushed
		r.pausing = false
	}
	r.drainFailures()
	prog, err := r.store.load()
	if err != nil {
		return err
	}
	r.store.drop()
	r.prog, r.since, r.newest = prog, 0, nil
	for attempt := 0; ; attempt++ {
		err := r.catchUp(ctx)
		if err == nil || ctx.Err() != nil || !errors.Is(err, eventlog.ErrUnavailable) {
			return err
		}
		pause := min(time.Duration(50<<min(attempt, 6))*time.Millisecond, 2*time.Second)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (r *Router) drainFailures() {
	for {
		select {
		case <-r.failed:
		default:
			return
		}
	}
}

// expectation is the last sequence of a shard, once the append before it in the
// same shard has its place.
func (r *Router) expectation(ctx context.Context, shard int) (uint64, error) {
	if p := r.inflight[shard]; p != nil {
		seq, err := p.Accepted(ctx)
		if err != nil {
			return 0, fmt.Errorf("append before in shard %d: %w", shard, err)
		}
		r.prog.Last[shard] = seq
		r.inflight[shard] = nil
	}
	return r.prog.Last[shard], nil
}
