// Package pace bounds how often each of many strangers may do something. It keeps
// a limiter for each key and forgets who has been quiet, so its memory is bounded
// by a number of keys and not by how many come.
package pace

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace is a limiter for each key. It may be used from many goroutines.
type Pace struct {
	perSecond rate.Limit
	burst     int
	most      int

	mu    sync.Mutex // guards known
	known map[string]*rate.Limiter
}

// New makes a Pace that remembers at most so many keys.
func New(perSecond rate.Limit, burst, most int) *Pace {
	return &Pace{perSecond: perSecond, burst: burst, most: most, known: map[string]*rate.Limiter{}}
}

// Allow reports whether a key may go on now, and counts it.
func (p *Pace) Allow(key string, now time.Time) bool { return p.AllowAs(key, 1, now) }

// AllowAs is [Pace.Allow] for a key that stands for many and may do as much as
// all of them; how many counts when the key is seen first.
func (p *Pace) AllowAs(key string, many int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.known[key]
	if l == nil {
		if len(p.known) >= p.most {
			p.forget(now)
		}
		l = rate.NewLimiter(p.perSecond*rate.Limit(many), p.burst*many)
		p.known[key] = l
	}
	return l.AllowN(now, 1)
}

// Known is how many keys are remembered.
func (p *Pace) Known() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.known)
}

// forget drops who has been quiet long enough to have all of their burst back,
// and when that helps nothing, everybody: memory stays bounded, and a flood of
// keys gains each of them one more burst.
func (p *Pace) forget(now time.Time) {
	for key, l := range p.known {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(p.known, key)
		}
	}
	if len(p.known) >= p.most {
		clear(p.known)
	}
}

// Stranger is one key for the addresses that one person has: an IPv4 address, or
// the /64 of an IPv6 one. What is no address is its own key.
func Stranger(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return prefix.String()
}

// Ours reports whether an address is of our own network: most likely that of a
// proxy whose word is not taken, behind which many stand.
func Ours(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && (a.IsPrivate() || a.IsLoopback())
}
