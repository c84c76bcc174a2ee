package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Work is a set of copies of what a decision touches, over a World. After the
// decision the owner of the World takes the copies over.
type Work struct {
	world         World
	Contacts      map[events.ContactID]*Contact
	Conversations map[events.ConversationID]*State
	Messages      map[events.MessageID]MessageRef
	// Seen holds the keys of statements that are no messages (receipts, edits),
	// with the hash of their content.
	Seen map[string]string
	// Receipts are held for provider keys; none means that they are dropped.
	Receipts map[string][]Receipt
	// NewlyHeld are the provider keys for which receipts were held, in the order
	// in which they were.
	NewlyHeld []string
	Roads     map[string][]Outgoing
	Orders    map[string]OrderRef
	// Purchased are the orders of contacts of which one has changed; none means that
	// they are forgotten.
	Purchased map[events.ContactID][]Purchase
	Presences map[events.AgentID]events.Presence
	order     []events.ConversationID
}

// NewWork begins an empty set.
func NewWork(world World) *Work {
	return &Work{
		world: world, Contacts: map[events.ContactID]*Contact{},
		Conversations: map[events.ConversationID]*State{}, Messages: map[events.MessageID]MessageRef{},
		Seen: map[string]string{}, Receipts: map[string][]Receipt{}, Roads: map[string][]Outgoing{}, Orders: map[string]OrderRef{}, Purchased: map[events.ContactID][]Purchase{}, Presences: map[events.AgentID]events.Presence{},
	}
}

// Contact answers over copies first; it makes Work a World.
func (w *Work) Contact(id events.ContactID) (*Contact, bool) {
	if c, ok := w.Contacts[id]; ok {
		return c, true
	}
	return w.world.Contact(id)
}

// Conversation answers over copies first.
func (w *Work) Conversation(id events.ConversationID) (*State, bool) {
	if s, ok := w.Conversations[id]; ok {
		return s, true
	}
	return w.world.Conversation(id)
}

// Message answers over copies first.
func (w *Work) Message(id events.MessageID) (MessageRef, bool) {
	if m, ok := w.Messages[id]; ok {
		return m, true
	}
	return w.world.Message(id)
}

// Held answers over copies first.
func (w *Work) Held(key string) []Receipt {
	if r, ok := w.Receipts[key]; ok {
		return r
	}
	return w.world.Held(key)
}

// Outgoing answers over copies first.
func (w *Work) Outgoing(key string) []Outgoing {
	if list, ok := w.Roads[key]; ok {
		return list
	}
	return w.world.Outgoing(key)
}

// Order answers over copies first.
func (w *Work) Order(key string) (OrderRef, bool) {
	if o, ok := w.Orders[key]; ok {
		return o, true
	}
	return w.world.Order(key)
}

// Purchases answers over copies first.
func (w *Work) Purchases(id events.ContactID) []Purchase {
	if list, ok := w.Purchased[id]; ok {
		return list
	}
	return w.world.Purchases(id)
}

// Queue answers as the world does: settings are not changed by decisions.
func (w *Work) Queue(id events.QueueID) (config.Queue, bool) { return w.world.Queue(id) }

// Clocks answers as the world does.
func (w *Work) Clocks() Clocks { return w.world.Clocks() }

// Room answers as the world does: what a draft adds, its rules count themselves.
func (w *Work) Room(id events.AgentID, more ...*events.Conversation) bool {
	return w.world.Room(id, more...)
}

// Works answers as the world does.
func (w *Work) Works(id events.AgentID) bool { return w.world.Works(id) }

// Candidates answers as the world does: nobody has been given more meanwhile.
func (w *Work) Candidates(c *events.Conversation) events.Choice { return w.world.Candidates(c) }

// QueueOf answers as the world does.
func (w *Work) QueueOf(team events.TeamID) (events.QueueID, bool) { return w.world.QueueOf(team) }

// Presence answers over copies first.
func (w *Work) Presence(id events.AgentID) (events.Presence, bool) {
	if p, ok := w.Presences[id]; ok {
		return p, true
	}
	return w.world.Presence(id)
}

// Talks answers over copies first, sorted by id.
func (w *Work) Talks(id events.ContactID) []events.ConversationID {
	out := slices.DeleteFunc(slices.Clone(w.world.Talks(id)), func(c events.ConversationID) bool {
		s, ok := w.Conversations[c]
		return ok && s.Contact.ID != id
	})
	for c, s := range w.Conversations {
		if s.Contact.ID == id {
			out = putOnce(out, c)
		}
	}
	slices.Sort(out)
	return out
}

// contact returns the copy to change, making an empty one for a new contact.
func (w *Work) contact(id events.ContactID) *Contact {
	if c, ok := w.Contacts[id]; ok {
		return c
	}
	var c *Contact
	if known, ok := w.world.Contact(id); ok {
		c = known.clone()
	} else {
		c = &Contact{ID: id}
	}
	w.Contacts[id] = c
	return c
}

// conversation returns the copy to change, making an empty one for a new one.
func (w *Work) conversation(id events.ConversationID) *State {
	if s, ok := w.Conversations[id]; ok {
		return s
	}
	var s *State
	if known, ok := w.world.Conversation(id); ok {
		s = known.clone()
	} else {
		s = &State{Conversation: events.Conversation{
			ID: id, Status: events.Open, Channels: []string{}, Inboxes: []events.InboxID{}, Tags: []string{},
		}}
	}
	w.Conversations[id] = s
	w.order = append(w.order, id)
	return s
}

// Replay folds a stored decision: its facts, then the rows it carries.
func (w *Work) Replay(d *events.Decision) {
	for _, f := range d.Facts {
		apply(w, d, f.Body)
	}
	for i := range d.Conversations {
		w.conversation(d.Conversations[i].ID).Conversation = d.Conversations[i]
	}
}

// FollowContact walks from a contact that was folded into others to the one
// that stands now.
func FollowContact(w World, id events.ContactID) (*Contact, bool) {
	for range 64 { // a merge never makes a cycle; the bound guards a damaged log
		c, ok := w.Contact(id)
		if !ok || c.MergedInto == "" {
			return c, ok
		}
		id = c.MergedInto
	}
	return nil, false
}

// FollowConversation walks from a conversation that was folded into others to
// the one that stands now.
func FollowConversation(w World, id events.ConversationID) (*State, bool) {
	for range 64 {
		s, ok := w.Conversation(id)
		if !ok || s.MergedInto == "" {
			return s, ok
		}
		id = s.MergedInto
	}
	return nil, false
}
