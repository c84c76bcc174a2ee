// Package inboxservice runs the inbox: it brings the views along the log, keeps
// the search index behind them, and answers queries over NATS.
//
// A file of views that cannot be used (the machine lost power, another schema,
// a log restored from an older copy, damage found while applying) is removed
// and built anew, by itself; so is it on Rebuild. While that goes on queries are
// answered from what is there already, each with the sequence it stands for.
package inboxservice

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/inbox/answers"
	"github.com/tributary-inbox/tributary/services/inbox/boardservice"
	"github.com/tributary-inbox/tributary/services/inbox/ledger"
	"github.com/tributary-inbox/tributary/services/inbox/search"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// Deps are what the inbox needs. Feed and NC belong to the caller and outlive
// Run.
type Deps struct {
	// NC is the connection that queries come over.
	NC *nats.Conn
	// Feed is the process's one reader of the stream CONVERSATIONS.
	Feed *feed.Feed[*events.Decision]
	// Dir holds inbox.db and the folder of the search index; both may be deleted
	// while the inbox is down.
	Dir string
	// Logger is the service's own. The zero value discards.
	Logger zerolog.Logger
	// Metrics may be nil.
	Metrics prometheus.Registerer
	// NoSearch leaves the index out; a query with words is then unavailable.
	NoSearch bool
	// Settings is the process's one reader of the bucket of settings; without it
	// there is no board.
	Settings *feed.Feed[boardservice.Setting]
	// Hours is a reader of the same bucket for the reports; without it there are
	// none. Calendar makes hours of business ready for counting.
	Hours    *feed.Feed[ledger.Setting]
	Calendar func(config.Hours) (ledger.Calendar, error)
	// Zone is where a day begins, on the board and in a report that names no zone; UTC
	// when nil.
	Zone *time.Location
}

// Service is the inbox. Use New, then Run once.
type Service struct {
	deps     Deps
	searcher *search.Searcher
	server   *answers.Server
	board    *boardservice.Service // nil without settings
	ledger   *ledger.Service       // nil without hours
	ready    chan struct{}
	rebuild  chan chan struct{}
	hurry    chan struct{} // has room for one: somebody waits for what is not written yet
	metrics  metrics

	mu    sync.RWMutex // guards store: readers read, who opens and closes it writes
	store *store.Store

	hears atomic.Bool // queries are answered

	place sync.Mutex // guards at, moved and down
	at    uint64
	moved chan struct{} // closed and replaced when at changes
	down  bool
}

// New wires a Service; nothing is opened before Run.
func New(deps Deps) (*Service, error) {
	if deps.NC == nil || deps.Feed == nil || deps.Dir == "" {
		return nil, errors.New("inbox: connection, feed and folder are required")
	}
	s := &Service{
		deps: deps, ready: make(chan struct{}), moved: make(chan struct{}), rebuild: make(chan chan struct{}), hurry: make(chan struct{}, 1),
	}
	var finder answers.Finder
	if !deps.NoSearch {
		s.searcher = search.New(filepath.Join(deps.Dir, "search"), deps.Feed, s, deps.Logger)
		finder = s.searcher
	}
	var more []answers.Option
	if deps.Settings != nil {
		var err error
		s.board, err = boardservice.New(boardservice.Deps{
			NC: deps.NC, Feed: deps.Feed, Settings: deps.Settings, Dir: deps.Dir, Zone: deps.Zone, Logger: deps.Logger, Metrics: deps.Metrics,
		})
		if err != nil {
			return nil, fmt.Errorf("inbox: %w", err)
		}
		more = append(more, answers.WithBoard(s.board))
	}
	if deps.Hours != nil {
		var err error
		s.ledger, err = ledger.New(ledger.Deps{Feed: deps.Feed, Settings: deps.Hours, Calendar: deps.Calendar, Zone: deps.Zone, Dir: deps.Dir, Logger: deps.Logger, Metrics: deps.Metrics})
		if err != nil {
			return nil, fmt.Errorf("inbox: %w", err)
		}
		more = append(more, answers.WithReports(s.ledger))
	}
	s.server = answers.New(s, finder, deps.Logger, more...)
	return s, s.metrics.register(deps.Metrics, s)
}

// Ready is closed once the views and the board hold all that stood in the log when
// Run began and queries are heard. The search index may still be behind.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Answer answers a query in process, as it would over NATS.
func (s *Service) Answer(ctx context.Context, name string, query []byte) []byte {
	return s.server.Answer(ctx, name, query, nil)
}

// Near answers a query for a neighbour in the same process, with what it would
// get over NATS, and reports false while queries are not heard there either. The
// answer may lie in room, which is the neighbour's.
func (s *Service) Near(ctx context.Context, name string, query, room []byte) ([]byte, bool) {
	if !s.hears.Load() {
		return nil, false
	}
	return s.server.Answer(ctx, name, query, room), true
}

// Applied is the sequence of the last decision in the views.
func (s *Service) Applied() uint64 {
	s.place.Lock()
	defer s.place.Unlock()
	return s.at
}

// SearchLag is how many messages of the log the search index is behind.
func (s *Service) SearchLag() uint64 {
	if s.searcher == nil {
		return 0
	}
	return s.searcher.Lag()
}

// Rebuild throws the views away and builds them anew; it returns when that has
// begun. WaitFor tells when a sequence is in again.
func (s *Service) Rebuild(ctx context.Context) error {
	begun := make(chan struct{})
	select {
	case s.rebuild <- begun:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-begun:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run works until ctx ends, and then returns nil.
func (s *Service) Run(ctx context.Context) error {
	goal := s.deps.Feed.Head()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	part := func(run func(context.Context) error) {
		parts.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	heard := make(chan struct{})
	part(s.project)
	part(func(ctx context.Context) error {
		return s.server.Serve(ctx, s.deps.NC, func() { s.hears.Store(true); close(heard) })
	})
	if s.searcher != nil {
		part(s.searcher.Run)
	}
	begun := []<-chan struct{}{heard}
	if s.board != nil {
		part(s.board.Run)
		begun = append(begun, s.board.Ready())
	}
	if s.ledger != nil {
		part(s.ledger.Run) // nobody waits for reports: they say when they are not there yet
	}
	parts.Go(func() {
		for _, b := range begun {
			select {
			case <-b:
			case <-ctx.Done():
				return
			}
		}
		if s.WaitFor(ctx, goal) == nil {
			close(s.ready)
		}
	})
	<-ctx.Done()
	s.hears.Store(false)
	s.wake(func() { s.down = true })
	parts.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("inbox: %w", err)
	}
	return nil
}

// errRebuild ends a projection whose file is to be made anew.
var errRebuild = errors.New("rebuild asked for")

// project keeps a file of views open and along the log, through as many files
// as it takes.
func (s *Service) project(ctx context.Context) error {
	path := filepath.Join(s.deps.Dir, "inbox.db")
	for damaged := 0; ; {
		began := time.Now()
		err := s.projectFile(ctx, path)
		switch {
		case ctx.Err() != nil:
			return err
		case errors.Is(err, errRebuild):
			s.deps.Logger.Info().Msg("views are rebuilt on demand")
		case errors.Is(err, feed.ErrBeyondEnd):
			s.deps.Logger.Warn().Msg("views are ahead of the log and are rebuilt")
		case errors.Is(err, store.ErrDamaged):
			// Once more from the log; what is damaged at once again is a bug.
			if damaged++; damaged > 1 && time.Since(began) < time.Minute {
				return err
			}
			s.deps.Logger.Error().Err(err).Msg("views are damaged and are rebuilt")
		default:
			return err
		}
		if err := bolt.Remove(path); err != nil {
			return err
		}
	}
}

func (s *Service) projectFile(ctx context.Context, path string) (err error) {
	st, why, err := store.Open(path)
	if err != nil {
		return err
	}
	if why != nil {
		s.deps.Logger.Warn().AnErr("reason", why).Msg("views are rebuilt")
	}
	if st.Applied() > s.deps.Feed.Head() {
		// The feed begins at the log's durable end, and views hold nothing that
		// was not durable: these were made from another log, or a newer copy.
		return errors.Join(feed.ErrBeyondEnd, st.Close())
	}
	s.mu.Lock()
	s.store = st
	s.mu.Unlock()
	s.wake(func() { s.at = st.Applied() })
	defer func() {
		s.mu.Lock()
		s.store = nil
		s.mu.Unlock()
		s.wake(func() { s.at = 0 })
		err = errors.Join(err, st.Close())
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var asked sync.WaitGroup
	asked.Go(func() {
		select {
		case begun := <-s.rebuild:
			s.wake(func() { s.at = 0 })
			cancel(errRebuild)
			close(begun)
		case <-ctx.Done():
		}
	})
	err = follow(ctx, st, s.deps.Feed, s.hurry, func(upTo uint64, unreadable int) {
		s.metrics.unreadable.Add(float64(unreadable))
		// A file about to be removed no longer says how far the views are.
		if context.Cause(ctx) == nil {
			s.wake(func() { s.at = upTo })
		}
	})
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		err = cause
	}
	cancel(nil)
	asked.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// wake changes the place of the views and tells who waits.
func (s *Service) wake(change func()) {
	s.place.Lock()
	defer s.place.Unlock()
	change()
	close(s.moved)
	s.moved = make(chan struct{})
}

// WaitFor returns when the views have reached seq; it fails with ctx's error,
// or with store.ErrRebuilding when the service stops first.
func (s *Service) WaitFor(ctx context.Context, seq uint64) error {
	for {
		s.place.Lock()
		at, moved, down := s.at, s.moved, s.down
		s.place.Unlock()
		switch {
		case at >= seq:
			return nil
		case down:
			return store.ErrRebuilding
		}
		select {
		case s.hurry <- struct{}{}:
		default:
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// View implements answers.Views and search.Views.
func (s *Service) View(read func(*store.Reader) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.store == nil {
		return store.ErrRebuilding
	}
	return s.store.View(read)
}

// Hash implements answers.Views.
func (s *Service) Hash() (string, uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.store == nil {
		return "", 0, store.ErrRebuilding
	}
	return s.store.Hash()
}
