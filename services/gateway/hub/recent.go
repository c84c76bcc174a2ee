package hub

import "github.com/tributary-inbox/tributary/contracts/events"

// keepRecent is how many conversations are remembered with their newest state.
// A view in a file may stand a moment behind the log; what has just been shown
// is answered from here. One takes about 1 KiB.
const keepRecent = 4096

// recent keeps the newest state of the conversations that changed last. The
// oldest entry goes when there are too many. The owner locks.
type recent struct {
	byID map[events.ConversationID]*events.Conversation
	ring []events.ConversationID
	next int
}

func newRecent(size int) *recent {
	return &recent{byID: make(map[events.ConversationID]*events.Conversation), ring: make([]events.ConversationID, size)}
}

func (r *recent) get(id events.ConversationID) *events.Conversation { return r.byID[id] }

// put remembers c, which must not change any more.
func (r *recent) put(c *events.Conversation) {
	if _, known := r.byID[c.ID]; !known {
		delete(r.byID, r.ring[r.next])
		r.ring[r.next] = c.ID
		r.next = (r.next + 1) % len(r.ring)
	}
	r.byID[c.ID] = c
}
