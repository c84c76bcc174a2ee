package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Memory is what the clocks of a conversation depend on and its row does not
// show. It follows from the facts alone, and means nothing in this package: see
// [Clocks], whose it is.
type Memory struct {
	OpenSince  time.Time `json:"open_since,omitzero"`
	Waiting    time.Time `json:"waiting,omitzero"`
	ForCall    bool      `json:"for_call,omitempty"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Answered   time.Time `json:"answered,omitzero"`
	Theirs     bool      `json:"theirs,omitempty"`
}

// Clocks know what facts mean for the clocks of service levels. What they say
// of a memory may depend on the fact alone, or the log would not give it again;
// what they settle may depend on settings, since it becomes facts.
type Clocks interface {
	// Heard is a memory once a fact is true, and whose it is. Of a merge it tells
	// of the conversation that is folded; the other one is Joined before that.
	Heard(body events.Body, at time.Time) (of events.ConversationID, after func(Memory) Memory, changes bool)
	Joined(into, from Memory) Memory
	// Settle gives the facts that bring a conversation's clocks in line with its
	// row and memory as they are now, what is overdue first.
	Settle(s *State, now time.Time) []events.Body
}

// Review has a conversation looked at once more as if something had happened to
// it: a time has come, or a setting has changed. It is written only where that
// adds a fact.
func (d *Draft) Review(id events.ConversationID) {
	d.conversation(id)
	d.reviewed = true
}

// keepClocks brings the clocks of all that was touched in line with what was
// decided. It comes last, so that it sees where everything stands.
func (d *Draft) keepClocks() {
	clocks := d.Clocks()
	if clocks == nil {
		return
	}
	for _, id := range d.order {
		for _, fact := range clocks.Settle(d.Conversations[id], d.At()) {
			d.add(fact)
		}
	}
}

// hear lets the memory of a conversation take in a fact. It comes before the
// fact is applied: two that become one are joined as they were.
func hear(w *Work, d *events.Decision, body events.Body) {
	clocks := w.Clocks()
	if clocks == nil {
		return
	}
	if f, ok := body.(*events.ConversationMerged); ok {
		into, from := w.conversation(f.Into), w.conversation(f.From)
		into.Memory = clocks.Joined(into.Memory, from.Memory)
	}
	if id, after, changes := clocks.Heard(body, d.At); changes {
		s := w.conversation(id)
		s.Memory = after(s.Memory)
		added, one := body.(*events.MessageAdded)
		s.eachSide(func(x *Side, t *State) {
			if !one || x.Contact == whose(w, s, &added.Message) {
				t.Memory = after(t.Memory)
			}
		})
	}
}

// applyClock makes a fact of a clock true in the row, which holds one of a kind.
// The list is replaced and not written into: rows that were handed out stand.
func applyClock(w *Work, body events.Body) {
	switch f := body.(type) {
	case *events.ClockStarted:
		putClock(w.conversation(f.Conversation), f.Clock)
	case *events.ClockPaused:
		putClock(w.conversation(f.Conversation), f.Clock)
	case *events.ClockResumed:
		putClock(w.conversation(f.Conversation), f.Clock)
	case *events.ClockWarned:
		putClock(w.conversation(f.Conversation), f.Clock)
	case *events.ClockBreached:
		putClock(w.conversation(f.Conversation), f.Clock)
	case *events.ClockStopped:
		s := w.conversation(f.Conversation)
		s.Clocks = slices.DeleteFunc(slices.Clone(s.Clocks), func(c events.Clock) bool { return c.Kind == f.Clock.Kind })
		if len(s.Clocks) == 0 {
			s.Clocks = nil
		}
	}
}

func putClock(s *State, c events.Clock) {
	at := slices.IndexFunc(s.Clocks, func(known events.Clock) bool { return known.Kind == c.Kind })
	s.Clocks = slices.Clone(s.Clocks)
	if at < 0 {
		s.Clocks = append(s.Clocks, c)
	} else {
		s.Clocks[at] = c
	}
}
