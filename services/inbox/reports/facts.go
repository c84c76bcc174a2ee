package reports

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
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

// fact counts and measures what a fact tells.
func (l *Ledger) fact(d *events.Decision, body events.Body) {
	switch f := body.(type) {
	case *events.ConversationOpened:
		if t := l.count(d, f.Conversation, Opened, ""); t != nil {
			t.it.began, t.it.first = d.At, true
		}
	case *events.ConversationReopened:
		if t := l.count(d, f.Conversation, Reopened, ""); t != nil {
			t.it.began, t.it.first, t.it.asked = d.At, false, time.Time{}
		}
	case *events.ConversationResolved:
		if t := l.count(d, f.Conversation, Resolved, ""); t != nil {
			l.at(d.At.Unix(), t.key).measure(ResolutionTime, between(t.it.began, d.At), t.it.id)
			t.it.first, t.it.asked = false, time.Time{}
		}
	case *events.ConversationUnqueued:
		if f.Reason == "left" {
			l.count(d, f.Conversation, Abandoned, f.Queue)
		}
	case *events.ConversationMerged:
		into, from := l.find(f.Into), l.find(f.From)
		if into != nil && from != nil && !from.it.asked.IsZero() && (into.it.asked.IsZero() || from.it.asked.Before(into.it.asked)) {
			into.it.asked = from.it.asked
		}
	case *events.MessageAdded:
		if t := l.find(f.Message.ConversationID); t != nil && said(&f.Message) {
			l.message(d, t, &f.Message)
		}
	case *events.ClockStopped:
		l.stopped(d, f)
	}
}

// count adds to a count under where the conversation stands after the decision;
// nil where the decision carries no row of it. A queue, where one is named, takes
// the place of the conversation's own.
func (l *Ledger) count(d *events.Decision, id events.ConversationID, n Number, queue events.QueueID) *touched {
	t := l.find(id)
	if t == nil {
		return nil
	}
	k := t.key
	if queue != "" && queue != k.queue {
		k.queue = queue
		if t.row.Team == "" {
			k.teams = l.serve[queue]
		}
	}
	l.at(d.At.Unix(), k).count(n, t.it.id)
	return t
}

func (l *Ledger) message(d *events.Decision, t *touched, m *events.Message) {
	at, it := earlier(m.OccurredAt, d.At), t.it
	answered := m.Call != nil && m.Call.Outcome == "answered"
	if m.Direction == events.In {
		l.count(d, it.id, Received, "")
		switch {
		case m.Call != nil && m.Call.Outcome == "abandoned":
			l.count(d, it.id, Abandoned, "")
		case answered && it.asked.IsZero():
			it.asked = at.Add(-time.Duration(m.Call.RingS) * time.Second)
		}
		if answered {
			l.answer(d, t, t.key.agent, at)
		} else if it.asked.IsZero() && !m.HasFlag("automatic") {
			it.asked = at
		}
		return
	}
	k := t.key
	if m.Author.Kind == "agent" && m.Author.ID != "" {
		k.agent = events.AgentID(m.Author.ID)
	}
	l.at(d.At.Unix(), k).count(Sent, it.id)
	if person(m) && (m.Call == nil || answered) {
		l.answer(d, t, k.agent, at)
	}
}

// answer ends the customer's waiting for one. Where nobody asked, it only means
// that the first answer is no longer owed.
func (l *Ledger) answer(d *events.Decision, t *touched, by events.AgentID, at time.Time) {
	n := NextResponse
	if t.it.first {
		n = FirstResponse
	}
	t.it.first = false
	if t.it.asked.IsZero() {
		return
	}
	k := t.key
	k.agent = by
	l.at(d.At.Unix(), k).measure(n, between(t.it.asked, at), t.it.id)
	t.it.asked = time.Time{}
}

var stops = map[events.ClockKind]struct{ met, missed, took Number }{
	events.FirstResponse: {FirstMet, FirstMissed, FirstResponseBusiness},
	events.NextResponse:  {NextMet, NextMissed, NextResponseBusiness},
	events.Resolution:    {ResolutionMet, ResolutionMissed, ResolutionBusiness},
}

// stopped counts a clock that was met or missed; one that was dropped says
// nothing.
func (l *Ledger) stopped(d *events.Decision, f *events.ClockStopped) {
	t, n := l.find(f.Conversation), stops[f.Clock.Kind]
	if t == nil || n.took == "" || !slices.Contains([]string{"met", "missed"}, f.Outcome) {
		return
	}
	k := t.key
	if d.Actor.Kind == "agent" && d.Actor.ID != "" {
		k.agent = events.AgentID(d.Actor.ID)
	}
	cell := l.at(d.At.Unix(), k)
	if f.Outcome == "met" {
		cell.count(n.met, t.it.id)
	} else {
		cell.count(n.missed, t.it.id)
	}
	cell.measure(n.took, max(f.Took, 0), t.it.id)
}
