package rig

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// Inside is the program in this process, so that the race detector sees it and
// a test can reach beneath it.
type Inside struct {
	Server
	House *house.House
	t     testing.TB
	stop  context.CancelFunc
	ended chan error
}

// Settings are those of a house in a folder, on free ports, with every default.
func Settings(data string) house.Settings {
	return house.Settings{
		Data: data, Listen: "127.0.0.1:0", SMTPListen: "127.0.0.1:0", SMTPHostname: "localhost", SMTPRelayTLS: "none", SMTPMaxBytes: 25 << 20, MailDNS: "off",
		Replicas: 1, LogFormat: "json", LogLevel: "warn", KeepInbound: 14 * 24 * time.Hour, AdminEmail: AdminEmail, AdminPassword: AdminPassword,
	}
}

// Run builds a house, runs it, and waits until it is ready. It is stopped when
// the test ends, which fails when it does not stop cleanly.
func Run(t testing.TB, s house.Settings) *Inside {
	t.Helper()
	return RunIn(t, s, house.Outside{})
}

// RunIn is Run in a world that the test makes.
func RunIn(t testing.TB, s house.Settings, outside house.Outside) *Inside {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	log := zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)
	if testing.Verbose() {
		log = log.With().Timestamp().Logger()
	}
	h, err := house.BuildIn(ctx, s, log, outside)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	in := &Inside{Server: Server{HTTP: h.HTTPAddr(), SMTP: h.SMTPAddr(), Data: s.Data}, House: h, t: t, stop: stop, ended: make(chan error, 1)}
	go func() { in.ended <- h.Run(ctx, io.Discard) }()
	t.Cleanup(in.Stop)
	select {
	case <-h.Ready():
	case err := <-in.ended:
		in.ended <- err
		t.Fatalf("the house ended at start: %v", err)
	case <-time.After(2 * Patience):
		t.Fatal("the house is not ready")
	}
	return in
}

// Stop stops the house and lets go of its files. A second call does nothing.
func (in *Inside) Stop() {
	if in.stop == nil {
		return
	}
	in.stop()
	in.stop = nil
	select {
	case err := <-in.ended:
		if err != nil {
			in.t.Errorf("the house ended with %v", err)
		}
	case <-time.After(2 * Patience):
		in.t.Error("the house does not stop")
	}
	if err := in.House.Close(); err != nil {
		in.t.Errorf("close the house: %v", err)
	}
}

// FileHash is the hash over a derived file of a stopped program, without the
// buckets named.
func FileHash(t testing.TB, data, file string, skip ...string) string {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(data, "views", file), 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	sum, err := bolt.Hash(db, skip...)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
