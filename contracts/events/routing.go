package events

import "time"

// Need is a skill that answering takes, and how much of it, from 1 to 10.
type Need struct {
	Skill SkillID `json:"skill"`
	Level int     `json:"level"`
}

// Wait is a conversation's place in a queue. Since is the place: among equals
// who has the earliest is next, and it goes along when the conversation is moved
// to another queue or handed back. Prefer is the agent who knows the customer.
// Passed are those who let an offer go by, the newest last, at most
// [MaxPassed]. Overflowed are the queues into which it overflowed, the oldest first:
// it does not do so twice into the same, and not at all any more where there are
// [MaxOverflowed]. Whoever moves it by hand gives it a new beginning.
type Wait struct {
	Queue   QueueID   `json:"queue"`
	Since   time.Time `json:"since"`
	Entered time.Time `json:"entered"` // this queue
	Needs   []Need    `json:"needs,omitempty"`
	Prefer  AgentID   `json:"prefer,omitempty"`
	Passed  []Passed  `json:"passed,omitempty"`

	Overflowed []QueueID `json:"overflowed,omitempty"`
}

// MaxOverflowed bounds [Wait.Overflowed].
const MaxOverflowed = 16

// MaxPassed bounds [Wait.Passed].
const MaxPassed = 16

// Passed is an offer that came to nothing.
type Passed struct {
	Agent   AgentID   `json:"agent"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
}

// How an offer ends. Withdrawn is none of the agent's doing: the customer left,
// a supervisor stepped in, or the agent's connection was lost.
const (
	OfferAccepted  = "accepted"
	OfferDeclined  = "declined"
	OfferExpired   = "expired"
	OfferWithdrawn = "withdrawn"
)

// Offer asks one agent to take a conversation until a time; while it stands
// nobody else is asked.
type Offer struct {
	ID    OfferID   `json:"id"`
	Agent AgentID   `json:"agent"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// Choice explains an assignment: who could have had it, best first and at most
// [MaxCandidates], and how many could not and why. Of an offer that was accepted it is
// as of the offer. ByHand says that a person or a rule chose, whoever was fit for it;
// Waited is nought where nobody waited.
type Choice struct {
	Queue      QueueID        `json:"queue"`
	Waited     int64          `json:"waited_ms"`
	Candidates []Candidate    `json:"candidates,omitempty"`
	Unfit      map[string]int `json:"unfit,omitempty"` // away, full, skill, passed, team
	ByHand     bool           `json:"by_hand,omitempty"`
}

// MaxCandidates bounds [Choice.Candidates].
const MaxCandidates = 5

// Candidate is one agent as a choice saw them. Load and Capacity are in units of
// work, before this conversation. Idle is since when they got nothing new.
type Candidate struct {
	Agent    AgentID   `json:"agent"`
	Load     int       `json:"load"`
	Capacity int       `json:"capacity"`
	Idle     time.Time `json:"idle"`
	Knows    bool      `json:"knows,omitempty"` // the preferred one
}

// AgentState is whether an agent takes new work.
type AgentState string

// An available agent is offered work. One in wrap-up finishes what they have and
// becomes available by themselves at a time. One who is away gets nothing new
// and keeps what they have, but no offer: somebody else is asked. One who is offline
// keeps only what they have begun, and one who may not work here any more nothing that
// is open.
const (
	AgentAvailable AgentState = "available"
	AgentWrapUp    AgentState = "wrap-up"
	AgentAway      AgentState = "away"
	AgentOffline   AgentState = "offline"
)

// Presence is how an agent stands. Until ends a wrap-up or an absence: they are
// available from then on. LostAt is when the last
// connection broke off without a word; after a grace time they are offline, and
// Before is how they stood until then: who comes back stands so again, unless its
// end has passed.
type Presence struct {
	Agent  AgentID    `json:"agent"`
	State  AgentState `json:"state"`
	Reason string     `json:"reason,omitempty"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until,omitempty"`
	LostAt *time.Time `json:"lost_at,omitempty"`
	Before *Stood     `json:"before,omitempty"`
}

// Stood is a former [Presence].
type Stood struct {
	State  AgentState `json:"state"`
	Reason string     `json:"reason,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
}

// ClockKind is what a service level promises.
type ClockKind string

// The first answer of a conversation, the next one to each later question, and
// its end.
const (
	FirstResponse ClockKind = "first_response"
	NextResponse  ClockKind = "next_response"
	Resolution    ClockKind = "resolution"
)

// Clock measures one promise. DueAt and WarnAt are moments of the calendar, the
// policy's hours counted in; while it is paused they mean nothing and Left is
// what remains, in milliseconds of those hours.
type Clock struct {
	Kind      ClockKind  `json:"kind"`
	Policy    PolicyID   `json:"policy"`
	StartedAt time.Time  `json:"started_at"`
	Target    int64      `json:"target_ms"`
	WarnAt    *time.Time `json:"warn_at,omitempty"`
	DueAt     *time.Time `json:"due_at,omitempty"`
	PausedAt  *time.Time `json:"paused_at,omitempty"`
	Left      int64      `json:"left_ms,omitempty"`
	Warned    bool       `json:"warned,omitempty"`
	Breached  bool       `json:"breached,omitempty"`
}

// ConversationQueued puts a conversation into a queue, or changes how it waits
// there.
type ConversationQueued struct {
	Conversation ConversationID `json:"conversation"`
	Wait         Wait           `json:"wait"`
	Reason       string         `json:"reason"`
}

// ConversationUnqueued takes it out without giving it to anybody.
type ConversationUnqueued struct {
	Conversation ConversationID `json:"conversation"`
	Queue        QueueID        `json:"queue"`
	Reason       string         `json:"reason"` // one of the Place constants
}

// ConversationPrioritised changes how far ahead of others it stands.
type ConversationPrioritised struct {
	Conversation ConversationID `json:"conversation"`
	Priority     int            `json:"priority"`
	Reason       string         `json:"reason"`
}

// ConversationOffered asks an agent to take it. Choice says why this one.
type ConversationOffered struct {
	Conversation ConversationID `json:"conversation"`
	Offer        Offer          `json:"offer"`
	Choice       Choice         `json:"choice"`
}

// OfferClosed ends an offer. An accepted one is followed by the assignment in
// the same decision.
type OfferClosed struct {
	Conversation ConversationID `json:"conversation"`
	Offer        OfferID        `json:"offer"`
	Agent        AgentID        `json:"agent"`
	Outcome      string         `json:"outcome"`
	Reason       string         `json:"reason,omitempty"`
}

// AgentPresenceChanged says how an agent stands from now on. Where it does not
// follow from their work the decision is about no contact.
type AgentPresenceChanged struct {
	Presence Presence `json:"presence"`
}

// ClockStarted begins to measure a promise.
type ClockStarted struct {
	Conversation ConversationID `json:"conversation"`
	Clock        Clock          `json:"clock"`
}

// ClockPaused stops it for as long as it is not our turn.
type ClockPaused struct {
	Conversation ConversationID `json:"conversation"`
	Clock        Clock          `json:"clock"`
	Reason       string         `json:"reason"`
}

// ClockResumed lets it run again.
type ClockResumed struct {
	Conversation ConversationID `json:"conversation"`
	Clock        Clock          `json:"clock"`
}

// ClockWarned says that the promise is about to be missed.
type ClockWarned struct {
	Conversation ConversationID `json:"conversation"`
	Clock        Clock          `json:"clock"`
}

// ClockBreached says that it was missed. The clock goes on, so that how late the
// answer came is known.
type ClockBreached struct {
	Conversation ConversationID `json:"conversation"`
	Clock        Clock          `json:"clock"`
}

// ClockStopped ends it: met, missed, or dropped where nothing was owed any more.
// Took is how long it ran, in milliseconds of the policy's hours.
type ClockStopped struct {
	Conversation ConversationID `json:"conversation"`
	Clock        Clock          `json:"clock"`
	Outcome      string         `json:"outcome"` // met, missed, dropped
	Took         int64          `json:"took_ms"`
}
