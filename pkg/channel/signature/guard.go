package signature

import (
	"sync"
	"time"
)

// maxSeen bounds what a Guard remembers; with more it forgets the oldest. An
// entry is some 200 bytes.
const maxSeen = 1 << 16

// Guard remembers which token was used for which body. The same token with the
// same body is a provider that tells once more what it saw no answer to, and is
// let in: statements are taken once for ever. With another body it is refused,
// and would be even if the hash in the token were not looked at.
//
// The zero value is ready; it may be used from many goroutines. After a restart
// it knows nothing, which costs only this second look.
type Guard struct {
	mu    sync.Mutex // guards all below
	seen  map[string]string
	order []seen
	next  int
}

type seen struct {
	key   string
	until time.Time
}

// Admit notes a token's id with the hash of its body; scope keeps the ids of one
// inbox apart from another's. A token without an id passes.
func (g *Guard) Admit(scope, id, hash string, now time.Time) error {
	if id == "" {
		return nil
	}
	key := scope + "\x00" + id
	g.mu.Lock()
	defer g.mu.Unlock()
	if had, ok := g.seen[key]; ok {
		if had != hash {
			return ErrReused
		}
		return nil
	}
	if g.seen == nil {
		g.seen = map[string]string{}
	}
	g.forget(now)
	g.seen[key] = hash
	g.order = append(g.order, seen{key, now.Add(VonageAge + VonageAhead)})
	return nil
}

// forget drops what is too old to matter and what there is no room for.
func (g *Guard) forget(now time.Time) {
	for g.next < len(g.order) && (len(g.seen) >= maxSeen || now.After(g.order[g.next].until)) {
		delete(g.seen, g.order[g.next].key)
		g.next++
	}
	if g.next > maxSeen/2 {
		g.order = append([]seen(nil), g.order[g.next:]...)
		g.next = 0
	}
}
