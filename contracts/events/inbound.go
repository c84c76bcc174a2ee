package events

import "time"

// InboundType is what an adapter states.
type InboundType string

// The statements an adapter can make. Unknown keeps, raw, what the adapter
// could not understand: it is stored and shown to an operator, never dropped.
const (
	MessageReceived   InboundType = "message.received"
	MessageWasEdited  InboundType = "message.edited"
	MessageWasRemoved InboundType = "message.removed"
	DeliveryReported  InboundType = "delivery.reported"
	CallLogged        InboundType = "call.logged"
	Unknown           InboundType = "unknown"
)

// Inbound is one normalised statement of a channel adapter and one message of
// the stream INBOUND. Several may come from one provider request.
//
// (Inbox, Type, ProviderID) is the key of "once, for ever"; Content is a hash
// over what the message says, so that a reused id with other content is seen.
// ProviderID must not be empty: an adapter whose provider gives none derives
// one from the content and says so in Flags.
type Inbound struct {
	V          int         `json:"v"`
	Type       InboundType `json:"type"`
	Channel    string      `json:"channel"`
	Inbox      InboxID     `json:"inbox"`
	ProviderID string      `json:"provider_id"`
	Content    string      `json:"content"`
	// OccurredAt is the provider's time, ReceivedAt ours. A provider without
	// times leaves OccurredAt equal to ReceivedAt.
	OccurredAt time.Time `json:"occurred_at"`
	ReceivedAt time.Time `json:"received_at"`
	Order      string    `json:"order,omitempty"`
	// Sender is the other side of the conversation: the customer, also where
	// Direction is out (an echo of what was written in the provider's console).
	Sender    Sender    `json:"sender"`
	Direction Direction `json:"direction,omitempty"` // empty means in

	Message  *ReceivedMessage `json:"message,omitempty"`
	Delivery *Delivery        `json:"delivery,omitempty"`
	Call     *Call            `json:"call,omitempty"`
	// Target is the provider id of the message that is edited or removed.
	Target string   `json:"target,omitempty"`
	Raw    *Raw     `json:"raw,omitempty"`
	Flags  []string `json:"flags,omitempty"`
	// Trace is the W3C traceparent of the request that carried the statement.
	Trace string `json:"trace,omitempty"`
}

// SenderKey chooses the shard of INBOUND: one sender's statements stay in
// order. It is the key of the first point, or the inbox where there is none.
func (in *Inbound) SenderKey() string {
	if len(in.Sender.Points) > 0 {
		return in.Sender.Points[0].Key()
	}
	return string(in.Inbox)
}

// Sender is who an adapter says the customer is. Points[0] is the address the
// statement came from and to which an answer on this channel goes; the others
// are further addresses stated beside it.
type Sender struct {
	Points []Point `json:"points"`
	Name   string  `json:"name,omitempty"`
	// Attributes are what the source knows of the customer beside its
	// addresses (language, plan, page they came from): short strings, shown
	// on the contact page. At most 32, each at most 512 bytes.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// ReceivedMessage is what the customer said. Text is the whole text without
// what it quotes; Quoted the rest.
type ReceivedMessage struct {
	Subject     string       `json:"subject,omitempty"`
	Text        string       `json:"text"`
	HTML        string       `json:"html,omitempty"`
	Quoted      string       `json:"quoted,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	// ThreadIDs are the ids other messages may refer to this one by (defaults
	// to the provider id), InReplyTo the ids it explicitly answers, newest
	// first. Thread is the provider's name for the talk it stands in.
	ThreadIDs []string `json:"thread_ids,omitempty"`
	InReplyTo []string `json:"in_reply_to,omitempty"`
	Thread    string   `json:"thread,omitempty"`
	// Token is a signed conversation token found in the recipient address.
	Token string `json:"token,omitempty"`
	// Automatic is machine mail: stored, never auto-answered, reopens nothing.
	Automatic bool `json:"automatic,omitempty"`
}

// Delivery is a report about a message of ours. Message is our own id where
// the provider carries it back; else ProviderIDs name it.
type Delivery struct {
	Message     MessageID `json:"message,omitempty"`
	ProviderIDs []string  `json:"provider_ids,omitempty"`
	Status      Status    `json:"status"`
	Detail      string    `json:"detail,omitempty"`
	Attempt     int       `json:"attempt,omitempty"`
}

// Raw is what came in, byte for byte. Up to [RawInlineLimit] bytes stand in
// Bytes, more in the blob store under Hash.
type Raw struct {
	Type  string `json:"type"`
	Bytes []byte `json:"bytes,omitempty"`
	Hash  string `json:"hash,omitempty"`
	Size  int64  `json:"size"`
}

// RawInlineLimit is the most raw bytes that travel inside an [Inbound].
const RawInlineLimit = 32 << 10
