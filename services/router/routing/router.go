package routing

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
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/assignment"
)

// Deps is what the router needs. The caller owns all of it and stops the router
// first.
type Deps struct {
	NC *nats.Conn
	// Inbound reads INBOUND, Facts reads CONVERSATIONS, Log appends to it.
	Inbound *feed.Feed[*events.Inbound]
	Facts   *feed.Feed[*events.Decision]
	Log     *eventlog.Log
	Inboxes channel.Inboxes
	// Staff is who answers; without one nothing is given out.
	Staff Staff
	// Levels are what is promised; without them nothing is.
	Levels Levels
	// Routes say where a new conversation goes; without them the inbox does.
	Routes Routes
	// Attended says that gateways tell who is there: after a start nobody is given
	// anything before somebody has vouched for them.
	Attended bool
	// Dir is where router.db stands.
	Dir     string
	Logger  zerolog.Logger
	Metrics prometheus.Registerer
	// Now is the clock.
	Now func() time.Time
}

// Router decides. Make it with New, run it once.
type Router struct {
	deps  Deps
	store *store
	prog  progress
	ready chan struct{}
	// targets are the routing targets made ready, as of the last change.
	targets *targets

	name     string // tells this router from others on the same log
	presence string // the subject on which it says that it decides
	lease    uint64 // the place of our claim on the log; nought before there is one
	// claimGood is how many decisions a claim is good for.
	claimGood uint64
	settling  chan settled
	commands  chan request
	failed    chan error
	flushed   chan error

	// since is the number of decisions of ours after the checkpoint; together
	// they are the sequence of the newest, because the log takes a decision only
	// where the one before it stands.
	since   uint64
	newest  durable
	pausing bool
	// desk is who gets what; it is made anew when deciding begins. unassigned says
	// that it has more to ask for.
	desk       *assignment.Desk
	staffed    map[events.QueueID][]byte // each as the desk was told
	attended   attended
	workload   config.Workload
	moved      [5]<-chan struct{} // queues, agents, policies, hours, workload
	unassigned bool
	// reviewing are conversations to look at again, telling is what their queues
	// promise once that is done; overdue says that more timers are due.
	reviewing []events.ConversationID
	telling   map[events.QueueID][]byte
	overdue   bool
	size      atomic.Int64 // bytes handed to the log and not settled
	broken    atomic.Bool  // an append has failed since the state was read

	leads     prometheus.Gauge
	decisions *prometheus.CounterVec
	books     *prometheus.CounterVec
	took      prometheus.Histogram
}

// durable is an append, or several, whose last sequence can be waited for.
type durable interface {
	Durable(ctx context.Context) (uint64, error)
}

// settled is an append whose durability somebody waits for.
type settled struct {
	pending durable
	size    int64
	done    func(seq uint64, err error)
}

// New opens the router's state. It does not decide before Run.
func New(deps Deps) (*Router, error) {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Staff == nil {
		deps.Staff = noStaff{}
	}
	if deps.Levels == nil {
		deps.Levels = noLevels{}
	}
	st, fresh, err := openStore(filepath.Join(deps.Dir, "router.db"), deps.Staff)
	if err != nil {
		return nil, fmt.Errorf("open router: %w", err)
	}
	prog, err := st.load()
	if err != nil {
		return nil, errors.Join(err, st.db.Close())
	}
	r := &Router{
		targets: newTargets(deps.Routes),
		deps:    deps, store: st, prog: prog, ready: make(chan struct{}),
		name: id.New("rt"), presence: events.RouterPresentSubject, claimGood: claimGood, settling: make(chan settled, 4096), commands: make(chan request, 1024),
		failed: make(chan error, 1), flushed: make(chan error, 1),
		leads:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_router_leads", Help: "1 while this router decides, 0 while it stands by."}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_router_decisions_total", Help: "Decisions by cause and result."}, []string{"cause", "result"}),
		books:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_statements_decided_total", Help: "Statements decided since the start, by inbox and outcome: stored, duplicate, rejected."}, []string{"inbox", "outcome"}),
		took:      prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tributary_router_decide_seconds", Help: "Time to decide, without storing.", Buckets: prometheus.ExponentialBuckets(5e-6, 2, 16)}),
	}
	if deps.Metrics != nil {
		deps.Metrics.MustRegister(r.leads, r.decisions, r.books, r.took, r.targets.asked)
	}
	if fresh {
		deps.Logger.Info().Msg("router state is empty and will be read from the log")
	}
	return r, nil
}

// Ready is closed when the state has caught up with the log, also while another
// router decides and this one stands by.
func (r *Router) Ready() <-chan struct{} { return r.ready }

// Close lets go of the state's file. Call it after Run has returned.
func (r *Router) Close() error { return r.store.db.Close() }

// Run decides until ctx ends, then waits for what is under way, writes its
// state and returns. While another router on the same log decides, it stands by
// and keeps its state current.
func (r *Router) Run(ctx context.Context) error {
	if err := r.catchUp(ctx); err != nil {
		return stopped(ctx, fmt.Errorf("router reads the log: %w", err))
	}
	waiterDone := make(chan struct{})
	go func() { defer close(waiterDone); r.settleAll() }()
	err := r.takeTurns(ctx, sync.OnceFunc(func() { close(r.ready) }))
	r.stop()
	close(r.settling)
	<-waiterDone
	return stopped(ctx, err)
}

// takeTurns stands by until nobody else decides, decides until ctx ends or
// somebody else turns out to, and so on.
func (r *Router) takeTurns(ctx context.Context, ready func()) error {
	for {
		if err := r.standBy(ctx, ready); err != nil || ctx.Err() != nil {
			return err
		}
		r.lease = 0
		silence, err := r.listen()
		if err != nil {
			return err
		}
		ready()
		r.callRoll()
		r.leads.Set(1)
		err = r.loop(ctx)
		r.leads.Set(0)
		silence()
		if !errors.Is(err, errOtherLeads) {
			return err
		}
		r.deps.Logger.Warn().Msg("another router decides; this one stands by")
	}
}

func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// flushEvery bounds how old the checkpoint gets, flushSize how much is held:
// what changes often is written once a flush. Timers are looked at every tick.
const (
	tickEvery  = 400 * time.Millisecond
	flushEvery = 5 // ticks
	flushSize  = 16384
)

func (r *Router) loop(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		reading, cancel := context.WithCancel(ctx)
		statements, readerDone := r.read(reading)
		err := r.decideUntilFailure(ctx, statements, tick.C)
		cancel()
		<-readerDone
		if ctx.Err() != nil || err == nil {
			return nil
		}
		r.deps.Logger.Warn().Err(err).Msg("router reads its state anew")
		if err := r.recoverWhenRoom(ctx); err != nil {
			return err
		}
		if err := r.stillLeads(ctx); err != nil {
			return err
		}
	}
}

// recoverWhenRoom reads the state anew; while the disk is full it tries again
// and again. Nothing is decided meanwhile, and whoever asks is told to come back.
func (r *Router) recoverWhenRoom(ctx context.Context) error {
	for {
		err := r.recover(ctx)
		if !bolt.NoRoom(err) || !r.rest(ctx, time.Second) {
			return err
		}
	}
}

// decideUntilFailure takes one piece of work after the other; it returns an
// error when an append has failed or been refused.
func (r *Router) decideUntilFailure(ctx context.Context, statements <-chan []feed.Entry[*events.Inbound], tick <-chan time.Time) error {
	if err := r.seat(); err != nil {
		return err
	}
	for ticks := 0; ; {
		if err := r.settle(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-r.failed:
			return err
		case batch := <-statements:
			for _, entry := range batch {
				if err := r.decideStatement(ctx, entry); err != nil {
					return err
				}
			}
		case req := <-r.commands:
			if err := r.decideCommands(ctx, req); err != nil {
				return err
			}
		case err := <-r.flushed:
			r.pausing = false
			if err != nil {
				return err
			}
			r.store.settle()
		case <-r.moved[0]:
		case <-r.moved[1]:
		case <-r.moved[2]:
		case <-r.moved[3]:
		case <-r.moved[4]:
		case <-more(r.unassigned):
			r.unassigned = false
		case <-more(r.overdue):
			if err := r.wake(ctx); err != nil {
				return err
			}
		case <-tick:
			if err := r.wake(ctx); err != nil {
				return err
			}
			if ticks++; ticks%flushEvery == 0 {
				r.flush()
			}
		}
		if r.store.fresh.size() >= flushSize {
			r.flush()
		}
	}
}

// commandBatch bounds how many commands are decided in one go: people wait for
// them, and statements come in batches too.
const commandBatch = 32

func (r *Router) decideCommands(ctx context.Context, req request) error {
	for range commandBatch {
		if err := r.decideCommand(ctx, req); err != nil {
			return err
		}
		select {
		case req = <-r.commands:
		default:
			return nil
		}
	}
	return r.decideCommand(ctx, req)
}

// settle does what follows from settings that have changed, and from what was
// decided.
func (r *Router) settle(ctx context.Context) error {
	if err := r.settingsMoved(); err != nil {
		return err
	}
	if err := r.review(ctx); err != nil {
		return err
	}
	return r.assign(ctx)
}

// more is ready at once while there is more to do.
func more(is bool) <-chan struct{} {
	if is {
		return always
	}
	return nil
}

var always = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// read brings statements after those decided, in order, until its context ends.
func (r *Router) read(ctx context.Context) (<-chan []feed.Entry[*events.Inbound], <-chan struct{}) {
	out, done := make(chan []feed.Entry[*events.Inbound], 2), make(chan struct{})
	cursor := r.deps.Inbound.From(r.prog.Low)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			batch, err := cursor.Next(ctx)
			if err != nil {
				if ctx.Err() == nil {
					r.fail(fmt.Errorf("read statements: %w", err))
				}
				return
			}
			select {
			case out <- batch:
			case <-ctx.Done():
			}
		}
	}()
	return out, done
}

// fail reports the first failure; the others are consequences of it.
func (r *Router) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
}

// settleAll waits for appends to be durable, in order, and tells who waits.
func (r *Router) settleAll() {
	for s := range r.settling {
		seq, err := s.pending.Durable(context.Background())
		if err != nil {
			r.broken.Store(true)
			r.fail(err)
		}
		r.size.Add(-s.size)
		if s.done != nil {
			s.done(seq, err)
		}
	}
}

// flush begins to write what has been decided so far, unless a flush runs.
func (r *Router) flush() {
	if r.pausing || r.store.flushing != nil || r.store.fresh.size() == 0 || r.newest == nil {
		return
	}
	r.store.flushing, r.store.fresh = r.store.fresh, newLayer()
	r.prog.Checkpoint, r.since = r.prog.Checkpoint+r.since, 0
	prog, layer := r.prog.clone(), r.store.flushing
	r.pausing = true
	reached := make(chan error, 1)
	r.settling <- settled{pending: r.newest, done: func(seq uint64, err error) {
		switch {
		case err != nil:
		case r.broken.Load():
			err = errBroken
		case seq != prog.Checkpoint:
			err = fmt.Errorf("%w: newest is %d, counted %d", errForeign, seq, prog.Checkpoint)
		}
		reached <- err
	}}
	go func() {
		err := <-reached
		if err == nil {
			err = r.store.write(layer, prog)
		}
		r.flushed <- err
	}()
}

var (
	errForeign = errors.New("somebody else has written decisions")
	errBroken  = errors.New("a decision before was not stored")
)

// stop waits for what is under way and writes the state.
func (r *Router) stop() {
	if r.pausing {
		if err := <-r.flushed; err == nil {
			r.store.settle()
		}
		r.pausing = false
	}
	select {
	case <-r.failed:
		return // the next start reads the log from the checkpoint
	default:
	}
	r.flush()
	if r.pausing {
		if err := <-r.flushed; err != nil {
			r.deps.Logger.Warn().Err(err).Msg("router state not written; the next start reads more of the log")
		}
		r.pausing = false
	}
}
