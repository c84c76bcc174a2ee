package whatif

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Assumptions are what is taken to be so in every run, in words for whoever reads
// the numbers.
var Assumptions = []string{
	"Customers who left a queue have as much patience as they had that day; those who were served would have waited for ever.",
	"The work on a conversation takes as long as it took that day, whoever does it; where nobody took it, the median of its queue.",
	"The first offers of a conversation are let go by as often as they were that day, whoever is asked.",
	"Agents stand as they stood that day, and have what they had beside the queues; wrap-up follows from the work played again.",
	"In a pull queue agents take the next one as soon as they have room.",
	"Queues, hours, skills and weights are those of now.",
}

// Check says what is wrong with a question in words for whoever asks it.
func Check(q *queries.WhatIf, w World) error {
	switch {
	case !q.From.Before(q.To) || q.To.Sub(q.From) > queries.MaxWhatIfSpan:
		return fmt.Errorf("a span of time is at most %d hours", queries.MaxWhatIfSpan/time.Hour)
	case q.Agents < -queries.MaxWhatIfAgents || q.Agents > queries.MaxWhatIfAgents:
		return fmt.Errorf("at most %d agents come or go", queries.MaxWhatIfAgents)
	case q.Capacity < 0 || q.Capacity > 10_000:
		return fmt.Errorf("a capacity is between 0 and 10000")
	case q.Target < 0 || q.Target > 86_400:
		return fmt.Errorf("a target is at most a day")
	case q.Team != "" && q.Agents == 0:
		return fmt.Errorf("a team goes with a number of agents")
	}
	for i := range q.Queues {
		known := func(id events.QueueID) bool {
			return slices.ContainsFunc(w.Queues, func(k config.Queue) bool { return k.ID == id })
		}
		c := &q.Queues[i]
		if !known(c.ID) || c.OverflowTo != "" && !known(c.OverflowTo) || c.ClosedTo != "" && !known(c.ClosedTo) {
			return fmt.Errorf("there is no queue of that id among those that are changed")
		}
		if err := bounded(c); err != nil {
			return err
		}
	}
	return nil
}

// bounded refuses times that a queue cannot be given by its settings either: a length
// of time that wraps around would be one before the beginning.
func bounded(q *config.Queue) error {
	for _, t := range []struct{ is, most int }{
		{q.OfferFor, 600}, {q.PassFor, 86_400}, {q.Boost, 86_400}, {q.PreferFor, 86_400}, {q.WrapUp, 3600}, {q.OverflowAfter, 604_800},
	} {
		if t.is < 0 || t.is > t.most {
			return fmt.Errorf("a time of a queue is not less than nought, and not more than its settings allow")
		}
	}
	const most = 20
	if len(q.Relax) > most || len(q.Needs) > most {
		return fmt.Errorf("a queue has at most %d needs and steps of relaxing", most)
	}
	for _, r := range q.Relax {
		if r.After < 1 || r.After > 604_800 || r.By < 1 || r.By > 10 {
			return fmt.Errorf("a step of relaxing has seconds from 1 to a week and takes off 1 to 10 levels")
		}
	}
	for _, n := range q.Needs {
		if n.Skill == "" || n.Level < 1 || n.Level > 10 {
			return fmt.Errorf("a need is a skill and a level from 1 to 10")
		}
	}
	return nil
}

// Changed are the day and the world as a question has them. What it was asked of is
// left as it is.
func Changed(q *queries.WhatIf, d Day, w World) (Day, World) {
	w.Agents, w.Queues = slices.Clone(w.Agents), slices.Clone(w.Queues)
	for i := range w.Queues {
		for _, c := range q.Queues {
			if c.ID == w.Queues[i].ID {
				w.Queues[i] = c
			}
		}
	}
	d.Presence = maps.Clone(d.Presence)
	if q.Agents > 0 {
		w.Agents = more(q, &d, w.Agents)
	}
	if q.Agents < 0 {
		gone := longest(q.Team, &d, w.Agents)
		gone = gone[:min(-q.Agents, len(gone))]
		w.Agents = slices.DeleteFunc(w.Agents, func(a config.Agent) bool {
			return slices.ContainsFunc(gone, func(g config.Agent) bool { return g.ID == a.ID })
		})
	}
	if q.Capacity > 0 {
		for i := range w.Agents {
			w.Agents[i].Capacity = q.Capacity
		}
	}
	return d, w
}

// more adds agents who are as those who were there the longest, in turn.
func more(q *queries.WhatIf, d *Day, agents []config.Agent) []config.Agent {
	models := longest(q.Team, d, agents)
	for i := range q.Agents {
		a := config.Agent{}
		presence := []events.Presence{{State: events.AgentAvailable, Since: d.From}}
		if q.Team != "" {
			a.Teams = []events.TeamID{q.Team}
		}
		if len(models) > 0 {
			a = models[i%len(models)]
			presence = slices.Clone(d.Presence[a.ID])
		}
		a.ID = events.AgentID(fmt.Sprintf("more%04d", i+1))
		for n := range presence {
			presence[n].Agent = a.ID
		}
		agents, d.Presence[a.ID] = append(agents, a), presence
	}
	return agents
}

// longest are the agents of a team, or all, who were available at all that day,
// those first who were it the longest.
func longest(team events.TeamID, d *Day, agents []config.Agent) []config.Agent {
	there := map[events.AgentID]time.Duration{}
	var out []config.Agent
	for _, a := range agents {
		if a.Disabled || team != "" && !slices.Contains(a.Teams, team) {
			continue
		}
		was := events.Presence{Since: d.From}
		for _, is := range append(slices.Clone(d.Presence[a.ID]), events.Presence{Since: d.To}) {
			for _, t := range follow(nil, was, is) {
				there[a.ID] += t.and(interval{d.From, d.To}).length()
			}
			was = is
		}
		if there[a.ID] > 0 {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b config.Agent) int {
		return cmp.Or(cmp.Compare(there[b.ID], there[a.ID]), strings.Compare(string(a.ID), string(b.ID)))
	})
	return out
}
