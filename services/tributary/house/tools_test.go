package house

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/natsd"
)

// laid is a folder with a log that keeps statements for keep.
func laid(t *testing.T, keep time.Duration) Settings {
	t.Helper()
	s := Settings{Data: filepath.Join(t.TempDir(), "d"), Listen: "127.0.0.1:0", SMTPListen: "127.0.0.1:0", MailDNS: "off", Replicas: 1, KeepInbound: keep}
	g, err := Lay(t.Context(), s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	decide(t, g, receiveInto(t, g, 1))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// A tool that is called without the program's settings must not shorten what the
// log keeps: what is older would be gone.
func TestAToolChangesNoSettingOfTheLog(t *testing.T) {
	const keep = 1000 * time.Hour
	s := laid(t, keep)
	s.KeepInbound = time.Nanosecond * 100e6 // the least that NATS takes
	dir := t.TempDir()
	for name, tool := range map[string]func() error{
		"verify":  func() error { return RunVerify(t.Context(), s, zerolog.Nop(), io.Discard) },
		"backup":  func() error { return RunBackup(t.Context(), s, zerolog.Nop(), filepath.Join(dir, "b"), io.Discard) },
		"rebuild": func() error { return RunRebuild(t.Context(), s, zerolog.Nop(), io.Discard) },
	} {
		if err := tool(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g, err := layAsItStands(t.Context(), s, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		stream, err := g.Inbound.JetStream().Stream(t.Context(), events.InboundStream)
		if err != nil {
			t.Fatal(err)
		}
		if got := stream.CachedInfo().Config.MaxAge; got != keep {
			t.Errorf("after %s the log keeps statements for %v, and kept them for %v", name, got, keep)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A rebuild that is stopped does not say that the views are read.
func TestAStoppedRebuildSaysSo(t *testing.T) {
	s := laid(t, time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var said said
	if err := RunRebuild(ctx, s, zerolog.Nop(), &said); err == nil || said != "" {
		t.Errorf("%v, %q", err, said)
	}
}

type said string

func (s *said) Write(p []byte) (int, error) { *s += said(p); return len(p), nil }

// The file of a backup is private, its writer's alone, and not found through a
// link that somebody else has laid.
func TestAPartialFileHasOneWriter(t *testing.T) {
	dir := t.TempDir()
	to := target(filepath.Join(dir, "b"))
	if err := os.WriteFile(to.partial(), []byte("left"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := to.open()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("what was left is written on: %v, %v", info, err)
	}
	if _, err := to.open(); !errors.Is(err, errBeingWritten) {
		t.Errorf("a second writer: %v", err)
	}
	spool, err := to.spool()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := spool.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the spool is %v, %v", info.Mode(), err)
	}
	if _, err := os.Lstat(to.spoolName()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spool has a name that a killed writer leaves: %v", err)
	}
	if err := errors.Join(to.publish(f), f.Close(), spool.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "b"), to.partial()); err != nil {
		t.Fatal(err)
	}
	if _, err := to.open(); err == nil {
		t.Error("it went through a link")
	}
	if info, err := os.Lstat(string(to)); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}

// What is restored elsewhere stays within an empty folder.
func TestRestoreWantsAnEmptyFolder(t *testing.T) {
	s := laid(t, time.Hour)
	file := filepath.Join(t.TempDir(), "b")
	if err := RunBackup(t.Context(), s, zerolog.Nop(), file, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, there := range []string{"log/x", "kept/a/x", "views/router.db"} {
		into := Settings{Data: t.TempDir(), Replicas: 1}
		path := filepath.Join(into.Data, filepath.FromSlash(there))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := RunRestore(t.Context(), into, zerolog.Nop(), file, io.Discard); !errors.Is(err, errNotEmpty) {
			t.Errorf("into a folder with %s: %v", there, err)
		}
	}
}

// A tool does not wait for a server that went away while it worked.
func TestAToolGivesUpALostServer(t *testing.T) {
	server, err := natsd.Start(t.Context(), natsd.Options{StoreDir: t.TempDir(), Port: natsd.RandomPort})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	s := Settings{Data: t.TempDir(), NATSURL: server.URL()}
	if err := RunVerify(t.Context(), s, zerolog.Nop(), io.Discard); !errors.Is(err, ErrNoLog) {
		t.Errorf("of a server without a log: %v", err)
	}
	g := new(Ground)
	if err := g.connect(t.Context(), s, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	err = g.attached(t.Context(), func(ctx context.Context) error {
		server.Shutdown()
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("it ends with %v", err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}
