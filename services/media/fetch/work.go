package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// worker hands out what is due while the file is open.
type worker struct {
	*Service
	db    *bolt.DB
	tasks sync.WaitGroup
}

// longestRest bounds how long nobody looks, whatever the clock does meanwhile.
const longestRest = time.Minute

func (w *worker) run(ctx context.Context) {
	defer w.tasks.Wait()
	for {
		next, err := w.handOut(ctx)
		if err == nil {
			var drop time.Time
			drop, err = w.discard(ctx)
			next = earlier(next, drop)
		}
		rest := longestRest
		switch now := w.deps.Now(); {
		case err != nil && ctx.Err() == nil:
			w.deps.Log.Error().Err(err).Msg("media jobs cannot be read")
			rest = time.Second
		case !next.IsZero():
			rest = min(max(next.Sub(now), time.Millisecond), longestRest)
		}
		again := time.NewTimer(rest)
		select {
		case <-again.C:
		case <-w.wake:
		case <-ctx.Done():
			again.Stop()
			return
		}
		again.Stop()
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// handOut begins what is due and has room, lane after lane, and tells when the
// next one is due. It begins behind the lane that came last, so that no host
// starves another.
func (w *worker) handOut(ctx context.Context) (next time.Time, err error) {
	p := pick{worker: w, now: w.deps.Now(), taken: map[string]int{}}
	err = w.db.View(func(tx *bbolt.Tx) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		p.tx = tx
		behind := bolt.After(bolt.AppendString(nil, w.last))
		if err := p.lanes(behind, nil); err != nil {
			return err
		}
		return p.lanes(nil, behind)
	})
	for _, j := range p.jobs {
		w.begin(ctx, j)
	}
	return p.next, err
}

// pick is one choice of jobs, made under the worker's mutex.
type pick struct {
	*worker
	tx    *bbolt.Tx
	now   time.Time
	jobs  []*job
	taken map[string]int
	next  time.Time
}

// lanes chooses from the lanes between two keys; nil is either end.
func (p *pick) lanes(from, to []byte) error {
	c := p.tx.Bucket(bucketLanes).Cursor()
	key, _ := c.Seek(from)
	for key != nil && (to == nil || bytes.Compare(key, to) < 0) {
		lane, _, err := bolt.CutString(key)
		if err != nil {
			return fmt.Errorf("read lane: %w", err)
		}
		prefix := bolt.AppendString(nil, lane)
		if err := p.lane(c, key, lane, prefix); err != nil {
			return err
		}
		key, _ = c.Seek(bolt.After(prefix))
	}
	return nil
}

// lane chooses what is due in one lane, the oldest first, as far as there is room.
func (p *pick) lane(c *bbolt.Cursor, key []byte, lane string, prefix []byte) error {
	for ; bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		if p.busy[lane]+p.taken[lane] >= p.deps.PerHost || len(p.flights)+len(p.jobs) >= p.deps.Parallel {
			return nil
		}
		ms, id, err := bolt.CutUint64(key[len(prefix):])
		if err != nil {
			return fmt.Errorf("read due job: %w", err)
		}
		if _, flying := p.flights[string(id)]; flying {
			continue
		}
		if due := time.UnixMilli(int64(ms)); due.After(p.now) {
			p.next = earlier(p.next, due)
			return nil
		}
		j, err := files{p.tx}.job(id)
		if err != nil {
			return err
		}
		if j != nil {
			p.taken[lane]++
			p.jobs = append(p.jobs, j)
		}
	}
	return nil
}

func (w *worker) begin(ctx context.Context, j *job) {
	flying, cancel := context.WithCancel(ctx)
	key, lane := string(j.key()), j.lane()
	w.mu.Lock()
	w.flights[key] = flight{lane, cancel}
	w.busy[lane]++
	w.last = lane
	w.mu.Unlock()
	w.tasks.Go(func() {
		defer func() {
			cancel()
			w.mu.Lock()
			delete(w.flights, key)
			if w.busy[lane]--; w.busy[lane] == 0 {
				delete(w.busy, lane)
			}
			w.mu.Unlock()
			w.nudge()
		}()
		if err := w.do(flying, j); err != nil && flying.Err() == nil {
			w.deps.Log.Error().Err(err).Str("inbox", string(j.Inbox)).Str("message", string(j.Message)).Msg("media job cannot be written")
		}
	})
}

// do brings one job a step further. An error is the file's.
func (w *worker) do(ctx context.Context, j *job) error {
	if j.Settled == nil {
		settled := w.attempt(ctx, j)
		switch {
		case ctx.Err() != nil && settled != nil:
			return w.abandon(settled.Hash)
		case ctx.Err() != nil:
			return nil
		case settled == nil:
			return w.later(j)
		}
		known, err := w.keep(ctx, j, settled)
		if err != nil || !known {
			return err
		}
	}
	why := w.settle(ctx, j)
	var problem *commands.Problem
	if errors.As(why, &problem) && (problem.Code == commands.NotFound || problem.Code == commands.Invalid) {
		// The message was taken back, or is none that waits: saying it again
		// helps nobody. A blob stays noted with its message until that goes.
		w.counts.WithLabelValues(j.Channel, "unwanted").Inc()
		why = nil
	}
	if why != nil {
		if ctx.Err() != nil {
			return nil
		}
		w.counts.WithLabelValues(j.Channel, "unsettled").Inc()
		w.deps.Log.Warn().Err(why).Str("inbox", string(j.Inbox)).Str("message", string(j.Message)).Int("attempt", j.Attempt).Msg("router did not take the word on a file")
		return w.later(j)
	}
	return w.db.Update(func(tx *bbolt.Tx) error {
		if same, err := w.standing(tx, j); err != nil || same == nil {
			return err
		}
		return files{tx}.dropJob(j.key())
	})
}

// attempt fetches the file, or finds that it never will be had. It returns nil
// where it has to be tried again.
func (w *worker) attempt(ctx context.Context, j *job) *events.Attachment {
	settled, err := w.fetch(ctx, j)
	if err == nil {
		w.counts.WithLabelValues(j.Channel, "stored").Inc()
		return settled
	}
	reason, final := reasonOf(err, w.deps.MaxBytes)
	if !final && w.deps.Now().Sub(j.Since) >= w.deps.GiveUp {
		reason, final = "given up: "+reason, true
	}
	if !final {
		w.counts.WithLabelValues(j.Channel, "again").Inc()
		return nil
	}
	if ctx.Err() == nil {
		w.counts.WithLabelValues(j.Channel, "failed").Inc()
		w.deps.Log.Warn().Str("channel", j.Channel).Str("inbox", string(j.Inbox)).Str("message", string(j.Message)).Str("reason", reason).Msg("a file will not be had")
	}
	failed := j.Attachment
	failed.Failed = reason
	return &failed
}

// standing is the job as it stands in the file now, or nil where it was dropped
// or names another file.
func (w *worker) standing(tx *bbolt.Tx, j *job) (*job, error) {
	now, err := files{tx}.job(j.key())
	if err != nil || now == nil || now.Attachment.URL != j.Attachment.URL {
		return nil, err
	}
	return now, nil
}

// later puts the job off. What cannot even be told to the router for as long as
// files are tried is dropped: the message keeps its URL.
func (w *worker) later(j *job) error {
	return w.db.Update(func(tx *bbolt.Tx) error {
		now, err := w.standing(tx, j)
		if err != nil || now == nil {
			return err
		}
		at := w.deps.Now()
		if now.Settled != nil && at.Sub(now.Since) >= 2*w.deps.GiveUp {
			return files{tx}.dropJob(now.key())
		}
		now.Attempt++
		now.Due = at.Add(w.deps.Backoff(now.Attempt))
		return files{tx}.put(now)
	})
}

// keep writes down how the fetching ended, before anybody is told. It reports
// false where the job was dropped meanwhile or must be done again.
func (w *worker) keep(ctx context.Context, j *job, settled *events.Attachment) (known bool, err error) {
	w.discarding.Lock()
	defer w.discarding.Unlock()
	err = w.db.Update(func(tx *bbolt.Tx) error {
		now, err := w.standing(tx, j)
		if err != nil {
			return err
		}
		f := files{tx}
		if now == nil {
			if settled.Hash == "" {
				return nil
			}
			return f.release(settled.Hash, w.deps.Now())
		}
		known = true
		if settled.Hash != "" {
			if err := f.use(j.Message, settled.Hash); err != nil {
				return err
			}
		}
		now.Settled = settled
		*j = *now
		return f.put(now)
	})
	if err != nil || !known || settled.Hash == "" {
		return known && err == nil, err
	}
	return w.confirm(ctx, j)
}

// abandon lets a blob go whose job was cancelled after it was stored.
func (w *worker) abandon(hash string) error {
	if hash == "" {
		return nil
	}
	return w.db.Update(func(tx *bbolt.Tx) error { return files{tx}.release(hash, w.deps.Now()) })
}
