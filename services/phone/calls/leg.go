package calls

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Internal is the direction of a leg between two of our own telephones. A call
// of nothing but such legs has no customer; see [Folded].
const Internal events.Direction = "internal"

// Role is who is at the far end of a leg.
type Role string

// A person is the zero value. A machine is a menu, an announcement, a hold
// tone; queue is the waiting line itself, not an agent it rang.
const (
	Person    Role = ""
	Machine   Role = "machine"
	Queue     Role = "queue"
	Voicemail Role = "voicemail"
)

// Result is how a leg ended that nobody answered.
type Result string

// Cancelled is given up by the side that called; Rejected is refused by the
// side that was called. The zero value counts as NoAnswer.
const (
	NoAnswer  Result = "no-answer"
	Cancelled Result = "cancelled"
	Busy      Result = "busy"
	Rejected  Result = "rejected"
	Failed    Result = "failed"
)

// Leg is one part of a call as an exchange recorded it. ID names it within the
// inbox for ever; Call is the same for all legs of one call. From, To are
// normalised by whoever reads the record (E.164 where the number is one); From
// is empty and Withheld set where the caller hid it.
type Leg struct {
	ID        string           `json:"id"`
	Call      string           `json:"call"`
	Direction events.Direction `json:"direction,omitempty"` // in, out, internal; empty: the record does not say
	Role      Role             `json:"role,omitempty"`
	Result    Result           `json:"result,omitempty"`
	From      string           `json:"from,omitempty"`
	To        string           `json:"to,omitempty"`
	Name      string           `json:"name,omitempty"` // what the network shows of the caller
	Withheld  bool             `json:"withheld,omitempty"`
	// Agent is our person on this leg: the extension or name that was rung, or
	// that called out.
	Agent string `json:"agent,omitempty"`
	Queue string `json:"queue,omitempty"`
	// AnsweredAt is nought where nothing took the leg.
	StartedAt  time.Time `json:"started_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	EndedAt    time.Time `json:"ended_at"`
	// Untimed says that the exchange gave no times: they are those at which word of
	// the leg first arrived. Word that comes again moves nothing, and the call does
	// not end when it arrives unless no leg knows better.
	Untimed bool `json:"untimed,omitempty"`
	// Order is the exchange's own tie-break of legs that began together.
	Order string `json:"order,omitempty"`
	// Closes says that the call is over with this leg: what comes later is a
	// straggler. Without it a leg waits longer for its siblings.
	Closes     bool   `json:"closes,omitempty"`
	Recording  string `json:"recording,omitempty"` // where the file is, as the exchange says
	Transcript string `json:"transcript,omitempty"`
}

// Answered reports that a person took the leg.
func (l Leg) Answered() bool { return l.Role == Person && !l.AnsweredAt.IsZero() }

func (l Leg) begin() time.Time {
	if l.StartedAt.IsZero() {
		return l.EndedAt
	}
	return l.StartedAt
}

// Merge adds legs to those known and returns them in the order of the call,
// each id once. Of two records of one leg the one that ended later stands, or
// of two untimed ones the one that arrived first; of two that differ otherwise,
// always the same one. The arguments are unchanged.
func Merge(known []Leg, more ...Leg) []Leg {
	best := make(map[string]Leg, len(known)+len(more))
	for _, l := range slices.Concat(known, more) {
		l.StartedAt, l.AnsweredAt, l.EndedAt = whole(l.StartedAt), whole(l.AnsweredAt), whole(l.EndedAt)
		if had, ok := best[l.ID]; !ok || richer(l, had) {
			best[l.ID] = l
		}
	}
	out := make([]Leg, 0, len(best))
	for _, l := range best {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Leg) int {
		return cmp.Or(a.begin().Compare(b.begin()), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// whole drops what JSON would not keep, so that a leg read back equals itself.
func whole(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Round(0).UTC()
}

func richer(a, b Leg) bool {
	if a.Untimed != b.Untimed {
		return b.Untimed
	}
	if c := a.EndedAt.Compare(b.EndedAt); c != 0 {
		return (c > 0) != a.Untimed
	}
	x, _ := json.Marshal(a) // plain fields always encode
	y, _ := json.Marshal(b)
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c > 0
	}
	return string(x) > string(y)
}
