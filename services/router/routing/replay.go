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

// catchUp reads the log from the checkpoint to its end as of now, durable or
// not yet when it is asked. A checkpoint beyond the end (the log was restored to
// an earlier state) begins anew.
func (r *Router) catchUp(ctx context.Context) error {
	newest, end, err := r.end(ctx)
	if err != nil {
		return err
	}
	if r.prog.Checkpoint > end {
		if err := r.startOver(); err != nil {
			return err
		}
		if newest, end, err = r.end(ctx); err != nil {
			return err
		}
	}
	cursor := r.deps.Facts.From(r.prog.Checkpoint)
	for r.prog.Checkpoint < newest {
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
	r.prog.Checkpoint = max(r.prog.Checkpoint, end)
	if r.store.fresh.size() > 0 {
		if err := r.writeNow(); err != nil {
			return err
		}
	}
	return r.skipGoneStatements(ctx)
}

// end is the sequence of the newest decision after the checkpoint, nought when
// there is none, and the last sequence that the log has given out. The two
// differ where the newest were deleted: a cursor would wait for those for ever,
// but the next append stands behind them.
func (r *Router) end(ctx context.Context) (newest, last uint64, err error) {
	if _, last, err = r.deps.Log.Bounds(ctx); err != nil {
		return 0, 0, err
	}
	for seq := last; seq > r.prog.Checkpoint; seq-- {
		switch _, err := r.deps.Log.Get(ctx, seq); {
		case err == nil:
			return seq, last, nil
		case !errors.Is(err, eventlog.ErrNotFound):
			return 0, 0, err
		}
	}
	return 0, last, nil
}

// replay folds one stored decision. One that cannot be read is passed over: it
// stays in the log, and the operator is told.
func (r *Router) replay(entry feed.Entry[*events.Decision]) {
	r.prog.Checkpoint = entry.Seq
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
// begins at its start where INBOUND itself was made anew. It asks the stream: a
// feed may not have reached yet what another router has decided.
func (r *Router) skipGoneStatements(ctx context.Context) error {
	stream, err := r.deps.Log.JetStream().Stream(ctx, events.InboundStream)
	if err != nil {
		return fmt.Errorf("ask for the stream of statements: %w: %w", eventlog.ErrUnavailable, err)
	}
	state := stream.CachedInfo().State
	switch {
	case r.prog.Low > state.LastSeq:
		r.deps.Logger.Warn().Msg("the stream of statements is shorter than what was decided; it is read from its start")
		r.prog.Low, r.prog.Done = 0, nil
	case state.FirstSeq > 0:
		r.prog.skipTo(state.FirstSeq - 1)
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

// recover drops everything that is not in the file and reads on from the
// checkpoint. First it waits until every append of ours has its outcome and
// nothing that was sent can still arrive: what is read then is all there is, so
// nothing is decided twice.
func (r *Router) recover(ctx context.Context) error {
	idle := make(chan struct{})
	r.settling <- settled{pending: landed(0), done: func(uint64, error) { close(idle) }}
	<-idle
	if r.pausing {
		<-r.flushed
		r.pausing = false
	}
	r.drainFailures()
	r.broken.Store(false)
	prog, err := r.reload()
	if err != nil {
		return err
	}
	r.prog, r.since, r.newest = prog, 0, nil
	for attempt := 0; ; attempt++ {
		if err = r.fence(ctx); err == nil {
			err = r.catchUp(ctx)
		}
		if err == nil || ctx.Err() != nil || !errors.Is(err, eventlog.ErrUnavailable) {
			return err
		}
		if !r.rest(ctx, min(time.Duration(50<<min(attempt, 6))*time.Millisecond, 2*time.Second)) {
			return nil
		}
	}
}

// reload reads the progress of the file, dropping what is only in memory. A file
// that could not be read is emptied, and built anew from the log.
func (r *Router) reload() (progress, error) {
	damage := r.store.damage
	r.store.drop()
	prog, err := r.store.load()
	if damage == nil && err == nil {
		return prog, nil
	}
	r.deps.Logger.Error().AnErr("damage", damage).Err(err).Msg("router state cannot be read and is built anew")
	return progress{}, r.store.clear()
}

// fence returns when the log has dealt with all that was sent to it before,
// appends whose answer was lost included: they travel in order, and this one, at
// the end, expects what cannot be and is refused.
func (r *Router) fence(ctx context.Context) error {
	_, err := r.deps.Log.Append(ctx, eventlog.Message{Subject: events.ConversationSubject(0), ExpectLast: eventlog.Expect(1 << 62)})
	switch {
	case errors.Is(err, eventlog.ErrConflict):
		return nil
	case err == nil:
		return errors.New("the log took an append that it must refuse")
	}
	return err
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
