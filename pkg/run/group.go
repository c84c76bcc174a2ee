package run

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

var (
	// ErrEnded is the failure of a service that returned nil although nobody
	// had asked it to stop.
	ErrEnded = errors.New("service ended by itself")
	// ErrNotReady is returned when a service took longer than Options.Start
	// to become ready.
	ErrNotReady = errors.New("service did not become ready in time")
	// ErrOverstayed is returned when a service did not return within
	// Options.Stop. Its goroutine is still there.
	ErrOverstayed = errors.New("service did not stop in time")
	// ErrPanic is returned when a service panicked; its stack is logged.
	ErrPanic = errors.New("service panicked")
)

// Options are the limits of a Group.
type Options struct {
	// Start is how long one service may take to become ready; zero is for
	// ever, since a rebuild of derived data may take minutes.
	Start time.Duration
	// Stop is how long one service may take to return; zero is ten seconds.
	Stop time.Duration
}

// Group is a list of services that live and die together. It is a Service
// itself, so groups nest. Use NewGroup.
type Group struct {
	log  zerolog.Logger
	opts Options
	all  *Signal

	mu       sync.Mutex // guards all below
	running  bool
	stopping bool
	members  []*member
}

type member struct {
	name   string
	beside bool // starts together with the one before it
	svc    Service
	cancel context.CancelFunc // nil until started
	done   chan struct{}      // closed when Run has returned and err is set
	err    error
}

// NewGroup makes an empty group.
func NewGroup(log zerolog.Logger, opts Options) *Group {
	if opts.Stop <= 0 {
		opts.Stop = 10 * time.Second
	}
	return &Group{log: log, opts: opts, all: NewSignal()}
}

// Add puts a service at the end of the list: it starts last and stops first.
// The name stands in log lines and errors. Adding to a group that runs is
// broken wiring and panics.
func (g *Group) Add(name string, s Service) { g.add(name, s, false) }

// AddBeside adds a service that starts together with the one added before it
// and not after that one is ready: views that read the same log anew share the
// reading when they do it side by side. It stops in the order of the list.
func (g *Group) AddBeside(name string, s Service) { g.add(name, s, true) }

func (g *Group) add(name string, s Service, beside bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running {
		panic("run: add to a running group")
	}
	g.members = append(g.members, &member{name: name, beside: beside, svc: s, done: make(chan struct{})})
}

// Ready returns a channel that is closed once every service has been ready.
func (g *Group) Ready() <-chan struct{} { return g.all.Done() }

// IsReady reports whether every service is ready and none has ended or been
// asked to stop.
func (g *Group) IsReady() bool { return len(g.NotReady()) == 0 }

// NotReady names the services that are not ready, in order of their start: all
// of them before Run and from the moment the group begins to stop.
func (g *Group) NotReady() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var names []string
	for _, m := range g.members {
		if !g.running || g.stopping || !closed(m.svc.Ready()) || closed(m.done) {
			names = append(names, m.name)
		}
	}
	return names
}

// Run starts the services, waits until ctx is cancelled or one of them ends,
// stops them all in reverse, and returns what went wrong: the first failure
// and every overstayed stop. It returns nil after a clean stop by ctx. A group
// runs once.
func (g *Group) Run(ctx context.Context) error {
	g.mu.Lock()
	if g.running {
		g.mu.Unlock()
		panic("run: group run twice")
	}
	g.running = true
	members := g.members
	g.mu.Unlock()

	failed := make(chan *member, len(members))
	err := g.start(ctx, members, failed)
	if err == nil && ctx.Err() == nil {
		g.all.Set()
		select {
		case <-ctx.Done():
		case m := <-failed:
			err = m.failure()
		}
	}
	g.mu.Lock()
	g.stopping = true
	g.mu.Unlock()
	return errors.Join(err, g.stop(members))
}

func (g *Group) start(ctx context.Context, members []*member, failed chan *member) error {
	for len(members) > 0 && ctx.Err() == nil {
		n := 1
		for n < len(members) && members[n].beside {
			n++
		}
		began := time.Now()
		for _, m := range members[:n] {
			g.launch(ctx, m, failed)
		}
		for _, m := range members[:n] {
			if err := g.await(ctx, m, failed); err != nil {
				return err
			}
			if ctx.Err() == nil {
				g.log.Debug().Str("service", m.name).Dur("dur", time.Since(began)).Msg("service ready")
			}
		}
		members = members[n:]
	}
	return nil
}

// launch gives the service a context that outlives ctx: it ends when its turn
// to stop has come.
func (g *Group) launch(ctx context.Context, m *member, failed chan<- *member) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m.cancel = cancel
	go func() {
		defer func() { failed <- m }()
		defer close(m.done)
		defer func() {
			if p := recover(); p != nil {
				g.log.Error().Str("service", m.name).Bytes("stack", debug.Stack()).Msg("service panicked")
				m.err = panicked(p)
			}
		}()
		err := m.svc.Run(own)
		switch {
		case own.Err() == nil && err == nil:
			m.err = ErrEnded
		case own.Err() != nil && errors.Is(err, context.Canceled):
			m.err = nil
		default:
			m.err = err
		}
	}()
}

// panicked keeps the text of the runtime's own errors only: any other value
// may hold what a customer wrote.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("%w: %w", ErrPanic, err)
	}
	return fmt.Errorf("%w: %T", ErrPanic, p)
}

func (g *Group) await(ctx context.Context, m *member, failed <-chan *member) error {
	var late <-chan time.Time
	if g.opts.Start > 0 {
		timer := time.NewTimer(g.opts.Start)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-m.svc.Ready():
		return nil
	case <-ctx.Done():
		return nil
	case dead := <-failed: // this one, or one started before
		return dead.failure()
	case <-late:
		return fmt.Errorf("%s: %w", m.name, ErrNotReady)
	}
}

// stop cancels from the last to the first, each after the one behind it has
// returned.
func (g *Group) stop(members []*member) error {
	var errs []error
	for i := len(members) - 1; i >= 0; i-- {
		m := members[i]
		if m.cancel == nil {
			continue
		}
		wasDead := closed(m.done)
		m.cancel()
		timer := time.NewTimer(g.opts.Stop)
		select {
		case <-m.done:
			if !wasDead && m.err != nil {
				errs = append(errs, fmt.Errorf("stop: %w", m.failure()))
			}
		case <-timer.C:
			errs = append(errs, fmt.Errorf("%s: %w", m.name, ErrOverstayed))
		}
		timer.Stop()
	}
	return errors.Join(errs...)
}

// failure may be called once done is closed.
func (m *member) failure() error { return fmt.Errorf("%s: %w", m.name, m.err) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
