package board

import (
	"maps"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Watch raises alarms. It knows only the boards it is shown, so what crosses a
// threshold and comes back between two of them was never seen; whoever owns it
// shows it one after every change and at least every few seconds.
type Watch struct {
	alarms []queries.Alarm
	since  map[string]time.Time // an alarm's threshold was crossed
}

// NewWatch makes a watch without alarms.
func NewWatch() *Watch { return &Watch{since: map[string]time.Time{}} }

// Set replaces the alarms. One that stays as it was keeps its time; one that
// [queries.Alarm.Check] refuses is left out.
func (w *Watch) Set(alarms []queries.Alarm) {
	before := map[string]queries.Alarm{}
	for _, a := range w.alarms {
		before[a.ID] = a
	}
	since := map[string]time.Time{}
	w.alarms = nil
	for _, a := range alarms {
		if a.Check() != nil {
			continue
		}
		w.alarms = append(w.alarms, a)
		if at, crossed := w.since[a.ID]; crossed && same(before[a.ID], a) {
			since[a.ID] = at
		}
	}
	w.since = since
}

// Since tells for every alarm whose threshold is crossed since when.
func (w *Watch) Since() map[string]time.Time { return maps.Clone(w.since) }

// Recall has a watch know what an earlier one of the same alarms knew; times of
// others are left out.
func (w *Watch) Recall(since map[string]time.Time) {
	for _, a := range w.alarms {
		if at, crossed := since[a.ID]; crossed {
			w.since[a.ID] = at
		}
	}
}

func same(a, b queries.Alarm) bool {
	value := func(p *int64) int64 {
		if p == nil {
			return 0
		}
		return *p
	}
	return a.Metric == b.Metric && a.Scope == b.Scope && (a.Above == nil) == (b.Above == nil) &&
		value(a.Above) == value(b.Above) && value(a.Below) == value(b.Below)
}

// Look is the alarms that are raised by a board, in the order in which they were
// set. Boards are shown in the order of their times.
func (w *Watch) Look(b *queries.BoardAnswer) []queries.AlarmState {
	var raised []queries.AlarmState
	for i := range w.alarms {
		a := &w.alarms[i]
		value, crossed := int64(0), false
		if line := find(b, a.Scope); line != nil {
			value, crossed = a.Metric.Of(line, b.At)
		}
		if !crossed || a.Above != nil && value <= *a.Above || a.Below != nil && value >= *a.Below {
			delete(w.since, a.ID)
			continue
		}
		since, before := w.since[a.ID]
		if !before {
			since = b.At
			w.since[a.ID] = since
		}
		if b.At.Sub(since) >= time.Duration(a.For)*time.Second {
			raised = append(raised, queries.AlarmState{ID: a.ID, Name: a.Name, Metric: a.Metric, Scope: a.Scope, Value: value, Since: since})
		}
	}
	return raised
}

func find(b *queries.BoardAnswer, s queries.BoardScope) *queries.BoardLine {
	var lines []queries.BoardLine
	switch s.Kind {
	case queries.BoardTotal:
		return &b.Total
	case queries.BoardQueue:
		lines = b.Queues
	case queries.BoardTeam:
		lines = b.Teams
	case queries.BoardChannel:
		lines = b.Channels
	case queries.BoardInbox:
		lines = b.Inboxes
	}
	for i := range lines {
		if lines[i].ID == s.ID {
			return &lines[i]
		}
	}
	return nil
}
