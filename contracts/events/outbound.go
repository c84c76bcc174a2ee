package events

import "time"

// SendRequest is what dispatch asks of a channel service: bring this message to
// the customer. The same Message id is asked again after a retry, so it is the
// idempotency key wherever the provider has one.
type SendRequest struct {
	Message      Message        `json:"message"`
	Conversation ConversationID `json:"conversation"`
	Inbox        InboxID        `json:"inbox"`
	// To is the point the message goes to. It is the point's owner, never a
	// Reply-To that differs from it.
	To Point `json:"to"`
	// Thread is how the channel threads the answer: subject, and the ids of
	// the talk so far, oldest first.
	Thread  Thread `json:"thread"`
	Attempt int    `json:"attempt"`
	// InDoubt says that an earlier attempt may have arrived although nobody saw
	// its end. Only a channel that can send the same message twice without harm
	// sends it again; any other answers Unclear.
	InDoubt bool      `json:"in_doubt,omitempty"`
	At      time.Time `json:"at"`
}

// Thread is what an outbound message needs to stand in the right talk of its
// channel. References are the ids of earlier messages, oldest first, at most
// 50; the last is what is answered.
type Thread struct {
	Subject    string   `json:"subject,omitempty"`
	References []string `json:"references,omitempty"`
	Key        string   `json:"key,omitempty"`
}

// SendOutcome is how an attempt ended.
type SendOutcome string

// Sent: the provider has it. Retry: it has not, ask again after RetryAfter.
// Rejected: it never will take it. Unclear: it may have it; a person decides,
// it is never sent again blindly.
const (
	Sent     SendOutcome = "sent"
	Retry    SendOutcome = "retry"
	Rejected SendOutcome = "rejected"
	Unclear  SendOutcome = "unclear"
)

// SendResult answers a [SendRequest]. ProviderIDs are all ids by which replies
// and receipts may name the message; the first is the provider's own.
//
// Code is a machine word for a rejection that the console can do something
// about. Suspend, with Outcome Retry, says that the inbox itself cannot send
// (its token died, its account is locked): nothing more is tried through it, and
// an operator is told, until its settings change or somebody resumes it.
type SendResult struct {
	Outcome     SendOutcome   `json:"outcome"`
	ProviderIDs []string      `json:"provider_ids,omitempty"`
	Detail      string        `json:"detail,omitempty"`
	Code        string        `json:"code,omitempty"`
	Suspend     bool          `json:"suspend,omitempty"`
	RetryAfter  time.Duration `json:"retry_after,omitempty"`
}

// Codes of rejections. A closed window takes templates only; somebody who opted
// out or blocked us takes nothing; an address that is none reaches nobody.
const (
	CodeWindowClosed = "window-closed"
	CodeOptedOut     = "opted-out"
	CodeBadAddress   = "bad-address"
	CodeBadTemplate  = "bad-template"
	CodeBadMedia     = "bad-media"
	CodeTooLong      = "too-long"
	CodeQuota        = "quota"
)
