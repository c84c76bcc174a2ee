package whatif

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Day is a span of time by what happened in it.
type Day struct {
	From, To time.Time
	Stays    []Stay
	// Work is what agents had beside what they got from these stays.
	Work []Span
	// Presence is how each agent stood, oldest first, without the wrap-ups that
	// followed from work: those follow from it again.
	Presence map[events.AgentID][]events.Presence
	// there is how each agent stood, with all.
	there map[events.AgentID][]events.Presence
}

// Stay is one waiting of one conversation in a queue.
type Stay struct {
	ID       events.ConversationID // its own, not the conversation's
	Queue    events.QueueID
	Channel  string
	Priority int
	Wait     events.Wait // as it began
	Began    time.Time
	Moves    []Move
	Stood    *events.Offer // the offer that stood when the day began; may be nil
	Passes   []Pass        // offers let go by, in order
	Think    time.Duration // how long the one that was taken stood; nought where none was made
	Ended    time.Time     // zero while it waits
	Reason   string        // taken, one of the Place constants, or another
	Work     Span          // of one that was taken
}

// Move is a person's moving of what waits to another queue.
type Move struct {
	After time.Duration
	Queue events.QueueID
}

// Pass is an offer that was let go by: at once, or by time.
type Pass struct {
	Expired bool
	After   time.Duration
}

// Span is work of an agent on one conversation. Open says that it went on at the
// end of the day.
type Span struct {
	Agent    events.AgentID
	Channel  string
	From, To time.Time
	Open     bool
}

// How a stay ended.
const (
	taken = "taken"
	left  = events.PlaceAbandoned
)

// in reports whether a stay counts: it began within the day.
func (d *Day) in(s *Stay) bool { return !s.Began.Before(d.From) }
