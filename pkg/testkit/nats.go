package testkit

import (
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/natsd"
)

// Server is an embedded NATS server that lives as long as its test.
type Server struct {
	*natsd.Server
	// Commit is the BlockSync that all Logs of this server should share.
	Commit *eventlog.BlockSync
}

// NATS starts a server with JetStream in a temporary directory, without a TCP
// listener unless an option sets a port.
func NATS(t testing.TB, options ...func(*natsd.Options)) *Server {
	t.Helper()
	o := natsd.Options{StoreDir: storeDir(t), Logger: Logger(t)}
	for _, set := range options {
		set(&o)
	}
	s, err := natsd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	commit := eventlog.NewBlockSync(s.StreamDir)
	t.Cleanup(func() {
		if err := commit.Close(); err != nil {
			t.Errorf("close block sync: %v", err)
		}
	})
	return &Server{Server: s, Commit: commit}
}

// storeDir is a folder that is removed after the test. A server that was shut
// down may still unlink files of its own for a moment, over which t.TempDir
// would fail the test; so this tries again.
func storeDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "testkit-nats-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Eventually(t, 10*time.Second, func() error { return os.RemoveAll(dir) }) })
	return dir
}

// Conn opens an in-process connection that the test closes.
func (s *Server) Conn(t testing.TB, options ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := s.Connect(t.Name(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// JetStream opens a connection of its own.
func (s *Server) JetStream(t testing.TB) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(s.Conn(t))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// OpenLog opens a durable log, by BlockSync, with a connection of its own.
func (s *Server) OpenLog(t testing.TB, stream string, subjects ...string) *eventlog.Log {
	t.Helper()
	l, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{
		Stream: jetstream.StreamConfig{Name: stream, Subjects: subjects},
		Commit: s.Commit,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// Log is a durable log named TEST over "test.>" on a server of its own.
func Log(t testing.TB) *eventlog.Log {
	t.Helper()
	return NATS(t).OpenLog(t, "TEST", "test.>")
}

// Logger writes warnings and errors to the test's own output.
func Logger(t testing.TB) zerolog.Logger {
	return zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
}
