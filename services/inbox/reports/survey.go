package reports

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Asking is one survey that a customer was sent: where it was counted, about which
// conversation, and the score it got, with when. It is kept by the survey and not
// with its conversation, because a conversation may be folded into another, and be
// taken back out of it, while the customer thinks. Its fields are exported to be
// stored.
type Asking struct {
	Kind         events.SurveyKind     `json:"k"`
	Place        Place                 `json:"p"`
	Conversation events.ConversationID `json:"c"`
	Score        *int                  `json:"s,omitempty"`
	At           time.Time             `json:"t,omitzero"`
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
	f.keeper.SaveAsking(s.ID, &Asking{Kind: s.Kind, Place: p, Conversation: t.id})
	f.note(d.At, n.asked, p, 1, t.id)
}

// scored counts an answer where its asking was counted and behind the same
// conversation, whichever one it came to, at the time of the answer. One that takes
// the place of an earlier one takes it back.
func (f *Fold) scored(d *events.Decision, b *events.SurveyAnswered) {
	a := f.keeper.Asking(b.Survey)
	if a == nil {
		return
	}
	if a.Score != nil {
		f.opinion(a, -1)
	}
	score := b.Score
	a.Score, a.At = &score, d.At
	f.opinion(a, 1)
	f.keeper.SaveAsking(b.Survey, a)
}

func (f *Fold) opinion(a *Asking, by int64) {
	n := opinions[a.Kind]
	f.note(a.At, n.answered, a.Place, by, a.Conversation)
	f.note(a.At, n.sum, a.Place, by*int64(*a.Score), a.Conversation)
	if a.Kind.Good(*a.Score) {
		f.note(a.At, n.good, a.Place, by, a.Conversation)
	}
	if a.Kind.Poor(*a.Score) {
		f.note(a.At, n.poor, a.Place, by, a.Conversation)
	}
}
