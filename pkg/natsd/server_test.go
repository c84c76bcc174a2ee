package natsd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func start(t *testing.T, o Options) *Server {
	t.Helper()
	if o.StoreDir == "" {
		o.StoreDir = t.TempDir()
	}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

func connect(t *testing.T, s *Server) jetstream.JetStream {
	t.Helper()
	nc, err := s.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestStreamSurvivesRestartAndLiesWhereStreamDirSays(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{StoreDir: dir})
	js := connect(t, s)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s.a", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.StreamDir("S"), "msgs", "1.blk")); err != nil {
		t.Fatalf("the block is not where StreamDir says: %v", err)
	}
	js.Conn().Close()
	s.Shutdown()
	s.Shutdown()

	again := connect(t, start(t, Options{StoreDir: dir}))
	st, err := again.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	m, err := st.GetMsg(t.Context(), 1)
	if err != nil || string(m.Data) != "kept" {
		t.Fatalf("after restart: %v, %v", m, err)
	}
}

func TestNoPortMeansNoListener(t *testing.T) {
	if url := start(t, Options{}).URL(); url != "" {
		t.Fatalf("listens on %s without being asked", url)
	}
}

func TestListenerAsksForTheToken(t *testing.T) {
	s := start(t, Options{Port: RandomPort, Token: "s3cret"})
	if nc, err := nats.Connect(s.URL()); err == nil {
		nc.Close()
		t.Fatal("connected without the token")
	}
	nc, err := nats.Connect(s.URL(), nats.Token("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	connect(t, s)
}

func TestPayloadLimit(t *testing.T) {
	s := start(t, Options{MaxPayload: 4096})
	nc, err := s.Connect("limit")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if nc.MaxPayload() != 4096 {
		t.Fatalf("max payload is %d", nc.MaxPayload())
	}
	if err := nc.Publish("x", make([]byte, 4097)); !errors.Is(err, nats.ErrMaxPayload) {
		t.Fatalf("published more than the limit: %v", err)
	}
}

func TestStartSaysWhyItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, o := range map[string]Options{
		"no directory":     {},
		"directory a file": {StoreDir: file},
		"port taken":       {StoreDir: t.TempDir(), Port: takenPort(t)},
	} {
		s, err := Start(ctx, o)
		if s != nil {
			s.Shutdown()
		}
		if !errors.Is(err, ErrStart) || ctx.Err() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
