// Package commercechannel is the service of the channels that tell what customers
// bought: it stands the doors of packages shopify and shop behind one
// channel.Hooks.
//
// It owns no state and sends nothing. A request is answered with success only
// after its statements are durable. Where an inbox may ask its shop, the service
// sees to it that the shop goes on posting.
package commercechannel

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
)

// Deps are what the service stands on; the caller owns and closes all of them.
// Metrics and Health may be nil.
type Deps struct {
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Log       zerolog.Logger
	Metrics   prometheus.Registerer
	Health    *channel.Health
	// PublicURL is where the outside reaches the program, without a slash at the
	// end. Empty, a subscription that a shop has dropped is only told of.
	PublicURL string
	// Recheck is how often shops are asked for their subscriptions; an hour when
	// nought.
	Recheck time.Duration
}

// Service takes the requests of shops.
type Service struct {
	deps      Deps
	shopify   *shopify.Adapter
	client    *provider.Client
	receivers []channel.Receiver
	hooks     *channel.Hooks
	ready     *run.Signal
}

// New makes the service; nothing runs before Run.
func New(deps Deps) (*Service, error) {
	if deps.Inboxes == nil || deps.Publisher == nil {
		return nil, errors.New("commerce: inboxes and publisher are required")
	}
	if deps.Recheck <= 0 {
		deps.Recheck = time.Hour
	}
	client := provider.New()
	known := shopify.New(client, nil)
	receivers := []channel.Receiver{known, shop.New()}
	hooks := channel.NewHooks(channel.Hooks{Inboxes: deps.Inboxes, Publisher: deps.Publisher, Log: deps.Log}, deps.Metrics, receivers...)
	return &Service{deps: deps, shopify: known, client: client, receivers: receivers, hooks: hooks, ready: run.NewSignal()}, nil
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

// Run looks after the subscriptions at shops until ctx ends; what is sent on
// these channels would have no way out.
func (s *Service) Run(ctx context.Context) error {
	defer s.client.Close()
	s.ready.Set()
	tick := time.NewTicker(s.deps.Recheck)
	defer tick.Stop()
	for {
		for _, inbox := range s.deps.Inboxes.List(shopify.Kind) {
			s.recheck(ctx, inbox)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// recheck asks a shop whether it still posts all that it was asked to: it drops
// what its webhooks failed at eight times. With a public address what is missing
// is asked for again; an operator is told in any case, as what happened meanwhile
// was not posted.
func (s *Service) recheck(ctx context.Context, inbox config.Inbox) {
	if inbox.Secrets[shopify.SecretAccess] == "" || inbox.Paused || ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	missing, err := s.shopify.Missing(ctx, inbox, "")
	switch {
	case ctx.Err() != nil && err != nil:
		return
	case err != nil:
		s.deps.Health.Failed(ctx, inbox.ID, "the shop cannot be asked for its webhooks: "+err.Error())
		return
	case len(missing) == 0:
		return
	}
	what := "the shop does not post " + strings.Join(missing, ", ") + " here: connect this inbox"
	if s.deps.PublicURL != "" {
		what = "the shop did not post " + strings.Join(missing, ", ") + " here and has been asked to again; what changed meanwhile is missing until it changes once more"
		if err := s.shopify.Register(ctx, inbox, s.deps.PublicURL+inbox.HookPath()); err != nil {
			what = "the shop does not post " + strings.Join(missing, ", ") + " here, and could not be asked to: " + err.Error()
		}
	}
	s.deps.Log.Warn().Str("channel", inbox.Channel).Str("inbox", string(inbox.ID)).Int("topics", len(missing)).Msg("webhooks were missing at the shop")
	s.deps.Health.Failed(ctx, inbox.ID, what)
}

// askFor bounds the time that one shop may take.
const askFor = time.Minute

// Ready is closed once Run has begun.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }
