package events

import "time"

// Trust is how far a contact point is believed to belong to its contact.
type Trust string

// Claimed was typed by an unknown visitor and joins nobody. Stated came from an
// integration, an agent, or mail without a DMARC pass. Proved came under a
// provider's signature, a DMARC pass or a valid HMAC.
const (
	Claimed Trust = "claimed"
	Stated  Trust = "stated"
	Proved  Trust = "proved"
)

var trustRank = map[Trust]int{Claimed: 1, Stated: 2, Proved: 3}

// AtLeast reports whether t is believed as much as other or more.
func (t Trust) AtLeast(other Trust) bool { return trustRank[t] >= trustRank[other] }

// Point is a contact point: an address of a contact. Value is normalised by
// whoever states it (e-mail lower-cased, phone numbers in E.164, provider ids
// as given). Scope narrows ids that mean nothing outside one inbox; it is empty
// for e-mail and phone.
type Point struct {
	Kind  string `json:"kind"` // email, phone, visitor, external, or a channel's own id kind
	Value string `json:"value"`
	Scope string `json:"scope,omitempty"`
	Trust Trust  `json:"trust"`
}

// Key is the point's identity for the index: two points with one key are the
// same address whatever their trust.
func (p Point) Key() string { return p.Kind + "\x00" + p.Scope + "\x00" + p.Value }

// ConversationStatus is where a conversation stands in its life.
type ConversationStatus string

// An open conversation needs somebody. A snoozed one comes back by itself at
// its time or when the customer writes. A resolved one is done until reopened.
// A merged one has been folded into another and shows nothing of its own.
const (
	Open     ConversationStatus = "open"
	Snoozed  ConversationStatus = "snoozed"
	Resolved ConversationStatus = "resolved"
	Merged   ConversationStatus = "merged"
)

// ContactRef is the contact as a conversation row shows it.
type ContactRef struct {
	ID   ContactID `json:"id"`
	Name string    `json:"name"`
}

// LastMessage is what a row shows of the newest message. Text is cut to
// [PreviewRunes] runes.
type LastMessage struct {
	ID         MessageID `json:"id"`
	Direction  Direction `json:"direction"`
	Kind       Kind      `json:"kind"`
	Channel    string    `json:"channel"`
	Text       string    `json:"text"`
	Author     string    `json:"author,omitempty"`
	OccurredAt time.Time `json:"occurred_at"`
}

// Callback is a promise to call a customer. It is closed by an answered call to
// Number, or by a person. Attempts counts the calls that were tried in vain.
type Callback struct {
	ID          CallbackID `json:"id"`
	Number      string     `json:"number"`
	Reason      string     `json:"reason"` // missed, voicemail, asked
	RequestedAt time.Time  `json:"requested_at"`
	WantedAt    *time.Time `json:"wanted_at,omitempty"`
	Attempts    int        `json:"attempts,omitempty"`
	Message     MessageID  `json:"message,omitempty"`
	Note        string     `json:"note,omitempty"`
}

// PreviewRunes bounds the text of a [LastMessage].
const PreviewRunes = 140

// Conversation is the state of a conversation after a decision. The router
// writes it into every decision that touches the conversation, so that a
// reader needs no state of its own to show a row; REST and live frames carry
// the same shape.
//
// Version grows by one with every decision that changes what a command depends
// on (not with receipts and read marks) and is what If-Match compares. UpdatedAt is the time of the newest decision that
// a reader of the list should care about (messages, status, assignment).
type Conversation struct {
	ID      ConversationID     `json:"id"`
	Version int64              `json:"version"`
	Status  ConversationStatus `json:"status"`
	Contact ContactRef         `json:"contact"`
	Subject string             `json:"subject,omitempty"`
	// Thread is set when the inbox unifies by thread; the conversation then
	// stands beside the contact's one open conversation.
	Thread       string       `json:"thread,omitempty"`
	Queue        QueueID      `json:"queue"`
	Team         TeamID       `json:"team,omitempty"`
	Assignee     AgentID      `json:"assignee"`
	Channels     []string     `json:"channels"`
	Inboxes      []InboxID    `json:"inboxes"`
	Tags         []string     `json:"tags"`
	Priority     int          `json:"priority,omitempty"`
	LastMessage  *LastMessage `json:"last_message"`
	Unread       int          `json:"unread"`
	WaitingSince *time.Time   `json:"waiting_since"`
	SnoozedUntil *time.Time   `json:"snoozed_until,omitempty"`
	// Callback is the open promise to call, if there is one.
	Callback *Callback `json:"callback,omitempty"`
	// Wait is its place while it waits in a queue that gives out work, Offer the
	// offer that stands meanwhile. Unbegun is the place it goes back to when the
	// agent who got it from there is gone before they have done anything. Clocks
	// are the service levels that run.
	Wait    *Wait   `json:"wait,omitempty"`
	Offer   *Offer  `json:"offer,omitempty"`
	Unbegun *Wait   `json:"unbegun,omitempty"`
	Clocks  []Clock `json:"clocks,omitempty"`
	// Survey is the newest asking of the customer about this conversation.
	Survey *Survey `json:"survey,omitempty"`
	// Segments are those of the contact, sorted.
	Segments   []SegmentID    `json:"segments,omitempty"`
	MergedInto ConversationID `json:"merged_into,omitempty"`
	CreatedAt  time.Time      `json:"created_at"`
	UpdatedAt  time.Time      `json:"updated_at"`
}

// Preview cuts text for a row: one line, at most [PreviewRunes] runes.
func Preview(text string) string {
	out := make([]rune, 0, PreviewRunes)
	space := true
	for _, r := range text {
		if r == '\n' || r == '\r' || r == '\t' || r == ' ' {
			if !space {
				out = append(out, ' ')
			}
			space = true
		} else {
			out = append(out, r)
			space = false
		}
		if len(out) >= PreviewRunes {
			break
		}
	}
	return string(out)
}
