// Package threading decides which conversation a message joins. It is pure: it
// gets what the message refers to and the contact's conversations, and returns
// a verdict with its reason.
//
// Order of trust: a signed token in the recipient address, an explicit reply to
// a message we know, the provider's own thread where the inbox unifies by
// thread, and else the contact's one open conversation. A reference to another
// contact's conversation joins nothing: strangers quote ids too.
package threading

import "github.com/tributary-inbox/tributary/contracts/events"

// Ref is a message that the new one explicitly answers.
type Ref struct {
	Conversation events.ConversationID
	Contact      events.ContactID
}

// Candidate is a conversation of the contact that is not over.
type Candidate struct {
	ID     events.ConversationID
	Thread string
}

// Input is all that the choice depends on.
type Input struct {
	Contact events.ContactID
	// Token is the conversation a verified recipient token names, if any.
	Token *Ref
	// Refs are the known messages it answers, most trusted first.
	Refs []Ref
	// Live are the contact's open and snoozed conversations, newest first.
	Live []Candidate
	// ByThread is set where the inbox unifies by thread; Thread is then the key
	// of the talk (normalised subject or the provider's thread id).
	ByThread bool
	Thread   string
	// Alone is set for a message that joins nothing that it does not name: one
	// that was forwarded, or that comes from an address of our own. It is then
	// the thread that the message begins where the inbox does not unify by one.
	Alone string
}

// Verdict is the conversation to join; empty means open a new one. Explicit
// means the customer answered in it, so a resolved one is reopened. Foreign
// means that the message refers to somebody else's conversation.
type Verdict struct {
	Conversation events.ConversationID
	Explicit     bool
	Foreign      bool
	Thread       string
	Reason       string
}

// Choose gives the verdict.
func Choose(in Input) Verdict {
	v := Verdict{}
	if in.ByThread {
		v.Thread = in.Thread
	}
	if in.Token != nil {
		if in.Token.Contact == in.Contact {
			return v.join(in.Token.Conversation, true, "token in the recipient address")
		}
		v.Foreign = true
	}
	for _, ref := range in.Refs {
		if ref.Contact == in.Contact {
			return v.join(ref.Conversation, true, "explicit reply")
		}
		v.Foreign = true
	}
	if in.Alone != "" {
		if !in.ByThread {
			v.Thread = in.Alone
		}
		v.Reason = "stands alone: forwarded, or from an address of ours"
		return v
	}
	for _, c := range in.Live {
		if in.ByThread && c.Thread == in.Thread {
			return v.join(c.ID, false, "same thread")
		}
		if !in.ByThread && c.Thread == "" {
			return v.join(c.ID, false, "the contact's open conversation")
		}
	}
	v.Reason = "nothing open for this contact"
	if in.ByThread {
		v.Reason = "a thread of its own"
	}
	return v
}

func (v Verdict) join(id events.ConversationID, explicit bool, reason string) Verdict {
	v.Conversation, v.Explicit, v.Reason = id, explicit, reason
	return v
}
