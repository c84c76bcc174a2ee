package callchannel

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/callcsv"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/freeswitch"
	"github.com/tributary-inbox/tributary/services/phone/threecx"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice"
)

// Deps are what the service stands on. The caller owns and closes all of them.
// Health and Metrics may be nil; NC is not used yet and may be.
type Deps struct {
	NC        *nats.Conn
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Health    *channel.Health
	// Dir is a folder of the service's own, for the store of legs. It belongs to
	// one process.
	Dir string
	// Files is the folder below which exchanges' files are read; the folder files
	// in Dir when empty, which is made.
	Files   string
	Log     zerolog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time // time.Now when nil
	// Poll is how often files and folders are looked at; 500 ms when nought.
	Poll time.Duration
}

// Service is all exchanges at work.
type Service struct {
	deps  Deps
	store *store
	files *os.Root
	hooks *channel.Hooks
	posts []exchange.Poster
	legs  *prometheus.CounterVec
	ready chan struct{}
	close func() error
}

// Adapters makes one of each kind, for checking settings, listing channels and
// asking providers. The client is the caller's; without one nobody can be asked.
func Adapters(client *provider.Client) []channel.Adapter {
	return []channel.Adapter{asterisk.New(), freeswitch.New(), threecx.New(), callcsv.New(), twiliovoice.New(client), vonagevoice.New(client)}
}

// New opens the store; nothing runs before Run. Close lets go of the store, after
// Run has returned.
func New(deps Deps) (*Service, error) {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Poll <= 0 {
		deps.Poll = 500 * time.Millisecond
	}
	if deps.Files == "" {
		deps.Files = filepath.Join(deps.Dir, "files")
		if err := os.MkdirAll(deps.Files, 0o700); err != nil {
			return nil, fmt.Errorf("make folder of phone files: %w", err)
		}
	}
	files, err := os.OpenRoot(deps.Files)
	if err != nil {
		return nil, fmt.Errorf("open folder of phone files: %w", err)
	}
	legs, err := openStore(deps.Dir)
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	s := &Service{deps: deps, store: legs, files: files, posts: []exchange.Poster{freeswitch.New(), callcsv.New(), twiliovoice.New(nil), vonagevoice.New(nil)}, ready: make(chan struct{})}
	s.close = sync.OnceValue(func() error { return errors.Join(legs.close(), files.Close()) })
	s.measure()
	var receivers []channel.Receiver
	for _, p := range s.posts {
		receivers = append(receivers, post{p})
	}
	s.hooks = channel.NewHooks(channel.Hooks{Inboxes: deps.Inboxes, Publisher: taker{s}, Log: deps.Log, Now: deps.Now}, deps.Metrics, receivers...)
	return s, nil
}

func (s *Service) measure() {
	s.legs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_phone_legs_total", Help: "Legs of calls by inbox: new, known, unreadable.",
	}, []string{"inbox", "result"})
	if s.deps.Metrics != nil {
		s.deps.Metrics.MustRegister(s.legs, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tributary_phone_calls_waiting", Help: "Calls whose end has not been stated yet.",
		}, func() float64 { return float64(s.store.waiting()) }))
	}
}

// Close lets go of the store. It may be called more than once.
func (s *Service) Close() error { return s.close() }

// Routes mounts /hooks/{kind}/{inbox} for the kinds that are posted to.
func (s *Service) Routes(mux *http.ServeMux) {
	for _, p := range s.posts {
		kind := p.Kind()
		mux.HandleFunc("/hooks/"+kind+"/{inbox}", func(w http.ResponseWriter, r *http.Request) {
			r.SetPathValue("channel", kind)
			s.hooks.ServeHTTP(w, r)
		})
	}
}

// Ready is closed once files are followed and calls are stated.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run follows every inbox's files and sockets and states calls until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { s.state(ctx) })
	all.Go(func() { s.supervise(ctx) })
	close(s.ready)
	all.Wait()
	return nil
}

// supervise keeps one worker for each inbox and replaces it when its settings
// change.
func (s *Service) supervise(ctx context.Context) {
	type running struct {
		of   [sha256.Size]byte
		stop func()
	}
	workers := map[events.InboxID]running{}
	defer func() {
		for _, w := range workers {
			w.stop()
		}
	}()
	tick := time.NewTicker(s.deps.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		seen := map[events.InboxID]bool{}
		for _, kind := range []string{asterisk.Kind, threecx.Kind, callcsv.Kind} {
			for _, inbox := range s.deps.Inboxes.List(kind) {
				seen[inbox.ID] = true
				of := sha256.Sum256(append(append([]byte(kind), inbox.Settings...), inbox.Secrets[asterisk.SecretAMI]...))
				had, ok := workers[inbox.ID]
				if ok && had.of == of {
					continue
				}
				if ok {
					had.stop()
				}
				workers[inbox.ID] = running{of, s.start(ctx, inbox)}
			}
		}
		for id, w := range workers {
			if !seen[id] {
				w.stop()
				delete(workers, id)
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// start runs an inbox's workers; the function it returns stops them and waits.
func (s *Service) start(ctx context.Context, inbox config.Inbox) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	jobs, err := s.jobs(inbox)
	if err != nil {
		s.trouble(ctx, inbox, "the settings of this inbox cannot be used", err)
	}
	for _, job := range jobs {
		running.Go(func() { job(ctx) })
	}
	return func() { cancel(); running.Wait() }
}

// trouble tells the operator. What never holds an address or a secret; the error
// goes to no log where it might.
func (s *Service) trouble(ctx context.Context, inbox config.Inbox, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	s.deps.Log.Warn().Str("channel", inbox.Channel).Str("inbox", string(inbox.ID)).Str("error", fmt.Sprintf("%T", err)).Msg(what)
	s.deps.Health.Failed(ctx, inbox.ID, what)
}

// take stores legs and keeps raw what is too much.
func (s *Service) take(ctx context.Context, inbox config.Inbox, b batch) (news int, err error) {
	b.inbox, b.now = inbox.ID, s.deps.Now()
	b.settle, b.patience = exchange.Waits(inbox)
	news, over, err := s.store.add(b)
	if err != nil {
		return 0, err
	}
	s.legs.WithLabelValues(string(inbox.ID), "new").Add(float64(news))
	s.legs.WithLabelValues(string(inbox.ID), "known").Add(float64(len(b.legs) - news - len(over)))
	var kept []*events.Inbound
	for _, l := range over {
		kept = append(kept, exchange.Kept(inbox, encodeLeg(l), "application/json", "too-many-legs", b.now))
	}
	return news, s.keep(ctx, inbox, kept...)
}

// keep states records that could not be read.
func (s *Service) keep(ctx context.Context, inbox config.Inbox, kept ...*events.Inbound) error {
	for len(kept) > 0 {
		n := min(len(kept), maxStated)
		if err := s.deps.Publisher.Publish(ctx, kept[:n]...); err != nil {
			return fmt.Errorf("keep unreadable records: %w", err)
		}
		s.legs.WithLabelValues(string(inbox.ID), "unreadable").Add(float64(n))
		kept = kept[n:]
	}
	return nil
}

// ErrNoImport says that an inbox is not one that takes files.
var ErrNoImport = errors.New("this inbox takes no call list")

// MaxImport bounds a file that is uploaded, in bytes.
const MaxImport = 64 << 20

// ErrTooLarge says that a file is over MaxImport; rows before that are taken.
var ErrTooLarge = errors.New("the file is too large")

// importChunk is how many rows are stored at once.
const importChunk = 512

// Import reads a call list into an inbox of kind callcsv. The rows that the
// report counts as accepted are durable when it returns; their calls are stated
// within the settle time. Read again, the file gives a report without new rows.
// An error says that the reading ended early; the report tells how far it came.
func (s *Service) Import(ctx context.Context, inbox config.Inbox, file io.Reader) (callcsv.Report, error) {
	var report callcsv.Report
	if inbox.Channel != callcsv.Kind {
		return report, ErrNoImport
	}
	reader, err := callcsv.NewReader(inbox)
	if err != nil {
		return report, err
	}
	var legs []calls.Leg
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		news, err := s.take(ctx, inbox, batch{legs: legs})
		if err != nil {
			return err
		}
		report.Rows += len(legs)
		report.Accepted += len(legs)
		report.New += news
		legs = legs[:0]
		return nil
	}
	limited := &io.LimitedReader{R: file, N: MaxImport + 1}
	err = reader.Read(limited, func(line int, _ []byte, leg calls.Leg, rejected error) error {
		if rejected != nil {
			report.Reject(line, rejected)
			return nil
		}
		if limited.N <= 0 {
			return ErrTooLarge
		}
		if legs = append(legs, leg); len(legs) == importChunk {
			return flush()
		}
		return nil
	})
	if len(legs) > 0 && !errors.Is(err, context.Canceled) {
		err = errors.Join(err, flush())
	}
	return report, err
}
