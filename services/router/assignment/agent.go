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
