package access

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// SeesLine reports whether a line of the board may be shown to this person: those
// of the queues from which one of their teams takes or that name no team, and of
// their teams. The true total, channels and inboxes speak of everybody's work and
// are the administrator's.
func (v *Viewer) SeesLine(s queries.BoardScope) bool {
	if v.Administrator() {
		return true
	}
	switch s.Kind {
	case queries.BoardQueue:
		queue := events.QueueID(s.ID)
		return slices.Contains(v.Queues, queue) || slices.Contains(v.Shared, queue)
	case queries.BoardTeam:
		return v.inTeam(events.TeamID(s.ID))
	}
	return false
}

// SeesAgent reports whether an agent may be shown to this person on the board: to
// an agent they themselves, to a supervisor also whoever shares a team with them.
func (v *Viewer) SeesAgent(a *queries.BoardAgent) bool {
	switch {
	case v.Administrator(), v.ID != "" && a.ID == v.ID:
		return true
	case v.Role == config.RoleSupervisor:
		return slices.ContainsFunc(a.Teams, v.inTeam)
	}
	return false
}

// Lines are those of a kind that this person sees, in their order. The result may
// be the list itself.
func (v *Viewer) Lines(kind queries.BoardKind, lines []queries.BoardLine) []queries.BoardLine {
	if v.Administrator() {
		return lines
	}
	out := make([]queries.BoardLine, 0, len(lines))
	for i := range lines {
		if v.SeesLine(queries.BoardScope{Kind: kind, ID: lines[i].ID}) {
			out = append(out, lines[i])
		}
	}
	return out
}

// Agents are those that this person sees, in their order. The result may be the
// list itself.
func (v *Viewer) Agents(agents []queries.BoardAgent) []queries.BoardAgent {
	if v.Administrator() {
		return agents
	}
	out := []queries.BoardAgent{}
	for i := range agents {
		if v.SeesAgent(&agents[i]) {
			out = append(out, agents[i])
		}
	}
	return out
}

// Alarms are those of lines that this person sees; never nil.
func (v *Viewer) Alarms(alarms []queries.AlarmState) []queries.AlarmState {
	out := []queries.AlarmState{}
	for _, a := range alarms {
		if v.SeesLine(a.Scope) {
			out = append(out, a)
		}
	}
	return out
}

// Board is what this person sees of a board. It shares lines with it.
func (v *Viewer) Board(b *queries.BoardAnswer) *queries.BoardAnswer {
	out := &queries.BoardAnswer{
		At: b.At, AsOf: b.AsOf, Queues: v.Lines(queries.BoardQueue, b.Queues), Teams: v.Lines(queries.BoardTeam, b.Teams),
		Channels: v.Lines(queries.BoardChannel, b.Channels), Inboxes: v.Lines(queries.BoardInbox, b.Inboxes),
		Agents: v.Agents(b.Agents), Alarms: v.Alarms(b.Alarms), Zone: b.Zone, Minutes: v.Minutes(b.Minutes),
	}
	out.Total = v.Total(b, out.Queues)
	return out
}

// Minutes are those of the lines that this person sees, with the total as [Viewer.Total]
// has it. Nil stays nil; the result may be m itself.
func (v *Viewer) Minutes(m *queries.BoardMinutes) *queries.BoardMinutes {
	if m == nil || v.Administrator() {
		return m
	}
	out := &queries.BoardMinutes{Until: m.Until, Count: m.Count, Lines: []queries.BoardCourse{}}
	total := queries.BoardCourse{Kind: queries.BoardTotal}
	for _, list := range []*[]int{&total.Waiting, &total.Arrivals, &total.Departures} {
		*list = make([]int, max(0, min(m.Count, queries.BoardHour)))
	}
	for i := range m.Lines {
		l := &m.Lines[i]
		if !v.SeesLine(l.Scope()) {
			continue
		}
		out.Lines = append(out.Lines, *l)
		if l.Kind == queries.BoardQueue {
			sum(total.Waiting, l.Waiting)
			sum(total.Arrivals, l.Arrivals)
			sum(total.Departures, l.Departures)
		}
	}
	if len(out.Lines) > 0 {
		out.Lines = slices.Insert(out.Lines, 0, total)
	}
	return out
}

func sum(to, of []int) {
	for i := range min(len(to), len(of)) {
		to[i] += of[i]
	}
}

// Total is the total as this person sees it: the board's own to an administrator,
// to the others that of the queues they see, with the agents of their teams. The
// latter tells no expected wait, and who moves from one of those queues to another
// departed and arrived.
func (v *Viewer) Total(b *queries.BoardAnswer, seen []queries.BoardLine) queries.BoardLine {
	if v.Administrator() {
		return b.Total
	}
	t := queries.BoardLine{Staff: &queries.Staff{}}
	for i := range seen {
		add(&t, &seen[i])
	}
	for i := range b.Agents {
		if a := &b.Agents[i]; a.ID == v.ID || slices.ContainsFunc(a.Teams, v.inTeam) {
			count(t.Staff, a)
		}
	}
	return t
}

func add(t, l *queries.BoardLine) {
	t.Open += l.Open
	t.Snoozed += l.Snoozed
	t.Waiting += l.Waiting
	t.Offered += l.Offered
	t.InWork += l.InWork
	t.AtRisk += l.AtRisk
	t.Breached += l.Breached
	t.Callbacks += l.Callbacks
	t.CallbacksDue += l.CallbacksDue
	t.Arrivals = lately(t.Arrivals, l.Arrivals)
	t.Departures = lately(t.Departures, l.Departures)
	t.ServiceNow = service(t.ServiceNow, l.ServiceNow)
	t.ServiceToday = service(t.ServiceToday, l.ServiceToday)
	t.Today.Opened += l.Today.Opened
	t.Today.Reopened += l.Today.Reopened
	t.Today.Resolved += l.Today.Resolved
	t.Today.Abandoned += l.Today.Abandoned
	if l.LongestSince != nil && longer(t.LongestSince, *l.LongestSince) {
		t.Longest, t.LongestSince = l.Longest, l.LongestSince
	}
}

func longer(than *time.Time, since time.Time) bool { return than == nil || since.Before(*than) }

func lately(a, b queries.Lately) queries.Lately {
	return queries.Lately{M1: a.M1 + b.M1, M5: a.M5 + b.M5, M15: a.M15 + b.M15}
}

func service(a, b queries.ServiceLevel) queries.ServiceLevel {
	return queries.ServiceLevel{Met: a.Met + b.Met, Missed: a.Missed + b.Missed}
}

// count adds an agent to the staff as the board itself does.
func count(s *queries.Staff, a *queries.BoardAgent) {
	switch {
	case a.State == events.AgentOffline:
		s.Offline++
	case a.Lost:
		s.Lost++
	case a.State == events.AgentAvailable:
		s.Available++
		s.Load += a.Load
		s.Capacity += a.Capacity
		if a.Load < a.Capacity {
			s.Free++
		}
	case a.State == events.AgentWrapUp:
		s.WrapUp++
	default:
		s.Away++
	}
}
