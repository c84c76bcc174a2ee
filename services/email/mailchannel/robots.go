package mailchannel

import (
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Bounds of automatic mail. Two machines that answer each other stop at the
// first; the second bounds the memory.
const (
	maxAutomatic  = 5 // to one address from one inbox within an hour
	maxAutomatics = 50_000
)

// robots counts automatic mail by inbox and address. The memory is of this
// process: a loop goes on for at most one more round after a restart.
type robots struct {
	mu   sync.Mutex // guards sent
	sent map[robot][]automaticMail
}

type robot struct {
	inbox   events.InboxID
	address string
}

type automaticMail struct {
	id events.MessageID
	at time.Time
}

func newRobots() *robots { return &robots{sent: map[robot][]automaticMail{}} }

// allow reports whether one more may go, and counts it. A message that is tried
// again counts once.
func (r *robots) allow(inbox events.InboxID, address string, id events.MessageID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sent) >= maxAutomatics {
		for k, list := range r.sent {
			if now.Sub(list[len(list)-1].at) >= time.Hour {
				delete(r.sent, k)
			}
		}
	}
	key := robot{inbox, address}
	var recent []automaticMail
	for _, m := range r.sent[key] {
		if m.id == id {
			return true
		}
		if now.Sub(m.at) < time.Hour {
			recent = append(recent, m)
		}
	}
	if len(recent) >= maxAutomatic || len(recent) == 0 && len(r.sent) >= 2*maxAutomatics {
		return false
	}
	r.sent[key] = append(recent, automaticMail{id, now})
	return true
}
