package mailchannel

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/email/vouch"
)

// ServerOptions configure the SMTP server. Listener, Inboxes, Publisher and
// Blobs are needed; the rest has working defaults.
type ServerOptions struct {
	// Listener is where mail comes in; the server closes it.
	Listener  net.Listener
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	Blobs     blob.Store
	Clock     clock.Clock // default: the system's
	Log       zerolog.Logger
	Metrics   prometheus.Registerer // nil registers nothing

	// Domain is our name in the greeting; default localhost.
	Domain string
	// Certificate serves STARTTLS; nil makes one of our own.
	Certificate *tls.Certificate
	// Resolver looks up what proves senders: DKIM keys, SPF and DMARC policies.
	// Nil checks none of them, and senders count as stated.
	Resolver vouch.DNS

	MaxMessageBytes  int64         // of one mail; default 35 MiB
	MaxMemory        int64         // of all mails being taken; default 256 MiB
	MaxRecipients    int           // of one mail; default 100
	MaxConnections   int           // default 200
	MaxPerIP         int           // connections from one address; default 20
	MaxLine          int           // bytes of a line, in commands and in mail; default 512 KiB
	Idle             time.Duration // between two commands or two reads; default 2 min
	WholeMail        time.Duration // for all of one mail's DATA; default 10 min
	StoreWithin      time.Duration // default 30 s
	MaxMailsPerVisit int           // on one connection; default 1 000
}

func (o *ServerOptions) defaults() {
	set(&o.Domain, "localhost")
	set(&o.MaxMessageBytes, 35<<20)
	set(&o.MaxMemory, 256<<20)
	set(&o.MaxRecipients, 100)
	set(&o.MaxConnections, 200)
	set(&o.MaxPerIP, 20)
	set(&o.MaxLine, 512<<10)
	set(&o.Idle, 2*time.Minute)
	set(&o.WholeMail, 10*time.Minute)
	set(&o.StoreWithin, 30*time.Second)
	set(&o.MaxMailsPerVisit, 1000)
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
}

func set[T comparable](at *T, value T) {
	var zero T
	if *at == zero {
		*at = value
	}
}

// Server takes mail by SMTP. It implements run.Service.
type Server struct {
	opt     ServerOptions
	smtp    *smtp.Server
	limiter *limiter
	checker *vouch.Checker
	ready   *run.Signal
	memory  atomic.Int64 // bytes of mails being taken
	mails   *prometheus.CounterVec
}

// NewServer prepares the server; nothing is served before Run.
func NewServer(opt ServerOptions) (*Server, error) {
	if opt.Listener == nil || opt.Inboxes == nil || opt.Publisher == nil || opt.Blobs == nil {
		return nil, errors.New("smtp server needs a listener, inboxes, a publisher and blobs")
	}
	opt.defaults()
	if opt.Certificate == nil {
		cert, err := SelfSigned(opt.Domain, opt.Clock.Now())
		if err != nil {
			return nil, fmt.Errorf("smtp certificate: %w", err)
		}
		opt.Certificate = &cert
	}
	s := &Server{opt: opt, checker: vouch.New(opt.Resolver), ready: run.NewSignal()}
	s.mails = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_smtp_mails_total", Help: "Mails and recipients by how SMTP answered them."}, []string{"result"})
	if opt.Metrics != nil {
		if err := opt.Metrics.Register(s.mails); err != nil {
			return nil, fmt.Errorf("register smtp metrics: %w", err)
		}
	}
	s.limiter = newLimiter(opt.Listener, opt.MaxConnections, opt.MaxPerIP, func() { s.count("too-many-connections") })
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain = opt.Domain
	s.smtp.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*opt.Certificate}, MinVersion: tls.VersionTLS12}
	s.smtp.MaxMessageBytes = opt.MaxMessageBytes
	s.smtp.MaxRecipients = opt.MaxRecipients
	s.smtp.MaxLineLength = opt.MaxLine
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = opt.Idle, opt.Idle
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = quietLog{opt.Log}
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.opt.Listener.Addr() }

// Ready is closed once connections are taken.
func (s *Server) Ready() <-chan struct{} { return s.ready.Done() }

// Run serves until ctx ends. Mails under way then have ten seconds to be
// stored and answered; idle connections are closed at once.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.smtp.Serve(s.limiter) }()
	s.ready.Set()
	select {
	case err := <-served:
		return fmt.Errorf("smtp server ended: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.smtp.Shutdown(stopping) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.limiter.closeIdle(false)
		case <-ended:
			s.limiter.closeIdle(true)
			// A server that is stopped before it has begun to listen never hears
			// of it: then the listener is still open.
			_ = s.limiter.Close()
			<-served
			return nil
		}
	}
}

func (s *Server) count(result string) { s.mails.WithLabelValues(result).Inc() }

// quietLog keeps what go-smtp would log without what it would tell about the
// client.
type quietLog struct{ log zerolog.Logger }

// Printf drops the arguments: they hold addresses.
func (q quietLog) Printf(format string, _ ...any) {
	q.log.Warn().Str("what", format).Msg("smtp connection ended badly")
}

// Println drops its arguments as well.
func (q quietLog) Println(...any) { q.log.Warn().Msg("smtp connection ended badly") }
