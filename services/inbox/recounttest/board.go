package recounttest

import (
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

// slow is the board counted anew from all that ever happened: nothing is kept
// from one answer to the next.
type slow struct {
	day    *daytest.Day
	zone   *time.Location
	now    time.Time
	rows   map[events.ConversationID]*events.Conversation
	homes  map[events.ConversationID]home
	before map[events.ConversationID]home // the decision at hand
	marks  []mark
	states []events.Presence // in order; At is Since
	books  map[events.InboxID]queries.Book
	asides map[string]bool // those there ever were
}

// home is through which channel and inbox the customer spoke last.
type home struct {
	channel string
	inbox   events.InboxID
}

// minTaken is how many conversations must have been taken for a wait to be foretold.
const minTaken = 3

// mark is something that happened in a line.
type mark struct {
	at   time.Time
	line queries.BoardScope
	what string
}

var total = queries.BoardScope{Kind: queries.BoardTotal}

// Board is the board at a time, which is not before the newest decision of the day.
func Board(day *daytest.Day, zone *time.Location, now time.Time) *queries.BoardAnswer {
	s := &slow{day: day, zone: zone, now: now, rows: map[events.ConversationID]*events.Conversation{}, homes: map[events.ConversationID]home{}, books: map[events.InboxID]queries.Book{}, asides: map[string]bool{}}
	for _, d := range day.Log {
		s.follow(d)
	}
	return s.answer()
}

func (s *slow) follow(d *events.Decision) {
	for _, f := range d.Facts {
		switch b := f.Body.(type) {
		case *events.ConversationOpened:
			s.homes[b.Conversation] = home{b.Channel, b.Inbox}
		case *events.MessageAdded:
			if m := b.Message; m.Direction == events.In {
				s.homes[m.ConversationID] = home{m.Channel, m.InboxID}
			}
		}
	}
	var gone []events.ConversationID
	for i := range d.Conversations {
		after := &d.Conversations[i]
		before, was := s.rows[after.ID], map[queries.BoardScope]bool{}
		if before != nil && waits(before) {
			for _, l := range s.lines(before, s.before[after.ID]) {
				was[l] = true
			}
		}
		if _, known := s.homes[after.ID]; !known {
			h := home{channel: last(after.Channels)}
			h.inbox = last(after.Inboxes)
			s.homes[after.ID] = h
		}
		is, lines := map[queries.BoardScope]bool{}, s.lines(after, s.homes[after.ID])
		if waits(after) {
			for _, l := range lines {
				is[l] = true
			}
		}
		for l := range is {
			if !was[l] {
				s.marks = append(s.marks, mark{d.At, l, "arrived"})
			}
		}
		for l := range was {
			if !is[l] {
				s.marks = append(s.marks, mark{d.At, l, "left"})
				if after.Status == events.Open && after.Assignee != "" {
					s.marks = append(s.marks, mark{d.At, l, "taken"})
				}
			}
		}
		s.rows[after.ID] = after
		if !matters(after) {
			gone = append(gone, after.ID)
		}
	}
	for _, f := range d.Facts {
		s.fact(d, f.Body)
	}
	for _, id := range gone {
		delete(s.homes, id)
	}
	s.before = maps.Clone(s.homes)
}

func last[T any](list []T) (v T) {
	if len(list) > 0 {
		v = list[len(list)-1]
	}
	return v
}

func waits(c *events.Conversation) bool {
	return c.Status == events.Open && (c.Wait != nil || c.Assignee == "" && c.WaitingSince != nil)
}

func matters(c *events.Conversation) bool {
	return c.Status == events.Open || c.Status == events.Snoozed || c.Status == events.Resolved && c.Callback != nil
}

func (s *slow) lines(c *events.Conversation, h home) []queries.BoardScope {
	queue := c.Queue
	if c.Wait != nil {
		queue = c.Wait.Queue
	}
	return s.of(h, queue, c.Team)
}

func (s *slow) of(h home, queue events.QueueID, team events.TeamID) []queries.BoardScope {
	out := []queries.BoardScope{total, {Kind: queries.BoardQueue, ID: string(queue)}, {Kind: queries.BoardChannel, ID: h.channel}, {Kind: queries.BoardInbox, ID: string(h.inbox)}}
	if team != "" {
		out = append(out, queries.BoardScope{Kind: queries.BoardTeam, ID: string(team)})
		if at := slices.IndexFunc(s.day.Queues, func(q config.Queue) bool { return q.ID == queue }); at >= 0 {
			if teams := s.day.Queues[at].Teams; len(teams) == 0 || slices.Contains(teams, team) {
				return out
			}
		}
		id := queries.AsideID(team, queue)
		s.asides[id] = true
		return append(out, queries.BoardScope{Kind: queries.BoardAside, ID: id})
	}
	for _, q := range s.day.Queues {
		if q.ID == queue {
			for _, t := range distinct(q.Teams) {
				out = append(out, queries.BoardScope{Kind: queries.BoardTeam, ID: string(t)})
			}
		}
	}
	return out
}

func (s *slow) fact(d *events.Decision, body events.Body) {
	note := func(id events.ConversationID, queue events.QueueID, what string) {
		c := s.rows[id]
		if queue == "" {
			queue = c.Queue
		}
		for _, l := range s.of(s.homes[id], queue, c.Team) {
			s.marks = append(s.marks, mark{d.At, l, what})
		}
	}
	switch f := body.(type) {
	case *events.AgentPresenceChanged:
		s.states = append(s.states, f.Presence)
	case *events.ConversationOpened:
		note(f.Conversation, "", "opened")
	case *events.ConversationReopened:
		note(f.Conversation, "", "reopened")
	case *events.ConversationResolved:
		note(f.Conversation, "", "resolved")
	case *events.ConversationUnqueued:
		if f.Reason == events.PlaceAbandoned {
			note(f.Conversation, f.Queue, "abandoned")
		}
	case *events.MessageAdded:
		if c := f.Message.Call; c != nil && c.Outcome == "abandoned" {
			note(f.Message.ConversationID, "", "abandoned")
		}
	case *events.ClockStopped:
		if f.Clock.Kind == events.FirstResponse && f.Outcome != "dropped" {
			note(f.Conversation, "", f.Outcome)
		}
	case *events.InboundStored:
		b := s.books[f.Inbox]
		b.Stored++
		s.books[f.Inbox] = b
	case *events.InboundDuplicate:
		b := s.books[f.Inbox]
		b.Duplicate++
		s.books[f.Inbox] = b
	case *events.InboundRejected:
		b := s.books[f.Inbox]
		b.Rejected++
		s.books[f.Inbox] = b
	}
}

func (s *slow) answer() *queries.BoardAnswer {
	a := &queries.BoardAnswer{At: s.now, AsOf: uint64(len(s.day.Log)), Total: s.line(total)}
	ids := map[queries.BoardKind]map[string]bool{queries.BoardQueue: {}, queries.BoardTeam: {}, queries.BoardChannel: {}, queries.BoardInbox: {}, queries.BoardAside: s.asides}
	for _, q := range s.day.Queues {
		ids[queries.BoardQueue][string(q.ID)] = true
	}
	for i := range 3 {
		ids[queries.BoardTeam]["tm"+string(rune('0'+i))] = true
	}
	for _, in := range s.day.Inboxes {
		ids[queries.BoardInbox][string(in.ID)], ids[queries.BoardChannel][in.Channel] = true, true
	}
	list := func(kind queries.BoardKind) []queries.BoardLine {
		out := []queries.BoardLine{}
		for _, id := range slices.Sorted(maps.Keys(ids[kind])) {
			out = append(out, s.line(queries.BoardScope{Kind: kind, ID: id}))
		}
		return out
	}
	a.Queues, a.Teams, a.Channels, a.Inboxes = list(queries.BoardQueue), list(queries.BoardTeam), list(queries.BoardChannel), list(queries.BoardInbox)
	for _, l := range list(queries.BoardAside) {
		l.Staff, l.ExpectedWait = nil, nil
		a.Asides = append(a.Asides, l)
	}
	a.Zone, a.Minutes = s.zone.String(), s.minutes(ids)
	a.Agents = []queries.BoardAgent{}
	for _, ag := range s.day.Agents {
		a.Agents = append(a.Agents, s.agent(ag))
	}
	return a
}

func (s *slow) line(of queries.BoardScope) queries.BoardLine {
	l := queries.BoardLine{ID: of.ID}
	var first *events.Conversation
	for _, id := range slices.Sorted(maps.Keys(s.rows)) {
		c := s.rows[id]
		if !matters(c) || !slices.Contains(s.lines(c, s.homes[id]), of) {
			continue
		}
		if c.Callback != nil {
			l.Callbacks++
			if c.Callback.WantedAt == nil || !c.Callback.WantedAt.After(s.now) {
				l.CallbacksDue++
			}
		}
		if c.Status == events.Resolved {
			continue
		}
		breached := slices.ContainsFunc(c.Clocks, func(k events.Clock) bool { return k.Breached })
		if slices.ContainsFunc(c.Clocks, func(k events.Clock) bool { return k.Breached && k.Kind == events.FirstResponse }) {
			l.ServiceNow.Late++
			l.ServiceToday.Late++
		}
		if breached {
			l.Breached++
		} else if slices.ContainsFunc(c.Clocks, func(k events.Clock) bool { return k.Warned }) {
			l.AtRisk++
		}
		if c.Status == events.Snoozed {
			l.Snoozed++
			continue
		}
		l.Open++
		if c.Offer != nil {
			l.Offered++
		}
		if c.Assignee != "" {
			l.InWork++
		}
		if waits(c) {
			l.Waiting++
			if first == nil || begins(c).Before(begins(first)) {
				first = c
			}
		}
	}
	if first != nil {
		since := begins(first)
		l.Longest, l.LongestSince = first.ID, &since
		l.LongestTeam, l.LongestQueue = first.Team, first.Queue
		if first.Wait != nil {
			l.LongestQueue = first.Wait.Queue
		}
	}
	s.happened(of, &l)
	l.Staff = s.staff(of)
	l.ExpectedWait = s.expected(of, &l)
	for _, in := range s.day.Inboxes {
		if !s.feeds(in, of) {
			continue
		}
		if l.Books == nil {
			l.Books = &queries.Book{}
		}
		b := s.books[in.ID]
		l.Books.Stored += b.Stored
		l.Books.Duplicate += b.Duplicate
		l.Books.Rejected += b.Rejected
	}
	return l
}

// feeds says whether what comes through an inbox is in the books of a line.
func (s *slow) feeds(in config.Inbox, of queries.BoardScope) bool {
	switch of.Kind {
	case queries.BoardTotal:
		return true
	case queries.BoardInbox:
		return string(in.ID) == of.ID
	case queries.BoardChannel:
		return in.Channel == of.ID
	case queries.BoardQueue:
		return string(in.Queue) == of.ID
	}
	return slices.Contains(s.serves(in), events.TeamID(of.ID))
}

// serves are the teams that an inbox brings work for; everybody where there are none.
func (s *slow) serves(in config.Inbox) (out []events.TeamID) {
	for _, q := range s.day.Queues {
		if q.ID == in.Queue {
			out = append(out, q.Teams...)
		}
	}
	if in.Team != "" {
		out = append(out, in.Team)
	}
	return out
}

func begins(c *events.Conversation) time.Time {
	if c.Wait != nil {
		return c.Wait.Since
	}
	return *c.WaitingSince
}

// edge is the beginning of the stretch of minutes that ends with the step of now.
func (s *slow) edge(minutes int) time.Time {
	end := s.now.Truncate(10 * time.Second).Add(10 * time.Second)
	return end.Add(-time.Duration(minutes) * time.Minute)
}

func (s *slow) happened(of queries.BoardScope, l *queries.BoardLine) {
	today := s.now.In(s.zone).Format(time.DateOnly)
	for _, m := range s.marks {
		if m.line != of {
			continue
		}
		for minutes, n := range map[int]int{1: 1, 5: 5, 15: 15, 30: 30} {
			if m.at.Before(s.edge(minutes)) {
				continue
			}
			switch {
			case m.what == "arrived" || m.what == "left":
				lately := &l.Arrivals
				if m.what == "left" {
					lately = &l.Departures
				}
				switch n {
				case 1:
					lately.M1++
				case 5:
					lately.M5++
				case 15:
					lately.M15++
				}
			case m.what == "met" && n == 30:
				l.ServiceNow.Met++
			case m.what == "missed" && n == 30:
				l.ServiceNow.Missed++
			}
		}
		if m.at.In(s.zone).Format(time.DateOnly) != today {
			continue
		}
		switch m.what {
		case "opened":
			l.Today.Opened++
		case "reopened":
			l.Today.Reopened++
		case "resolved":
			l.Today.Resolved++
		case "abandoned":
			l.Today.Abandoned++
		case "met":
			l.ServiceToday.Met++
		case "missed":
			l.ServiceToday.Missed++
		}
	}
}

func distinct(teams []events.TeamID) []events.TeamID {
	return slices.Compact(slices.Sorted(slices.Values(teams)))
}
