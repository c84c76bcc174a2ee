package config

import "time"

// Scope is what an expression sees, by the names in the tags. Every expression is
// CEL and says yes or no. Which of the variables there are depends on what the
// expression is for; see [Sees]. Nothing fails because it is absent: a text that
// is not known is "", a number is 0, a list is empty, and a time is [Never].
//
//	now                           the moment of the asking, UTC
//	contact                       the customer
//	  .id .name .first_name
//	  .email .phone               the newest address of the kind, "" for none
//	  .points                     all addresses, as "email:kim@example.com"
//	  .language                   ko, en…: from the attribute language or locale, else from what they wrote
//	  .attributes                 texts by name; 'plan' in contact.attributes
//	  .attribute('plan')          one of them, "" for none
//	  .segments                   ids of their segments (not in the expression of a segment)
//	  .orders                     the newest 500, newest first, each with
//	    .id .number .shop .at .currency .total .refunded .payment .fulfillment
//	    .cancelled .items .skus   total is less refunds, and 0 when cancelled
//	  .orders_count               all that were not cancelled
//	  .orders_since(time)         how many of them since
//	  .currency                   the one most of their orders are in (of equals the newest)
//	  .spent                      in that currency, all orders less refunds
//	  .spent_since(time)          the same for orders placed since
//	  .spent_in('KRW', time)      the same in a named currency
//	  .first_order_at .last_order_at
//	  .first_seen .last_seen      the first and the newest fact about them
//	  .last_message_at            when they last wrote
//	  .conversations_count        all they ever had
//	  .open_conversations         those open or snoozed now
//	  .messages_count             what they wrote
//	  .score .scored_at           their newest answer to a survey, -1 for none
//	conversation
//	  .id .status .subject .queue .team .assignee .priority .tags .unread
//	  .channel .inbox             of the newest message
//	  .channels .inboxes          all it went over
//	  .waiting                    the customer waits for an answer
//	  .waiting_seconds .waiting_since
//	  .queued_seconds             since it entered its queue, 0 when it waits in none
//	  .age_seconds .created_at .updated_at
//	  .snoozed_until .callback    callback: a call is promised
//	  .survey_score               -1 while there is none
//	  .warned .breached           service levels: first_response, next_response, resolution
//	message                       the one the fact or the opening is about
//	  .id .text .subject .kind .direction .channel .inbox
//	  .author                     contact, agent, system, integration, bot
//	  .author_id .automatic .verified .flags
//	  .from                       the address it came from
//	  .attachments                how many
//	  .attachment_types           "image/png"…
//	  .call_outcome               answered, missed, abandoned, voicemail…
//	  .at                         when it was written
//	fact
//	  .type                       conversation.opened, message.added…
//	  .actor .actor_id            contact, agent, system, integration, bot; the id of whoever it was
//	  .reason .outcome .at
//	  .added .removed             tags or segments
//	  .clock .policy              of a service level
//	  .status                     of a message that moved along its road
//	  .survey .score              a survey's kind, its score or -1
//	hours
//	  .open                       it is open now by the hours of the conversation's queue; true without hours
//	  .open_ids                   ids of all hours that are open now
//
// Money is a double in the units of its currency, and is never converted from one
// currency into another.
type Scope struct {
	Now          time.Time          `json:"now"`
	Contact      *ScopeContact      `json:"contact"`
	Conversation *ScopeConversation `json:"conversation"`
	Message      *ScopeMessage      `json:"message"`
	Fact         *ScopeFact         `json:"fact"`
	Hours        *ScopeHours        `json:"hours"`
}

// Never is the time that stands for none: so long ago that whatever is asked
// since then has passed.
var Never = time.Unix(0, 0).UTC()

// Sees are the variables of [Scope] that the expressions of a kind may name. A
// kind that is not listed has no expressions.
func Sees(kind string) ([]string, bool) {
	switch kind {
	case KindRoute:
		return []string{"now", "contact", "conversation", "message", "hours"}, true
	case KindRule:
		return []string{"now", "contact", "conversation", "message", "fact", "hours"}, true
	case KindSegment:
		return []string{"now", "contact"}, true
	case KindQuestionnaire:
		return []string{"now", "contact", "conversation", "hours"}, true
	}
	return nil, false
}

// Unseen are paths that expressions of a kind must not name although their
// variable is there. A routing target is asked by the router, which holds orders but
// neither what was written nor what was answered: whoever wants to route by those
// makes a segment of them. A segment that asked for segments would depend on the
// order in which they are asked.
func Unseen(kind string) []string {
	switch kind {
	case KindRoute:
		return []string{
			"contact.first_seen", "contact.last_seen", "contact.last_message_at", "contact.messages_count", "contact.score", "contact.scored_at",
		}
	case KindSegment:
		return []string{"contact.segments"}
	}
	return nil
}

// ScopeContact is told at [Scope]. Orders are newest first; [SetOrders] sets them
// and all that follows from them.
type ScopeContact struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	FirstName         string            `json:"first_name"`
	Email             string            `json:"email"`
	Phone             string            `json:"phone"`
	Points            []string          `json:"points"`
	Language          string            `json:"language"`
	Attributes        map[string]string `json:"attributes"`
	Segments          []string          `json:"segments"`
	Orders            []ScopeOrder      `json:"orders"`
	OrdersCount       int               `json:"orders_count"`
	Currency          string            `json:"currency"`
	Spent             float64           `json:"spent"`
	FirstOrderAt      time.Time         `json:"first_order_at"`
	LastOrderAt       time.Time         `json:"last_order_at"`
	FirstSeen         time.Time         `json:"first_seen"`
	LastSeen          time.Time         `json:"last_seen"`
	LastMessageAt     time.Time         `json:"last_message_at"`
	ConversationCount int               `json:"conversations_count"`
	OpenConversations int               `json:"open_conversations"`
	MessagesCount     int               `json:"messages_count"`
	Score             int               `json:"score"`
	ScoredAt          time.Time         `json:"scored_at"`
}

// ScopeOrder is told at [Scope].
type ScopeOrder struct {
	ID          string    `json:"id"`
	Number      string    `json:"number"`
	Shop        string    `json:"shop"`
	At          time.Time `json:"at"`
	Currency    string    `json:"currency"`
	Total       float64   `json:"total"`
	Refunded    float64   `json:"refunded"`
	Payment     string    `json:"payment"`
	Fulfillment string    `json:"fulfillment"`
	Cancelled   bool      `json:"cancelled"`
	Items       int       `json:"items"`
	SKUs        []string  `json:"skus"`
}

// ScopeConversation is told at [Scope].
type ScopeConversation struct {
	ID             string    `json:"id"`
	Status         string    `json:"status"`
	Subject        string    `json:"subject"`
	Channel        string    `json:"channel"`
	Inbox          string    `json:"inbox"`
	Channels       []string  `json:"channels"`
	Inboxes        []string  `json:"inboxes"`
	Queue          string    `json:"queue"`
	Team           string    `json:"team"`
	Assignee       string    `json:"assignee"`
	Tags           []string  `json:"tags"`
	Priority       int       `json:"priority"`
	Unread         int       `json:"unread"`
	Waiting        bool      `json:"waiting"`
	WaitingSeconds int       `json:"waiting_seconds"`
	WaitingSince   time.Time `json:"waiting_since"`
	QueuedSeconds  int       `json:"queued_seconds"`
	AgeSeconds     int       `json:"age_seconds"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	SnoozedUntil   time.Time `json:"snoozed_until"`
	Callback       bool      `json:"callback"`
	SurveyScore    int       `json:"survey_score"`
	Warned         []string  `json:"warned"`
	Breached       []string  `json:"breached"`
}

// ScopeMessage is told at [Scope].
type ScopeMessage struct {
	ID              string    `json:"id"`
	Text            string    `json:"text"`
	Subject         string    `json:"subject"`
	Kind            string    `json:"kind"`
	Direction       string    `json:"direction"`
	Channel         string    `json:"channel"`
	Inbox           string    `json:"inbox"`
	Author          string    `json:"author"`
	AuthorID        string    `json:"author_id"`
	Automatic       bool      `json:"automatic"`
	Verified        bool      `json:"verified"`
	Flags           []string  `json:"flags"`
	From            string    `json:"from"`
	Attachments     int       `json:"attachments"`
	AttachmentTypes []string  `json:"attachment_types"`
	CallOutcome     string    `json:"call_outcome"`
	At              time.Time `json:"at"`
}

// ScopeFact is told at [Scope].
type ScopeFact struct {
	Type    string    `json:"type"`
	Actor   string    `json:"actor"`
	ActorID string    `json:"actor_id"`
	Reason  string    `json:"reason"`
	Outcome string    `json:"outcome"`
	Added   []string  `json:"added"`
	Removed []string  `json:"removed"`
	Clock   string    `json:"clock"`
	Policy  string    `json:"policy"`
	Status  string    `json:"status"`
	Survey  string    `json:"survey"`
	Score   int       `json:"score"`
	At      time.Time `json:"at"`
}

// ScopeHours is told at [Scope].
type ScopeHours struct {
	Open    bool     `json:"open"`
	OpenIDs []string `json:"open_ids"`
}

// Attribute is one of the contact's attributes, "" for none.
func (c *ScopeContact) Attribute(name string) string { return c.Attributes[name] }

// OrdersSince counts orders that were placed at a time or later and not cancelled.
func (c *ScopeContact) OrdersSince(since time.Time) int {
	n := 0
	for i := range c.Orders {
		if !c.Orders[i].Cancelled && !c.Orders[i].At.Before(since) {
			n++
		}
	}
	return n
}

// SpentSince is what was spent on orders placed at a time or later, less refunds,
// in the contact's main currency.
func (c *ScopeContact) SpentSince(since time.Time) float64 { return c.SpentIn(c.Currency, since) }

// SpentIn is SpentSince in another currency.
func (c *ScopeContact) SpentIn(currency string, since time.Time) float64 {
	sum := 0.0
	for i := range c.Orders {
		if o := &c.Orders[i]; o.Currency == currency && !o.At.Before(since) {
			sum += o.Total
		}
	}
	return sum
}
