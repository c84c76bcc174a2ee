package testkit

import (
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
)

// Answer has handle take what comes on a subject until the test ends, one message
// after another. The end waits for the message in hand, which must therefore not wait
// for the end; what comes later is dropped. A bare subscription gives neither: its
// handler may run on when the test is over and its logs are closed.
func Answer(t testing.TB, nc *nats.Conn, subject string, handle nats.MsgHandler) {
	t.Helper()
	var mu sync.Mutex
	over := false
	sub, err := nc.Subscribe(subject, func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			handle(m)
		}
	})
	if err == nil {
		err = nc.Flush() // who asks on another connection is heard from now on
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sub.Unsubscribe() // the connection may be gone
		mu.Lock()
		defer mu.Unlock()
		over = true
	})
}
