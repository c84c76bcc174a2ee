package files

import (
	"sync"

	"github.com/tributary-inbox/tributary/pkg/pace"
)

const (
	// maxKnown bounds the addresses whose pace is remembered.
	maxKnown = 20_000
	// behindProxy is how many strangers an address of our own network stands for.
	behindProxy = 50
)

// standsFor is how many strangers ask from one address.
func standsFor(address string) int {
	if pace.Ours(address) {
		return behindProxy
	}
	return 1
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
	if pace.Ours(address) {
		return func() {}, true
	}
	key := pace.Stranger(address)
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
