package mailchannel

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/run"
)

// Deps are what the e-mail service stands on. The caller owns and closes all
// of them but the listener, which Run closes. Metrics may be nil.
type Deps struct {
	NC        *nats.Conn
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Blobs     blob.Store
	Log       zerolog.Logger
	Metrics   prometheus.Registerer
	// Listener takes SMTP; nil serves none (a node that only sends).
	Listener net.Listener
	// Server and Adapter adjust the two sides; the fields above go before
	// theirs.
	Server  ServerOptions
	Adapter AdapterOptions
}

// Service is the whole channel: the SMTP server and the outbox. It implements
// run.Service.
type Service struct {
	deps    Deps
	adapter *Adapter
	server  *Server
	ready   *run.Signal
}

// New makes the service; nothing is served before Run.
func New(deps Deps) (*Service, error) {
	deps.Adapter.Blobs = deps.Blobs
	adapter, err := NewAdapter(deps.Adapter)
	if err != nil {
		return nil, err
	}
	s := &Service{deps: deps, adapter: adapter, ready: run.NewSignal()}
	if deps.Listener == nil {
		return s, nil
	}
	opt := deps.Server
	opt.Listener, opt.Inboxes, opt.Publisher, opt.Blobs = deps.Listener, deps.Inboxes, deps.Publisher, deps.Blobs
	opt.Log, opt.Metrics = deps.Log, deps.Metrics
	if s.server, err = NewServer(opt); err != nil {
		return nil, err
	}
	return s, nil
}

// Adapter is the one the service uses, for whoever checks settings.
func (s *Service) Adapter() *Adapter { return s.adapter }

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
	out := &channel.Outbox{Sender: s.adapter, Inboxes: s.deps.Inboxes, Log: s.deps.Log}
	outReady := run.NewSignal()
	ended := make(chan error, 2)
	sides := 1
	go func() { ended <- out.Run(ctx, s.deps.NC, outReady.Set) }()
	if s.server != nil {
		sides++
		go func() { ended <- s.server.Run(ctx) }()
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
