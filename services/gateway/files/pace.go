package files

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxKnown bounds the addresses whose pace is remembered.
	maxKnown = 20_000
	// behindProxy is how many strangers an address of our own network stands for.
	behindProxy = 50
)

// pace is a limiter for each address of the Internet; the /64 of an IPv6 address
// counts as one. An address of our own network is most likely that of a proxy
// whose word is not taken, and may ask for many.
type pace struct {
	perSecond rate.Limit
	burst     int

	mu    sync.Mutex // guards known
	known map[string]*rate.Limiter
}

func newPace(perSecond rate.Limit, burst int) *pace {
	return &pace{perSecond: perSecond, burst: burst, known: map[string]*rate.Limiter{}}
}

func (p *pace) allow(address string, now time.Time) bool {
	key := group(address)
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.known[key]
	if l == nil {
		if len(p.known) >= maxKnown {
			p.forget(now)
		}
		l = rate.NewLimiter(p.perSecond, p.burst)
		if ours(address) {
			l = rate.NewLimiter(p.perSecond*behindProxy, p.burst*behindProxy)
		}
		p.known[key] = l
	}
	return l.AllowN(now, 1)
}

// crowd bounds what one address does at the same time. Addresses of our own
// network are not counted.
type crowd struct {
	most int

	mu   sync.Mutex // guards busy
	busy map[string]int
}

func newCrowd(most int) *crowd { return &crowd{most: most, busy: map[string]int{}} }

// enter is true where there is room for one more of an address, which must leave
// when it is done.
func (c *crowd) enter(address string) (leave func(), ok bool) {
	if ours(address) {
		return func() {}, true
	}
	key := group(address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[key] >= c.most {
		return nil, false
	}
	c.busy[key]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.busy[key]--; c.busy[key] == 0 {
			delete(c.busy, key)
		}
	}, true
}

func ours(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && (a.IsPrivate() || a.IsLoopback())
}

// forget drops who has been quiet long enough to have all of their burst back,
// and when that helps nothing, everybody.
func (p *pace) forget(now time.Time) {
	for key, l := range p.known {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(p.known, key)
		}
	}
	if len(p.known) >= maxKnown {
		clear(p.known)
	}
}

func group(address string) string {
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
