package board

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// MinTaken is how many conversations must have been taken in the last 15 minutes
// for a wait to be foretold.
const MinTaken = 3

// At is the board at a time. Time never goes back: one before the newest decision
// counts as that. The answer shares nothing with the board, and tells of no past
// minutes: those are [Board.Minutes].
func (b *Board) At(now time.Time) *queries.BoardAnswer {
	b.pass(now)
	now = b.now
	staff := map[*scope]*queries.Staff{b.total: {}}
	for _, of := range []*scopes{&b.queues, &b.teams, &b.channels, &b.inboxes, &b.asides} {
		for _, s := range of.list {
			staff[s] = &queries.Staff{}
		}
	}
	answer := &queries.BoardAnswer{At: now, AsOf: b.seq, Agents: make([]queries.BoardAgent, 0, len(b.staff))}
	for _, a := range b.staff {
		answer.Agents = append(answer.Agents, a.line())
		for _, s := range a.scopes {
			a.count(staff[s])
		}
	}
	answer.Total = b.line(b.total, staff[b.total], now)
	list := func(of *scopes) []queries.BoardLine {
		out := make([]queries.BoardLine, 0, len(of.list))
		for _, s := range of.list {
			if !s.shown() {
				continue
			}
			out = append(out, b.line(s, staff[s], now))
		}
		return out
	}
	answer.Queues, answer.Teams = list(&b.queues), list(&b.teams)
	answer.Channels, answer.Inboxes = list(&b.channels), list(&b.inboxes)
	for _, line := range list(&b.asides) {
		line.Staff, line.ExpectedWait = nil, nil // who comes now comes to a queue
		answer.Asides = append(answer.Asides, line)
	}
	if answer.Zone = b.calendar.zone.String(); answer.Zone == "Local" {
		answer.Zone = "" // the machine's, under a name that it does not tell
	}
	return answer
}

func (b *Board) line(s *scope, staff *queries.Staff, now time.Time) queries.BoardLine {
	s.duty.advance(&s.ring, now)
	m1, m5, m15, m30 := s.ring.lately(now)
	n := &s.load
	line := queries.BoardLine{
		ID: s.id, Open: n.open, Snoozed: n.snoozed, Waiting: n.waiting, Offered: n.offered, InWork: n.inWork,
		AtRisk: n.atRisk, Breached: n.breached, Callbacks: n.callbacks, CallbacksDue: n.due,
		Arrivals:   queries.Lately{M1: m1.arrived, M5: m5.arrived, M15: m15.arrived},
		Departures: queries.Lately{M1: m1.left, M5: m5.left, M15: m15.left},
		ServiceNow: queries.ServiceLevel{Met: m30.service.met, Missed: m30.service.missed, Late: n.late},
		Staff:      staff, ExpectedWait: expected(n.waiting, m15, staff), Books: b.books(s),
	}
	if len(s.waiters) > 0 {
		first := s.waiters[0]
		since := first.since
		line.Longest, line.LongestSince = first.id, &since
		if it, ok := b.items[first.id]; ok {
			line.LongestTeam, line.LongestQueue = it.place.team, it.place.queue
		}
	}
	line.ServiceToday.Late = n.late
	if t := &s.today; t.day.Equal(b.calendar.day(now)) {
		line.ServiceToday.Met, line.ServiceToday.Missed = t.service.met, t.service.missed
		line.Today = queries.Today{Opened: t.opened, Reopened: t.reopened, Resolved: t.resolved, Abandoned: t.abandoned}
	}
	return line
}

// expected is the formula of the package comment, in milliseconds.
func expected(waiting int, m15 flow, staff *queries.Staff) *int64 {
	ms := int64(0)
	switch {
	case waiting == 0 && staff.Free > 0:
	case m15.taken < MinTaken || m15.duty <= 0 || staff.Available == 0:
		return nil
	default:
		ms = m15.duty.Milliseconds() / int64(m15.taken) * int64(waiting+1) / int64(staff.Available)
	}
	return &ms
}

func (a *agent) line() queries.BoardAgent {
	line := queries.BoardAgent{
		ID: a.id, Teams: append([]events.TeamID{}, a.settings.Teams...), State: a.presence.State, Reason: a.presence.Reason,
		Lost: a.presence.LostAt != nil && a.presence.State != events.AgentOffline, InWork: a.inWork, Offered: a.offered, Load: a.load, Capacity: a.capacity(),
	}
	if !a.presence.Since.IsZero() {
		since := a.presence.Since
		line.Since = &since
	}
	return line
}

func (a *agent) count(s *queries.Staff) {
	switch {
	case a.presence.State == events.AgentOffline:
		s.Offline++
	case a.presence.LostAt != nil:
		s.Lost++
	case a.presence.State == events.AgentAvailable:
		s.Available++
		s.Load += a.load
		s.Capacity += a.capacity()
		if a.load < a.capacity() {
			s.Free++
		}
	case a.presence.State == events.AgentWrapUp:
		s.WrapUp++
	default:
		s.Away++
	}
}
