package house

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/dispatch/sending"
	"github.com/tributary-inbox/tributary/services/email/mailchannel"
	"github.com/tributary-inbox/tributary/services/email/vouch"
	"github.com/tributary-inbox/tributary/services/gateway/api"
	"github.com/tributary-inbox/tributary/services/gateway/console"
	"github.com/tributary-inbox/tributary/services/gateway/server"
	"github.com/tributary-inbox/tributary/services/inbox/inboxservice"
	"github.com/tributary-inbox/tributary/services/phone/callchannel"
	"github.com/tributary-inbox/tributary/services/router/rehearse"
	"github.com/tributary-inbox/tributary/services/router/routing"
	"github.com/tributary-inbox/tributary/services/webchat/chatchannel"
	"github.com/tributary-inbox/tributary/services/webhook/hookchannel"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

// House is the whole program, composed and not yet running.
type House struct {
	Ground  *Ground
	Metrics *prometheus.Registry

	settings Settings
	zone     *time.Location
	outside  Outside
	log      zerolog.Logger
	group    *run.Group
	mux      *http.ServeMux
	gateway  *server.Service
	client   *provider.Client
	calls    *callchannel.Service  // nil where another process reads phone logs
	inbox    *inboxservice.Service // nil where another process keeps the views
	http     net.Listener
	smtp     net.Listener
	closers  []func() error
}

// Build composes the services that the settings ask for. On an error nothing
// stays open; else Close lets go of everything after Run.
func Build(ctx context.Context, s Settings, log zerolog.Logger) (*House, error) {
	return BuildIn(ctx, s, log, Outside{})
}

// BuildIn is Build in a world that a test makes.
func BuildIn(ctx context.Context, s Settings, log zerolog.Logger, outside Outside) (*House, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	zone, err := s.zone()
	if err != nil {
		return nil, err
	}
	lay := Lay
	if outside.asItStands {
		lay = layAsItStands
	}
	ground, err := lay(ctx, s, log)
	if err != nil {
		return nil, err
	}
	h := &House{Ground: ground, settings: s, zone: zone, outside: outside, log: log, mux: http.NewServeMux(), client: provider.New(), Metrics: prometheus.NewRegistry(), group: run.NewGroup(log, run.Options{Stop: time.Minute})}
	h.closers = append(h.closers, func() error { h.client.Close(); return nil })
	h.Metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	ground.measure(h.Metrics)
	if err := h.compose(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// compose is the list of services, readers before writers.
func (h *House) compose() error {
	s, g := h.settings, h.Ground
	inboxes := channel.NewDirectory(g.Inboxes)
	publisher := h.guard(count(channel.NewLogPublisher(g.Inbound).WithBlobs(g.Blobs), h.Metrics))
	if s.has("inbox") {
		if err := h.addInbox(); err != nil {
			return err
		}
	}
	if s.has("router") {
		r, err := routing.New(routing.Deps{NC: g.NC, Inbound: g.In, Facts: g.Out, Log: g.Facts, Inboxes: inboxes, Staff: staff{g.Queues, g.Agents}, Levels: levels{g.Settings}, Routes: routes{g.Settings.Routes}, Attended: true, Dir: s.Dir(), Logger: h.named("router"), Metrics: h.Metrics})
		if err != nil {
			return err
		}
		h.closers = append(h.closers, r.Close)
		h.group.AddBeside("router", r)
		h.group.AddBeside("what-if", rehearse.New(rehearse.Deps{NC: g.NC, Facts: g.Out, Log: g.Facts, Settings: g.Rules, Logger: h.named("router")}))
	}
	adapters := map[string]channel.Adapter{}
	channels, err := h.channels(inboxes, publisher, adapters)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if c.views {
			h.group.AddBeside(c.name, c.service)
		}
	}
	if s.has("media") && !h.outside.NoMedia {
		if err := h.addMedia(inboxes, adapters); err != nil {
			return err
		}
	}
	if s.has("automation") {
		if err := h.addAutomation(); err != nil {
			return err
		}
	}
	if s.has("gateway") {
		if err := h.addGateway(adapters, publisher); err != nil {
			return err
		}
	}
	if s.has("dispatch") {
		d, err := sending.New(sending.Deps{NC: g.NC, Facts: g.Out, Outbound: g.Outbound, Dead: g.Dead, Dir: s.Dir(), Held: h.held(inboxes), Logger: h.named("dispatch"), Clock: h.outside.Clock})
		if err != nil {
			return err
		}
		h.group.Add("dispatch", d)
	}
	for _, c := range channels {
		if !c.views {
			h.group.Add(c.name, c.service)
		}
	}
	h.addStore()
	if err := h.addControl(); err != nil {
		return err
	}
	return h.addHTTP()
}

type named struct {
	name    string
	service run.Service
	views   bool // it follows the log from its beginning, as inbox and router do
}

func (h *House) named(service string) zerolog.Logger {
	return h.log.With().Str("service", service).Logger()
}

func (h *House) addInbox() error {
	i, err := inboxservice.New(inboxservice.Deps{NC: h.Ground.NC, Feed: h.Ground.Out, Dir: h.settings.Dir(), Logger: h.named("inbox"), Metrics: h.Metrics, Settings: h.Ground.Changes, Hours: h.Ground.Hours, Calendar: calendar, Zone: h.zone})
	if err != nil {
		return err
	}
	h.inbox = i
	h.group.Add("inbox", i)
	return nil
}

// channels makes the channel services and, in every process, their adapters:
// the gateway checks settings with them.
func (h *House) channels(inboxes channel.Inboxes, publisher channel.Publisher, adapters map[string]channel.Adapter) ([]named, error) {
	g, s := h.Ground, h.settings
	var out []named
	if s.has("webhook") || s.has("gateway") {
		hooks, err := hookchannel.New(hookchannel.Deps{NC: g.NC, Inboxes: inboxes, Publisher: publisher, Links: h.links(), Log: h.named("webhook"), Metrics: h.Metrics})
		if err != nil {
			return nil, err
		}
		adapters["webhook"] = hooks.Adapter()
		if s.has("webhook") {
			hooks.Routes(h.mux)
			out = append(out, named{name: "webhook", service: hooks})
		}
	}
	adapters["webchat"] = chatchannel.Adapter{}
	if s.has("webchat") {
		chat, err := chatchannel.New(chatchannel.Deps{NC: g.NC, Facts: g.Out, Inboxes: inboxes, Publisher: publisher, Links: h.links(), Dir: s.Dir(), Log: h.named("webchat"), Metrics: h.Metrics})
		if err != nil {
			return nil, err
		}
		chat.Routes(h.mux)
		out = append(out, named{name: "webchat", service: chat, views: true})
	}
	if err := h.social(inboxes, publisher, adapters, &out); err != nil {
		return nil, err
	}
	if err := h.phone(inboxes, publisher, adapters, &out); err != nil {
		return nil, err
	}
	if err := h.business(inboxes, publisher, adapters, &out); err != nil {
		return nil, err
	}
	mail, err := h.mail(inboxes, publisher)
	if err != nil {
		return nil, err
	}
	adapters["email"] = mail.Adapter()
	if s.has("email") {
		mail.Routes(h.mux)
		out = append(out, named{name: "email", service: mail})
	}
	return out, nil
}

func (h *House) mail(inboxes channel.Inboxes, publisher channel.Publisher) (*mailchannel.Service, error) {
	g, s := h.Ground, h.settings
	names, err := vouch.Open(s.MailDNS, h.named("email"))
	if err != nil {
		return nil, fmt.Errorf("mail-dns: %w", err)
	}
	deps := mailchannel.Deps{
		Resolver: names, NC: g.NC, Inboxes: inboxes, Publisher: publisher, Blobs: g.Blobs, Log: h.named("email"), Metrics: h.Metrics, Dir: s.KeptDir("email"), Health: h.health(),
		Server:  mailchannel.ServerOptions{Domain: s.SMTPHostname, MaxMessageBytes: s.SMTPMaxBytes},
		Adapter: mailchannel.AdapterOptions{Helo: s.SMTPHostname, Relay: s.relay()},
	}
	if s.has("email") {
		listener, err := net.Listen("tcp", s.SMTPListen)
		if err != nil {
			return nil, fmt.Errorf("listen for mail: %w", err)
		}
		h.smtp, deps.Listener = listener, listener
		h.closers = append(h.closers, func() error { return ignoreClosed(listener.Close()) })
	}
	if s.SMTPCert != "" {
		pair, err := tls.LoadX509KeyPair(s.SMTPCert, s.SMTPKey)
		if err != nil {
			return nil, fmt.Errorf("load the mail certificate: %w", err)
		}
		deps.Server.Certificate = &pair
	}
	return mailchannel.New(deps)
}

func (h *House) addGateway(adapters map[string]channel.Adapter, publisher channel.Publisher) error {
	g := h.Ground
	js, err := jetstream.New(g.NC)
	if err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	hooks, _ := adapters["webhook"].(*hookchannel.Adapter)
	var near func(ctx context.Context, name string, query, room []byte) ([]byte, bool)
	if h.inbox != nil {
		near = h.inbox.Near
	}
	h.gateway, err = server.New(server.Deps{
		NC: g.NC, Near: near, Facts: g.Out, Blobs: g.Blobs, Adapters: adapters, Console: console.Handler(),
		Tables:     server.Tables{Inboxes: g.Inboxes, Agents: g.Agents, Teams: g.Teams, Queues: g.Queues, Sessions: g.Sessions, Health: g.Health, Settings: g.Settings},
		Statements: g.In, Publisher: publisher, Import: h.imports(), Zone: h.zone, PublicURL: h.settings.PublicURL, FileKeys: h.links().Keys, Surveys: h.surveyLinks(),
		Dead: &bus.DeadLetters{JetStream: js, Stream: events.DeadStream, To: bus.OverLog(g.Outbound)},
		Test: tester(hooks), Received: g.In.Head,
		Ready:   func() (bool, []string) { return h.group.IsReady(), h.group.NotReady() },
		Browser: h.settings.browser(), Log: h.named("gateway"), Metrics: h.Metrics,
	})
	if err != nil {
		return err
	}
	h.gateway.Routes(h.mux)
	h.group.Add("gateway", h.gateway)
	return nil
}

// tester explains what a sample would become in a webhook inbox.
func tester(hooks *hookchannel.Adapter) func(context.Context, config.Inbox, api.Sample) (any, error) {
	return func(_ context.Context, inbox config.Inbox, sample api.Sample) (any, error) {
		if hooks == nil || inbox.Channel != hooks.Kind() {
			return nil, fmt.Errorf("samples are for webhook inboxes")
		}
		path := inbox.HookPath()
		if sample.Query != "" {
			path += "?" + sample.Query
		}
		return hooks.Explain(inbox, profile.Sample{Headers: sample.Headers, Body: sample.Body, Method: sample.Method, Path: path}, now())
	}
}

// Close lets go of everything; call it after Run.
func (h *House) Close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	return errors.Join(append(errs, h.Ground.Close())...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
