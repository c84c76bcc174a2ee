package natsd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// Sync says what the server itself does about syncing a stream's files.
type Sync int

const (
	// SyncByLog leaves syncing to whoever appends: the server answers once its
	// write has reached the operating system and syncs only every two minutes.
	// Use it with eventlog.BlockSync; alone it does not survive a power cut.
	SyncByLog Sync = iota
	// SyncAlways makes the server sync before it acknowledges a message.
	SyncAlways
)

// RandomPort asks for any free TCP port; URL tells which one it became.
const RandomPort = -1

// Options are the settings of one embedded server. Only StoreDir is required.
type Options struct {
	// StoreDir is the directory for JetStream's files, created when missing.
	// Two servers must never share one.
	StoreDir string
	// Name is the server's name, seen by clients and in logs. Default "embedded".
	Name string
	// Host is the address to listen on when Port is not 0. Default 127.0.0.1.
	Host string
	// Port is 0 for no TCP listener at all (in-process connections only),
	// RandomPort for any free one, or the port to listen on.
	Port int
	// Token, when set, is required of every connection, in-process ones
	// included; Connect presents it by itself. Set it when Host is not loopback.
	Token string
	// MaxPayload is the largest message in bytes, headers included. Default 8 MiB.
	MaxPayload int32
	// MaxStore bounds JetStream's files in bytes. 0 lets the server take three
	// quarters of the space that is free when it starts.
	MaxStore int64
	// MaxMemory bounds JetStream's in-memory streams in bytes. Default 32 MiB;
	// nothing is set aside in advance.
	MaxMemory int64
	// Sync says who syncs stream data; the zero value is SyncByLog.
	Sync Sync
	// StartTimeout bounds the wait for recovery of the streams on disk when ctx
	// has no deadline. Default 2 minutes.
	StartTimeout time.Duration
	// Logger receives warnings and errors, and the server's notices at debug
	// level. The zero value discards them.
	Logger zerolog.Logger
}

// ErrStart wraps every reason for which Start gives up.
var ErrStart = errors.New("start nats server")

// Server is a running embedded server. Its methods may be called from any
// goroutine. The caller who started it shuts it down.
type Server struct {
	srv   *server.Server
	token string
	log   zerolog.Logger
	once  sync.Once

	failed <-chan struct{}
}

// Failed is closed when a write to a stream's files has failed, as on a full
// disk. What was acknowledged before is safe; the stream takes nothing more until
// a new server has opened the same directory.
func (s *Server) Failed() <-chan struct{} { return s.failed }

// Start runs a server and returns when it accepts connections and JetStream has
// recovered the streams on disk. Whatever goes wrong wraps ErrStart, and leaves
// nothing running. The server outlives ctx, which bounds the start alone.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.StoreDir == "" {
		return nil, fmt.Errorf("%w: no store directory given", ErrStart)
	}
	if o.StartTimeout <= 0 {
		o.StartTimeout = 2 * time.Minute
	}
	srv, err := server.NewServer(serverOptions(o))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStart, err)
	}
	log := &logAdapter{log: o.Logger, failed: make(chan struct{})}
	srv.SetLoggerV2(log, false, false, false)
	s := &Server{srv: srv, token: o.Token, log: o.Logger, failed: log.failed}
	srv.Start()
	if err := s.awaitReady(ctx, o, log); err != nil {
		s.Shutdown()
		return nil, fmt.Errorf("%w: %w", ErrStart, err)
	}
	return s, nil
}

func serverOptions(o Options) *server.Options {
	so := &server.Options{
		ServerName:             orDefault(o.Name, "embedded"),
		Host:                   orDefault(o.Host, "127.0.0.1"),
		Port:                   o.Port,
		DontListen:             o.Port == 0,
		Authorization:          o.Token,
		MaxPayload:             orDefault(o.MaxPayload, 8<<20),
		NoSigs:                 true,
		DisableShortFirstPing:  true,
		JetStream:              true,
		StoreDir:               o.StoreDir,
		JetStreamMaxMemory:     orDefault(o.MaxMemory, 32<<20),
		JetStreamMaxStore:      o.MaxStore,
		SyncAlways:             o.Sync == SyncAlways,
		DisableJetStreamBanner: true,
	}
	if o.Port == 0 {
		so.Port = server.RANDOM_PORT // never opened: DontListen is set
	}
	return so
}

func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// awaitReady polls, because the server offers no channel for readiness; it
// looks often, because the promised start takes a few milliseconds.
func (s *Server) awaitReady(ctx context.Context, o Options, log *logAdapter) error {
	ctx, cancel := context.WithTimeout(ctx, o.StartTimeout)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if why := log.fatalText(); why != "" {
			return errors.New(why)
		}
		if s.ready(o) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", ctx.Err())
		}
	}
}

func (s *Server) ready(o Options) bool {
	if !s.srv.Running() || !s.srv.JetStreamEnabled() {
		return false
	}
	return o.Port == 0 || s.srv.Addr() != nil
}

// Connect opens an in-process connection that reconnects for as long as the
// server lives. name is seen in the server's own monitoring. The caller closes
// it before Shutdown.
func (s *Server) Connect(name string, opts ...nats.Option) (*nats.Conn, error) {
	all := []nats.Option{
		nats.Name(name),
		nats.InProcessServer(s.srv),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50 * time.Millisecond),
		// The client's own handler would print to stderr.
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.log.Warn().Err(err).Str("connection", name).Msg("nats connection")
		}),
	}
	if s.token != "" {
		all = append(all, nats.Token(s.token))
	}
	nc, err := nats.Connect(nats.DefaultURL, append(all, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("connect %q in process: %w", name, err)
	}
	return nc, nil
}

// URL is where clients outside the process connect, and empty when the server
// does not listen. It never contains the token.
func (s *Server) URL() string {
	if s.srv.Addr() == nil {
		return ""
	}
	return s.srv.ClientURL()
}

// StreamDir is the directory in which the file store keeps a stream, whether or
// not the stream exists. Its msgs folder holds the blocks.
func (s *Server) StreamDir(stream string) string {
	return filepath.Join(s.srv.StoreDir(), server.DEFAULT_GLOBAL_ACCOUNT, "streams", stream)
}

// Shutdown stops the server and waits until it is down and its files are
// closed. It may be called more than once; later calls wait as well.
func (s *Server) Shutdown() {
	s.once.Do(s.srv.Shutdown)
	s.srv.WaitForShutdown()
}
