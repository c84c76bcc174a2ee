package boardservice

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
)

// Deps are what the board needs. NC, Feed and Settings belong to the caller and
// outlive Run.
type Deps struct {
	NC *nats.Conn
	// Feed is the process's reader of the log, Settings that of the bucket of
	// settings; see [DecodeSetting].
	Feed     *facts
	Settings *feed.Feed[Setting]
	// Dir holds the folder "board", which may be deleted while nothing runs.
	Dir string
	// Zone is where a day begins; UTC when nil.
	Zone   *time.Location
	Clock  clock.Clock // clock.System when nil
	Logger zerolog.Logger
	// Metrics may be nil.
	Metrics prometheus.Registerer

	near uint64 // see there; a test has fewer
}

// Service keeps one board. Use New, then Run once. Its methods may be called from
// any goroutine.
type Service struct {
	deps     Deps
	source   string
	ready    chan struct{}
	dirty    chan struct{} // has room for one: something changed since the last look
	followed chan struct{} // has room for one: a gateway says that somebody looks
	shelf    shelf
	later    chan *copied // what keeping has to write
	computed prometheus.Counter
	told     prometheus.Counter
	past     past

	mu    sync.Mutex // guards all below
	state *state     // nil until Run has read what there was
	moved chan struct{}
	whole whole
	tell  teller
}

// whole is the newest board that was worked out, as JSON.
type whole struct {
	data     []byte
	at       time.Time // by the clock
	facts    uint64
	settings uint64
}

// New makes a Service; nothing is read before Run.
func New(d Deps) (*Service, error) {
	if d.NC == nil || d.Feed == nil || d.Settings == nil || d.Dir == "" {
		return nil, errors.New("board: connection, feeds and folder are required")
	}
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	if d.Clock == nil {
		d.Clock = clock.System{}
	}
	if d.near == 0 {
		d.near = near
	}
	s := &Service{
		deps: d, source: id.New("bd"), ready: make(chan struct{}), dirty: make(chan struct{}, 1), followed: make(chan struct{}, 1),
		shelf: shelf{dir: filepath.Join(d.Dir, "board"), near: d.near}, later: make(chan *copied, 1), moved: make(chan struct{}), past: past{turn: make(chan struct{}, 1)},
		computed: prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_board_computed_total", Help: "Boards that were worked out, for whoever looks."}),
		told:     prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_board_told_total", Help: "Changes of the board that were told to gateways."}),
	}
	if d.Metrics != nil {
		for _, c := range []prometheus.Collector{s.computed, s.told} {
			if err := d.Metrics.Register(c); err != nil {
				return nil, fmt.Errorf("register metrics: %w", err)
			}
		}
	}
	return s, nil
}

// Ready is closed once the board holds all that stood in the log when Run began.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run works until ctx ends; then it keeps the board on disk and returns nil.
func (s *Service) Run(ctx context.Context) error {
	st, err := s.catchUp(ctx)
	if err != nil {
		return s.ended(ctx, err)
	}
	s.mu.Lock()
	s.state = st
	s.change()
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	for _, run := range []func(context.Context) error{s.followFacts, s.followSettings, s.telling, s.keeping} {
		parts.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	close(s.ready)
	<-ctx.Done()
	parts.Wait()
	if st.facts > 0 {
		if err := s.shelf.put(st.copy()); err != nil {
			s.deps.Logger.Warn().Err(err).Msg("board not kept, the next start reads the log")
		}
	}
	return s.ended(ctx, context.Cause(ctx))
}

func (s *Service) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return nil
	}
	return fmt.Errorf("board: %w", err)
}

// catchUp is the newest board that was kept, or an empty one, brought to the end
// of the log.
func (s *Service) catchUp(ctx context.Context) (*state, error) {
	st := s.newest(ctx)
	read := s.from(st)
	for {
		f, c, err := read.next(ctx)
		switch {
		case err != nil:
			return nil, err
		case f != nil:
			if s.turns(st, f) {
				if err := s.shelf.put(st.copy()); err != nil {
					return nil, err
				}
			}
			st.fact(f)
			read.facts.take()
		case c != nil:
			st.setting(c)
			read.settings.take()
		default:
			return st, nil
		}
	}
}

// newest is the newest board on disk that belongs to this log.
func (s *Service) newest(ctx context.Context) *state {
	files, err := s.shelf.list()
	if err != nil {
		s.deps.Logger.Warn().Err(err).Msg("boards on disk not used")
	}
	for _, f := range files {
		st, err := s.shelf.open(s.deps.Zone, f)
		if err == nil && s.ours(ctx, st) {
			return st
		}
		s.deps.Logger.Warn().AnErr("reason", err).Msg("a board on disk cannot be used and is removed")
		s.shelf.drop(f)
	}
	return newState(s.deps.Zone)
}

// ours reports whether the log has the decision that a board ends with, stored at
// the very time.
func (s *Service) ours(ctx context.Context, st *state) bool {
	if st.facts > s.deps.Feed.Head() || st.settings > s.deps.Settings.Head() {
		return false
	}
	if st.facts == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 2*quiet)
	defer cancel()
	entries, err := s.deps.Feed.From(st.facts - 1).Next(ctx)
	return err == nil && entries[0].Seq == st.facts && entries[0].Time.Equal(st.stored)
}

func (s *Service) followFacts(ctx context.Context) error {
	s.mu.Lock()
	cursor := s.deps.Feed.From(s.state.facts)
	s.mu.Unlock()
	kept := s.deps.Clock.Now()
	for {
		entries, err := cursor.Next(ctx)
		if err != nil {
			return err
		}
		now := s.deps.Clock.Now()
		s.mu.Lock()
		for i := range entries {
			if s.turns(s.state, &entries[i]) {
				kept = now
				s.keepLater(s.state.copy())
			}
			s.state.fact(&entries[i])
			if d := entries[i].Value; entries[i].Err == nil {
				s.tell.late(d.At)
			}
		}
		if now.Sub(kept) >= keepEvery {
			kept = now
			s.keepLater(s.state.copy())
		}
		s.change()
		s.mu.Unlock()
	}
}

// keepEvery bounds how much of the log a start after a crash reads again.
const keepEvery = 5 * time.Minute

func (s *Service) followSettings(ctx context.Context) error {
	s.mu.Lock()
	cursor := s.deps.Settings.From(s.state.settings)
	s.mu.Unlock()
	for {
		entries, err := cursor.Next(ctx)
		if err != nil {
			return err
		}
		s.mu.Lock()
		concerned := false
		for i := range entries {
			concerned = s.state.setting(&entries[i]) || concerned
		}
		if concerned {
			s.change()
		}
		s.mu.Unlock()
	}
}

// change tells who waits; the caller holds mu.
func (s *Service) change() {
	close(s.moved)
	s.moved = make(chan struct{})
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// turns reports whether a decision is the first of another hour, or some time ago of
// another day, or comes after many others: the board as it stands before it is kept,
// so that the past is near when it is asked for.
func (s *Service) turns(st *state, next *fact) bool {
	if next.Value == nil || st.facts == 0 {
		return false
	}
	if st.facts-st.kept >= s.deps.near/2 {
		return true
	}
	span, at := time.Hour, next.Value.At
	switch age := s.deps.Clock.Now().Sub(at); {
	case age > daily:
		return false
	case age > hourly:
		span = 24 * time.Hour
	}
	return at.After(st.at) && !st.at.Truncate(span).Equal(at.Truncate(span))
}

// keepLater has a state written. Where the disk is slower than the hours, one less
// is kept.
func (s *Service) keepLater(c *copied) {
	select {
	case s.later <- c:
	default:
	}
}

// keeping writes what is to be kept, beside the board that goes on.
func (s *Service) keeping(ctx context.Context) error {
	for {
		select {
		case c := <-s.later:
			if err := s.shelf.put(c); err != nil {
				s.deps.Logger.Warn().Err(err).Msg("board not kept")
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// ErrNotYet says that the board has not read the log yet.
var ErrNotYet = errors.New("the board is being made")

// Now is the board as it stands, as the JSON of a queries.BoardAnswer, once it has
// read a sequence of the log. Whoever asks within a twentieth of a second shares
// one; it is not to be changed.
func (s *Service) Now(ctx context.Context, minSeq uint64) ([]byte, error) {
	if err := s.locked(ctx, minSeq); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.wholeNow(minSeq)
}

// share is how long a board that was worked out answers for the next.
const share = 50 * time.Millisecond

func (s *Service) wholeNow(minSeq uint64) ([]byte, error) {
	w, now := &s.whole, s.deps.Clock.Now()
	fresh := w.facts == s.state.facts && w.settings == s.state.settings
	if age := now.Sub(w.at); w.data != nil && w.facts >= minSeq && (age < share || fresh && age < every) {
		return w.data, nil
	}
	answer := s.compute(now)
	answer.Minutes = s.state.board.Minutes(now, queries.BoardHour)
	answer.Source, answer.Number = s.source, s.tell.number
	data, err := encodeAnswer(answer)
	if err == nil {
		s.whole = whole{data, now, s.state.facts, s.state.settings}
	}
	return data, err
}

// compute works the board out; the caller holds mu.
func (s *Service) compute(now time.Time) *queries.BoardAnswer {
	s.computed.Inc()
	return s.state.look(now)
}
