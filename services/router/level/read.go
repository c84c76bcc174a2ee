package level

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Change is what a fact means for the clocks of one conversation. At is when it
// happened by the word of whoever states it, zero where that is the time of the
// decision; Until is the end of what lasts.
type Change struct {
	Conversation events.ConversationID
	What         What
	At, Until    time.Time
}

// Flags of messages that the rules look at: machine mail, a score written back to
// a survey, the line that says that a customer asks for their data, which waits for
// an answer, and the one that says that they want to be called.
const (
	flagAutomatic   = "automatic"
	flagSurvey      = "survey"
	flagDataRequest = "data-request"
	flagCallback    = "callback"
)

// Read tells what a fact changes; false where it changes nothing that clocks
// depend on. bots says whether answers of bots count. Of a merge it tells of the
// conversation that is folded; the other one takes in [Memory.Joined].
func Read(body events.Body, bots bool) (Change, bool) {
	switch f := body.(type) {
	case *events.ConversationOpened:
		return Change{Conversation: f.Conversation, What: Opened}, true
	case *events.ConversationReopened:
		return Change{Conversation: f.Conversation, What: Reopened}, true
	case *events.ConversationResolved:
		return Change{Conversation: f.Conversation, What: Resolved}, true
	case *events.ConversationMerged:
		return Change{Conversation: f.From, What: Folded}, true
	case *events.ConversationMergeReversed:
		return Change{Conversation: f.From, What: Reopened}, f.Status == events.Open || f.Status == events.Snoozed
	case *events.MessageAdded:
		return said(&f.Message, bots)
	case *events.CallAmended:
		return spoken(f.Conversation, &f.Call), f.Call.Outcome == answeredCall
	case *events.CallbackRequested:
		c := Change{Conversation: f.Conversation, What: CallAsked}
		if f.Callback.WantedAt != nil {
			c.At = *f.Callback.WantedAt
		}
		return c, true
	case *events.CallbackClosed:
		if f.Outcome == "reached" {
			return Change{Conversation: f.Conversation, What: CallReached}, true
		}
		return Change{Conversation: f.Conversation, What: CallGone}, true
	}
	return Change{}, false
}

const answeredCall = "answered"

func said(m *events.Message, bots bool) (Change, bool) {
	c := Change{Conversation: m.ConversationID, What: Wrote, At: m.OccurredAt}
	switch {
	case m.Kind == events.KindNote || m.HasFlag(flagAutomatic) || m.HasFlag(flagSurvey):
		return c, false
	case m.Kind == events.KindEvent:
		return c, m.HasFlag(flagDataRequest)
	case m.Call != nil && m.Call.Outcome == answeredCall:
		return spoken(m.ConversationID, m.Call), true
	case m.Direction == events.In && m.HasFlag(flagCallback):
		c.What = Wished
		return c, true
	case m.Direction == events.In:
		return c, true
	case m.Call != nil:
		return c, false // a call of ours in vain
	}
	c.What = Answered
	switch m.Author.Kind {
	case "agent", "integration": // an echo was written by somebody at the provider's own console
		return c, true
	case "bot":
		return c, bots
	}
	return c, false
}

// spoken is an answered call: it answers when somebody took it, and whatever was
// asked until its end.
func spoken(id events.ConversationID, call *events.Call) Change {
	c := Change{Conversation: id, What: Answered, At: call.EndedAt, Until: call.EndedAt}
	if call.AnsweredAt != nil {
		c.At = *call.AnsweredAt
	}
	return c
}
