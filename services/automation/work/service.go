package work

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// Part is something that runs in every process, as what follows the log does. It
// is ready before anything acts.
type Part struct {
	Name    string
	Service run.Service
}

// Duty is something that acts, in one process of the cluster at a time. Run ends
// when ctx does, and may be called again later; an error before that ends the
// service.
type Duty struct {
	Name string
	Run  func(ctx context.Context) error
}

// Deps is what the service needs. The caller owns all of it and stops the service
// first.
type Deps struct {
	NC    *nats.Conn
	Facts *feed.Feed[*events.Decision]
	// Log finds where a time stands in CONVERSATIONS; nothing is appended.
	Log    *eventlog.Log
	Rules  *kv.Table[config.Rule]
	Queues *kv.Table[config.Queue]
	Hours  *kv.Table[config.Hours]
	Agents *kv.Table[config.Agent]
	// Settings is the bucket of settings with its history, for dry runs; see
	// [DecodeSetting].
	Settings *feed.Feed[kv.Change[Setting]]
	// Contact is what expressions see of a customer; false or nil for one who is not
	// known. What it returns is not changed.
	Contact func(events.ContactID) (*config.ScopeContact, bool)
	// Known waits until customers are known as of a place in the log; nil knows them
	// at once.
	Known func(ctx context.Context, seq uint64) error
	// Past begins with customers as they stood at a place in the log, or somewhat
	// before it, for dry runs. Everything that the log has must be known by then.
	// Without it customers of the past are told as they are now, and as not known.
	Past   func(place uint64) (Customers, error)
	Follow []Part
	Lead   []Duty
	// Dir is the folder of rules.db, for what is kept.
	Dir string
	// Limits are the loop guard's; rules.DefaultLimits where they are nought.
	Limits rules.Limits
	// Retry is the first rest before a command is given again that could not be
	// stored, and Look how often processes look for one another; 100 ms and 1 s when
	// nought.
	Retry, Look time.Duration
	Clock       clock.Clock // nil is the system's
	Logger      zerolog.Logger
	Metrics     prometheus.Registerer // may be nil
}

// Service runs all of it. Close it after Run has returned.
type Service struct {
	deps  Deps
	name  string // tells this process from others
	ready *run.Signal
	keep  *keep
	guard *guard
	scene *scene
	rules *acting
	// dryFor bounds one dry run.
	dryFor time.Duration
	// watched is how far the guard has read.
	watched atomic.Uint64

	leads prometheus.Gauge
}

// New opens what is kept and reads the rules.
func New(d Deps) (*Service, error) {
	if d.NC == nil || d.Facts == nil || d.Log == nil || d.Rules == nil || d.Queues == nil || d.Hours == nil || d.Agents == nil || d.Settings == nil {
		return nil, errors.New("automation: connection, facts, log and tables are required")
	}
	if d.Limits == (rules.Limits{}) {
		d.Limits = rules.DefaultLimits
	}
	if d.Clock == nil {
		d.Clock = clock.System{}
	}
	if d.Contact == nil {
		d.Contact = func(events.ContactID) (*config.ScopeContact, bool) { return nil, false }
	}
	if d.Known == nil {
		d.Known = func(context.Context, uint64) error { return nil }
	}
	if d.Past == nil {
		d.Past = func(place uint64) (Customers, error) { return onlyNow{place, d.Contact, d.Clock.Now()}, nil }
	}
	d.Retry, d.Look = otherwise(d.Retry, 100*time.Millisecond), otherwise(d.Look, time.Second)
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("automation: %w", err)
	}
	k, err := openKeep(filepath.Join(d.Dir, "rules.db"))
	if err != nil {
		return nil, fmt.Errorf("automation: %w", err)
	}
	s := &Service{deps: d, name: id.New("au"), ready: run.NewSignal(), keep: k, dryFor: dryRunFor,
		leads: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_automation_leads", Help: "1 while this process acts on rules, segments and surveys, 0 while it stands by."})}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(s.leads)
		s.rules.tally.register(d.Metrics)
		d.Metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tributary_rule_backlog", Help: "Decisions in the log that rules have not settled yet."}, func() float64 {
			return max(float64(d.Facts.Head())-float64(s.rules.place()), 0)
		}))
	}
	return s, nil
}

func otherwise(d, instead time.Duration) time.Duration {
	if d == 0 {
		return instead
	}
	return d
}

// prepare reads what is kept and the rules.
func (s *Service) prepare() error {
	budget, err := s.keep.load(s.deps.Limits)
	if err != nil {
		return err
	}
	place, known, err := s.keep.place()
	if err != nil {
		return err
	}
	head := s.deps.Facts.Head()
	switch {
	case !known:
		if place, err = head, s.keep.save(head, nil); err != nil {
			return err
		}
	case place > head:
		s.deps.Logger.Warn().Uint64("seq", place).Msg("the log is shorter than it was; rules begin at its end")
		place = head
	}
	s.scene = newScene(s.deps)
	s.guard = newGuard(budget)
	s.watched.Store(place)
	s.rules = newActing(s.deps, s.scene, s.guard, place)
	return nil
}

// Ready is closed once this process acts, or stands by for the one that does.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }

// Close lets go of the kept file.
func (s *Service) Close() error { return s.keep.Close() }

// Run works until ctx ends; commands under way are waited for.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	start := func(name string, f func(context.Context) error) {
		running.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("automation: %s: %w", name, err))
			}
		})
	}
	for _, p := range s.deps.Follow {
		start(p.Name, p.Service.Run)
	}
	start("guard", s.watch)
	start("place", s.saveOften)
	err := s.awaitParts(ctx)
	if err == nil {
		err = s.answerQuestions(ctx, func() error { return s.takeTurns(ctx) })
	}
	if err == nil {
		err = cause(ctx)
	}
	cancel(err)
	running.Wait()
	return errors.Join(stopped(err), s.save())
}

// awaitParts waits until everything that is followed is known.
func (s *Service) awaitParts(ctx context.Context) error {
	for _, p := range s.deps.Follow {
		select {
		case <-p.Service.Ready():
		case <-ctx.Done():
			return cause(ctx)
		}
	}
	return nil
}

// cause is why ctx ended, nil while it has not.
func cause(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// stopped forgets that somebody asked to stop.
func stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// watch tells the guard what rules have changed, whichever process they acted in.
func (s *Service) watch(ctx context.Context) error {
	cursor := s.deps.Facts.From(s.watched.Load())
	for {
		batch, err := cursor.Next(ctx)
		if err != nil {
			return err
		}
		for i := range batch {
			if d := batch[i].Value; batch[i].Err == nil {
				s.guard.saw(d)
			}
		}
		s.watched.Store(cursor.After())
	}
}

// saveEvery bounds what is asked again after a crash.
const saveEvery = 2 * time.Second

func (s *Service) saveOften(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.deps.Clock.After(saveEvery):
		}
		if err := s.save(); err != nil {
			// A full disk passes; until then more is asked again after a crash.
			s.deps.Logger.Warn().Err(err).Msg("the place of the rules cannot be kept now")
		}
	}
}

func (s *Service) save() error {
	// The place is read first and is none that the guard has not come to: what is
	// kept of it then holds all that was done before.
	place := min(s.rules.place(), s.watched.Load())
	changed := s.guard.take(s.deps.Clock.Now())
	err := s.keep.save(place, changed)
	if err != nil {
		s.guard.again(changed)
	}
	return err
}
