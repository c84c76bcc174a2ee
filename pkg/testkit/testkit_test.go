package testkit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// spy stands in for a test that is expected to fail.
type spy struct {
	testing.TB
	said string
}

func (s *spy) Helper()                      {}
func (s *spy) Errorf(f string, args ...any) { s.said = f }
func (s *spy) Fatalf(f string, args ...any) { s.said = f; panic(s) }

func (s *spy) run(f func(testing.TB)) (said string) {
	defer func() {
		said = s.said
		if r := recover(); r != nil && r != any(s) {
			panic(r)
		}
	}()
	f(s)
	return
}

func TestLogIsDurable(t *testing.T) {
	l := Log(t)
	seq, err := l.Append(t.Context(), eventlog.Message{Subject: "test.a", Data: []byte("x")})
	if err != nil || seq != 1 || l.DurableSeq() != 1 {
		t.Fatalf("append gave %d, %v; durable up to %d", seq, err, l.DurableSeq())
	}
}

func TestEventually(t *testing.T) {
	n := 0
	Eventually(t, 10*time.Second, func() error {
		if n++; n < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if n != 3 {
		t.Errorf("checked %d times", n)
	}
	s := &spy{TB: t}
	said := s.run(func(t testing.TB) {
		Eventually(t, time.Millisecond, func() error { return errors.New("never") })
	})
	if !strings.Contains(said, "not within") {
		t.Errorf("a condition that never holds passed: %q", said)
	}
}

func TestGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "file.golden")
	missing := &spy{TB: t}
	if said := missing.run(func(t testing.TB) { Golden(t, path, nil) }); said == "" {
		t.Error("a missing golden file passed")
	}
	*update = true
	Golden(t, path, []byte("one\ntwo\n"))
	*update = false
	Golden(t, path, []byte("one\ntwo\n"))
	other := &spy{TB: t}
	if said := other.run(func(t testing.TB) { Golden(t, path, []byte("one\n2\n")) }); said == "" {
		t.Error("another content passed")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "one\ntwo\n" {
		t.Errorf("comparing changed the file: %q, %v", got, err)
	}
	if n, w, g := firstDifference("a\nb", "a\nb\n"); n != 3 || w != "" || g != "" {
		t.Errorf("a trailing newline is a difference in line 3, not %d %q %q", n, w, g)
	}
}
