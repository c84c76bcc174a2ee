package events

import "time"

// InboundType is what an adapter states.
type InboundType string

// The statements an adapter can make.
//
// CallLogged is a whole call; stated again under the same id with another
// content it replaces the call where it knows more. CallWasAmended adds what
// came later (recording, transcript) to the call named by Target.
//
// ContactWasStated says something of a customer without a message: a name, an
// attribute, a further address (WhatsApp's changed user id, a Telegram group
// that became a supergroup: both addresses stand in Sender.Points), that they
// blocked us or want no marketing. ContactWasErased asks that data be deleted;
// see [Erasure].
//
// ChatWasEnded says that the customer ended the chat with us themselves, and
// nothing else: an id says it once, whatever else is stated beside it.
//
// Unknown keeps, raw, what the adapter could not understand: it is stored and
// shown to an operator, never dropped.
const (
	MessageReceived   InboundType = "message.received"
	MessageWasEdited  InboundType = "message.edited"
	MessageWasRemoved InboundType = "message.removed"
	DeliveryReported  InboundType = "delivery.reported"
	MessageWasReacted InboundType = "message.reacted"
	CallLogged        InboundType = "call.logged"
	CallWasAmended    InboundType = "call.amended"
	CallbackWanted    InboundType = "callback.wanted"
	OrderWasStated    InboundType = "order.stated"
	ContactWasStated  InboundType = "contact.stated"
	ContactWasErased  InboundType = "contact.erased"
	ChatWasEnded      InboundType = "chat.ended"
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

	// Message stands beside Delivery where the adapter cannot tell whether the
	// report is about a message of ours: it is what a person reads if it is not.
	Message  *ReceivedMessage `json:"message,omitempty"`
	Delivery *Delivery        `json:"delivery,omitempty"`
	Call     *Call            `json:"call,omitempty"`
	// Target is the provider id of the message that is edited, removed or
	// reacted to, or of the call that is amended.
	Target   string           `json:"target,omitempty"`
	Reaction *Reaction        `json:"reaction,omitempty"`
	Callback *CallbackRequest `json:"callback,omitempty"`
	Purchase *Order           `json:"purchase,omitempty"`
	Erasure  *Erasure         `json:"erasure,omitempty"`
	Raw      *Raw             `json:"raw,omitempty"`
	Flags    []string         `json:"flags,omitempty"`
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
	// Pressed is the value of the button that the customer pressed instead of
	// writing, as it was offered (by us, or set up at the provider); Text is then
	// its label.
	Pressed string `json:"pressed,omitempty"`
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
	// Until is a watermark: everything sent to Sender through this inbox up to
	// that time has this status. Message and ProviderIDs are empty then.
	Until *time.Time `json:"until,omitempty"`
}

// Reaction is an emoji that the customer set under the message Target, or took
// away: Emoji is empty then.
type Reaction struct {
	Emoji string `json:"emoji"`
}

// CallbackRequest is a wish to be called. Number is E.164; WantedAt is nought
// where any time will do. Reason is missed, voicemail or asked.
type CallbackRequest struct {
	Number   string     `json:"number"`
	Reason   string     `json:"reason"`
	WantedAt *time.Time `json:"wanted_at,omitempty"`
	Note     string     `json:"note,omitempty"`
}

// Order is what a customer bought, as the shop states it now. Amounts are
// decimals as text in Currency (ISO 4217), exactly as the shop writes them. A
// statement with an older UpdatedAt than the one that stands changes nothing:
// shops repeat the original payload when they retry.
//
// Part says that the statement knows only the Refunds it lists, of an order that
// was stated before: whoever holds the order adds them by [Order.Amended]. It
// needs no Sender, as an order stays with whom it was first stated of.
type Order struct {
	ID          string      `json:"id"`
	Number      string      `json:"number,omitempty"`
	Shop        string      `json:"shop,omitempty"`
	URL         string      `json:"url,omitempty"`
	Currency    string      `json:"currency,omitempty"`
	Total       string      `json:"total,omitempty"`
	Refunded    string      `json:"refunded,omitempty"`
	Payment     string      `json:"payment,omitempty"`
	Fulfillment string      `json:"fulfillment,omitempty"`
	Tracking    []Tracking  `json:"tracking,omitempty"`
	Lines       []OrderLine `json:"lines,omitempty"`
	PlacedAt    time.Time   `json:"placed_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	CancelledAt *time.Time  `json:"cancelled_at,omitempty"`
	Refunds     []Refund    `json:"refunds,omitempty"`
	Part        bool        `json:"part,omitempty"`
}

// OrderLine is one article of an [Order].
type OrderLine struct {
	Title    string `json:"title"`
	SKU      string `json:"sku,omitempty"`
	Quantity int    `json:"quantity"`
	Price    string `json:"price,omitempty"`
}

// Tracking is one parcel of an [Order].
type Tracking struct {
	Carrier string `json:"carrier,omitempty"`
	Number  string `json:"number,omitempty"`
	URL     string `json:"url,omitempty"`
	Status  string `json:"status,omitempty"`
}

// Erasure is a provider's demand to delete what it gave us about Sender. What
// names the data (name, phone, email, address, or * for everything); Report
// asks for a copy of the data instead, which a person answers.
type Erasure struct {
	What   []string `json:"what,omitempty"`
	Report bool     `json:"report,omitempty"`
	Reason string   `json:"reason,omitempty"`
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
