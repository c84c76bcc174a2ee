package ledger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/projection"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// Deps are what the ledger needs. The feeds belong to the caller and outlive Run.
type Deps struct {
	// Feed is the process's reader of the log, Settings that of the bucket of
	// settings; see [DecodeSetting].
	Feed     *feed.Feed[*events.Decision]
	Settings *feed.Feed[Setting]
	// Calendar makes hours of business ready for counting. Without it a queue with
	// hours measures nothing.
	Calendar func(config.Hours) (Calendar, error)
	// Zone is that of a report which names none; UTC when nil.
	Zone *time.Location
	// Dir holds reports.db, which may be deleted while nothing runs.
	Dir     string
	Logger  zerolog.Logger
	Metrics prometheus.Registerer // may be nil

	formula int // in tests another one
}

// ErrNotYet says that the file is being made, or has not reached what was asked
// for.
var ErrNotYet = errors.New("reports are being made anew")

// Rest is how long decisions gather after a transaction: nobody watches a report by
// the second, and fewer transactions leave more to those who wait for messages.
const rest = 2 * time.Second

// Service keeps the ledger. Use New, then Run once. Its methods may be called from
// any goroutine.
type Service struct {
	deps  Deps
	past  *past
	ready chan struct{}
	once  sync.Once

	mu      sync.RWMutex // guards all below: readers read, who opens and closes the file writes
	db      *bolt.DB     // nil while there is none, or it has not caught up
	project *projection.Projection[*events.Decision]
	known   *known
}

// New makes a Service; nothing is opened before Run.
func New(d Deps) (*Service, error) {
	if d.Feed == nil || d.Settings == nil || d.Dir == "" {
		return nil, errors.New("reports: feeds and folder are required")
	}
	if d.formula == 0 {
		d.formula = reports.Formula
	}
	if d.Calendar == nil {
		d.Calendar = func(config.Hours) (Calendar, error) { return nil, errors.New("no calendar") }
	}
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	s := &Service{deps: d, past: newPast(d.Calendar), ready: make(chan struct{})}
	if d.Metrics != nil {
		lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tributary_reports_lag", Help: "Log sequences that the reports are behind."}, func() float64 {
			return max(0, float64(d.Feed.Head())-float64(s.Applied()))
		})
		if err := d.Metrics.Register(lag); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return s, nil
}

// Ready is closed when questions are answered for the first time: everything is in
// that stood in the log when Run began.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Applied is the sequence of the last decision that is in; nought while the file is
// being made.
func (s *Service) Applied() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return 0
	}
	return s.project.Checkpoint()
}

// Run works until ctx ends, and then returns nil. A file that is damaged or stands
// beyond the log is made anew.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var settings sync.WaitGroup
	settings.Go(func() {
		if err := s.past.follow(ctx, s.deps.Settings); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	})
	err := s.keep(ctx)
	cancel(err)
	settings.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("reports: %w", cause)
	}
	return nil
}

// keep holds a file open, through as many as it takes.
func (s *Service) keep(ctx context.Context) error {
	path := filepath.Join(s.deps.Dir, "reports.db")
	for damaged := 0; ; {
		began := time.Now()
		err := s.file(ctx, path)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, feed.ErrBeyondEnd):
			s.deps.Logger.Warn().Msg("reports are ahead of the log and are made anew")
		case errors.Is(err, errDamaged):
			// Once more from the log; what is damaged at once again is a bug.
			if damaged++; damaged > 1 && time.Since(began) < time.Minute {
				return err
			}
			s.deps.Logger.Error().Err(err).Msg("reports are damaged and are made anew")
		default:
			return err
		}
		if err := bolt.Remove(path); err != nil {
			return err
		}
	}
}

// file follows the log with one file until something ends it.
func (s *Service) file(ctx context.Context, path string) (err error) {
	if err := s.settled(ctx); err != nil {
		return err
	}
	db, why, err := open(path, s.deps.formula)
	if err != nil {
		return err
	}
	if why != nil {
		s.deps.Logger.Warn().AnErr("reason", why).Msg("reports are made anew")
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	w := &writer{settings: s.past}
	p, err := projection.New(s.deps.Feed, projection.Options[*events.Decision]{
		DB: db, Name: "reports", Rest: rest, MaxBatch: 16384,
		Apply: func(tx *bbolt.Tx, batch []feed.Entry[*events.Decision]) error { return s.apply(ctx, tx, w, batch) },
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var shows sync.WaitGroup
	shows.Go(func() {
		select {
		case <-p.Ready():
			s.show(db, p)
			s.once.Do(func() { close(s.ready) })
		case <-ctx.Done():
		}
	})
	err = p.Run(ctx)
	cancel()
	shows.Wait()
	s.show(nil, nil)
	return err
}

func (s *Service) show(db *bolt.DB, p *projection.Projection[*events.Decision]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db, s.project, s.known = db, p, new(known)
}

// settled waits until all settings are read that were written until now. What the
// settings' feed has shown is not enough: it may be behind that of the decisions.
func (s *Service) settled(ctx context.Context) error {
	end, err := s.deps.Settings.End(ctx)
	if err != nil {
		return err
	}
	return s.past.waitFor(ctx, end)
}

// apply folds a batch under the settings that stand until now: what is decided under
// a setting is in the log after it.
func (s *Service) apply(ctx context.Context, tx *bbolt.Tx, w *writer, batch []feed.Entry[*events.Decision]) error {
	if err := s.settled(ctx); err != nil {
		return err
	}
	decisions := make([]*events.Decision, 0, len(batch))
	for _, e := range batch {
		if e.Err == nil && e.Value != nil { // what cannot be read is counted elsewhere
			decisions = append(decisions, e.Value)
		}
	}
	return w.apply(tx, decisions)
}

// view reads the file as it stands at a sequence, which is not before the one asked
// for.
func (s *Service) view(ctx context.Context, minSeq uint64, read func(source) error) (asOf uint64, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return 0, ErrNotYet
	}
	if err := s.project.WaitFor(ctx, minSeq); err != nil {
		return 0, err
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		asOf, err = projection.At(tx, "reports")
		if err != nil {
			return err
		}
		return read(source{tx, s.known})
	})
	return asOf, err
}
