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

// DryRunAnswer is what it would have done, oldest first. Conversations are as they
// stood when it would have acted, the customer and the hours of business as they
// are known now. Had the rule been there, what it did would have had consequences
// of its own; those are not guessed.
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
}

// DryRunOne is one time that a rule would have acted. Actions have their texts
// filled in; a reply that would have been held back, because it would answer a
// machine or follow another too soon, is not among them and sets Held.
type DryRunOne struct {
	Seq          uint64                `json:"seq"`
	At           time.Time             `json:"at"`
	Fact         string                `json:"fact"`
	Conversation events.ConversationID `json:"conversation"`
	Contact      events.ContactRef     `json:"contact"`
	Actions      []config.Action       `json:"actions"`
	Held         bool                  `json:"held,omitempty"`
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
