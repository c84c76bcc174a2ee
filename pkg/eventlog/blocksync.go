package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// BlockSync makes appends durable by syncing the newest block file of a stream
// once for everybody who waits. The server must run in this process, or at least
// on this machine, with its own syncing off (natsd.SyncByLog). See the package
// comment for what it relies on. Share one among all Logs of a server, and close
// it after them.
type BlockSync struct {
	dir  func(stream string) string
	sync func(*os.File) error

	mu      sync.Mutex // guards what follows
	streams map[string]*syncer
	closed  bool
}

// NewBlockSync takes a function that names a stream's directory, such as
// natsd's Server.StreamDir.
func NewBlockSync(dir func(stream string) string) *BlockSync {
	return &BlockSync{dir: dir, sync: (*os.File).Sync, streams: map[string]*syncer{}}
}

// Sync implements Commit.
func (c *BlockSync) Sync(ctx context.Context, stream string) error {
	s, err := c.stream(stream)
	if err != nil {
		return err
	}
	return s.barrier(ctx)
}

// Close waits for syncs under way and closes the block files. Appends fail from
// then on.
func (c *BlockSync) Close() error {
	c.mu.Lock()
	c.closed = true
	streams := c.streams
	c.streams = map[string]*syncer{}
	c.mu.Unlock()
	var errs []error
	for _, s := range streams {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

func (c *BlockSync) prepare(cfg *jetstream.StreamConfig) error {
	switch {
	case cfg.Replicas > 1:
		return fmt.Errorf("stream %s has %d replicas: block sync is for one", cfg.Name, cfg.Replicas)
	case cfg.PersistMode == jetstream.AsyncPersistMode:
		return fmt.Errorf("stream %s persists asynchronously: block sync needs it written at once", cfg.Name)
	}
	return nil
}

func (c *BlockSync) attach(ctx context.Context, l *Log, st jetstream.Stream) (committer, error) {
	s, err := c.stream(l.Stream())
	if err != nil {
		return nil, err
	}
	if err := s.adopt(ctx, st); err != nil {
		return nil, err
	}
	return &grouped{direct: direct{log: l}, syncer: s}, nil
}

func (c *BlockSync) stream(name string) (*syncer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	s := c.streams[name]
	if s == nil {
		s = &syncer{files: newBlocks(c.dir(name), c.sync)}
		c.streams[name] = s
	}
	return s, nil
}

// grouped is BlockSync at work for one Log.
type grouped struct {
	direct
	*syncer
}

func (g *grouped) settle(p *Pending)  { g.syncer.settle(p) }
func (g *grouped) observe(seq uint64) { g.syncer.observe(seq) }
func (g *grouped) mark() *watermark   { return &g.syncer.water }
func (g *grouped) healthy() error     { return g.syncer.healthy() }
func (g *grouped) syncs() uint64      { return g.syncer.rounds.Load() }
func (g *grouped) close()             {}

// syncer shares one sync among all who wait for one, for one stream. Its
// goroutine lives only while somebody waits, so an idle stream costs nothing.
type syncer struct {
	water  watermark
	rounds atomic.Uint64

	adopting sync.Mutex // one adoption at a time
	disk     sync.Mutex // held while files are used
	files    *blocks

	mu      sync.Mutex // guards what follows
	born    time.Time  // of the stream that water speaks of
	adopted bool
	known   uint64     // the highest sequence that the server has given out
	waiting []*Pending // accepted, not durable, in no particular order
	callers []chan error
	running sync.WaitGroup
	active  bool
	closed  bool
	sick    error
}

// adopt makes what the stream holds durable before the first Log speaks of it.
func (s *syncer) adopt(ctx context.Context, st jetstream.Stream) error {
	s.adopting.Lock()
	defer s.adopting.Unlock()
	info := st.CachedInfo()
	s.mu.Lock()
	again := s.adopted && s.born.Equal(info.Created)
	sick := s.sick
	s.mu.Unlock()
	if sick != nil {
		return sick
	}
	if again {
		return s.barrierFor(ctx, info.State.LastSeq)
	}
	if err := dropTornBatch(ctx, st); err != nil {
		return err
	}
	s.disk.Lock()
	err := s.files.syncAll()
	s.disk.Unlock()
	if err != nil {
		return s.fall(err)
	}
	s.mu.Lock()
	s.adopted, s.born, s.known = true, info.Created, info.State.LastSeq
	s.mu.Unlock()
	s.water.reset(info.State.LastSeq)
	return nil
}

func (s *syncer) settle(p *Pending) {
	s.enqueue(func() { s.waiting = append(s.waiting, p) }, p.seq, func(err error) { p.fail(err) })
}

func (s *syncer) observe(seq uint64) { s.enqueue(func() {}, seq, func(error) {}) }

// barrier waits for a sync that begins after the call.
func (s *syncer) barrier(ctx context.Context) error { return s.barrierFor(ctx, 0) }

func (s *syncer) barrierFor(ctx context.Context, seq uint64) error {
	done := make(chan error, 1)
	s.enqueue(func() { s.callers = append(s.callers, done) }, seq, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}

// enqueue adds work under the lock and sees to it that somebody does it.
func (s *syncer) enqueue(add func(), seq uint64, refuse func(error)) {
	s.mu.Lock()
	if err := s.refusalLocked(); err != nil {
		s.mu.Unlock()
		refuse(err)
		return
	}
	add()
	s.known = max(s.known, seq)
	start := !s.active
	if start {
		s.active = true
		s.running.Add(1)
	}
	s.mu.Unlock()
	if start {
		go s.run()
	}
}

func (s *syncer) refusalLocked() error {
	if s.sick != nil {
		return s.sick
	}
	if s.closed {
		return fmt.Errorf("%w: %w", ErrUnavailable, ErrClosed)
	}
	return nil
}

// run syncs until nobody waits.
func (s *syncer) run() {
	defer s.running.Done()
	for {
		s.mu.Lock()
		group, callers, upTo := s.waiting, s.callers, s.known
		s.waiting, s.callers = nil, nil
		if len(group) == 0 && len(callers) == 0 && upTo <= s.water.get() {
			s.active = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()

		// Everything in the group was written before it was acknowledged, so a
		// sync that begins now covers it.
		s.disk.Lock()
		err := s.files.syncNew()
		s.disk.Unlock()
		if err != nil {
			err = s.fall(err)
		} else {
			s.rounds.Add(1)
			s.water.raise(upTo)
		}
		for _, p := range group {
			if err != nil {
				p.fail(err)
			} else {
				p.finish()
			}
		}
		for _, c := range callers {
			c <- err
		}
		if err != nil {
			s.giveUp(err)
			return
		}
	}
}

// fall makes the syncer refuse everything from now on.
func (s *syncer) fall(cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sick == nil {
		s.sick = fmt.Errorf("%w: sync failed, restart needed: %w", ErrUnavailable, cause)
		s.water.fail(s.sick)
	}
	return s.sick
}

// giveUp fails those who came between the failed sync and its being known.
func (s *syncer) giveUp(err error) {
	s.mu.Lock()
	group, callers := s.waiting, s.callers
	s.waiting, s.callers, s.active = nil, nil, false
	s.mu.Unlock()
	for _, p := range group {
		p.fail(err)
	}
	for _, c := range callers {
		c <- err
	}
}

func (s *syncer) healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sick
}

func (s *syncer) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
	s.water.fail(fmt.Errorf("%w: %w", ErrUnavailable, ErrClosed))
	s.disk.Lock()
	defer s.disk.Unlock()
	return s.files.close()
}
