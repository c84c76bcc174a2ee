package mailchannel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/email/vouch"
)

// Deps are what the e-mail service stands on. The caller owns and closes all
// of them but the listener, which Run closes. Metrics and Health may be nil.
type Deps struct {
	NC        *nats.Conn
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Blobs     blob.Store
	Log       zerolog.Logger
	Metrics   prometheus.Registerer
	// Resolver looks up what proves senders, whatever way their mail comes; nil
	// looks nothing up, and senders count as stated.
	Resolver vouch.DNS
	// Listener takes SMTP; nil serves none (a node that only sends).
	Listener net.Listener
	// Dir is the folder for the marks of mailboxes that are fetched from; empty
	// fetches from none.
	Dir string
	// Health is told why a mailbox cannot be read.
	Health *channel.Health
	// Server, IMAP and Adapter adjust the sides; the fields above go before
	// theirs.
	Server  ServerOptions
	IMAP    IMAPOptions
	Adapter AdapterOptions
}

// IMAPOptions adjust how mailboxes are fetched from; see imap.Options for what
// nought means.
type IMAPOptions struct {
	// TLS checks the servers' certificates; nil trusts the system's authorities.
	TLS *tls.Config
	// Poll is how often a mailbox is asked at least, Pause the first pause after
	// a failure.
	Poll, Pause time.Duration
}

// Bounds of the door for mail services: SendGrid posts mails of 30 MB, Postmark
// 35 MB and more in base64.
const (
	maxHookBody  = 56 << 20
	maxHookBytes = 256 << 20
)

// Service is the whole channel: the SMTP server, the hooks of mail services,
// the mailboxes that are fetched from, and the outbox. It implements
// run.Service.
type Service struct {
	deps      Deps
	adapter   *Adapter
	server    *Server
	mailboxes *mailboxes
	hooks     *channel.Hooks
	ready     *run.Signal
}

// New makes the service; nothing is served before Run.
func New(deps Deps) (*Service, error) {
	deps.Adapter.Blobs, deps.Adapter.Inboxes, deps.Adapter.Resolver = deps.Blobs, deps.Inboxes, deps.Resolver
	deps.Adapter.IMAP = deps.IMAP
	adapter, err := NewAdapter(deps.Adapter)
	if err != nil {
		return nil, err
	}
	s := &Service{deps: deps, adapter: adapter, ready: run.NewSignal()}
	s.hooks = channel.NewHooks(channel.Hooks{
		Inboxes: deps.Inboxes, Publisher: deps.Publisher, Log: deps.Log, MaxBody: maxHookBody, MaxBytes: maxHookBytes, BodyTimeout: time.Minute, StoreTimeout: 15 * time.Second,
	}, deps.Metrics, adapter)
	if deps.Dir != "" {
		s.mailboxes = &mailboxes{deps: deps, clock: adapter.opt.Clock, adapter: adapter}
	}
	if deps.Listener == nil {
		return s, nil
	}
	opt := deps.Server
	opt.Listener, opt.Inboxes, opt.Publisher, opt.Blobs = deps.Listener, deps.Inboxes, deps.Publisher, deps.Blobs
	opt.Log, opt.Metrics, opt.Resolver = deps.Log, deps.Metrics, deps.Resolver
	if s.server, err = NewServer(opt); err != nil {
		return nil, err
	}
	return s, nil
}

// Adapter is the one the service uses, for whoever checks settings.
func (s *Service) Adapter() *Adapter { return s.adapter }

// Routes mounts /hooks/email/{inbox}.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("/hooks/"+Kind+"/{inbox}", func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("channel", Kind)
		s.hooks.ServeHTTP(w, r)
	})
}

// Addr is where SMTP is taken; nil without a listener.
func (s *Service) Addr() net.Addr {
	if s.server == nil {
		return nil
	}
	return s.server.Addr()
}

// Ready is closed once mail is taken and dispatch can ask for sends.
func (s *Service) Ready() <-chan struct{} { return s.ready.Done() }

// Run serves until ctx ends, then lets mails and sends under way end.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &channel.Outbox{Sender: s.adapter, Inboxes: s.deps.Inboxes, Log: s.deps.Log, Health: s.deps.Health}
	outReady := run.NewSignal()
	ended := make(chan error, 3)
	sides := 1
	go func() { ended <- out.Run(ctx, s.deps.NC, outReady.Set) }()
	if s.server != nil {
		sides++
		go func() { ended <- s.server.Run(ctx) }()
	}
	if s.mailboxes != nil {
		sides++
		go func() { ended <- s.mailboxes.run(ctx) }()
	}
	stopped := make(chan struct{})
	announced := make(chan struct{})
	go func() {
		defer close(announced)
		select {
		case <-outReady.Done():
		case <-stopped:
			return
		}
		if s.server != nil {
			select {
			case <-s.server.Ready():
			case <-stopped:
				return
			}
		}
		s.ready.Set()
	}()
	var errs []error
	for range sides {
		if err := <-ended; err != nil {
			errs = append(errs, fmt.Errorf("email service: %w", err))
		}
		cancel() // one side without the other is no service
	}
	close(stopped)
	<-announced
	return errors.Join(errs...)
}
