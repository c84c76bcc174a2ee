package views

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxOrder is how many bytes of a provider's tie-break count. What agrees in
// all of them is ordered by id.
const MaxOrder = 96

// MaxAhead is how far a provider's clock is believed to run before ours. A time
// further in the future counts as the time of receipt; else one message from
// the year 2200 would stand below all that follows it.
const MaxAhead = 24 * time.Hour

// Place is where an item stands in its conversation: items sort by At, then by
// Occurred, Order and ID. At is the time the item is shown to have, in Unix
// nanoseconds; it differs from Occurred only where a clock would put an answer
// before its question.
type Place struct {
	At       int64
	Occurred int64
	Order    string
	ID       string
}

// Compare orders two places.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.At, o.At), p.compareProvider(o))
}

func (p Place) compareProvider(o Place) int {
	return cmp.Or(cmp.Compare(p.Occurred, o.Occurred), cmp.Compare(p.Order, o.Order), cmp.Compare(p.ID, o.ID))
}

// Neighbour is what stands in a conversation already, as far as placing a new
// message needs it. Inbox is empty for what was written on our side; ThreadIDs
// are asked for only where Answers names something.
type Neighbour struct {
	Place
	Inbox     events.InboxID
	ThreadIDs func() []string
}

// Arrival is a message about to be placed.
type Arrival struct {
	Place   // At is ignored
	Inbox   events.InboxID
	Ours    bool
	Answers []string
}

// ArrivalOf reads what placing needs out of a message. fromProvider says that
// the message came in through a channel; an outbound one that did is an echo
// of what was written in the provider's own console and has the provider's time.
func ArrivalOf(m *events.Message, fromProvider bool) Arrival {
	order := m.Order
	if len(order) > MaxOrder {
		order = order[:MaxOrder]
	}
	occurred := m.OccurredAt
	if !m.ReceivedAt.IsZero() && occurred.Sub(m.ReceivedAt) > MaxAhead {
		occurred = m.ReceivedAt
	}
	return Arrival{
		Place: Place{Occurred: nanos(occurred), Order: order, ID: string(m.ID)},
		Inbox: m.InboxID, Ours: m.Direction == events.Out && !fromProvider, Answers: m.InReplyTo,
	}
}

// Settle gives the arrival its place. newest walks over what the conversation
// holds, newest first, and may be stopped early; only what stands at or after
// the arrival's own time matters.
//
// Three rules, in this order where they contradict each other:
//
//  1. what is ours comes after everything that is there;
//  2. messages of one inbox keep the provider's order, so a message is never
//     shown earlier than an earlier one of its inbox, nor later than a later one;
//  3. a message that names what it answers comes after it.
func (a Arrival) Settle(newest func(yield func(Neighbour) bool)) Place {
	p := a.Place
	p.At = p.Occurred
	if a.Ours {
		for n := range newest {
			p.At = max(p.At, after(n.At))
			break
		}
		return p
	}
	ceiling := int64(math.MaxInt64)
	for n := range newest {
		if n.At < p.Occurred {
			break
		}
		if n.Inbox == a.Inbox && a.Inbox != "" {
			if n.compareProvider(p) < 0 {
				p.At = max(p.At, n.At)
			} else {
				ceiling = min(ceiling, n.At)
			}
		}
		if len(a.Answers) > 0 && answers(a.Answers, n) {
			p.At = max(p.At, after(n.At))
		}
	}
	p.At = min(p.At, ceiling)
	return p
}

func answers(names []string, n Neighbour) bool {
	for _, id := range n.ThreadIDs() {
		if id != "" && slices.Contains(names, id) {
			return true
		}
	}
	return false
}

// after is the smallest time after t; see maxTime.
func after(t int64) int64 { return t + 1 }
