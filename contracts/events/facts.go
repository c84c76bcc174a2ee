package events

import "time"

// Body is the payload of a fact. Each implementation has one fixed type name,
// found in registry.go.
type Body interface{ FactType() string }

// ContactCreated begins a contact. It is the first fact about it.
type ContactCreated struct {
	Name       string            `json:"name,omitempty"`
	Points     []Point           `json:"points"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// ContactPointAdded gives a contact one more address, or more trust in one it
// has. Of names a contact that was folded into this one where it was their address
// that brought the new one: it is theirs again if the merge is reversed.
type ContactPointAdded struct {
	Point  Point     `json:"point"`
	Reason string    `json:"reason"`
	Of     ContactID `json:"of,omitempty"`
}

// ContactPointRemoved takes an address away; the contact keeps its messages.
type ContactPointRemoved struct {
	Point  Point  `json:"point"`
	Reason string `json:"reason"`
}

// ContactUpdated sets name and attributes; an attribute set to "" is removed.
type ContactUpdated struct {
	Name       *string           `json:"name,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Note       string            `json:"note,omitempty"`
}

// ContactMerged folds contact From into the decision's contact. It lists what
// moved, so that the reversal can put exactly that back. The same fact stands
// in the shards of both contacts.
type ContactMerged struct {
	From          ContactID        `json:"from"`
	Into          ContactID        `json:"into"`
	Points        []Point          `json:"points"`
	Conversations []ConversationID `json:"conversations"`
	Automatic     bool             `json:"automatic,omitempty"`
	Reason        string           `json:"reason"`
}

// ContactMergeReversed puts back what the merge of From into Into moved, and what
// both said and were told since goes to whose addresses it was: Moved. Facts of
// former days have no Moved; what was said after the merge stayed where it was.
type ContactMergeReversed struct {
	From          ContactID        `json:"from"`
	Into          ContactID        `json:"into"`
	Points        []Point          `json:"points"`
	Conversations []ConversationID `json:"conversations"`
	Reason        string           `json:"reason,omitempty"`
	Moved         []MovedMessages  `json:"moved,omitempty"`
}

// MovedMessages are messages that leave conversation From for Into. They keep their
// ids, times and places, and are Contact's from then on. Of are the contacts whose
// words they are: Contact itself or one that is folded into it. Messages may be
// empty, where what was said is older than what is remembered of it.
type MovedMessages struct {
	From     ConversationID `json:"from"`
	Into     ConversationID `json:"into"`
	Contact  ContactID      `json:"contact"`
	Of       []ContactID    `json:"of"`
	Messages []MessageID    `json:"messages"`
}

// MergeSuggested tells an agent that two contacts may be one person, and why.
type MergeSuggested struct {
	Other  ContactID `json:"other"`
	Point  Point     `json:"point"`
	Reason string    `json:"reason"`
}

// SuggestionDismissed takes a suggestion off the screen; it is not made again.
type SuggestionDismissed struct {
	Other ContactID `json:"other"`
}

// ConversationOpened begins a conversation.
type ConversationOpened struct {
	Conversation ConversationID `json:"conversation"`
	Inbox        InboxID        `json:"inbox"`
	Channel      string         `json:"channel"`
	Reason       string         `json:"reason"`
	// Route is the routing target that placed it, where one did.
	Route RouteID `json:"route,omitempty"`
}

// MessageAdded puts a message (also a note, a call or an event line) into a
// conversation. Reason explains why this conversation.
type MessageAdded struct {
	Message Message `json:"message"`
	Reason  string  `json:"reason,omitempty"`
}

// MessageEdited replaces what a message says. The former text stays in the log.
type MessageEdited struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
	Text         string         `json:"text"`
	HTML         string         `json:"html,omitempty"`
}

// MessageRemoved hides what a message said: its author took it back.
type MessageRemoved struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
}

// MessageStatusChanged moves an outbound message along its road. ThreadIDs are
// the further ids the provider gave it.
type MessageStatusChanged struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
	Status       Status         `json:"status"`
	Detail       string         `json:"detail,omitempty"`
	ThreadIDs    []string       `json:"thread_ids,omitempty"`
}

// MessageReacted sets the customer's emoji under a message; empty takes it away.
type MessageReacted struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
	Emoji        string         `json:"emoji"`
}

// AttachmentSettled ends the fetching of an attachment: Hash, Type and Size are
// set, or Failed says why there is nothing. Attachment.ID names it within the
// message.
type AttachmentSettled struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
	Attachment   Attachment     `json:"attachment"`
}

// MessageReceiptHeld keeps a report about a message that is not known yet; it
// is applied when the message gets one of these provider ids.
type MessageReceiptHeld struct {
	Inbox       InboxID  `json:"inbox"`
	Channel     string   `json:"channel,omitempty"`
	ProviderIDs []string `json:"provider_ids"`
	Status      Status   `json:"status"`
	Detail      string   `json:"detail,omitempty"`
}

// CallAmended replaces what is known of a call and adds attachments to it.
type CallAmended struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
	Call         Call           `json:"call"`
	Attachments  []Attachment   `json:"attachments,omitempty"`
}

// CallbackRequested promises the customer a call. Message is the missed call,
// if one was.
type CallbackRequested struct {
	Conversation ConversationID `json:"conversation"`
	Callback     Callback       `json:"callback"`
}

// CallbackClosed ends a callback: reached (Message is the answered call),
// cancelled, or tried in vain. Reason explains it.
type CallbackClosed struct {
	Conversation ConversationID `json:"conversation"`
	Callback     CallbackID     `json:"callback"`
	Outcome      string         `json:"outcome"` // reached, cancelled, in-vain
	Message      MessageID      `json:"message,omitempty"`
	Reason       string         `json:"reason,omitempty"`
}

// OrderStated is what the contact bought, as the shop states it now; it
// replaces the order of the same inbox and id, or adds to it where Order.Part is
// set.
type OrderStated struct {
	Inbox InboxID `json:"inbox"`
	Order Order   `json:"order"`
}

// ContactErased says that data of the contact was deleted on demand. What is as
// in [Erasure]; Messages are those whose content is hidden for good, and where
// What holds * that is all of the contact's so far, without being listed.
type ContactErased struct {
	What     []string    `json:"what"`
	Points   []Point     `json:"points,omitempty"`
	Messages []MessageID `json:"messages,omitempty"`
	Reason   string      `json:"reason,omitempty"`
}

// SendRequested asks dispatch to bring a message to the customer. Where the
// message is new its content stands in the MessageAdded of the same decision
// and Request.Message holds only the id; a repeated request holds it all.
type SendRequested struct {
	Request SendRequest `json:"request"`
}

// ConversationAssigned gives a conversation to an agent and a team; empty
// values take it away. Choice explains it where somebody gets it; decisions of former
// days have one of what no person chose alone.
type ConversationAssigned struct {
	Conversation ConversationID `json:"conversation"`
	Assignee     AgentID        `json:"assignee"`
	Team         TeamID         `json:"team,omitempty"`
	Reason       string         `json:"reason,omitempty"`
	Choice       *Choice        `json:"choice,omitempty"`
}

// ConversationTransferred moves a conversation to a queue, a team or an agent. Route
// is the routing target that did so; Choice explains an agent.
type ConversationTransferred struct {
	Conversation ConversationID `json:"conversation"`
	Queue        QueueID        `json:"queue,omitempty"`
	Team         TeamID         `json:"team,omitempty"`
	Assignee     AgentID        `json:"assignee,omitempty"`
	Note         string         `json:"note,omitempty"`
	Route        RouteID        `json:"route,omitempty"`
	Choice       *Choice        `json:"choice,omitempty"`
}

// ConversationTagged adds and removes tags. Tags are lower-case, at most 64
// bytes.
type ConversationTagged struct {
	Conversation ConversationID `json:"conversation"`
	Added        []string       `json:"added,omitempty"`
	Removed      []string       `json:"removed,omitempty"`
}

// ConversationSnoozed puts a conversation aside until a time or a message.
type ConversationSnoozed struct {
	Conversation ConversationID `json:"conversation"`
	Until        time.Time      `json:"until"`
}

// ConversationWoken ends a snooze.
type ConversationWoken struct {
	Conversation ConversationID `json:"conversation"`
	Reason       string         `json:"reason"`
}

// ConversationResolved ends the work on a conversation.
type ConversationResolved struct {
	Conversation ConversationID `json:"conversation"`
	Reason       string         `json:"reason,omitempty"`
}

// ConversationReopened brings a resolved conversation back.
type ConversationReopened struct {
	Conversation ConversationID `json:"conversation"`
	Reason       string         `json:"reason"`
}

// ConversationRead sets the unread count to nought.
type ConversationRead struct {
	Conversation ConversationID `json:"conversation"`
}

// ConversationMerged folds conversation From into Into (both of the decision's
// contact). Messages keep their ids and are shown in Into.
type ConversationMerged struct {
	From   ConversationID `json:"from"`
	Into   ConversationID `json:"into"`
	Reason string         `json:"reason"`
}

// ConversationMergeReversed gives From its messages back.
type ConversationMergeReversed struct {
	From   ConversationID     `json:"from"`
	Into   ConversationID     `json:"into"`
	Status ConversationStatus `json:"status"`
}

// InboundStored says that the statement Seq of INBOUND changed something; with
// InboundDuplicate and InboundRejected it closes the books: every statement has
// exactly one of the three. Key is the id of the message it became, or the
// statement's own id where it is no message (a receipt, an edit).
type InboundStored struct {
	Inbox      InboxID `json:"inbox"`
	Key        string  `json:"key"`
	ProviderID string  `json:"provider_id"`
	Content    string  `json:"content"`
}

// InboundDuplicate says that the statement had been stored before.
type InboundDuplicate struct {
	Inbox      InboxID `json:"inbox"`
	Key        string  `json:"key"`
	ProviderID string  `json:"provider_id"`
}

// InboundRejected says that the statement could not become part of a
// conversation. It stays in INBOUND, raw, and an operator sees it.
type InboundRejected struct {
	Inbox      InboxID `json:"inbox"`
	Key        string  `json:"key"`
	ProviderID string  `json:"provider_id"`
	Reason     string  `json:"reason"`
}
