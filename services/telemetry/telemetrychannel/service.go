package telemetrychannel

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/run"
)

// Deps are what the service stands on; the caller owns and closes all of them.
// Metrics may be nil.
type Deps struct {
	NC        *nats.Conn
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	// Dir holds the memory. No other process may use it.
	Dir     string
	Log     zerolog.Logger
	Metrics prometheus.Registerer
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Look is how often the inboxes are looked at for changes; 2 s when nought.
	Look time.Duration
}

// Service reads the telemetry of all inboxes of its kind. Use New.
type Service struct {
	deps    Deps
	adapter *Adapter
	counts  *prometheus.CounterVec
	ready   *run.Signal
}

// New checks what it is given; it opens nothing before Run.
func New(deps Deps) (*Service, error) {
	if deps.NC == nil || deps.Inboxes == nil || deps.Publisher == nil || deps.Dir == "" {
		return nil, errors.New("telemetry: connection, inboxes, publisher and a folder are required")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Look <= 0 {
		deps.Look = 2 * time.Second
	}
	s := &Service{deps: deps, adapter: NewAdapter(), ready: run.NewSignal(), counts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_telemetry_events_total", Help: "Events of products by inbox and what became of them.",
	}, []string{"inbox", "result"})}
	if deps.Metrics != nil {
		if err := deps.Metrics.Register(s.counts); err != nil {
			return nil, fmt.Errorf("telemetry: register metrics: %w", err)
		}
	}
	return s, nil
}

// Adapter is the one of the service, for whoever checks settings.
func (s *Service) Adapter() *Adapter { return s.adapter }

// Ready is closed once the inboxes were looked at for the first time; a source
// that is down by then is tried again for as long as the service runs.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }

// reader is a source under way.
type reader struct {
	of   [sha256.Size]byte
	stop context.CancelFunc
	done chan struct{}
}

// forgetRest is how often what was said long ago is dropped.
const forgetRest = time.Hour

// Run reads until ctx ends and waits for what is under way.
func (s *Service) Run(ctx context.Context) (err error) {
	memory, err := openMemory(s.deps.Dir)
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	defer func() { err = errors.Join(err, memory.close()) }()
	readers := map[events.InboxID]*reader{}
	defer func() {
		for _, r := range readers {
			r.stop()
		}
		for _, r := range readers {
			<-r.done
		}
	}()
	look := time.NewTicker(s.deps.Look)
	defer look.Stop()
	var forgot time.Time
	for {
		s.reconcile(ctx, readers, memory)
		s.ready.Set()
		if now := s.deps.Now(); now.Sub(forgot) >= forgetRest {
			forgot = now
			if err := memory.forget(now); err != nil {
				s.deps.Log.Error().Err(err).Msg("telemetry memory cannot be cleaned")
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// reconcile begins what is new, ends what is gone, and does both where something
// has changed.
func (s *Service) reconcile(ctx context.Context, readers map[events.InboxID]*reader, memory *memory) {
	wanted := map[events.InboxID]config.Inbox{}
	for _, inbox := range s.deps.Inboxes.List(Kind) {
		wanted[inbox.ID] = inbox
	}
	for id, r := range readers {
		if inbox, ok := wanted[id]; !ok || fingerprint(inbox) != r.of {
			r.stop()
			<-r.done
			delete(readers, id)
		}
	}
	for id, inbox := range wanted {
		if readers[id] != nil {
			continue
		}
		reading, stop := context.WithCancel(ctx)
		r := &reader{of: fingerprint(inbox), stop: stop, done: make(chan struct{})}
		readers[id] = r
		go func() {
			defer close(r.done)
			s.keepReading(reading, inbox, memory)
		}()
	}
}

func fingerprint(inbox config.Inbox) (of [sha256.Size]byte) {
	h := sha256.New()
	h.Write(inbox.Settings)
	h.Write([]byte{0})
	h.Write([]byte(inbox.Secrets["password"]))
	h.Sum(of[:0])
	return of
}

// keepReading begins again, after a growing rest, whenever the source fails.
func (s *Service) keepReading(ctx context.Context, inbox config.Inbox, memory *memory) {
	rest := bus.Exponential(time.Second, time.Minute)
	for attempt := 1; ctx.Err() == nil; attempt++ {
		began := time.Now()
		settings, err := read(inbox)
		if err == nil {
			err = s.stream(inbox, settings, memory).read(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			attempt = 1
		}
		s.counts.WithLabelValues(string(inbox.ID), "interrupted").Inc()
		s.deps.Log.Warn().Err(err).Str("inbox", string(inbox.ID)).Int("attempt", attempt).Msg("telemetry source failed and is tried again")
		again := time.NewTimer(rest(attempt))
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
		}
	}
}
