package board

import (
	"cmp"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// agent is who can have work. One who is not known by settings, or is disabled
// by them, is on no line.
type agent struct {
	id       events.AgentID
	settings config.Agent
	known    bool
	presence events.Presence
	scopes   []*scope
	inWork   int
	offered  int
	load     int
}

func (a *agent) available() bool {
	return a.known && a.presence.State == events.AgentAvailable && a.presence.LostAt == nil
}

func (a *agent) capacity() int {
	if a.settings.Capacity > 0 {
		return a.settings.Capacity
	}
	return config.DefaultCapacity
}

// bear adds a conversation to what they have, or takes it away.
func (a *agent) bear(it *item, s stand, by int) {
	a.load += by * it.units
	if s.offered {
		a.offered += by
	} else {
		a.inWork += by
	}
}

// agent finds one, making one that the settings do not know (yet).
func (b *Board) agent(id events.AgentID) *agent {
	a, ok := b.agents[id]
	if !ok {
		a = &agent{id: id, presence: events.Presence{Agent: id, State: events.AgentOffline}}
		b.agents[id] = a
	}
	return a
}

// SetAgent adds an agent or changes their teams and capacity. A disabled one
// leaves the board.
func (b *Board) SetAgent(s config.Agent) {
	a := b.agent(s.ID)
	b.onDuty(a, -1, b.now) // as they stood: who is disabled is on duty no more
	a.settings, a.known = s, !s.Disabled
	at, listed := slices.BinarySearchFunc(b.staff, s.ID, func(a *agent, id events.AgentID) int { return cmp.Compare(a.id, id) })
	switch {
	case a.known && !listed:
		b.staff = slices.Insert(b.staff, at, a)
	case !a.known && listed:
		b.staff = slices.Delete(b.staff, at, at+1)
	}
	a.scopes = b.scopesOf(a)
	b.onDuty(a, 1, b.now)
}

// SetQueue says which teams serve a queue; where it names none, everybody does.
// What stands in the queue is moved to the lines of its teams.
func (b *Board) SetQueue(q config.Queue) {
	b.queues.of(string(q.ID)).gone = false
	teams := distinct(q.Teams)
	if before, known := b.serve[q.ID]; known && slices.Equal(before, teams) {
		return
	}
	b.serve[q.ID] = teams
	b.rearrange(q.ID)
}

// RemoveQueue takes a queue from its teams and agents. Its line stays while
// something stands in it, as those of teams and inboxes do.
func (b *Board) RemoveQueue(id events.QueueID) {
	b.queues.remove(string(id))
	b.part(func(_ events.TeamID, queue events.QueueID) bool { return queue == id })
	delete(b.serve, id)
	b.rearrange(id)
}

// RemoveTeam takes a team from the board.
func (b *Board) RemoveTeam(id events.TeamID) {
	b.teams.remove(string(id))
	b.part(func(team events.TeamID, _ events.QueueID) bool { return team == id })
}

// part has the asides of a team or a queue that is gone end when nothing stands in them.
func (b *Board) part(of func(events.TeamID, events.QueueID) bool) {
	for _, s := range b.asides.list {
		if of(queries.AsideOf(s.id)) {
			s.gone = true
		}
	}
}

// Pass lets time go on to that of a change of settings, so that it counts from
// then on. Time never goes back.
func (b *Board) Pass(now time.Time) { b.pass(now) }

func (b *Board) rearrange(id events.QueueID) {
	b.restaff()
	for _, it := range b.items {
		if it.place.queue == id {
			b.settle(it, b.lines(it.place), it.stand, it.since, time.Time{})
		}
	}
}

// restaff finds anew in which lines the agents count.
func (b *Board) restaff() {
	for _, a := range b.staff {
		b.onDuty(a, -1, b.now)
		a.scopes = b.scopesOf(a)
		b.onDuty(a, 1, b.now)
	}
}

// SetWorkload changes the weights of channels.
func (b *Board) SetWorkload(w config.Workload) {
	b.workload = w
	for _, it := range b.items {
		if it.holder != nil {
			it.holder.bear(it, it.stand, -1)
			it.units = w.Of(it.weighs).Units
			it.holder.bear(it, it.stand, 1)
		}
	}
}

// SetTeam puts a team on the board before anything happens in it.
func (b *Board) SetTeam(t config.Team) { b.teams.of(string(t.ID)).gone = false }

// scopesOf are the lines that an agent works for: the total, their teams, the queues
// that those may take from, the inboxes that bring work for them and their channels.
func (b *Board) scopesOf(a *agent) []*scope {
	if !a.known {
		return nil
	}
	out := []*scope{b.total}
	for _, t := range distinct(a.settings.Teams) {
		out = append(out, b.teams.of(string(t)))
	}
	for _, q := range b.queues.list {
		teams, known := b.serve[events.QueueID(q.id)]
		if known && (len(teams) == 0 || slices.ContainsFunc(teams, func(t events.TeamID) bool { return slices.Contains(a.settings.Teams, t) })) {
			out = append(out, q)
		}
	}
	return append(out, b.fedBy(a)...)
}

func distinct(teams []events.TeamID) []events.TeamID {
	out := slices.Clone(teams)
	slices.Sort(out)
	return slices.Compact(out)
}

// presence takes in how an agent stands from a time on.
func (b *Board) presence(p events.Presence, at time.Time) {
	a := b.agent(p.Agent)
	b.onDuty(a, -1, at)
	a.presence = p
	b.onDuty(a, 1, at)
}

// onDuty has an available agent counted in, or no longer, from a time on.
func (b *Board) onDuty(a *agent, by int, at time.Time) {
	if !a.available() {
		return
	}
	for _, s := range a.scopes {
		s.duty.advance(&s.ring, at)
		s.duty.n += by
	}
}
