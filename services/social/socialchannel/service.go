// Package socialchannel runs the adapters of social networks, messengers and
// text messages: the HTTP door their providers post to, and one outbox for each
// that dispatch asks to send. It knows nothing of any provider; the list of
// adapters is in package social.
package socialchannel

import (
	"context"
	"net/http"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Deps are what the service stands on. The caller owns and closes all of them.
// Metrics and Health may be nil.
type Deps struct {
	NC        *nats.Conn
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Health    *channel.Health
	// Table is where Inboxes comes from: credentials that run out are renewed and
	// written there. Nil renews none.
	Table *kv.Table[config.Inbox]
	// Links makes addresses of files for providers that fetch them; see
	// channel.Outbox.
	Links   channel.Linker
	Log     zerolog.Logger
	Metrics prometheus.Registerer
}

// Service is all adapters at work.
type Service struct {
	deps     Deps
	adapters []channel.Adapter
	hooks    *channel.Hooks
	ready    chan struct{}
}

// New makes the service; nothing runs before Run. An adapter takes part in what
// it implements: a channel.Receiver gets a door, a channel.Sender an outbox.
func New(deps Deps, adapters ...channel.Adapter) *Service {
	var receivers []channel.Receiver
	for _, a := range adapters {
		if r, ok := a.(channel.Receiver); ok {
			receivers = append(receivers, r)
		}
	}
	hooks := channel.NewHooks(channel.Hooks{Inboxes: deps.Inboxes, Publisher: deps.Publisher, Log: deps.Log}, deps.Metrics, receivers...)
	return &Service{deps: deps, adapters: adapters, hooks: hooks, ready: make(chan struct{})}
}

// Tailed is an adapter whose provider puts a word of its own behind the hook's
// address; the adapter finds it in the request's path.
type Tailed interface{ PathTails() bool }

// Routes mounts /hooks/{kind}/{inbox} for each receiver.
func (s *Service) Routes(mux *http.ServeMux) {
	for _, a := range s.adapters {
		if _, ok := a.(channel.Receiver); !ok {
			continue
		}
		kind := a.Kind()
		door := func(w http.ResponseWriter, r *http.Request) {
			r.SetPathValue("channel", kind)
			s.hooks.ServeHTTP(w, r)
		}
		mux.HandleFunc("/hooks/"+kind+"/{inbox}", door)
		if t, ok := a.(Tailed); ok && t.PathTails() {
			mux.HandleFunc("/hooks/"+kind+"/{inbox}/{tail...}", door)
		}
	}
}

// Run answers dispatch until ctx ends, then waits for the attempts under way.
// The first outbox that fails stops the others.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running, opening sync.WaitGroup
	for _, a := range s.adapters {
		sender, ok := a.(channel.Sender)
		if !ok {
			continue
		}
		opening.Add(1)
		running.Go(func() {
			opened := sync.OnceFunc(opening.Done)
			defer opened()
			out := &channel.Outbox{Sender: sender, Inboxes: s.deps.Inboxes, Log: s.deps.Log, Health: s.deps.Health, Links: s.deps.Links}
			if err := out.Run(ctx, s.deps.NC, opened); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	var renewers []channel.Renewer
	for _, a := range s.adapters {
		if r, ok := a.(channel.Renewer); ok {
			renewers = append(renewers, r)
		}
	}
	if s.deps.Table != nil && len(renewers) > 0 {
		renewals := &channel.Renewals{Table: s.deps.Table, Health: s.deps.Health, Log: s.deps.Log}
		running.Go(func() { renewals.Run(ctx, renewers...) })
	}
	opening.Wait()
	if ctx.Err() == nil {
		close(s.ready)
	}
	<-ctx.Done()
	running.Wait()
	if err := context.Cause(ctx); err != context.Canceled {
		return err
	}
	return nil
}

// Ready is closed once dispatch can ask every adapter to send.
func (s *Service) Ready() <-chan struct{} { return s.ready }
