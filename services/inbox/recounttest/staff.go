package recounttest

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

func (s *slow) presence(id events.AgentID) events.Presence {
	p := events.Presence{Agent: id, State: events.AgentOffline}
	for _, state := range s.states {
		if state.Agent == id {
			p = state
		}
	}
	return p
}

func (s *slow) agent(a config.Agent) queries.BoardAgent {
	p := s.presence(a.ID)
	line := queries.BoardAgent{ID: a.ID, Teams: a.Teams, State: p.State, Lost: p.LostAt != nil && p.State != events.AgentOffline, Capacity: a.Capacity}
	if line.Capacity == 0 {
		line.Capacity = 100
	}
	if !p.Since.IsZero() {
		line.Since = &p.Since
	}
	for _, c := range s.rows {
		asked := c.Offer != nil && c.Offer.Agent == a.ID
		if c.Status != events.Open || !asked && (c.Offer != nil || c.Assignee != a.ID) {
			continue
		}
		if asked {
			line.Offered++
		} else {
			line.InWork++
		}
		line.Load += config.DefaultWorkload().Of(c.LastMessage.Channel).Units
	}
	return line
}

// works says whether an agent counts in a line.
func (s *slow) works(a config.Agent, of queries.BoardScope) bool {
	switch of.Kind {
	case queries.BoardTotal:
		return true
	case queries.BoardTeam:
		return strings.Contains(" "+string(a.Teams[0])+" ", " "+of.ID+" ")
	case queries.BoardInbox, queries.BoardChannel:
		return slices.ContainsFunc(s.day.Inboxes, func(in config.Inbox) bool {
			teams := s.serves(in)
			return s.feeds(in, of) && (len(teams) == 0 || slices.Contains(teams, a.Teams[0]))
		})
	}
	for _, q := range s.day.Queues {
		if string(q.ID) == of.ID {
			return len(q.Teams) == 0 || slices.Contains(q.Teams, a.Teams[0])
		}
	}
	return false
}

func (s *slow) staff(of queries.BoardScope) *queries.Staff {
	out := &queries.Staff{}
	for _, a := range s.day.Agents {
		if !s.works(a, of) {
			continue
		}
		l := s.agent(a)
		switch {
		case l.Lost:
			out.Lost++
		case l.State == events.AgentOffline:
			out.Offline++
		case l.State == events.AgentAway:
			out.Away++
		case l.State == events.AgentWrapUp:
			out.WrapUp++
		default:
			out.Available++
			out.Load += l.Load
			out.Capacity += l.Capacity
			if l.Load < l.Capacity {
				out.Free++
			}
		}
	}
	return out
}

// expected asks the whole history how long agents of the line were available and
// how many were taken.
func (s *slow) expected(of queries.BoardScope, l *queries.BoardLine) *int64 {
	if l.Waiting == 0 && l.Staff.Free > 0 {
		return new(int64)
	}
	taken, from := int64(0), s.edge(15)
	for _, m := range s.marks {
		if m.line == of && m.what == "taken" && !m.at.Before(from) {
			taken++
		}
	}
	spent := time.Duration(0)
	for _, a := range s.day.Agents {
		if !s.works(a, of) {
			continue
		}
		var at *time.Time
		for _, p := range append(slices.Clone(s.states), events.Presence{Agent: a.ID, Since: s.now}) {
			if p.Agent != a.ID {
				continue
			}
			if at != nil {
				begin := *at
				if begin.Before(from) {
					begin = from
				}
				if p.Since.After(begin) {
					spent += p.Since.Sub(begin)
				}
			}
			at = nil
			if p.State == events.AgentAvailable && p.LostAt == nil {
				since := p.Since
				at = &since
			}
		}
	}
	if taken < minTaken || spent <= 0 || l.Staff.Available == 0 {
		return nil
	}
	ms := spent.Milliseconds() / taken * int64(l.Waiting+1) / int64(l.Staff.Available)
	return &ms
}
