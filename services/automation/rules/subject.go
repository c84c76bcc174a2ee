package rules

import "github.com/tributary-inbox/tributary/contracts/events"

// Conversation is the conversation that a fact is about; empty for a fact about a
// customer, an agent or the books. Of a merge it is the one that goes on.
func Conversation(body events.Body) events.ConversationID {
	switch f := body.(type) {
	case *events.ConversationOpened:
		return f.Conversation
	case *events.ConversationAssigned:
		return f.Conversation
	case *events.ConversationTransferred:
		return f.Conversation
	case *events.ConversationTagged:
		return f.Conversation
	case *events.ConversationSnoozed:
		return f.Conversation
	case *events.ConversationWoken:
		return f.Conversation
	case *events.ConversationResolved:
		return f.Conversation
	case *events.ConversationReopened:
		return f.Conversation
	case *events.ConversationRead:
		return f.Conversation
	case *events.ConversationMerged:
		return f.Into
	case *events.ConversationMergeReversed:
		return f.From
	case *events.ConversationQueued:
		return f.Conversation
	case *events.ConversationUnqueued:
		return f.Conversation
	case *events.ConversationPrioritised:
		return f.Conversation
	case *events.ConversationOffered:
		return f.Conversation
	case *events.OfferClosed:
		return f.Conversation
	}
	return said(body)
}

// said is [Conversation] for messages, calls and callbacks.
func said(body events.Body) events.ConversationID {
	switch f := body.(type) {
	case *events.MessageAdded:
		return f.Message.ConversationID
	case *events.MessageEdited:
		return f.Conversation
	case *events.MessageRemoved:
		return f.Conversation
	case *events.MessageStatusChanged:
		return f.Conversation
	case *events.MessageReacted:
		return f.Conversation
	case *events.AttachmentSettled:
		return f.Conversation
	case *events.SendRequested:
		return f.Request.Conversation
	case *events.CallAmended:
		return f.Conversation
	case *events.CallbackRequested:
		return f.Conversation
	case *events.CallbackClosed:
		return f.Conversation
	}
	return measured(body)
}

// measured is [Conversation] for service levels and surveys.
func measured(body events.Body) events.ConversationID {
	switch f := body.(type) {
	case *events.ClockStarted:
		return f.Conversation
	case *events.ClockPaused:
		return f.Conversation
	case *events.ClockResumed:
		return f.Conversation
	case *events.ClockWarned:
		return f.Conversation
	case *events.ClockBreached:
		return f.Conversation
	case *events.ClockStopped:
		return f.Conversation
	case *events.SurveyAsked:
		return f.Conversation
	case *events.SurveyAnswered:
		return f.Conversation
	case *events.SurveyCommented:
		return f.Conversation
	}
	return ""
}

// rows are the conversations that a fact concerns, as they stand after the
// decision. One that was folded away, or that the decision brought no row of, is
// left out.
func rows(d *events.Decision, body events.Body) []*events.Conversation {
	var out []*events.Conversation
	id := Conversation(body)
	for i := range d.Conversations {
		row := &d.Conversations[i]
		switch {
		case row.Status == events.Merged:
		case id == row.ID, id == "" && aboutContact(body) && row.Status != events.Resolved:
			out = append(out, row)
		}
	}
	return out
}

// aboutContact tells facts about a customer from those about agents and books.
func aboutContact(body events.Body) bool {
	switch body.(type) {
	case *events.ContactCreated, *events.ContactPointAdded, *events.ContactPointRemoved, *events.ContactUpdated,
		*events.ContactMerged, *events.ContactMergeReversed, *events.MergeSuggested, *events.SuggestionDismissed,
		*events.OrderStated, *events.ContactSegmented:
		return true
	}
	return false
}

// MessageOf is the message that a fact is about, where its content stands in the
// decision: its own, or, for the opening of a conversation and what else a
// customer's message brings about, the one that was added to the same
// conversation. Nil where there is none.
func MessageOf(d *events.Decision, fact int, conversation events.ConversationID) *events.Message {
	if added, ok := d.Facts[fact].Body.(*events.MessageAdded); ok {
		return &added.Message
	}
	for i := range d.Facts {
		if added, ok := d.Facts[i].Body.(*events.MessageAdded); ok && added.Message.ConversationID == conversation {
			return &added.Message
		}
	}
	return nil
}

// toldAgain reports whether a fact only tells more of what rules were told before: a
// promised call that was tried in vain is still the same promise.
func toldAgain(body events.Body) bool {
	f, ok := body.(*events.CallbackRequested)
	return ok && f.Callback.Attempts > 0
}
