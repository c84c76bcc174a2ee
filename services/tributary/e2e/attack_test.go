package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestFlood has far more senders at once than the program lets wait. Those that
// are too many get 503 with Retry-After, the others are stored; memory stays
// bounded, and afterwards the program answers as before.
func TestFlood(t *testing.T) {
	child := rig.Start(t, t.TempDir(), "--log-level", "error")
	admin := child.Admin(t)
	shop := admin.Shop()
	const senders, each = 256, 8
	text := strings.Repeat("flood ", 5000)
	var acked, put atomic.Int64
	var flood sync.WaitGroup
	for s := range senders {
		flood.Go(func() {
			for n := range each {
				body := fmt.Sprintf(`{"id":"%d/%d","contact":{"id":"%d"},"text":%q}`, s, n, s%64, text)
				got, err := child.TryPost(shop.HookPath, []byte(body))
				switch {
				case err == nil && got.Status == http.StatusAccepted:
					acked.Add(1)
				case err == nil && got.Status == http.StatusServiceUnavailable && got.Header.Get("Retry-After") != "":
					put.Add(1)
				default:
					t.Errorf("a flooded hook answers %d, %v", got.Status, err)
				}
			}
		})
	}
	flood.Wait()
	own := memory(t, child.PID(), "RssAnon:")
	t.Logf("%d acknowledged, %d put off, %d MiB of its own memory, %d MiB of mapped files", acked.Load(), put.Load(), own, memory(t, child.PID(), "RssFile:"))
	if own > 900 {
		t.Errorf("after the flood the program holds %d MiB", own)
	}
	n := uint64(acked.Load())
	admin.AwaitBook(shop.ID, rig.Book{Received: n, Stored: n})
	child.Healthy(t)
}

// TestSlowPeers opens many connections that say half of something and wait. The
// program answers others as if they were not there.
func TestSlowPeers(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	slow := []string{"POST " + shop.HookPath + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{", "GET /live HTTP/1.1\r\nHost: x\r\nX-", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"}
	for n := range 300 {
		conn, err := net.Dial("tcp", in.HTTP)
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = conn.Write([]byte(slow[n%len(slow)]))
		must(t, err)
	}
	for range 15 {
		conn, err := net.Dial("tcp", in.SMTP)
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = conn.Write([]byte("EHLO x\r\nMAIL FR"))
		must(t, err)
	}
	for n := range 20 {
		in.Say(t, shop, rig.Said{ID: fmt.Sprint(n), Contact: rig.SaidBy{ID: "c"}, Text: "an honest message"})
	}
	admin.AwaitBook(shop.ID, rig.Book{Received: 20, Stored: 20})
	in.Healthy(t)
}

// memory is one line of a process's status, in MiB.
func memory(t *testing.T, pid int, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			must(t, err)
			return kib >> 10
		}
	}
	t.Fatal("the system does not tell a process's memory")
	return 0
}
