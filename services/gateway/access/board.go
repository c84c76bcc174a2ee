package access

import (
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// SeesLine reports whether a line of the board may be shown to this person: those
// of the queues from which one of their teams takes or that name no team, and of
// their teams; to a supervisor also those of inboxes that bring work for them, and of
// their channels, see [Viewer.Channels]. The true total speaks of everybody's work and
// is the administrator's.
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
	case queries.BoardInbox:
		return v.SeesInbox(events.InboxID(s.ID))
	case queries.BoardChannel:
		return v.Role == config.RoleSupervisor && slices.ContainsFunc(v.Feeds, func(f Feed) bool { return f.Channel == s.ID })
	}
	return false
}

// seesWhole reports whether the line is shown as the board itself has it.
func (v *Viewer) seesWhole(s queries.BoardScope) bool {
	return v.SeesLine(s) && (v.Administrator() || s.Kind != queries.BoardChannel || !slices.Contains(v.Parted, s.ID))
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

// Lines are those of a kind that this person sees as they are, in their order; for
// channels ask [Viewer.Channels]. The result may be the list itself.
func (v *Viewer) Lines(kind queries.BoardKind, lines []queries.BoardLine) []queries.BoardLine {
	if v.Administrator() {
		return lines
	}
	out := make([]queries.BoardLine, 0, len(lines))
	for i := range lines {
		if v.seesWhole(queries.BoardScope{Kind: kind, ID: lines[i].ID}) {
			out = append(out, v.unnamed(lines[i]))
		}
	}
	return out
}

// unnamed is a line without the name of who waits the longest where this person does
// not see them. Since when they wait is a number of the line.
func (v *Viewer) unnamed(l queries.BoardLine) queries.BoardLine {
	if !v.Sees(&events.Conversation{Team: l.LongestTeam, Queue: l.LongestQueue}) {
		l.Longest, l.LongestTeam, l.LongestQueue = "", "", ""
	}
	return l
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

// Alarms are those of lines that this person sees as they are; never nil.
func (v *Viewer) Alarms(alarms []queries.AlarmState) []queries.AlarmState {
	out := []queries.AlarmState{}
	for _, a := range alarms {
		if v.seesWhole(a.Scope) {
			out = append(out, a)
		}
	}
	return out
}

// Board is what this person sees of a board. It shares lines with it.
func (v *Viewer) Board(b *queries.BoardAnswer) *queries.BoardAnswer {
	out := &queries.BoardAnswer{
		At: b.At, AsOf: b.AsOf, Queues: v.Lines(queries.BoardQueue, b.Queues), Teams: v.Lines(queries.BoardTeam, b.Teams),
		Channels: v.Channels(b), Inboxes: v.Lines(queries.BoardInbox, b.Inboxes),
		Agents: v.Agents(b.Agents), Alarms: v.Alarms(b.Alarms), Zone: b.Zone, Minutes: v.Minutes(b.Minutes),
	}
	out.Total = v.total(b, out.Queues)
	return out
}

// Channels are the lines of the channels that this person sees, in their order. Of a
// channel with an inbox that brings no work for them it is the sum of the other
// inboxes, as [Viewer.Total] is that of queues, with the agents that those bring work
// for. The result may be the board's own list.
func (v *Viewer) Channels(b *queries.BoardAnswer) []queries.BoardLine {
	if v.Administrator() {
		return b.Channels
	}
	out := []queries.BoardLine{}
	for i := range b.Channels {
		channel := b.Channels[i].ID
		if scope := (queries.BoardScope{Kind: queries.BoardChannel, ID: channel}); !v.SeesLine(scope) {
			continue
		} else if v.seesWhole(scope) {
			out = append(out, v.unnamed(b.Channels[i]))
			continue
		}
		feeds, lines := v.feeds(channel), []queries.BoardLine(nil)
		for j := range b.Inboxes {
			if slices.ContainsFunc(feeds, func(f Feed) bool { return string(f.Inbox) == b.Inboxes[j].ID }) {
				lines = append(lines, v.unnamed(b.Inboxes[j]))
			}
		}
		line := added(lines)
		line.ID = channel
		line.Staff = staff(b.Agents, func(a *queries.BoardAgent) bool {
			return slices.ContainsFunc(feeds, func(f Feed) bool { return f.For(a.Teams) })
		})
		out = append(out, line)
	}
	return out
}

// Minutes are those of the lines that this person sees, with the total and parted
// channels as [Viewer.Total] and [Viewer.Channels] have them. Nil stays nil; the result
// may be m itself.
func (v *Viewer) Minutes(m *queries.BoardMinutes) *queries.BoardMinutes {
	if m == nil {
		return nil
	}
	if v.Administrator() {
		return shown(m)
	}
	out := &queries.BoardMinutes{Until: m.Until, Count: m.Count, Lines: []queries.BoardCourse{}}
	total, parted, asides := course(m, queries.BoardTotal, ""), map[string]*queries.BoardCourse{}, false
	for i := range m.Lines {
		l := &m.Lines[i]
		if l.Kind == queries.BoardAside && v.seesAside(l.ID) {
			sum(total, l)
			asides = true
		}
		if !v.SeesLine(l.Scope()) {
			continue
		}
		if v.seesWhole(l.Scope()) {
			out.Lines = append(out.Lines, *l)
		}
		switch l.Kind {
		case queries.BoardQueue:
			sum(total, l)
		case queries.BoardInbox:
			at := slices.IndexFunc(v.Feeds, func(f Feed) bool { return string(f.Inbox) == l.ID })
			channel := v.Feeds[at].Channel // there is one: they see the line
			if !slices.Contains(v.Parted, channel) {
				continue
			}
			if parted[channel] == nil {
				parted[channel] = course(m, queries.BoardChannel, channel)
			}
			sum(parted[channel], l)
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(parted)) {
		out.Lines = append(out.Lines, *parted[channel])
	}
	if len(out.Lines) > 0 || asides {
		out.Lines = slices.Insert(out.Lines, 0, *total)
	}
	return out
}

// shown leaves out the lines that no screen has. The result may be m itself.
func shown(m *queries.BoardMinutes) *queries.BoardMinutes {
	aside := func(c queries.BoardCourse) bool { return c.Kind == queries.BoardAside }
	if !slices.ContainsFunc(m.Lines, aside) {
		return m
	}
	return &queries.BoardMinutes{Until: m.Until, Count: m.Count, Lines: slices.DeleteFunc(slices.Clone(m.Lines), aside)}
}

// seesAside reports whether an aside is in this person's total and in no queue of it.
func (v *Viewer) seesAside(id string) bool {
	team, queue := queries.AsideOf(id)
	return v.inTeam(team) && !slices.Contains(v.Queues, queue) && !slices.Contains(v.Shared, queue)
}

// course is one of m's length in which nothing happens.
func course(m *queries.BoardMinutes, kind queries.BoardKind, id string) *queries.BoardCourse {
	n := max(0, min(m.Count, queries.BoardHour))
	return &queries.BoardCourse{Kind: kind, ID: id, Waiting: make([]int, n), Arrivals: make([]int, n), Departures: make([]int, n)}
}

func sum(to, of *queries.BoardCourse) {
	for _, l := range []struct{ to, of []int }{{to.Waiting, of.Waiting}, {to.Arrivals, of.Arrivals}, {to.Departures, of.Departures}} {
		for i := range min(len(l.to), len(l.of)) {
			l.to[i] += l.of[i]
		}
	}
}

// Total is the total as this person sees it: the board's own to an administrator,
// to the others what stands in the queues they see or under one of their teams in
// another, with the agents of their teams and, to a supervisor, the books of the inboxes
// they see. To a supervisor a report says the same, see [Viewer.Reports]. Who moves from
// one of those queues to another departed and arrived; for the expected wait, which is
// that of the queues, see [expected].
func (v *Viewer) Total(b *queries.BoardAnswer) queries.BoardLine {
	return v.total(b, v.Lines(queries.BoardQueue, b.Queues))
}

// total is Total where the queues that are seen are known already.
func (v *Viewer) total(b *queries.BoardAnswer, seen []queries.BoardLine) queries.BoardLine {
	if v.Administrator() {
		return b.Total
	}
	t := added(seen)
	for i := range b.Asides {
		if v.seesAside(b.Asides[i].ID) {
			add(&t, &b.Asides[i])
		}
	}
	t.Books = nil // two queues may have the same inbox
	for i := range b.Inboxes {
		if l := &b.Inboxes[i]; l.Books != nil && v.SeesInbox(events.InboxID(l.ID)) {
			t.Books = booked(t.Books, l.Books)
		}
	}
	t.Staff = staff(b.Agents, func(a *queries.BoardAgent) bool { return a.ID == v.ID || slices.ContainsFunc(a.Teams, v.inTeam) })
	return t
}

// added is the sum of lines, without staff.
func added(lines []queries.BoardLine) (t queries.BoardLine) {
	for i := range lines {
		add(&t, &lines[i])
	}
	t.ExpectedWait = expected(lines)
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
	if l.Books != nil {
		t.Books = booked(t.Books, l.Books)
	}
	if l.LongestSince != nil && longer(t.LongestSince, *l.LongestSince) {
		t.Longest, t.LongestSince = l.Longest, l.LongestSince
		t.LongestTeam, t.LongestQueue = l.LongestTeam, l.LongestQueue
	}
}

func longer(than *time.Time, since time.Time) bool { return than == nil || since.Before(*than) }

func lately(a, b queries.Lately) queries.Lately {
	return queries.Lately{M1: a.M1 + b.M1, M5: a.M5 + b.M5, M15: a.M15 + b.M15}
}

func service(a, b queries.ServiceLevel) queries.ServiceLevel {
	return queries.ServiceLevel{Met: a.Met + b.Met, Missed: a.Missed + b.Missed, Late: a.Late + b.Late}
}

func booked(a, b *queries.Book) *queries.Book {
	if a == nil {
		a = &queries.Book{}
	}
	return &queries.Book{Stored: a.Stored + b.Stored, Duplicate: a.Duplicate + b.Duplicate, Rejected: a.Rejected + b.Rejected}
}

// expected is how long who comes now to one of several lines is likely to wait, in
// milliseconds: the mean of what the lines say, each with the weight of those who came
// to it in the last 15 minutes, or of one where nobody came to any. There is none where
// a line that counts says nothing.
func expected(lines []queries.BoardLine) *int64 {
	came := 0
	for i := range lines {
		came += lines[i].Arrivals.M15
	}
	sum, weights := int64(0), int64(0)
	for i := range lines {
		weight := int64(lines[i].Arrivals.M15)
		if came == 0 {
			weight = 1
		}
		if weight == 0 {
			continue
		}
		if lines[i].ExpectedWait == nil {
			return nil
		}
		sum, weights = sum+weight**lines[i].ExpectedWait, weights+weight
	}
	if weights == 0 {
		return nil
	}
	mean := sum / weights
	return &mean
}

// staff counts agents as the board itself does.
func staff(agents []queries.BoardAgent, is func(*queries.BoardAgent) bool) *queries.Staff {
	s := &queries.Staff{}
	for i := range agents {
		if is(&agents[i]) {
			count(s, &agents[i])
		}
	}
	return s
}

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
