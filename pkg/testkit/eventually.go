package testkit

import (
	"testing"
	"time"
)

// Eventually calls check until it returns nil, and fails the test with check's
// last error when that has not happened within timeout. check runs on the
// calling goroutine, at least once, at first every millisecond and later more
// rarely; it must not call t.Fatal.
func Eventually(t testing.TB, timeout time.Duration, check func() error) {
	t.Helper()
	if err := Await(timeout, check); err != nil {
		t.Fatalf("not within %v: %v", timeout, err)
	}
}

// Await is Eventually for those who go on without it: it returns check's last
// error.
func Await(timeout time.Duration, check func() error) error {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if err := check(); err == nil {
			return nil
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-deadline.C:
			again.Stop()
			return check()
		}
	}
}
