package board

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// item is a conversation that the board counts.
type item struct {
	id     events.ConversationID
	home   home
	place  place
	stand  stand
	since  time.Time // it waits
	scopes []*scope
	turns  []*turn // beside scopes, while it waits
	wanted time.Time
	alarm  int // in Board.promised; -1 while it is not there
	holder *agent
	weighs string // as what channel
	units  int
}

// home is through which channel and inbox the customer spoke last.
type home struct {
	channel string
	inbox   events.InboxID
}

// place says under which lines a conversation stands.
type place struct {
	home
	queue events.QueueID
	team  events.TeamID
}

// stand is how it counts there.
type stand struct {
	open, snoozed, waiting, offered, inWork, atRisk, breached, late, callback, due bool
}

func placeOf(c *events.Conversation, h home) place {
	p := place{home: h, queue: c.Queue, team: c.Team}
	if c.Wait != nil {
		p.queue = c.Wait.Queue
	}
	return p
}

// standOf reads a row; due is settled by the board. since is for who waits.
func standOf(c *events.Conversation) (s stand, since time.Time) {
	s.callback = c.Callback != nil && c.Status != events.Merged
	s.open, s.snoozed = c.Status == events.Open, c.Status == events.Snoozed
	if !s.open && !s.snoozed {
		return s, since
	}
	for i := range c.Clocks {
		s.breached = s.breached || c.Clocks[i].Breached
		s.atRisk = s.atRisk || c.Clocks[i].Warned
		s.late = s.late || c.Clocks[i].Kind == events.FirstResponse && c.Clocks[i].Breached
	}
	s.atRisk = s.atRisk && !s.breached
	if !s.open {
		return s, since
	}
	s.offered, s.inWork = c.Offer != nil, c.Assignee != ""
	switch {
	case c.Wait != nil:
		s.waiting, since = true, c.Wait.Since
	case c.Assignee == "" && c.WaitingSince != nil:
		s.waiting, since = true, *c.WaitingSince
	}
	return s, since
}

// concerns reports whether a row is kept.
func (s stand) concerns() bool { return s.open || s.snoozed || s.callback }

// holderOf is whose work it is, or who is asked to take it, as the assignment
// counts it.
func holderOf(c *events.Conversation) events.AgentID {
	switch {
	case c.Status != events.Open:
		return ""
	case c.Offer != nil:
		return c.Offer.Agent
	}
	return c.Assignee
}

// weighsAs is the channel whose weight counts against the agent's capacity: that
// of the newest message, ours too.
func weighsAs(c *events.Conversation) string {
	if c.LastMessage != nil {
		return c.LastMessage.Channel
	}
	if n := len(c.Channels); n > 0 {
		return c.Channels[n-1]
	}
	return ""
}

// homeOf is where a row stands of which nothing more is known.
func homeOf(c *events.Conversation) (h home) {
	if n := len(c.Channels); n > 0 {
		h.channel = c.Channels[n-1]
	}
	if n := len(c.Inboxes); n > 0 {
		h.inbox = c.Inboxes[n-1]
	}
	return h
}

// spoken is the home that a fact gives to a conversation.
func spoken(body events.Body) (events.ConversationID, home, bool) {
	switch f := body.(type) {
	case *events.ConversationOpened:
		return f.Conversation, home{f.Channel, f.Inbox}, true
	case *events.MessageAdded:
		m := &f.Message
		said := m.Direction == events.In && (m.Kind == events.KindMessage || m.Kind == events.KindCall)
		return m.ConversationID, home{m.Channel, m.InboxID}, said
	}
	return "", home{}, false
}

// lines are the lines of a place, the total first.
func (b *Board) lines(p place) []*scope {
	out := append(make([]*scope, 0, 6), b.total)
	if p.queue != "" {
		out = append(out, b.queues.of(string(p.queue)))
	}
	if p.team != "" {
		out = append(out, b.teams.of(string(p.team)))
		if b.aside(p.team, p.queue) {
			out = append(out, b.asides.of(queries.AsideID(p.team, p.queue)))
		}
	} else {
		for _, t := range b.serve[p.queue] {
			out = append(out, b.teams.of(string(t)))
		}
	}
	if p.channel != "" {
		out = append(out, b.channels.of(p.channel))
	}
	if p.inbox != "" {
		out = append(out, b.inboxes.of(string(p.inbox)))
	}
	return out
}

// aside reports whether a team's work lies where no queue of theirs is: in none, or in one
// that others serve, or that is gone. A queue that names no team is everybody's.
func (b *Board) aside(team events.TeamID, queue events.QueueID) bool {
	teams, known := b.serve[queue]
	return !known || len(teams) > 0 && !slices.Contains(teams, team)
}

// settle changes how an item counts and where, and counts who began or ceased to
// wait where at a time; a zero time counts nobody, as when only settings change.
func (b *Board) settle(it *item, lines []*scope, now stand, since time.Time, at time.Time) {
	was, before := it.stand, it.scopes
	same := slices.Equal(before, lines)
	if same && was == now && since.Equal(it.since) {
		return
	}
	for _, s := range before {
		s.load.add(was, -1)
	}
	for _, s := range lines {
		s.load.add(now, 1)
	}
	if !same || was.waiting != now.waiting || !since.Equal(it.since) {
		b.queueUp(it, lines, now.waiting, since)
	}
	it.stand, it.scopes, it.since = now, lines, since
	if same && was.waiting == now.waiting {
		return
	}
	b.moved(before, lines, was, now, at)
}

// moved tells the lines that an item has left and those it has come to.
func (b *Board) moved(before, lines []*scope, was, now stand, at time.Time) {
	counted, minute := !at.IsZero(), minuteOf(at)
	if !counted {
		minute = minuteOf(b.now)
	}
	n := stepOf(at)
	for _, s := range lines {
		if !now.waiting || was.waiting && slices.Contains(before, s) {
			continue
		}
		s.course.wait(minute, 1)
		if f := s.ring.of(n); counted && f != nil {
			f.arrived++
		}
		if p := s.course.of(minute); counted && p != nil {
			p.arrived++
		}
	}
	for _, s := range before {
		if !was.waiting || now.waiting && slices.Contains(lines, s) {
			continue
		}
		s.course.wait(minute, -1)
		if f := s.ring.of(n); counted && f != nil {
			f.left++
			if now.inWork {
				f.taken++
			}
		}
		if p := s.course.of(minute); counted && p != nil {
			p.left++
		}
	}
}

func (b *Board) queueUp(it *item, lines []*scope, waits bool, since time.Time) {
	for i, t := range it.turns {
		it.scopes[i].waiters.remove(t)
	}
	it.turns = it.turns[:0]
	if !waits {
		return
	}
	turns := make([]turn, len(lines))
	for i, s := range lines {
		turns[i] = turn{since: since, id: it.id}
		it.turns = append(it.turns, &turns[i])
		s.waiters.add(&turns[i])
	}
}
