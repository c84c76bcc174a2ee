package testkit

import (
	"testing"
	"time"
)

// Longer calls try with a wait, and where it fails with one four times as long, and
// so on up to 64 times, and fails the test with the last error. It is for promises
// about a wait of the code under test that hold as long as the machine does not
// stand still for longer than the wait, as "who answers pings in time stays". Code
// that breaks the promise breaks it with every wait. try runs on the calling
// goroutine and begins anew each time; it must not call t.Fatal for what may be the
// machine's fault.
func Longer(t testing.TB, wait time.Duration, try func(wait time.Duration) error) {
	t.Helper()
	var err error
	for most := 64 * wait; wait <= most; wait *= 4 {
		if err = try(wait); err == nil {
			return
		}
		t.Logf("with a wait of %v: %v", wait, err)
	}
	t.Fatalf("with every wait, up to %v: %v", wait/4, err)
}
