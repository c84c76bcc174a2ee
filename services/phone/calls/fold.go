package calls

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Folded is a call and what belongs beside it in a statement.
type Folded struct {
	Call events.Call
	// Legs are the legs in the order of the call, each once.
	Legs []Leg
	// Name is what the network shows of an inbound caller.
	Name string
	// Withheld says that the caller hid the number.
	Withheld bool
	// Internal says that no leg leaves the house: there is no customer.
	Internal bool
	// Closed says that a leg said that the call is over.
	Closed bool
}

// Fold makes one call of its legs; see the package comment for the rules. Order
// and repetition of legs do not matter. No legs fold to the zero call.
func Fold(legs []Leg) events.Call { return FoldAll(legs).Call }

// FoldAll is [Fold] with what stands beside the call.
func FoldAll(legs []Leg) Folded {
	f := Folded{Legs: Merge(nil, legs...)}
	if len(f.Legs) == 0 {
		return f
	}
	f.direction()
	f.ends()
	f.people()
	f.times()
	f.Call.Outcome = f.outcome()
	for _, l := range f.Legs {
		f.Call.Legs = append(f.Call.Legs, l.ID)
		f.Closed = f.Closed || l.Closes
		if f.Call.Transcript == "" {
			f.Call.Transcript = l.Transcript
		}
		if f.Call.Recording == "" && l.Recording != "" {
			f.Call.Recording = RecordingID(l)
		}
	}
	return f
}

// RecordingID names the attachment that holds the recording of a leg.
func RecordingID(l Leg) string { return "recording:" + l.ID }

// direction is that of the first leg that leaves or enters the house. A record
// that says nothing is taken for inbound: a missed customer costs more than an
// odd line.
func (f *Folded) direction() {
	f.Internal = !slices.ContainsFunc(f.Legs, func(l Leg) bool { return l.Direction != Internal })
	f.Call.Direction = events.In
	for _, l := range f.Legs {
		if l.Direction == events.In || l.Direction == events.Out {
			f.Call.Direction = l.Direction
			return
		}
	}
}

// ends finds who called whom: the numbers of the first leg that goes the call's
// way, then those of any leg that knows one.
func (f *Folded) ends() {
	legs := slices.Clone(f.Legs)
	slices.SortStableFunc(legs, func(a, b Leg) int {
		return f.astray(a) - f.astray(b)
	})
	for _, l := range legs {
		if f.Call.From == "" && !f.Withheld {
			f.Call.From, f.Withheld = l.From, l.Withheld && l.From == ""
		}
		if f.Call.To == "" {
			f.Call.To = l.To
		}
		if f.Name == "" {
			f.Name = l.Name
		}
		if f.Call.Queue == "" {
			f.Call.Queue = l.Queue
		}
	}
}

func (f *Folded) astray(l Leg) int {
	switch l.Direction {
	case f.Call.Direction:
		return 0
	case "":
		return 1
	}
	return 2
}

// people names our agent: who first took an inbound call, who made an outbound
// one.
func (f *Folded) people() {
	var first *Leg
	for i, l := range f.Legs {
		if l.Agent == "" || (f.Call.Direction == events.In && !l.Answered()) {
			continue
		}
		if f.Call.Direction == events.Out {
			f.Call.Agent = l.Agent
			return
		}
		if first == nil || l.AnsweredAt.Before(first.AnsweredAt) {
			first = &f.Legs[i]
		}
	}
	if first != nil {
		f.Call.Agent = first.Agent
	}
}

func (f *Folded) times() {
	var start, end, person, machine time.Time
	var talks []span
	untimed := !slices.ContainsFunc(f.Legs, func(l Leg) bool { return !l.Untimed })
	for _, l := range f.Legs {
		start = earlier(start, l.begin())
		if untimed || !l.Untimed {
			end = later(end, l.EndedAt)
		}
		switch {
		case l.Answered():
			person = earlier(person, l.AnsweredAt)
			talks = append(talks, span{l.AnsweredAt, l.EndedAt})
		case l.Role == Voicemail && !l.AnsweredAt.IsZero():
			machine = earlier(machine, l.AnsweredAt)
		}
	}
	f.Call.StartedAt, f.Call.EndedAt = &start, end
	waited := end
	switch {
	case !person.IsZero():
		f.Call.AnsweredAt, waited = &person, person
	case !machine.IsZero():
		waited = machine
	}
	f.Call.RingS, f.Call.TalkS = seconds(waited.Sub(start)), seconds(together(talks))
}

func (f *Folded) outcome() string {
	var voicemail, queued bool
	seen := map[Result]bool{}
	for _, l := range f.Legs {
		switch {
		case l.Answered():
			return "answered"
		case l.Role == Voicemail:
			voicemail = true
		case l.Role == Person && l.Result == "":
			seen[NoAnswer] = true
		case l.Role == Person:
			seen[l.Result] = true
		}
		queued = queued || l.Queue != "" || l.Role == Queue
	}
	switch {
	case voicemail:
		return "voicemail"
	case queued && f.Call.Direction == events.In:
		return "abandoned"
	case seen[NoAnswer] || seen[Cancelled]:
		return "missed"
	case seen[Busy]:
		return "busy"
	case seen[Rejected]:
		return "rejected"
	case seen[Failed]:
		return "failed"
	}
	return "missed"
}

type span struct{ from, to time.Time }

// together is the length of the union of spans.
func together(spans []span) time.Duration {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var sum time.Duration
	var until time.Time
	for _, s := range spans {
		from := later(s.from, until)
		if s.to.After(from) {
			sum += s.to.Sub(from)
			until = s.to
		}
	}
	return sum
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// seconds are whole and never negative: a clock that was set back must not make
// a call of minus an hour.
func seconds(d time.Duration) int { return int(max(d, 0) / time.Second) }
