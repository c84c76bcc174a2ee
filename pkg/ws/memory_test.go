//go:build !race

// The race detector keeps shadow memory, so it would measure itself.

package ws_test

import (
	"bufio"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/ws"
)

// TestMemoryOfAnIdleConnection counts heap and stacks of both ends: the client
// end is a bare socket without a goroutine.
func TestMemoryOfAnIdleConnection(t *testing.T) {
	const conns, limit = 1000, 15 << 10
	live := make(chan *ws.Conn, conns)
	url := serve(t, options(), func(c *ws.Conn) {
		c.Start(func([]byte) error { return nil }, nil)
		live <- c
	})
	addr := strings.TrimPrefix(url, "ws://")
	clients := make([]net.Conn, conns)
	before := inUse()
	for i := range clients {
		clients[i] = shakeHands(t, addr)
		if err := (<-live).Send([]byte(`{"type":"hello"}`)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range clients {
		if _, err := c.Read(make([]byte, 18)); err != nil {
			t.Fatal(err)
		}
	}
	each := (inUse() - before) / conns
	t.Logf("%d bytes for each idle connection", each)
	if each > limit {
		t.Errorf("an idle connection takes %d bytes, limit %d", each, limit)
	}
	for _, c := range clients {
		c.Close()
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func shakeHands(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	// One byte at a time, so as not to take the frame that follows.
	resp, err := http.ReadResponse(bufio.NewReaderSize(oneByte{c}, 16), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v, %v", resp, err)
	}
	return c
}

type oneByte struct{ net.Conn }

func (o oneByte) Read(p []byte) (int, error) { return o.Conn.Read(p[:1]) }
