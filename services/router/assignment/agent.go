package assignment

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Grace is how long an agent whose connection broke keeps what they have not
// begun, and is not yet offline.
const Grace = 30 * time.Second

// ConnectionLost is the reason of an agent who is offline for want of a connection.
const ConnectionLost = "connection lost"

// lost is an agent whose connection did not come back. It keeps how they stood.
func lost(p events.Presence, now time.Time) events.Presence {
	return events.Presence{
		Agent: p.Agent, State: events.AgentOffline, Reason: ConnectionLost, Since: now,
		Before: &events.Stood{State: p.State, Reason: p.Reason, Until: p.Until},
	}
}

// ends reports whether how an agent stands ends by itself.
func ends(p events.Presence) bool {
	return p.Until != nil && (p.State == events.AgentWrapUp || p.State == events.AgentAway)
}

type agent struct {
	settings config.Agent
	capacity int
	presence events.Presence
	all      int       // units of all they have
	firm     int       // units of what cannot wait
	idle     time.Time // since when they got nothing new
	freed    bool      // is in Desk.freed
}

func (a *agent) add(w config.Weight, times int) {
	a.all += times * w.Units
	if !w.Interruptible {
		a.firm += times * w.Units
	}
}

// takes reports whether an agent gets new work at all.
func (a *agent) takes() bool {
	return a.presence.State == events.AgentAvailable && a.presence.LostAt == nil && !a.settings.Disabled
}

// room reports whether work of a weight fits beside what they have. What cannot
// wait is not kept out by what can.
func (a *agent) room(w config.Weight) bool {
	if w.Interruptible {
		return a.all+w.Units <= a.capacity
	}
	return a.firm+w.Units <= a.capacity
}

// Room reports whether an agent may be left with all of these conversations beside
// what they have, of which they are no part. One who is not known, or who may not
// work any more, has no room.
func (d *Desk) Room(id events.AgentID, more ...*events.Conversation) bool {
	known, ok := d.agents[id]
	if !ok || known.settings.Disabled {
		return false
	}
	a := *known
	for _, c := range more {
		w := d.workload.Of(lastChannel(c))
		if !a.room(w) {
			return false
		}
		a.add(w, 1)
	}
	return true
}

// Works reports whether an agent may still be given or left anything: not one who is
// disabled, or who is not known while others are.
func (d *Desk) Works(id events.AgentID) bool {
	if a, ok := d.agents[id]; ok {
		return !a.settings.Disabled
	}
	return len(d.agents) == 0
}

func (a *agent) serves(q *queue) bool {
	if len(q.settings.Teams) == 0 {
		return true
	}
	for _, t := range a.settings.Teams {
		if slices.Contains(q.settings.Teams, t) {
			return true
		}
	}
	return false
}

func (a *agent) can(needs []events.Need) bool {
	for _, n := range needs {
		if a.settings.Skills[n.Skill] < n.Level {
			return false
		}
	}
	return true
}

// before orders agents for the same work: who is the least occupied, then who got
// nothing new for the longest, then by id, so that the same state gives the same
// choice.
func (a *agent) before(b *agent) bool {
	if l, r := a.all*b.capacity, b.all*a.capacity; l != r {
		return l < r
	}
	if !a.idle.Equal(b.idle) {
		return a.idle.Before(b.idle)
	}
	return a.settings.ID < b.settings.ID
}
