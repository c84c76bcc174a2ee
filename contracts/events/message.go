package events

import "time"

// Direction says who speaks to whom.
type Direction string

// In is from the customer to us, Out from us to the customer. Notes and events
// are Out: they come from our side, though the customer never sees them.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Kind is what a message is.
type Kind string

// The kinds of message. A note is never sent to the customer; an event is a
// line in the timeline that nobody wrote (assignment, resolve, merge).
const (
	KindMessage Kind = "message"
	KindNote    Kind = "note"
	KindCall    Kind = "call"
	KindEvent   Kind = "event"
)

// Status is how far a message has come. Reports arrive out of order, so a
// status only ever moves forward; see [Status.Before].
type Status string

// Received is the status of everything inbound. Queued to Read are the road of
// an outbound message; Sending means that an attempt has begun and its end is
// not known yet, and goes back to Queued when the attempt is known not to have
// left. Failed is final, and so is Unknown until a person or a
// late receipt says otherwise: the provider may or may not have it.
const (
	StatusReceived  Status = "received"
	StatusQueued    Status = "queued"
	StatusSending   Status = "sending"
	StatusSent      Status = "sent"
	StatusDelivered Status = "delivered"
	StatusRead      Status = "read"
	StatusFailed    Status = "failed"
	StatusUnknown   Status = "unknown"
)

var statusRank = map[Status]int{
	StatusReceived: 0, StatusQueued: 1, StatusSending: 2, StatusUnknown: 3, StatusSent: 4, StatusFailed: 5, StatusDelivered: 6, StatusRead: 7,
}

// Before reports whether next is news to somebody who knows s. A receipt that
// says less than what is known (sent after read) is old and changes nothing.
func (s Status) Before(next Status) bool {
	rank, known := statusRank[next]
	return known && statusRank[s] < rank
}

// Author is who wrote a message. ID is a contact's for In, an agent's for Out,
// empty for the system.
type Author struct {
	Kind string `json:"kind"` // contact, agent, system, integration, bot
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Attachment is a file that belongs to a message. Its bytes are in the blob
// store under Hash (lower-case hexadecimal SHA-256), or still at URL until a
// worker has fetched them; Failed is why that will never be. A URL of the form
// media:ID names a file that only the channel's own adapter can open. Type is
// what the bytes were found to be, never only what the sender claimed.
type Attachment struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type"`
	Size      int64  `json:"size,omitempty"`
	Hash      string `json:"hash,omitempty"`
	URL       string `json:"url,omitempty"`
	Failed    string `json:"failed,omitempty"`
	ContentID string `json:"content_id,omitempty"`
	Inline    bool   `json:"inline,omitempty"`
}

// Call is the body of a message of kind call. Seconds are whole seconds. From
// and To are E.164 where the number is known to be one, else as the exchange
// wrote them; From is empty where the caller withheld it. Recording is the id of
// the attachment that holds it. Legs are the exchange's ids of the parts that
// were folded into this call.
type Call struct {
	Direction  Direction  `json:"direction"`
	Outcome    string     `json:"outcome"` // answered, missed, abandoned, voicemail, busy, failed, rejected
	From       string     `json:"from,omitempty"`
	To         string     `json:"to,omitempty"`
	Agent      string     `json:"agent,omitempty"` // the extension or name that answered
	Queue      string     `json:"queue,omitempty"`
	RingS      int        `json:"ring_s"`
	TalkS      int        `json:"talk_s"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	EndedAt    time.Time  `json:"ended_at"`
	Recording  string     `json:"recording,omitempty"`
	Transcript string     `json:"transcript,omitempty"`
	Legs       []string   `json:"legs,omitempty"`
}

// Template is a text that the provider has approved beforehand, and the values
// for its places, by name or by number from 1. Text is what it reads like filled
// in, for our own screens.
type Template struct {
	Name     string            `json:"name"`
	Language string            `json:"language,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
	Text     string            `json:"text,omitempty"`
}

// QuickReply is an answer that the customer may press instead of writing it: Label
// stands on the button, Value comes back as [ReceivedMessage.Pressed] where the
// channel carries it. Both are offered once and beside the text, which says
// everything without them: a channel without buttons, or with fewer than these,
// shows the text alone.
type QuickReply struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Bounds of quick replies: how many, characters of a label, bytes of a value. The
// last two are what the narrowest channels that have buttons take (Telegram
// callback data, 64 bytes; labels of WhatsApp, Messenger and LINE, 20 characters).
const (
	MaxQuickReplies = 13
	MaxQuickLabel   = 20
	MaxQuickValue   = 64
)

// Message is one thing said, noted or logged, as it stands in the facts, in
// REST answers and in live frames alike. Text is the part the author wrote;
// what they quoted of earlier messages is in Quoted. HTML is sanitised before
// it is stored: it may be shown, but only in a frame without scripts.
type Message struct {
	ID             MessageID      `json:"id"`
	ConversationID ConversationID `json:"conversation_id"`
	ContactID      ContactID      `json:"contact_id"`
	Direction      Direction      `json:"direction"`
	Kind           Kind           `json:"kind"`
	Channel        string         `json:"channel"`
	InboxID        InboxID        `json:"inbox_id"`
	ProviderID     string         `json:"provider_id"`
	Author         Author         `json:"author"`
	Subject        string         `json:"subject,omitempty"`
	Text           string         `json:"text"`
	HTML           string         `json:"html,omitempty"`
	Quoted         string         `json:"quoted,omitempty"`
	Attachments    []Attachment   `json:"attachments"`
	Call           *Call          `json:"call,omitempty"`
	Template       *Template      `json:"template,omitempty"`
	// QuickReplies are what an outbound message offers to press, Pressed the Value
	// of the one that an inbound message is: its Text is the label.
	QuickReplies []QuickReply `json:"quick_replies,omitempty"`
	Pressed      string       `json:"pressed,omitempty"`
	// Reaction is the emoji the customer set under this message, if any.
	Reaction     string `json:"reaction,omitempty"`
	Status       Status `json:"status"`
	StatusDetail string `json:"status_detail,omitempty"`
	// From is the address the message came from (or goes to, when Out), with
	// its trust; the console shows "unverified sender" unless it is proved.
	From *Point `json:"from,omitempty"`
	// ThreadIDs are the provider's ids for this message (for e-mail every
	// Message-ID it is known by), InReplyTo what it explicitly answers.
	ThreadIDs []string `json:"thread_ids,omitempty"`
	InReplyTo []string `json:"in_reply_to,omitempty"`
	// Thread is the provider's own name for the talk, where it has one.
	Thread string `json:"thread,omitempty"`
	// Flags are short machine words: automatic, bulk, id-reused, edited, removed,
	// reply-to-differs, unverified, charset-guessed…
	Flags      []string  `json:"flags,omitempty"`
	ClientID   string    `json:"client_id,omitempty"`
	OccurredAt time.Time `json:"occurred_at"`
	ReceivedAt time.Time `json:"received_at"`
	// Order is the provider's own tie-break inside one OccurredAt (a sequence
	// number, a sortable id); empty when the provider gives none.
	Order string `json:"order,omitempty"`
	// Steps are the ends of the road that an outbound message has come to and
	// when we heard of each, oldest first. Former is what it said before it was
	// edited, oldest first. No fact holds them: readers put them together.
	Steps  []Step   `json:"steps,omitempty"`
	Former []Former `json:"former,omitempty"`
}

// Step is one status of an outbound message. At is the time of the decision that
// told it, which is later than the provider's own time by as long as the report
// took to reach us.
type Step struct {
	Status Status    `json:"status"`
	Detail string    `json:"detail,omitempty"`
	At     time.Time `json:"at"`
}

// Former is a text that an edit replaced, and when. Cut says that it was longer
// than a reader keeps; the log has it whole.
type Former struct {
	Text string    `json:"text"`
	Cut  bool      `json:"cut,omitempty"`
	At   time.Time `json:"at"`
}

// Flags that keep machines from answering a message.
const (
	FlagAutomatic = "automatic" // no person wrote it
	FlagBulk      = "bulk"      // it went to many
	// FlagQuiet stands on a person's message too: its sender asked for no automatic
	// answer, in mail by X-Auto-Response-Suppress (MS-OXCMAIL §2.1.3.2.17).
	FlagQuiet = "no-auto-reply"
)

// ForPeople reports that only people may answer the message.
func (m *Message) ForPeople() bool {
	return m.HasFlag(FlagAutomatic) || m.HasFlag(FlagBulk) || m.HasFlag(FlagQuiet)
}

// HasFlag reports whether the message carries the flag.
func (m *Message) HasFlag(flag string) bool {
	for _, f := range m.Flags {
		if f == flag {
			return true
		}
	}
	return false
}

// Flag sets a flag once.
func (m *Message) Flag(flag string) {
	if !m.HasFlag(flag) {
		m.Flags = append(m.Flags, flag)
	}
}
