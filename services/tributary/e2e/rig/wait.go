package rig

import (
	"errors"
	"testing"
	"time"
)

// Patience is how long a condition may take before a test gives up. It is far
// more than any takes: a test that runs into it has found something.
const Patience = time.Minute

// Eventually calls check until it returns nil, and fails the test with check's
// last error when that has not happened within Patience. It must be called from
// the test's own goroutine.
func Eventually(t testing.TB, check func() error) {
	t.Helper()
	if err := Await(Patience, check); err != nil {
		t.Fatalf("not within %v: %v", Patience, err)
	}
}

// Await is Eventually for other goroutines: it returns check's last error.
func Await(patience time.Duration, check func() error) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		err := check()
		if err == nil {
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

// Receive takes the next value of a channel that has to give one.
func Receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	v, err := TryReceive(what, from)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TryReceive is Receive with the failure as an error.
func TryReceive[T any](what string, from <-chan T) (T, error) {
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	var none T
	select {
	case v, open := <-from:
		if !open {
			return none, errors.New(what + ": the channel ended")
		}
		return v, nil
	case <-deadline.C:
		return none, errors.New(what + " did not come")
	}
}
