package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// Decision is one message of the stream CONVERSATIONS: one or more facts about
// one contact, decided together and stored together.
//
// Conversations holds the state after the decision of every conversation it
// touched, so that readers fold nothing they do not want to.
type Decision struct {
	ID            string         `json:"id"`
	Contact       ContactID      `json:"contact"`
	At            time.Time      `json:"at"`
	Cause         Cause          `json:"cause"`
	Actor         Author         `json:"actor"`
	Facts         []Fact         `json:"facts"`
	Conversations []Conversation `json:"conversations,omitempty"`

	// Seq is the place in the log; it is set by readers and not stored.
	Seq uint64 `json:"-"`
}

// Cause is what a decision answers. InboundSeq is the sequence in INBOUND of
// the statement, CommandID the client's idempotency key.
type Cause struct {
	Kind       string `json:"kind"` // inbound, command, timer, lead
	InboundSeq uint64 `json:"inbound_seq,omitempty"`
	CommandID  string `json:"command_id,omitempty"`
	Trace      string `json:"trace,omitempty"`
	// Rules are those that led here, one after the other, the first one first: what
	// a rule did may be what another waits for. See [MaxRules].
	Rules []RuleID `json:"rules,omitempty"`
}

// MaxRules is how many rules may follow from one another; what the last of them
// did starts no more, so that none can go round for ever.
const MaxRules = 4

// CauseLead is the kind of the cause with which a router claims the log; such a
// decision is about no contact.
const CauseLead = "lead"

// Fact is one thing that is now true. V is the version of its shape.
type Fact struct {
	Type string
	V    int
	Body Body
}

// NewFact wraps a body with its registered name and current version.
func NewFact(body Body) Fact {
	return Fact{Type: body.FactType(), V: currentVersion(body.FactType()), Body: body}
}

type wireFact struct {
	Type string          `json:"type"`
	V    int             `json:"v"`
	Data json.RawMessage `json:"data"`
}

// MarshalJSON writes {"type","v","data"}.
func (f Fact) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type string `json:"type"`
		V    int    `json:"v"`
		Data Body   `json:"data"`
	}{f.Type, f.V, f.Body})
}

// UnmarshalJSON reads any version ever written and raises it to the current
// one. A type this program does not know becomes an [Opaque] fact, so that an
// older reader survives a newer writer.
func (f *Fact) UnmarshalJSON(data []byte) error {
	var w wireFact
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	body, err := decodeBody(w.Type, w.V, w.Data)
	if err != nil {
		return fmt.Errorf("fact %s v%d: %w", w.Type, w.V, err)
	}
	f.Type, f.V, f.Body = w.Type, w.V, body
	if _, opaque := body.(*Opaque); !opaque {
		f.V = currentVersion(w.Type)
	}
	return nil
}

// Opaque is a fact of a type that this program does not know.
type Opaque struct {
	Name string          `json:"-"`
	Data json.RawMessage `json:"-"`
}

// FactType returns the name as written.
func (o *Opaque) FactType() string { return o.Name }

// MarshalJSON writes the data as it was read, or null where there was none.
func (o *Opaque) MarshalJSON() ([]byte, error) { return o.Data.MarshalJSON() }

// Encode writes a decision as stored.
func (d *Decision) Encode() ([]byte, error) {
	w := quickWriter{b: make([]byte, 0, 2048)}
	if w.decision(d); w.failed {
		return json.Marshal(d)
	}
	return w.b, nil
}

// DecodeDecision reads a stored decision of any version.
func DecodeDecision(data []byte) (*Decision, error) {
	if d, ok := quickDecision(data); ok {
		return d, nil
	}
	d := new(Decision)
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("decode decision: %w", err)
	}
	return d, nil
}

// Encode writes a statement as stored.
func (in *Inbound) Encode() ([]byte, error) {
	w := quickWriter{b: make([]byte, 0, 2048)}
	if w.inbound(in); w.failed {
		return json.Marshal(in)
	}
	return w.b, nil
}

// DecodeInbound reads a stored statement.
func DecodeInbound(data []byte) (*Inbound, error) {
	if in, ok := quickInbound(data); ok {
		return in, nil
	}
	in := new(Inbound)
	if err := json.Unmarshal(data, in); err != nil {
		return nil, fmt.Errorf("decode inbound: %w", err)
	}
	return in, nil
}
