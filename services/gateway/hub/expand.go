package hub

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// Facts that only the gateway states.
const (
	// FactHidden takes a conversation off the screen of somebody who may no
	// longer see it.
	FactHidden = "conversation.hidden"
	// FactUpdated shows a new state for which no fact in the decision speaks.
	FactUpdated = "conversation.updated"
)

// item is one event of a decision: one fact about one conversation.
type item struct {
	fact    string
	conv    *events.Conversation
	message *events.Message
	data    any
	secret  secret
}

// secret says from whom the data of an item is kept: it may name contacts and
// conversations that they do not see. An administrator is told everything.
type secret struct {
	always bool                    // from everybody else
	of     []events.ConversationID // from who does not see all of these in the decision
}

// kept reports whether somebody is told of the item without its data.
func (s *secret) kept(v *access.Viewer, in []touched) bool {
	if v.Administrator() {
		return false
	}
	return s.always || slices.ContainsFunc(s.of, func(id events.ConversationID) bool {
		return !slices.ContainsFunc(in, func(t touched) bool { return t.conv.ID == id && v.Sees(t.conv) })
	})
}

// secretOf is that of a fact.
func secretOf(body events.Body) secret {
	switch b := body.(type) {
	case *events.ConversationMerged:
		return secret{of: []events.ConversationID{b.From, b.Into}}
	case *events.ConversationMergeReversed:
		return secret{of: []events.ConversationID{b.From, b.Into}}
	case *events.ContactMerged, *events.ContactMergeReversed, *events.MergeSuggested, *events.SuggestionDismissed:
		return secret{always: true} // what the contact's page tells of it is told there
	}
	return secret{}
}

// touched is a conversation that a decision changed. moved says that one of the
// facts may have put it into another team, view or filter; opened that it began with
// this decision, so that it was on nobody's screen before.
type touched struct {
	conv   *events.Conversation
	prior  *events.Conversation // nil when not known
	moved  bool
	opened bool
}

// expand lists the events of a decision. The list is a function of the decision
// alone, so that every gateway counts places alike.
func expand(d *events.Decision) ([]item, []touched) {
	e := expansion{d: d, items: make([]item, 0, len(d.Facts))}
	e.conversations = make([]touched, len(d.Conversations))
	e.covered = make([]bool, len(d.Conversations))
	for i := range d.Conversations {
		e.conversations[i].conv = &d.Conversations[i]
	}
	for i := range d.Facts {
		e.fact(d.Facts[i].Body)
	}
	for i := range e.conversations {
		if !e.covered[i] {
			e.conversations[i].moved = true
			e.items = append(e.items, item{fact: FactUpdated, conv: e.conversations[i].conv})
		}
	}
	return e.items, e.conversations
}

type expansion struct {
	d             *events.Decision
	items         []item
	conversations []touched
	covered       []bool
}

func (e *expansion) fact(body events.Body) {
	switch b := body.(type) {
	case *events.MessageAdded:
		e.about(b.Message.ConversationID, item{message: &b.Message}, body, false)
	case *events.MessageEdited:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.MessageRemoved:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.MessageStatusChanged:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.MessageReacted:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.AttachmentSettled:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.CallAmended:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.CallbackRequested:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.CallbackClosed:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.ConversationOpened:
		e.about(b.Conversation, item{data: b}, body, true)
		for i := range e.conversations {
			t := &e.conversations[i]
			t.opened = t.opened || t.conv.ID == b.Conversation
		}
	case *events.ConversationAssigned:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationTransferred:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationTagged:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationSnoozed:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationWoken:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationResolved:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationReopened:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationRead:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.ConversationQueued:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationUnqueued:
		e.about(b.Conversation, item{data: b}, body, true)
	case *events.ConversationPrioritised:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.ConversationOffered:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.OfferClosed:
		e.about(b.Conversation, item{data: b}, body, false)
	// That a clock begins, pauses or ends is in the row which comes with whatever
	// made it do so: every message does, and an event each would double the feed.
	case *events.ClockWarned:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.ClockBreached:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.SurveyAsked:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.SurveyAnswered:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.SurveyCommented:
		e.about(b.Conversation, item{data: b}, body, false)
	case *events.ConversationMerged:
		e.about(b.From, item{data: b}, body, true)
		e.about(b.Into, item{data: b}, body, true)
	case *events.ConversationMergeReversed:
		e.about(b.From, item{data: b}, body, true)
		e.about(b.Into, item{data: b}, body, true)
	case *events.ContactUpdated, *events.ContactMerged, *events.ContactMergeReversed, *events.MergeSuggested,
		*events.SuggestionDismissed, *events.ContactPointAdded, *events.ContactPointRemoved,
		*events.OrderStated, *events.ContactErased, *events.ContactSegmented:
		for i := range e.conversations {
			e.add(i, item{data: body}, body, false)
		}
	}
}

// about adds an event about a conversation, if the decision states it.
func (e *expansion) about(id events.ConversationID, it item, body events.Body, moved bool) {
	for i := range e.conversations {
		if e.conversations[i].conv.ID == id {
			e.add(i, it, body, moved)
			return
		}
	}
}

func (e *expansion) add(i int, it item, body events.Body, moved bool) {
	c := &e.conversations[i]
	c.moved = c.moved || moved
	e.covered[i] = true
	it.fact, it.conv, it.secret = body.FactType(), c.conv, secretOf(body)
	e.items = append(e.items, it)
}
