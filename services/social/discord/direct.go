package discord

import (
	"sync"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxDirect bounds how many channels are remembered.
const maxDirect = 8192

// direct remembers the direct message channels of users. A bot and a user have
// one channel for ever.
type direct struct {
	mu       sync.Mutex // guards channels
	channels map[talk]string
}

type talk struct {
	inbox events.InboxID
	user  string
}

func (d *direct) get(t talk) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.channels[t]
	return id, ok
}

func (d *direct) put(t talk, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.channels == nil || len(d.channels) >= maxDirect {
		d.channels = map[talk]string{}
	}
	d.channels[t] = id
}

func (d *direct) forget(t talk) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.channels, t)
}
