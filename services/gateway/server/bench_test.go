package server

import (
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// quiet opens sockets whose clients cost next to nothing, because they live in
// this process too.
func quiet(t testing.TB, g *gateway, token string, n int) []*websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{HandshakeTimeout: time.Minute, ReadBufferSize: 256, WriteBufferSize: 256, NetDial: func(network, addr string) (net.Conn, error) {
		return net.Dial(network, addr)
	}}
	out := make([]*websocket.Conn, n)
	for i := range out {
		conn, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(g.url, "http")+"/live?token="+token, http.Header{})
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		must(t, conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"subscribe","id":"1","view":"all"}`)))
		for snapshot := false; !snapshot; {
			_, data, err := conn.ReadMessage()
			must(t, err)
			snapshot = strings.Contains(string(data), `"type":"snapshot"`)
		}
		out[i] = conn
	}
	return out
}

// TestMemoryOfAnIdleSocket holds DESIGN's figure of 15 KiB, both ends of the
// socket in this process included, with room for what varies between runs.
func TestMemoryOfAnIdleSocket(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	quiet(t, g, admin.token, 20) // what is made once is made now
	before := inUse()
	const n = 1000
	conns := quiet(t, g, admin.token, n)
	each := int64(inUse()-before) / n
	t.Logf("%d bytes a socket, client's end included", each)
	if each > 24<<10 {
		t.Errorf("%d bytes a socket", each)
	}
	runtime.KeepAlive(conns)
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkSockets is one event to 1 000 real sockets, clients in this process.
func BenchmarkSockets(b *testing.B) {
	const n = 1000
	p := newPlant(b)
	g := startGateway(b, p)
	admin := g.admin(b)
	c := p.world.open("cv1", nil)
	conns := quiet(b, g, admin.token, n)
	got := make(chan struct{}, n)
	for _, conn := range conns {
		go func() {
			for {
				_, data, err := conn.ReadMessage()
				if err != nil {
					return
				}
				if strings.Contains(string(data[:min(len(data), 40)]), `"event"`) {
					got <- struct{}{}
				}
			}
		}()
	}
	for b.Loop() {
		p.world.say(c.ID, "hello")
		for range n {
			<-got
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
