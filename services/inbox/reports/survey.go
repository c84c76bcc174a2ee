package reports

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Asking is the newest survey of a conversation: where it was counted, and the
// score it got, with when. Earlier are those before it, the latest first: their
// buttons can still be pressed. Its fields are exported to be stored.
type Asking struct {
	ID      events.SurveyID   `json:"i"`
	Kind    events.SurveyKind `json:"k"`
	Place   Place             `json:"p"`
	Score   *int              `json:"s,omitempty"`
	At      time.Time         `json:"t,omitzero"`
	Earlier []Asking          `json:"e,omitempty"`
}

// maxEarlier is as many as the router takes an answer to.
const maxEarlier = 4

// before is what an asking leaves behind.
func before(a *Asking) []Asking {
	if a == nil {
		return nil
	}
	was := *a
	was.Earlier = nil
	all := append([]Asking{was}, a.Earlier...)
	return all[:min(len(all), maxEarlier)]
}

// of finds an asking by its survey; nil where it is not known.
func (a *Asking) of(survey events.SurveyID) *Asking {
	if a == nil || a.ID == survey {
		return a
	}
	for i := range a.Earlier {
		if a.Earlier[i].ID == survey {
			return &a.Earlier[i]
		}
	}
	return nil
}

var opinions = map[events.SurveyKind]struct{ asked, answered, good, poor, sum Number }{
	events.CSAT: {queries.ReportCSATAsked, queries.ReportCSATAnswered, queries.ReportCSATGood, queries.ReportCSATPoor, queries.ReportCSATSum},
	events.NPS:  {queries.ReportNPSAsked, queries.ReportNPSAnswered, queries.ReportNPSGood, queries.ReportNPSPoor, queries.ReportNPSSum},
	events.CES:  {queries.ReportCESAsked, queries.ReportCESAnswered, queries.ReportCESGood, queries.ReportCESPoor, queries.ReportCESSum},
}

// surveyed counts an asking under who answered the customer last, whoever has the
// conversation when the answer comes.
func (f *Fold) surveyed(d *events.Decision, b *events.SurveyAsked) {
	t, n := f.find(b.Conversation), opinions[b.Survey.Kind]
	if t == nil || n.asked == "" {
		return
	}
	p, s := t.place, &b.Survey
	p.Agent = string(s.Agent)
	if s.Channel != "" {
		p.Channel = s.Channel
	}
	if s.Queue != "" {
		p.Queue = string(s.Queue)
	}
	if p.Teams = string(s.Team); s.Team == "" {
		p.Teams = f.serving(events.QueueID(p.Queue), d.At)
	}
	t.it.Survey = &Asking{ID: s.ID, Kind: s.Kind, Place: p, Earlier: before(t.it.Survey)}
	f.note(d.At, n.asked, p, 1, t.id)
}

// scored counts an answer where its asking was counted, at the time of the answer.
// One that takes the place of an earlier one takes it back.
func (f *Fold) scored(d *events.Decision, b *events.SurveyAnswered) {
	t := f.find(b.Conversation)
	if t == nil {
		return
	}
	a := t.it.Survey.of(b.Survey)
	if a == nil {
		return
	}
	if a.Score != nil {
		f.opinion(a, -1, t.id)
	}
	score := b.Score
	a.Score, a.At = &score, d.At
	f.opinion(a, 1, t.id)
}

func (f *Fold) opinion(a *Asking, by int64, id events.ConversationID) {
	n := opinions[a.Kind]
	f.note(a.At, n.answered, a.Place, by, id)
	f.note(a.At, n.sum, a.Place, by*int64(*a.Score), id)
	if a.Kind.Good(*a.Score) {
		f.note(a.At, n.good, a.Place, by, id)
	}
	if a.Kind.Poor(*a.Score) {
		f.note(a.At, n.poor, a.Place, by, id)
	}
}
