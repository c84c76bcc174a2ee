package mailchannel

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// TestAServerThatIsStoppedAtOnceEnds: between being ready and listening there is a
// moment, and a stop in it ends the server as any other.
//
// To see it fail: in Run, leave the listener to the server.
func TestAServerThatIsStoppedAtOnceEnds(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	certificate, err := SelfSigned("mx.example.com", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewServer(ServerOptions{Listener: l, Inboxes: w.inboxes, Publisher: w.tap, Blobs: w.blobs, Log: testkit.Logger(t), Domain: "mx.example.com", Certificate: &certificate})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the server does not stop")
		}
	}
}
