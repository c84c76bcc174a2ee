package routing

import (
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// cache keeps decoded values that equal the file: two generations, so that what
// was not used for a whole generation goes.
type cache struct {
	max                   int
	contacts, contactsOld map[events.ContactID]*conversation.Contact
	states, statesOld     map[events.ConversationID]*conversation.State
	points, pointsOld     map[string]*pointOwner // nil where nobody has the address
}

func newCache(max int) *cache {
	return &cache{max: max, contacts: map[events.ContactID]*conversation.Contact{}, states: map[events.ConversationID]*conversation.State{}, points: map[string]*pointOwner{}}
}

func (c *cache) contact(id events.ContactID) (*conversation.Contact, bool) {
	if v, ok := c.contacts[id]; ok {
		return v, true
	}
	v, ok := c.contactsOld[id]
	if ok {
		c.putContact(v)
	}
	return v, ok
}

func (c *cache) putContact(v *conversation.Contact) {
	if len(c.contacts) >= c.max {
		c.contactsOld, c.contacts = c.contacts, map[events.ContactID]*conversation.Contact{}
	}
	c.contacts[v.ID] = v
}

func (c *cache) conversation(id events.ConversationID) (*conversation.State, bool) {
	if v, ok := c.states[id]; ok {
		return v, true
	}
	v, ok := c.statesOld[id]
	if ok {
		c.putConversation(v)
	}
	return v, ok
}

func (c *cache) putConversation(v *conversation.State) {
	if len(c.states) >= c.max {
		c.statesOld, c.states = c.states, map[events.ConversationID]*conversation.State{}
	}
	c.states[v.ID] = v
}

func (c *cache) point(key string) (*pointOwner, bool) {
	if v, ok := c.points[key]; ok {
		return v, true
	}
	v, ok := c.pointsOld[key]
	if ok {
		c.putPoint(key, v)
	}
	return v, ok
}

func (c *cache) putPoint(key string, v *pointOwner) {
	if len(c.points) >= c.max {
		c.pointsOld, c.points = c.points, map[string]*pointOwner{}
	}
	c.points[key] = v
}
