package routing

import (
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/natsd"
)

// wire stands between the router's log and the server. It can be cut, which
// loses what is under way, and held, which makes it late.
type wire struct {
	listener net.Listener
	to       string
	group    sync.WaitGroup

	held  sync.Mutex // locked while nothing passes towards the server
	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, to: to}
	w.group.Go(w.serve)
	t.Cleanup(func() {
		_ = l.Close()
		w.cut()
		w.group.Wait()
	})
	return w
}

func (w *wire) serve() {
	for {
		in, err := w.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, in, out)
		w.mu.Unlock()
		pass := func(to, from net.Conn, through io.Writer) {
			_, _ = io.Copy(through, from)
			_, _ = to.Close(), from.Close()
		}
		w.group.Go(func() { pass(out, in, gate{w, out}) })
		w.group.Go(func() { pass(in, out, in) })
	}
}

// gate passes bytes on while the wire is not held.
type gate struct {
	wire *wire
	to   net.Conn
}

func (g gate) Write(p []byte) (int, error) {
	g.wire.held.Lock()
	defer g.wire.held.Unlock()
	return g.to.Write(p)
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// The connection of the log is cut, and held until answers are given up, at
// random moments: appends are lost, or arrive after they were thought lost. It
// fails when submit leaves headerExpectEnd out, and when recover leaves its fence
// out.
func TestALogBehindABadNetwork(t *testing.T) {
	const ackTimeout = 150 * time.Millisecond
	h := newHouse(t, func(o *natsd.Options) { o.Port = natsd.RandomPort })
	h.stop()
	w := newWire(t, strings.TrimPrefix(h.server.URL(), "nats://"))
	nc, err := nats.Connect("nats://"+w.listener.Addr().String(), nats.MaxReconnects(-1), nats.ReconnectWait(5*time.Millisecond), nats.ReconnectJitter(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	steady := h.facts
	h.facts, err = eventlog.Open(t.Context(), nc, eventlog.Config{
		Stream: jetstream.StreamConfig{Name: events.ConversationStream, Subjects: []string{events.ConversationWildcard}},
		Commit: h.server.Commit, AckTimeout: ackTimeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.facts.Close)
	h.start()
	bad := h.facts
	h.facts = steady // the test itself reads over a connection that holds
	random := rand.New(rand.NewPCG(5, 6))
	statements, notes := h.storm(8, 120, func(round int) {
		h.moved(uint64(10 + random.IntN(40)))
		if round%2 == 0 {
			w.cut()
			return
		}
		w.held.Lock()
		refused, until := bad.Stats().Refused, time.Now().Add(3*ackTimeout)
		for bad.Stats().Refused == refused && time.Now().Before(until) {
			h.moved(1) // waits: nothing moves now
		}
		w.held.Unlock()
	})
	h.check(statements, 120, notes)
}
