package config

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// QueueMode is how conversations leave a queue.
type QueueMode string

// By hand, agents pick what they like from a list. In a pull queue they ask for
// the next one. A push queue gives out work by itself.
const (
	QueueManual QueueMode = "manual"
	QueuePull   QueueMode = "pull"
	QueuePush   QueueMode = "push"
)

// Queue is where conversations wait. Its teams may take from it; where it names
// none, everybody may. Times are in seconds.
type Queue struct {
	ID    events.QueueID  `json:"id"`
	Name  string          `json:"name"`
	Teams []events.TeamID `json:"teams"`
	// Mode is [QueueManual] when empty.
	Mode QueueMode `json:"mode,omitempty"`
	// OfferFor is how long an agent may think; nought gives without asking.
	OfferFor int `json:"offer_for,omitempty"`
	// PassFor is how long an agent who let an offer go by is not asked again
	// about the same conversation; 120 when nought.
	PassFor int `json:"pass_for,omitempty"`
	// Away makes an agent who let an offer expire away.
	Away bool `json:"away,omitempty"`
	// Boost is how much waiting one step of priority is worth; 600 when nought.
	Boost int `json:"boost,omitempty"`
	// Needs are the skills that every conversation of this queue takes, Relax by
	// how much the levels fall as it waits.
	Needs []events.Need `json:"needs,omitempty"`
	Relax []Relax       `json:"relax,omitempty"`
	// PreferFor is how long the agent who knows the customer is waited for while
	// they are not offline.
	PreferFor int `json:"prefer_for,omitempty"`
	// WrapUp is how long an agent gets nothing new after they resolved one.
	WrapUp int `json:"wrap_up,omitempty"`
	// OverflowTo is where a conversation goes that waited OverflowAfter here. It
	// keeps its place. Queues that overflow into one another in a ring are refused
	// where they are set; one from before that check may be stored.
	OverflowTo    events.QueueID `json:"overflow_to,omitempty"`
	OverflowAfter int            `json:"overflow_after,omitempty"`
	// Policy is what is promised to those who wait here, Hours when somebody is
	// there; without hours somebody always is.
	Policy events.PolicyID `json:"policy,omitempty"`
	Hours  HoursID         `json:"hours,omitempty"`
	// Closed is what happens outside of the hours; see [ClosedHolds]. ClosedTo is
	// the queue of [ClosedMoves].
	Closed    ClosedMode     `json:"closed,omitempty"`
	ClosedTo  events.QueueID `json:"closed_to,omitempty"`
	CreatedAt time.Time      `json:"created_at"`
}

// ClosedMode is what a queue does outside of its hours.
type ClosedMode string

// A queue that goes on gives out work to whoever is there at any hour. One that
// holds keeps what waits, in its order, until it opens. One that moves sends what
// comes to another queue, with its place. Nothing is refused: the customer has
// written, and is answered when somebody is there.
const (
	ClosedGoesOn ClosedMode = ""
	ClosedHolds  ClosedMode = "hold"
	ClosedMoves  ClosedMode = "move"
)

// Relax lowers every level by By once a conversation has waited After seconds;
// several steps add up. A level of nought asks for nothing.
type Relax struct {
	After int `json:"after"`
	By    int `json:"by"`
}

// The defaults of a queue's times.
const (
	DefaultPassFor = 120
	DefaultBoost   = 600
)

// Gives reports whether conversations wait in this queue in order, to be given
// out or asked for; in one by hand there is no order.
func (q *Queue) Gives() bool { return q.Mode == QueuePush || q.Mode == QueuePull }

// Boosted is how much waiting one step of priority is worth.
func (q *Queue) Boosted() time.Duration { return seconds(q.Boost, DefaultBoost) }

// Passing is how long an agent who let an offer go by is not asked again.
func (q *Queue) Passing() time.Duration { return seconds(q.PassFor, DefaultPassFor) }

func seconds(n, otherwise int) time.Duration {
	if n == 0 {
		n = otherwise
	}
	return time.Duration(n) * time.Second
}

// Workload says how much of an agent's capacity a conversation takes, by the
// channel of its newest message.
type Workload struct {
	Weights map[string]Weight `json:"weights"`
}

// Weight is in units of an agent's capacity. Interruptible work counts against
// other work of its kind and not against what cannot wait: an agent full of mail
// still gets a chat.
type Weight struct {
	Units         int  `json:"units"`
	Interruptible bool `json:"interruptible,omitempty"`
}

// DefaultWeight is that of a channel which is not listed.
var DefaultWeight = Weight{Units: 20}

// DefaultWorkload is what stands until somebody sets another: ten mails, five
// chats or one call.
func DefaultWorkload() Workload {
	return Workload{Weights: map[string]Weight{
		"email": {Units: 10, Interruptible: true}, "phone": {Units: 100}, "visit": {Units: 100},
	}}
}

// Of is the weight of a channel.
func (w Workload) Of(channel string) Weight {
	if weight, ok := w.Weights[channel]; ok {
		return weight
	}
	return DefaultWeight
}
