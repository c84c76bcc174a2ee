package chatchannel

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/pkg/pace"
)

// Limits bound what strangers can cost. Zero takes the default named.
type Limits struct {
	// Sockets bounds all sockets of the process; 20 000. SocketsPerIP those of
	// one address (an IPv6 /64 counts as one); 50.
	Sockets, SocketsPerIP int
	// ConnectsPerSecond and ConnectBurst bound new sockets of one address; 5 and
	// 40.
	ConnectsPerSecond float64
	ConnectBurst      int
	// MessagesPerSecond and MessageBurst bound messages of one visitor over all
	// their sockets; 1 and 20.
	MessagesPerSecond float64
	MessageBurst      int
	// FramesPerSecond and FrameBurst bound frames of one socket, after which it
	// is closed; 20 and 80.
	FramesPerSecond float64
	FrameBurst      int
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		v *int
		d int
	}{{&l.Sockets, 20_000}, {&l.SocketsPerIP, 50}, {&l.ConnectBurst, 40}, {&l.MessageBurst, 20}, {&l.FrameBurst, 80}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	for _, f := range []struct {
		v *float64
		d float64
	}{{&l.ConnectsPerSecond, 5}, {&l.MessagesPerSecond, 1}, {&l.FramesPerSecond, 20}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}

// maxRemembered bounds the addresses and visitors whose pace is remembered.
const maxRemembered = 50_000

// doorman counts sockets.
type doorman struct {
	limits Limits
	pace   *pace.Pace

	mu    sync.Mutex // guards all below
	all   int
	perIP map[string]int
}

func newDoorman(l Limits) *doorman {
	return &doorman{limits: l, pace: pace.New(rate.Limit(l.ConnectsPerSecond), l.ConnectBurst, maxRemembered), perIP: map[string]int{}}
}

// enter counts a socket in. leave must be called once for each that is let in.
func (d *doorman) enter(ip string, now time.Time) bool {
	if !d.pace.Allow(ip, now) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all >= d.limits.Sockets || d.perIP[ip] >= d.limits.SocketsPerIP {
		return false
	}
	d.all++
	d.perIP[ip]++
	return true
}

func (d *doorman) leave(ip string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.perIP[ip]--; d.perIP[ip] <= 0 {
		delete(d.perIP, ip)
	}
}

func (d *doorman) sockets() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all
}

// remoteIP is the address of the connection; what stands in headers is for the
// caller of New to believe or not.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
