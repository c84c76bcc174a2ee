package chatchannel

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
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

// pace is a limiter for each key, forgotten once it would be full again.
type pace struct {
	perSecond float64
	burst     int

	mu    sync.Mutex // guards known
	known map[string]*rate.Limiter
}

func newPace(perSecond float64, burst int) *pace {
	return &pace{perSecond: perSecond, burst: burst, known: map[string]*rate.Limiter{}}
}

func (p *pace) allow(key string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.known[key]
	if l == nil {
		if len(p.known) >= maxRemembered {
			p.forget(now)
		}
		l = rate.NewLimiter(rate.Limit(p.perSecond), p.burst)
		p.known[key] = l
	}
	return l.AllowN(now, 1)
}

// forget drops who has been quiet long enough to have all of their burst back,
// and when that helps nothing, everybody: memory stays bounded, and a flood of
// addresses gains each of them one more burst.
func (p *pace) forget(now time.Time) {
	for key, l := range p.known {
		if l.TokensAt(now) >= float64(p.burst) {
			delete(p.known, key)
		}
	}
	if len(p.known) >= maxRemembered {
		clear(p.known)
	}
}

// doorman counts sockets.
type doorman struct {
	limits Limits
	pace   *pace

	mu    sync.Mutex // guards all below
	all   int
	perIP map[string]int
}

func newDoorman(l Limits) *doorman {
	return &doorman{limits: l, pace: newPace(l.ConnectsPerSecond, l.ConnectBurst), perIP: map[string]int{}}
}

// enter counts a socket in. leave must be called once for each that is let in.
func (d *doorman) enter(ip string, now time.Time) bool {
	if !d.pace.allow(ip, now) {
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

// group makes one key of the addresses that one person has: an IPv6 /64.
func group(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
