package reports

import (
	"cmp"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// between is the milliseconds from one time to another, and nought where clocks
// put the end before the beginning.
func between(from, to time.Time) int64 { return max(to.Sub(from).Milliseconds(), 0) }

func person(m *events.Message) bool {
	return (m.Author.Kind == "agent" || m.Author.Kind == "integration") && !m.HasFlag("automatic")
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// fact notes what a fact tells.
func (f *Fold) fact(d *events.Decision, body events.Body) {
	switch b := body.(type) {
	case *events.ConversationOpened:
		if t := f.count(d, b.Conversation, queries.ReportOpened, ""); t != nil {
			t.it.Began, t.it.First = d.At, true
		}
	case *events.ConversationReopened:
		if t := f.count(d, b.Conversation, queries.ReportReopened, ""); t != nil {
			t.it.Began, t.it.First, t.it.Asked, t.it.ForCall = d.At, false, time.Time{}, false
		}
	case *events.ConversationResolved:
		f.resolved(d, b)
	case *events.ConversationUnqueued:
		if b.Reason == events.PlaceAbandoned {
			f.count(d, b.Conversation, queries.ReportAbandoned, b.Queue)
		}
	case *events.ConversationMerged:
		into, from := f.find(b.Into), f.find(b.From)
		if into != nil && from != nil && !from.it.Asked.IsZero() && (into.it.Asked.IsZero() || from.it.Asked.Before(into.it.Asked)) {
			into.it.ForCall = from.it.ForCall && (into.it.Asked.IsZero() || into.it.ForCall)
			into.it.Asked = from.it.Asked
		}
	case *events.MessageAdded:
		if t := f.find(b.Message.ConversationID); t != nil && said(&b.Message) {
			f.message(d, t, &b.Message)
		}
	case *events.ClockStopped:
		f.stopped(d, b)
	case *events.CallbackRequested:
		f.promised(d, b)
	case *events.CallbackClosed:
		f.called(d, b)
	case *events.SurveyAsked:
		f.surveyed(d, b)
	case *events.SurveyAnswered:
		f.scored(d, b)
	case *events.AgentPresenceChanged:
		f.presence(&b.Presence, d.At)
	}
}

// count adds to a count under where the conversation stands after the decision;
// nil where the decision carries no row of it. A queue, where one is named, takes
// the place of the conversation's own.
func (f *Fold) count(d *events.Decision, id events.ConversationID, n Number, queue events.QueueID) *touched {
	t := f.find(id)
	if t == nil {
		return nil
	}
	p := t.place
	if queue != "" && string(queue) != p.Queue {
		p.Queue = string(queue)
		if t.row.Team == "" {
			p.Teams = f.serving(queue, d.At)
		}
	}
	if p.Agent == "" && followed[n] {
		p.Agent = t.coming()
	}
	f.note(d.At, n, p, 1, id)
	return t
}

func (f *Fold) resolved(d *events.Decision, b *events.ConversationResolved) {
	t := f.count(d, b.Conversation, queries.ReportResolved, "")
	if t == nil {
		return
	}
	f.note(d.At, queries.ReportResolutionTime, t.place, between(t.it.Began, d.At), t.id)
	if !clocked(d, t.id, events.Resolution) {
		f.business(d.At, queries.ReportResolutionBusiness, t.place, t.it.Began, d.At, t.id)
	}
	t.it.First, t.it.Asked, t.it.ForCall = false, time.Time{}, false
}

// promised counts a promise once: what is told of it later, as of a call in vain, is
// told of the same one. Whoever asks for nothing but a call waits from the time they
// named for it.
func (f *Fold) promised(d *events.Decision, b *events.CallbackRequested) {
	t := f.find(b.Conversation)
	if t == nil {
		return
	}
	it, cb := t.it, &b.Callback
	if it.Promise != cb.ID {
		f.count(d, t.id, queries.ReportCallbacksAsked, "")
		it.Promise, it.Wanted = cb.ID, cb.RequestedAt
	}
	wanted := d.At
	if cb.WantedAt != nil && cb.WantedAt.After(d.At) {
		wanted = *cb.WantedAt
	}
	switch {
	case it.Asked.IsZero():
		it.Asked, it.ForCall = wanted, true
	case it.ForCall && wanted.After(d.At):
		it.Asked = wanted
	}
}

// reached is how a callback ends that a customer answered.
const reached = "reached"

func (f *Fold) called(d *events.Decision, b *events.CallbackClosed) {
	n := map[string]Number{reached: queries.ReportCallbacksReached, "in-vain": queries.ReportCallbacksInVain}[b.Outcome]
	t := f.find(b.Conversation)
	if t == nil {
		return
	}
	if n != "" {
		f.note(d.At, n, t.place, 1, t.id)
	}
	if b.Outcome == reached && !t.it.Wanted.IsZero() {
		f.note(d.At, queries.ReportCallbackTime, t.place, between(t.it.Wanted, d.At), t.id)
		f.business(d.At, queries.ReportCallbackBusiness, t.place, t.it.Wanted, d.At, t.id)
	}
	t.it.Wanted, t.it.Promise = time.Time{}, ""
	switch {
	case b.Outcome == reached:
		by := t.place.Agent
		if d.Actor.Kind == "agent" && d.Actor.ID != "" {
			by = d.Actor.ID
		}
		f.answer(d, t, by, d.At)
	case t.it.ForCall:
		t.it.Asked, t.it.ForCall = time.Time{}, false
	}
}

func (f *Fold) message(d *events.Decision, t *touched, m *events.Message) {
	at, it := earlier(m.OccurredAt, d.At), t.it
	answered := m.Call != nil && m.Call.Outcome == "answered"
	if m.Direction == events.In {
		f.count(d, t.id, queries.ReportReceived, "")
		switch {
		case m.Call != nil && m.Call.Outcome == "abandoned":
			f.count(d, t.id, queries.ReportAbandoned, "")
		case answered && it.Asked.IsZero():
			it.Asked = at.Add(-time.Duration(m.Call.RingS) * time.Second)
		}
		if answered && !it.early(at) {
			f.answer(d, t, t.place.Agent, at)
		} else if !answered && !m.HasFlag("automatic") && !m.HasFlag("survey") {
			it.asks(m, at, d.At)
		}
		return
	}
	p := t.place
	if m.Author.Kind == "agent" && m.Author.ID != "" {
		p.Agent = m.Author.ID
	}
	f.note(d.At, queries.ReportSent, p, 1, t.id)
	if person(m) && (m.Call == nil || answered) && !it.early(at) {
		f.answer(d, t, p.Agent, at)
	}
}

// asks begins the customer's waiting for an answer, or makes a wait for a call one
// for an answer: from when they wrote where the call was to come later.
func (it *Item) asks(m *events.Message, at, now time.Time) {
	wish := m.HasFlag("callback")
	if it.Asked.IsZero() || !wish && it.Asked.After(now) {
		it.Asked, it.ForCall = at, wish
	}
	it.ForCall = it.ForCall && wish
}

// early reports whether the customer waits for a call at a later time and for
// nothing else: what is said to them before it does not end that.
func (it *Item) early(at time.Time) bool { return it.ForCall && it.Asked.After(at) }

// answer ends the customer's waiting for one. Where nobody asked, it only means
// that the first answer is no longer owed.
func (f *Fold) answer(d *events.Decision, t *touched, by string, at time.Time) {
	n, business, kind := queries.ReportNextResponse, queries.ReportNextResponseBusiness, events.NextResponse
	if t.it.First {
		n, business, kind = queries.ReportFirstResponse, queries.ReportFirstResponseBusiness, events.FirstResponse
	}
	t.it.First, t.answerer = false, cmp.Or(t.answerer, by)
	if t.it.Asked.IsZero() {
		return
	}
	p := t.place
	p.Agent = by
	f.note(d.At, n, p, between(t.it.Asked, at), t.id)
	if !clocked(d, t.id, kind) {
		f.business(d.At, business, p, t.it.Asked, at, t.id)
	}
	t.it.Asked, t.it.ForCall = time.Time{}, false
}

var stops = map[events.ClockKind]struct{ met, missed, took Number }{
	events.FirstResponse: {queries.ReportFirstMet, queries.ReportFirstMissed, queries.ReportFirstResponseBusiness},
	events.NextResponse:  {queries.ReportNextMet, queries.ReportNextMissed, queries.ReportNextResponseBusiness},
	events.Resolution:    {queries.ReportResolutionMet, queries.ReportResolutionMissed, queries.ReportResolutionBusiness},
}

func ended(f *events.ClockStopped) bool { return slices.Contains([]string{"met", "missed"}, f.Outcome) }

// clocked reports whether a clock of the service level measured it, so that the
// hours of the queue need not.
func clocked(d *events.Decision, id events.ConversationID, kind events.ClockKind) bool {
	for i := range d.Facts {
		if f, ok := d.Facts[i].Body.(*events.ClockStopped); ok && f.Conversation == id && f.Clock.Kind == kind && ended(f) {
			return true
		}
	}
	return false
}

// stopped counts a clock that was met or missed; one that was dropped says
// nothing.
func (f *Fold) stopped(d *events.Decision, b *events.ClockStopped) {
	t, n := f.find(b.Conversation), stops[b.Clock.Kind]
	if t == nil || n.took == "" || !ended(b) {
		return
	}
	p := t.place
	if d.Actor.Kind == "agent" && d.Actor.ID != "" {
		p.Agent = d.Actor.ID
	}
	how := n.met
	if b.Outcome == "missed" {
		how = n.missed
	}
	f.note(d.At, how, p, 1, t.id)
	f.note(d.At, n.took, p, max(b.Took, 0), t.id)
}
