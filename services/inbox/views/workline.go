package views

import (
	"strconv"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// workLine makes the line of a fact about how a conversation reached an agent,
// what was promised and what the customer said of it. Clocks that begin, pause
// and end make none: they do so with every message.
func workLine(item *queries.TimelineItem, set func(k, v string), body events.Body) bool {
	switch b := body.(type) {
	case *events.ConversationQueued:
		item.Conversation = b.Conversation
		set("queue", string(b.Wait.Queue))
		set("reason", b.Reason)
	case *events.ConversationPrioritised:
		item.Conversation = b.Conversation
		set("priority", strconv.Itoa(b.Priority))
		set("reason", b.Reason)
	case *events.ConversationOffered:
		item.Conversation = b.Conversation
		item.Choice = &b.Choice
		set("agent", string(b.Offer.Agent))
	case *events.OfferClosed:
		item.Conversation = b.Conversation
		set("agent", string(b.Agent))
		set("outcome", b.Outcome)
		set("reason", b.Reason)
	case *events.ClockWarned:
		item.Conversation = b.Conversation
		set("kind", string(b.Clock.Kind))
	case *events.ClockBreached:
		item.Conversation = b.Conversation
		set("kind", string(b.Clock.Kind))
	case *events.SurveyAsked:
		item.Conversation = b.Conversation
		set("kind", string(b.Survey.Kind))
	case *events.SurveyAnswered:
		item.Conversation = b.Conversation
		set("kind", string(b.Kind))
		set("score", strconv.Itoa(b.Score))
		set("via", b.Via)
	case *events.SurveyCommented:
		item.Conversation = b.Conversation
		set("comment", b.Comment)
		set("via", b.Via)
	default:
		return false
	}
	return true
}
