package conversation

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Draft is a decision in the making about one contact. Each rule adds facts;
// each fact counts at once for the rules after it.
type Draft struct {
	*Work
	decision events.Decision
	loud     bool // at least one fact changes what a command depends on
	aside    bool // goes beside another decision, which carries the rows
	reviewed bool // is to be finished although no rule has added a fact
	// needs are those that routing targets gave in this decision.
	needs map[events.ConversationID][]events.Need
	// overflowed is the conversation that waited too long in its queue.
	overflowed events.ConversationID
	// replace are conversations whose place in a queue came with words that leave
	// them in this decision.
	replace map[events.ConversationID]bool
	// speaker is the folded contact whose addresses speak; empty where the draft's
	// own do.
	speaker events.ContactID
}

// NewDraft begins a decision about a contact at a time. The id must be derived
// from the cause, so that the same cause gives the same decision.
func NewDraft(world World, id string, contact events.ContactID, at time.Time, cause events.Cause, actor events.Author) *Draft {
	return &Draft{Work: NewWork(world), decision: events.Decision{ID: id, Contact: contact, At: at, Cause: cause, Actor: actor}}
}

// Subject is whom the decision is about.
func (d *Draft) Subject() events.ContactID { return d.decision.Contact }

// World is the state with the draft's own facts in it.
func (d *Draft) World() World { return d.Work }

// At is the time of the decision.
func (d *Draft) At() time.Time { return d.decision.At }

// Empty reports whether nothing has been decided.
func (d *Draft) Empty() bool { return len(d.decision.Facts) == 0 }

// Finish closes the decision: every conversation touched gets its next version,
// and the decision carries their rows. A receipt or a read mark leaves the
// version alone, or an agent who opens a conversation would make every other
// agent's view of it stale; so does a clock, which tells no more than the time. An
// empty draft gives nil.
func (d *Draft) Finish() *events.Decision {
	if d.Empty() && !d.reviewed {
		return nil
	}
	if !d.aside {
		d.keepPlaces()
		d.keepClocks()
	}
	if d.Empty() {
		return nil
	}
	for _, id := range d.order {
		if d.aside {
			break
		}
		s := d.Conversations[id]
		if d.loud {
			s.Version++
			s.UpdatedAt = d.decision.At
		}
		d.decision.Conversations = append(d.decision.Conversations, s.Conversation)
	}
	return &d.decision
}

func (d *Draft) add(body events.Body) {
	d.decision.Facts = append(d.decision.Facts, events.NewFact(body))
	if !quiet(body) {
		d.loud = true
	}
	apply(d.Work, &d.decision, body)
}

// quiet facts change nothing that a command depends on: a screen that has not
// seen them is not out of date.
func quiet(body events.Body) bool {
	switch body.(type) {
	case *events.ConversationRead, *events.MessageStatusChanged, *events.InboundStored,
		*events.MessageReacted, *events.AttachmentSettled, *events.CallAmended, *events.ContactSegmented, *events.OrderStated,
		*events.ClockStarted, *events.ClockPaused, *events.ClockResumed, *events.ClockWarned, *events.ClockBreached, *events.ClockStopped:
		return true
	}
	return false
}

// Note adds a fact that changes no state here (the books).
func (d *Draft) Note(body events.Body) { d.add(body) }

// Marker says in the other contact's shard that it was folded into this one, so
// that a decision about it made elsewhere at the same moment is refused by the
// log. It is stored together with this decision or not at all.
func (d *Draft) Marker(from events.ContactID) *Draft {
	side := d.beside(from)
	for _, f := range d.decision.Facts {
		if merged, ok := f.Body.(*events.ContactMerged); ok && merged.From == from {
			side.add(merged)
		}
		if reversed, ok := f.Body.(*events.ContactMergeReversed); ok && reversed.From == from {
			side.add(reversed)
		}
	}
	return side
}

// Lose takes an address from another contact, together with this decision.
func (d *Draft) Lose(from events.ContactID, p events.Point, reason string) *Draft {
	side := d.beside(from)
	side.add(&events.ContactPointRemoved{Point: p, Reason: reason})
	return side
}

func (d *Draft) beside(contact events.ContactID) *Draft {
	side := &Draft{Work: d.Work, decision: d.decision, aside: true}
	side.decision.ID += "/" + string(contact)
	side.decision.Contact, side.decision.Facts = contact, nil
	return side
}

func refuse(code commands.Code, detail string) *commands.Problem {
	return &commands.Problem{Code: code, Detail: detail}
}
