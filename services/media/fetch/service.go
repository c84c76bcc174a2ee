package fetch

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

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/projection"
	"github.com/tributary-inbox/tributary/pkg/run"
)

// Deps is what the worker stands on; the caller owns and closes all of it.
type Deps struct {
	// NC carries the command to the router.
	NC      *nats.Conn
	Facts   *feed.Feed[*events.Decision]
	Blobs   blob.Store
	Inboxes channel.Inboxes
	// Adapters are those of every kind of channel, by kind; the ones that are
	// no channel.MediaSource do no harm.
	Adapters map[string]channel.Adapter
	// Dir holds the worker's file. No other process may use it.
	Dir string
	Log zerolog.Logger
	// Metrics may be nil.
	Metrics prometheus.Registerer
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// MaxBytes bounds one file; 32 MiB when nought. Timeout bounds the fetching
	// of one; 2 minutes when nought.
	MaxBytes int64
	Timeout  time.Duration
	// Parallel is how many files are fetched at once, 16 when nought; PerHost how
	// many of them through one inbox from one host, 4 when nought.
	Parallel, PerHost int
	// GiveUp is how long after its message a file is tried; 3 days when nought.
	GiveUp time.Duration
	// Grace is how long a blob that nobody uses stays; 15 minutes when nought.
	Grace time.Duration
	// Backoff is the rest after an attempt in vain; nil doubles from 1 s to 1 h.
	Backoff func(attempt int) time.Duration
}

func (d Deps) withDefaults() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	for _, f := range []struct {
		v *time.Duration
		d time.Duration
	}{{&d.Timeout, 2 * time.Minute}, {&d.GiveUp, 72 * time.Hour}, {&d.Grace, 15 * time.Minute}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	if d.MaxBytes <= 0 {
		d.MaxBytes = 32 << 20
	}
	if d.Parallel <= 0 {
		d.Parallel = 16
	}
	if d.PerHost <= 0 {
		d.PerHost = 4
	}
	if d.Backoff == nil {
		d.Backoff = bus.Exponential(time.Second, time.Hour)
	}
	return d
}

// Service is the media worker. Use New.
type Service struct {
	deps    Deps
	clients clients
	ready   *run.Signal
	counts  *prometheus.CounterVec
	bytes   prometheus.Counter
	wake    chan struct{} // holds one: something may be due

	mu      sync.Mutex // guards what follows
	flights map[string]flight
	busy    map[string]int // flights by lane
	last    string         // the lane that was served last

	// discarding is held by whoever looks whether a blob is used and acts on it.
	discarding sync.Mutex
}

// flight is a job under way.
type flight struct {
	lane   string
	cancel context.CancelFunc
}

// New checks what it is given; it opens nothing before Run.
func New(deps Deps) (*Service, error) {
	if deps.NC == nil || deps.Facts == nil || deps.Blobs == nil || deps.Inboxes == nil || deps.Dir == "" {
		return nil, errors.New("media: connection, facts, blobs, inboxes and a folder are required")
	}
	s := &Service{
		deps: deps.withDefaults(), clients: newClients(), ready: run.NewSignal(), wake: make(chan struct{}, 1),
		flights: map[string]flight{}, busy: map[string]int{},
		counts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tributary_media_fetches_total", Help: "Attempts to fetch a file, by channel and how they ended.",
		}, []string{"channel", "result"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_media_bytes_total", Help: "Bytes of files fetched."}),
	}
	if deps.Metrics != nil {
		for _, c := range []prometheus.Collector{s.counts, s.bytes} {
			if err := deps.Metrics.Register(c); err != nil {
				return nil, fmt.Errorf("media: register metrics: %w", err)
			}
		}
	}
	return s, nil
}

// Ready is closed when the file has caught up with the log and jobs are taken.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }

// Run works until ctx ends; what is under way then is begun again at the next
// start. It fails when its file cannot be written.
func (s *Service) Run(ctx context.Context) error {
	defer s.clients.close()
	path := filepath.Join(s.deps.Dir, "media.db")
	for {
		err := s.session(ctx, path)
		if !errors.Is(err, feed.ErrBeyondEnd) {
			return err
		}
		// The log is older than the file: it was restored from a copy.
		s.deps.Log.Warn().Msg("media jobs know more than the log and are built anew")
		if err := bolt.Remove(path); err != nil {
			return fmt.Errorf("media: %w", err)
		}
	}
}

// gather is the time in which decisions gather for one transaction: most name
// no file at all.
const gather = 100 * time.Millisecond

// session is one opening of the file.
func (s *Service) session(ctx context.Context, path string) (err error) {
	db, _, why, err := bolt.OpenOrRemove(path, bolt.Options{Schema: schema})
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	if why != nil {
		s.deps.Log.Warn().Err(why).Msg("media jobs are built anew")
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := prepare(db); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	fold := fold{grace: s.deps.Grace, moved: s.moved}
	p, err := projection.New(s.deps.Facts, projection.Options[*events.Decision]{DB: db, Name: "media", Apply: fold.apply, Rest: gather})
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		// Nothing is fetched or deleted before everything is known that was said
		// of it.
		select {
		case <-p.Ready():
			s.ready.Set()
			(&worker{Service: s, db: db}).run(ctx)
		case <-ctx.Done():
		}
	})
	err = p.Run(ctx)
	stop()
	return err
}

// moved cancels jobs that are dropped and wakes the worker.
func (s *Service) moved(dropped [][]byte) {
	s.mu.Lock()
	for _, key := range dropped {
		if f, ok := s.flights[string(key)]; ok {
			f.cancel()
		}
	}
	s.mu.Unlock()
	s.nudge()
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
