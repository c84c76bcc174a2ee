package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxReferences bounds how many ids of a talk are kept for threading answers.
const maxReferences = 50

// Road is a way to answer: the inbox and address a talk goes over, and what the
// channel needs to thread an answer. References are oldest first.
type Road struct {
	Inbox      events.InboxID `json:"inbox"`
	Channel    string         `json:"channel"`
	To         events.Point   `json:"to"`
	Subject    string         `json:"subject,omitempty"`
	References []string       `json:"references,omitempty"`
	Key        string         `json:"key,omitempty"`
	// LastAt is when the newest message from there was decided upon, by our own clock
	// and not the sender's; SaidAt is when the provider says that one was said, never
	// later than it was heard.
	LastAt time.Time `json:"last_at"`
	SaidAt time.Time `json:"said_at,omitzero"`
	// Machine says that the newest message from there is not for machines to answer.
	Machine bool `json:"machine,omitempty"`
}

// State is a conversation as the router knows it: its row and its roads.
type State struct {
	events.Conversation
	Roads  []Road `json:"roads,omitempty"`
	Memory Memory `json:"memory,omitzero"`
	Asked  *Asked `json:"asked,omitempty"`
	// Needs are what a routing target asks of whoever answers.
	Needs []events.Need `json:"needs,omitempty"`
	// Route is the routing target that placed it last; Placed says that a person or a
	// rule has had a hand in where it is, and targets are asked no more.
	Route  events.RouteID `json:"route,omitempty"`
	Placed bool           `json:"placed,omitempty"`
	// Chosen explains the offer that stands.
	Chosen *events.Choice `json:"chosen,omitempty"`
	// Left says that the customer has left the channel on which they wait, and
	// nobody had the conversation then or has had it since.
	Left bool `json:"left,omitempty"`
	// Ended says that the customer ended the talk themselves and has said nothing since.
	Ended bool `json:"ended,omitempty"`
	// Wished says that all the customer waits for is the call they asked for.
	Wished bool `json:"wished,omitempty"`
	// Sides keep apart what several contacts that are one by now have said; none
	// where only one has. See [Side].
	Sides []Side `json:"sides,omitempty"`
}

// Contact is a customer as the router knows them. Live lists conversations that
// are open or snoozed, oldest first.
type Contact struct {
	ID         events.ContactID        `json:"id"`
	Name       string                  `json:"name,omitempty"`
	Points     []events.Point          `json:"points"`
	Attributes map[string]string       `json:"attributes,omitempty"`
	Live       []events.ConversationID `json:"live,omitempty"`
	MergedInto events.ContactID        `json:"merged_into,omitempty"`
	Merged     []Merged                `json:"merged,omitempty"`
	Suggested  []events.ContactID      `json:"suggested,omitempty"`
	Dismissed  []events.ContactID      `json:"dismissed,omitempty"`
	// Callbacks are the conversations with an open promise to call, whatever
	// their status. Called is when the customer was last reached by telephone.
	Callbacks []events.ConversationID `json:"callbacks,omitempty"`
	Called    []Called                `json:"called,omitempty"`
	// Agent is who answered last.
	Agent events.AgentID `json:"agent,omitempty"`
	// Surveys are the conversations about which they were asked, the newest last.
	Surveys []events.ConversationID `json:"surveys,omitempty"`
	// Segments are sorted.
	Segments []events.SegmentID `json:"segments,omitempty"`
}

// Called is the end of the last answered call of ours to a number.
type Called struct {
	Number string    `json:"n"`
	At     time.Time `json:"at"`
}

// Merged is a contact that was folded into this one, and what the reversal needs
// beside the fact: Own are addresses of this contact's that the other held too.
type Merged struct {
	events.ContactMerged
	Own []events.Point `json:"own,omitempty"`
	// Called is what the other's calls added to this contact's, and Promised are the
	// promises to call as they were where both had one.
	Called   []Called                           `json:"called,omitempty"`
	Promised map[events.ConversationID]Promised `json:"promised,omitempty"`
}

// Promised is a promise to call as it was before a merge, and how the conversation
// waited for it.
type Promised struct {
	events.Callback
	WaitingSince *time.Time `json:"waiting_since,omitempty"`
	Wished       bool       `json:"wished,omitempty"`
	Memory       Memory     `json:"memory,omitzero"`
}

// MessageRef is what the router remembers of a message: where it stands, for
// replies, receipts, edits and "once, for ever". Conversation and Contact are
// those of the time it was said; merges are followed when it is looked up.
type MessageRef struct {
	Conversation events.ConversationID `json:"c"`
	Contact      events.ContactID      `json:"k"`
	Direction    events.Direction      `json:"d"`
	Kind         events.Kind           `json:"y"`
	Status       events.Status         `json:"s"`
	Inbox        events.InboxID        `json:"i"`
	Channel      string                `json:"ch"`
	// Content is the hash of what a statement said, or of our own [Words].
	Content   string   `json:"h,omitempty"`
	ThreadIDs []string `json:"t,omitempty"`
	// Attempt is that of the newest request to send it, To the key of the address
	// it goes to; both of messages of ours alone.
	Attempt int    `json:"a,omitempty"`
	To      string `json:"o,omitempty"`
	// Call is what is known of a call by now.
	Call *events.Call `json:"l,omitempty"`
	// Files are attachments that were to be fetched: nothing, "failed" or a hash.
	Files map[string]string `json:"f,omitempty"`
}

// Outgoing is a message of ours on its way to an address, until the customer
// has read it or it has failed. At is when the newest attempt began, or when it
// was written. Text is kept while the attempt's end is not known, so that an
// echo can be told from what was written in the provider's console; Tried says
// that an attempt has begun.
type Outgoing struct {
	ID    events.MessageID `json:"i"`
	At    time.Time        `json:"t"`
	Text  string           `json:"x,omitempty"`
	Tried bool             `json:"d,omitempty"`
}

// OrderRef is what the router remembers of an order: whose it is, and how new
// the statement was that stands.
type OrderRef struct {
	Contact events.ContactID `json:"c"`
	Updated time.Time        `json:"u"`
}

// World answers questions about the present state. What it returns is never
// changed by this package.
type World interface {
	Contact(id events.ContactID) (*Contact, bool)
	Conversation(id events.ConversationID) (*State, bool)
	Message(id events.MessageID) (MessageRef, bool)
	// Held lists the receipts that wait for a provider's id to become known.
	Held(providerKey string) []Receipt
	// Outgoing lists what is on its way over a road, oldest first; see [RoadKey].
	Outgoing(roadKey string) []Outgoing
	// Order finds an order by its [OrderKey].
	Order(orderKey string) (OrderRef, bool)
	// Purchases lists the orders that were stated of this very contact.
	Purchases(id events.ContactID) []Purchase
	// Talks lists all conversations of a contact, folded ones too.
	Talks(id events.ContactID) []events.ConversationID
	// Queue is a queue's settings as they are now.
	Queue(id events.QueueID) (config.Queue, bool)
	// Presence is how an agent stands; false for one who never said.
	Presence(id events.AgentID) (events.Presence, bool)
	// Room reports whether an agent's capacity holds these conversations beside the
	// work they have, which they are not part of.
	Room(id events.AgentID, more ...*events.Conversation) bool
	// Works reports whether an agent may be given or left anything: not one who is
	// disabled or gone from the settings.
	Works(id events.AgentID) bool
	// Candidates are those who could be given a conversation now; Waited is not set.
	Candidates(c *events.Conversation) events.Choice
	// QueueOf is the first queue that a team takes from, by name.
	QueueOf(team events.TeamID) (events.QueueID, bool)
	// Clocks measure what is promised; nil where nothing is.
	Clocks() Clocks
}

// Anonymous reports whether the contact holds nothing but browsers' addresses.
func (c *Contact) Anonymous() bool {
	for _, p := range c.Points {
		if p.Kind != "visitor" && p.Trust != events.Claimed {
			return false
		}
	}
	return true
}

// Holds returns the contact's own record of an address.
func (c *Contact) Holds(key string) (events.Point, bool) {
	for _, p := range c.Points {
		if p.Key() == key {
			return p, true
		}
	}
	return events.Point{}, false
}

func (c *Contact) clone() *Contact {
	out := *c
	out.Points = slices.Clone(c.Points)
	out.Live = slices.Clone(c.Live)
	out.Merged = slices.Clone(c.Merged)
	out.Suggested = slices.Clone(c.Suggested)
	out.Dismissed = slices.Clone(c.Dismissed)
	out.Callbacks = slices.Clone(c.Callbacks)
	out.Called = slices.Clone(c.Called)
	out.Surveys = slices.Clone(c.Surveys)
	if c.Attributes != nil {
		out.Attributes = make(map[string]string, len(c.Attributes))
		for k, v := range c.Attributes {
			out.Attributes[k] = v
		}
	}
	return &out
}

func (s *State) clone() *State {
	out := *s
	out.Channels = slices.Clone(s.Channels)
	out.Inboxes = slices.Clone(s.Inboxes)
	out.Tags = slices.Clone(s.Tags)
	out.Roads = slices.Clone(s.Roads)
	out.Sides = slices.Clone(s.Sides)
	return &out
}

// LastRoad is the road the customer used last, or false when they never wrote.
// usable narrows the choice (an inbox that can send, a channel an agent picked).
func (s *State) LastRoad(usable func(Road) bool) (Road, bool) {
	var best Road
	found := false
	for _, r := range s.Roads {
		if usable(r) && (!found || r.LastAt.After(best.LastAt)) {
			best, found = r, true
		}
	}
	return best, found
}
