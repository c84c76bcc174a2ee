// Package queries holds what the gateway asks of the inbox, by request and
// reply on events.QueryPrefix + name. Every answer names the log sequence it
// stands for, so that a live feed joins it without a seam. A query may name the
// least sequence it wants to see (MinSeq): the answer waits for it, so that who
// has just written reads what they wrote.
package queries

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Names of the queries; the subject is events.QueryPrefix + name.
const (
	Conversations = "conversations"
	Conversation  = "conversation"
	Messages      = "messages"
	Contact       = "contact"
	Contacts      = "contacts"
	Timeline      = "timeline"
	Counters      = "counters"
	Books         = "books"
	StateHash     = "state_hash"
	Message       = "message"
)

// ListConversations asks for a page of a list. Empty filters mean any.
// Assignee "none" means nobody; "me" must be replaced by the caller. Q is full
// text over messages, contacts and subjects. Limit is 1–200, 50 by default.
// Sort is "updated" (newest first, the default) or "waiting" (longest first).
// It asks for rows, whoever sees them: that is settled where the answer goes.
type ListConversations struct {
	Status   events.ConversationStatus `json:"status,omitempty"`
	Queue    events.QueueID            `json:"queue,omitempty"`
	Team     events.TeamID             `json:"team,omitempty"`
	Assignee string                    `json:"assignee,omitempty"`
	Channel  string                    `json:"channel,omitempty"`
	Inbox    events.InboxID            `json:"inbox,omitempty"`
	Tag      string                    `json:"tag,omitempty"`
	Contact  events.ContactID          `json:"contact,omitempty"`
	// Callback "open" means conversations with an open promise to call.
	Callback string `json:"callback,omitempty"`
	// Clock is [ClockAtRisk] or [ClockBreached]: of what is open or snoozed, as the
	// board counts it.
	Clock  string `json:"clock,omitempty"`
	Q      string `json:"q,omitempty"`
	Sort   string `json:"sort,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	MinSeq uint64 `json:"min_seq,omitempty"`
}

// How the promises of a conversation that is open or snoozed stand, as a filter: one
// is breached; or none is, and one has warned.
const (
	ClockAtRisk   = "at-risk"
	ClockBreached = "breached"
)

// Page is a page of rows. NextCursor is empty on the last page. AsOf is the log
// sequence the page stands for.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
	AsOf       uint64 `json:"as_of,omitempty"`
}

// ByID asks for one thing.
type ByID struct {
	ID     string `json:"id"`
	MinSeq uint64 `json:"min_seq,omitempty"`
}

// ListMessages asks for messages of a conversation. A page is in provider order,
// oldest first; without a cursor it is the newest page, and its next cursor
// leads to the older one before it. Forward begins with the oldest page and goes
// towards the newest.
type ListMessages struct {
	Conversation events.ConversationID `json:"conversation"`
	Cursor       string                `json:"cursor,omitempty"`
	Limit        int                   `json:"limit,omitempty"`
	Forward      bool                  `json:"forward,omitempty"`
	MinSeq       uint64                `json:"min_seq,omitempty"`
}

// ListTimeline asks for everything of one contact in one line of time, newest
// first.
type ListTimeline struct {
	Contact events.ContactID `json:"contact"`
	Cursor  string           `json:"cursor,omitempty"`
	Limit   int              `json:"limit,omitempty"`
	MinSeq  uint64           `json:"min_seq,omitempty"`
}

// ContactPage is a contact as its page shows it.
type ContactPage struct {
	ID            events.ContactID      `json:"id"`
	Name          string                `json:"name"`
	Points        []events.Point        `json:"points"`
	Attributes    map[string]string     `json:"attributes"`
	Note          string                `json:"note,omitempty"`
	Conversations []events.Conversation `json:"conversations"`
	Merged        []MergedContact       `json:"merged"`
	MergedInto    events.ContactID      `json:"merged_into,omitempty"`
	Suggestions   []Suggestion          `json:"suggestions"`
	// Orders are what the contact bought, newest first, at most 50.
	Orders []ContactOrder `json:"orders,omitempty"`
	// Value is what the contact bought, all of it. REST fills it in for a page that is
	// asked for by itself; it is missing where there is no order that counts, and
	// while reports are made anew.
	Value *CustomerValue `json:"value,omitempty"`
	// Segments are those the contact is in, sorted.
	Segments []events.SegmentID `json:"segments,omitempty"`
	// ErasedAt is when data of the contact was last deleted on demand.
	ErasedAt  *time.Time `json:"erased_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// ContactOrder is an order as it is by now, and the inbox that stated it. Seq is
// that of the decision that last changed it.
type ContactOrder struct {
	Inbox events.InboxID `json:"inbox"`
	Order events.Order   `json:"order"`
	Seq   uint64         `json:"seq,omitempty"`
}

// MergedContact is a contact that was folded in and can be taken out again.
type MergedContact struct {
	ID        events.ContactID `json:"id"`
	Name      string           `json:"name"`
	Reason    string           `json:"reason"`
	Automatic bool             `json:"automatic"`
	At        time.Time        `json:"at"`
}

// Suggestion is a doubtful match for a person to decide.
type Suggestion struct {
	Other  events.ContactID `json:"other"`
	Name   string           `json:"name"`
	Point  events.Point     `json:"point"`
	Reason string           `json:"reason"`
	At     time.Time        `json:"at"`
}

// TimelineItem is one line of a contact's timeline: a message of any kind, an
// order as it was stated then, or an event line made of a fact.
type TimelineItem struct {
	Seq          uint64                `json:"seq"`
	At           time.Time             `json:"at"`
	Fact         string                `json:"fact"`
	Conversation events.ConversationID `json:"conversation_id,omitempty"`
	Message      *events.Message       `json:"message,omitempty"`
	Order        *events.Order         `json:"order,omitempty"`
	// Choice explains whom the assigner asked or gave the conversation to.
	Choice *events.Choice    `json:"choice,omitempty"`
	Actor  events.Author     `json:"actor"`
	Detail map[string]string `json:"detail,omitempty"`
}

// AskCounters asks for the kept counters; with Cells also for those of the open
// conversations of each team and queue by itself, of which one who does not see all of
// them makes theirs. The answer is not older than MinSeq.
type AskCounters struct {
	Cells  bool   `json:"cells,omitempty"`
	MinSeq uint64 `json:"min_seq,omitempty"`
}

// CountersAnswer holds kept counters by view. Keys: "status/open",
// "assignee/<id>/open", "queue/<id>/open", "team/…", "channel/…", "inbox/…",
// "tag/…", "clock/…", "unassigned/open", "unread", "callback/open".
type CountersAnswer struct {
	Counts map[string]int64 `json:"counts"`
	Cells  []CounterCell    `json:"cells,omitempty"`
	AsOf   uint64           `json:"as_of"`
}

// CounterCell counts the open conversations of one team in one queue; either may be
// none. The keys are those of [CountersAnswer] but for queues, teams and what is unread.
type CounterCell struct {
	Team   events.TeamID    `json:"team,omitempty"`
	Queue  events.QueueID   `json:"queue,omitempty"`
	Counts map[string]int64 `json:"counts"`
}

// BooksAnswer is the balance of every inbox as the log tells it: Received is
// the number of statements seen in INBOUND, the others the outcomes.
type BooksAnswer struct {
	Inboxes map[events.InboxID]Book `json:"inboxes"`
	AsOf    uint64                  `json:"as_of"`
}

// Book is one inbox's balance. Open is what is received and not yet decided.
type Book struct {
	Stored    uint64 `json:"stored"`
	Duplicate uint64 `json:"duplicate"`
	Rejected  uint64 `json:"rejected"`
}

// StateHashAnswer is the hash over all derived state, for P6.
type StateHashAnswer struct {
	Hash string `json:"hash"`
	AsOf uint64 `json:"as_of"`
}

// Problem answers a query that failed; Answer wraps either.
type Problem struct {
	Code   string `json:"code"` // invalid, not_found, unavailable
	Detail string `json:"detail"`
}

// Answer is the wire form of every answer.
type Answer[T any] struct {
	OK      *T       `json:"ok,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}
