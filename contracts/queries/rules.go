package queries

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// DryRun asks what a rule would have done about the facts stored from one time
// until before another. It is asked of the automation, on events.DryRunSubject, and
// answered as the questions of the inbox are. Nothing is done.
type DryRun struct {
	Rule config.Rule `json:"rule"`
	From time.Time   `json:"from"`
	To   time.Time   `json:"to"`
}

// MaxDryRuns is how many cases an answer lists; all are counted.
const MaxDryRuns = 200

// DryRunAnswer is what it would have done, oldest first. Every fact is judged with
// the conversation, the customer, the queues, the hours of business and the agents as
// they stood at that fact. Where that is not known any more Unknown says so. A queue
// or an agent that the rule names and that was made only later is taken as there. Had
// the rule been there, what it did would have had consequences of its own; those are
// not guessed.
type DryRunAnswer struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Read is how many decisions were looked at. Partial says that the time was up
	// before all were; ReadTo is then how far it came.
	Read    int       `json:"read"`
	Partial bool      `json:"partial"`
	ReadTo  time.Time `json:"read_to"`
	// Acted is how often it would have acted, Conversations in how many.
	Acted         int         `json:"acted"`
	Conversations int         `json:"conversations"`
	Cases         []DryRunOne `json:"cases"`
	// Stopped is why the loop guard would have switched it off; nothing after that
	// is counted.
	Stopped string `json:"stopped,omitempty"`
	// Failed is how often its expression could not be asked, Failure what was wrong
	// the first time.
	Failed  int    `json:"failed"`
	Failure string `json:"failure,omitempty"`
	// Unknown is what of the past was asked for and is not known any more, what most
	// facts depend on first; at most fifty are named.
	Unknown []DryRunUnknown `json:"unknown,omitempty"`
}

// What a [DryRunUnknown] is, where it is no setting: customers before the time since
// which everybody is known as they stood, and customers of whom something was erased,
// the newest of them at that time.
const (
	UnknownCustomers = "customers"
	UnknownErased    = "erased"
)

// DryRunUnknown is something that is not known as it stood before a time. Each of the
// Facts before it was judged with how it stood at that time instead; or, of customers
// of whom something was erased, without that. What is customers, erased, or the kind
// of a setting (queue, hours, agent) of which ID is the one.
type DryRunUnknown struct {
	What  string    `json:"what"`
	ID    string    `json:"id,omitempty"`
	Until time.Time `json:"until"`
	Facts int       `json:"facts"`
}

// DryRunOne is one time that a rule would have acted. Contact is by today's name. Actions have their texts
// filled in; a reply that would have been held back, because it would answer a
// machine or follow another too soon, is not among them and sets Held. Refused is the
// kind (queue, agent) of what the next action names and what had been taken away by
// then: that action and those behind it would not have been done. Unsure says that
// something it rests on is among the answer's Unknown.
type DryRunOne struct {
	Seq          uint64                `json:"seq"`
	At           time.Time             `json:"at"`
	Fact         string                `json:"fact"`
	Conversation events.ConversationID `json:"conversation"`
	Contact      events.ContactRef     `json:"contact"`
	Actions      []config.Action       `json:"actions"`
	Held         bool                  `json:"held,omitempty"`
	Refused      string                `json:"refused,omitempty"`
	Unsure       bool                  `json:"unsure,omitempty"`
}

// RulesAnswer is how the rules are doing in the process that acts, since it began
// to. Lag is how old the oldest fact is that no rule has been asked about yet, in
// milliseconds; nought when there is none. Running is false where nobody acts now.
type RulesAnswer struct {
	Running bool         `json:"running"`
	Lag     int64        `json:"lag_ms"`
	Rules   []RuleHealth `json:"rules"`
}

// RuleHealth is how one rule is doing. Held are replies that were not sent,
// because they would have answered a machine or followed another too soon.
type RuleHealth struct {
	Rule      events.RuleID `json:"rule"`
	Acted     int           `json:"acted"`
	Refused   int           `json:"refused"`
	Failed    int           `json:"failed"`
	Held      int           `json:"held"`
	LastError string        `json:"last_error,omitempty"`
	LastAt    *time.Time    `json:"last_error_at,omitempty"`
}
