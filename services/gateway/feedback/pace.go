package feedback

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKnown bounds what is remembered of each kind; beyond it everybody begins anew.
const maxKnown = 20_000

// pace is a limiter for each of many keys.
type pace struct {
	every time.Duration
	burst int

	mu    sync.Mutex // guards known
	known map[string]*rate.Limiter
}

func newPace(every time.Duration, burst int) *pace {
	return &pace{every: every, burst: burst, known: map[string]*rate.Limiter{}}
}

func (p *pace) allow(key string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.known[key]
	if l == nil {
		if len(p.known) >= maxKnown {
			for k, old := range p.known {
				if old.TokensAt(now) >= float64(old.Burst()) {
					delete(p.known, k)
				}
			}
			if len(p.known) >= maxKnown {
				clear(p.known)
			}
		}
		l = rate.NewLimiter(rate.Every(p.every), p.burst)
		p.known[key] = l
	}
	return l.AllowN(now, 1)
}

// network is what counts as one stranger: an address, or the /64 of an IPv6 one.
func network(address string) string {
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

// ours reports whether an address is of our own network: most likely a proxy whose
// word is not taken, behind which many stand.
func ours(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && (a.IsPrivate() || a.IsLoopback())
}
