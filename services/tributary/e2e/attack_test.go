package e2e

import (
	"bufio"
	"errors"
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

// TestFlood has many senders of large messages at once. Each message is stored or
// its sender put off with 503 and Retry-After; memory stays bounded, and
// afterwards the program answers as before.
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

// TestTooManyAtOnce fills every place that a waiting request can have with half
// requests. Whoever comes then is put off with 503 and Retry-After; the half
// ones that had a place are stored when they are finished, every one.
func TestTooManyAtOnce(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	const places, more = 1024, 64 // channel.Hooks.MaxWaiting, and some that find none
	var held [places + more]net.Conn
	var rest [places + more]string
	for n := range held {
		conn, err := net.Dial("tcp", in.HTTP)
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		body := fmt.Sprintf(`{"id":"half-%d","contact":{"id":"%d"},"text":"in two parts"}`, n, n%64)
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", shop.HookPath, len(body), body[:20])
		must(t, err)
		held[n], rest[n] = conn, body[20:]
	}
	stored := uint64(0)
	must(t, rig.Await(rig.Patience, func() error {
		got, err := in.TryPost(shop.HookPath, fmt.Appendf(nil, `{"id":"whole-%d","contact":{"id":"late"},"text":"one too many"}`, stored))
		switch {
		case err != nil:
			return err
		case got.Status == http.StatusAccepted: // not all of the half ones have arrived yet
			stored++
			return errors.New("there is a place still")
		case got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "":
			t.Errorf("status %d, Retry-After %q", got.Status, got.Header.Get("Retry-After"))
		}
		return nil
	}))
	for n, conn := range held {
		_, _ = conn.Write([]byte(rest[n])) // whoever was put off is not listened to any more
	}
	taken := uint64(0)
	for _, conn := range held {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusAccepted {
			taken++
		}
	}
	if taken < places-more || taken > places+more {
		t.Errorf("%d half requests were taken, there were %d places", taken, places)
	}
	admin.AwaitBook(shop.ID, rig.Book{Received: stored + taken, Stored: stored + taken})
	in.Healthy(t)
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
