// Package commercechannel is the service of the channels that tell what customers
// bought: it stands the doors of packages shopify and shop behind one
// channel.Hooks.
//
// It owns no state and sends nothing. A request is answered with success only
// after its statements are durable.
package commercechannel

import (
	"context"
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
)

// Deps are what the service stands on; the caller owns and closes all of them.
// Metrics may be nil.
type Deps struct {
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Log       zerolog.Logger
	Metrics   prometheus.Registerer
}

// Service takes the requests of shops.
type Service struct {
	receivers []channel.Receiver
	hooks     *channel.Hooks
	ready     *run.Signal
}

// New makes the service; nothing runs before Run.
func New(deps Deps) (*Service, error) {
	if deps.Inboxes == nil || deps.Publisher == nil {
		return nil, errors.New("commerce: inboxes and publisher are required")
	}
	receivers := []channel.Receiver{shopify.New(nil), shop.New()}
	hooks := channel.NewHooks(channel.Hooks{Inboxes: deps.Inboxes, Publisher: deps.Publisher, Log: deps.Log}, deps.Metrics, receivers...)
	return &Service{receivers: receivers, hooks: hooks, ready: run.NewSignal()}, nil
}

// Adapters are those of the service, for whoever checks settings.
func (s *Service) Adapters() []channel.Adapter {
	var out []channel.Adapter
	for _, r := range s.receivers {
		out = append(out, r)
	}
	return out
}

// Routes mounts /hooks/shopify/{inbox} and /hooks/shop/{inbox}.
func (s *Service) Routes(mux *http.ServeMux) {
	for _, r := range s.receivers {
		kind := r.Kind()
		mux.HandleFunc("/hooks/"+kind+"/{inbox}", func(w http.ResponseWriter, req *http.Request) {
			req.SetPathValue("channel", kind)
			s.hooks.ServeHTTP(w, req)
		})
	}
}

// Run has nothing to do but to be there until ctx ends: what is sent on these
// channels would have no way out.
func (s *Service) Run(ctx context.Context) error {
	s.ready.Set()
	<-ctx.Done()
	return nil
}

// Ready is closed once Run has begun.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }
