package hookchannel

import (
	"context"
	"net/http"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Deps are what the webhook service stands on. The caller owns and closes all
// of them. Metrics may be nil.
type Deps struct {
	NC        *nats.Conn
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	// Links makes addresses of files for the receivers of answers; see
	// channel.Outbox.
	Links   channel.Linker
	Log     zerolog.Logger
	Metrics prometheus.Registerer
}

// Service takes requests of webhook inboxes and sends their answers.
type Service struct {
	deps    Deps
	adapter *Adapter
	hooks   *channel.Hooks
	ready   chan struct{}
}

// New makes the service; nothing runs before Run.
func New(deps Deps) (*Service, error) {
	a := NewAdapter()
	hooks := channel.NewHooks(channel.Hooks{Inboxes: deps.Inboxes, Publisher: deps.Publisher, Log: deps.Log}, deps.Metrics, a)
	return &Service{deps: deps, adapter: a, hooks: hooks, ready: make(chan struct{})}, nil
}

// Adapter is the one the service uses, for whoever checks settings and explains
// samples.
func (s *Service) Adapter() *Adapter { return s.adapter }

// Routes mounts /hooks/webhook/{inbox}.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("/hooks/"+Kind+"/{inbox}", func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("channel", Kind)
		s.hooks.ServeHTTP(w, r)
	})
}

// Run answers dispatch until ctx ends, then waits for the attempts under way.
func (s *Service) Run(ctx context.Context) error {
	defer s.adapter.Close()
	out := &channel.Outbox{Sender: s.adapter, Inboxes: s.deps.Inboxes, Log: s.deps.Log, Links: s.deps.Links}
	return out.Run(ctx, s.deps.NC, func() { close(s.ready) })
}

// Ready is closed once dispatch can ask for sends.
func (s *Service) Ready() <-chan struct{} { return s.ready }
