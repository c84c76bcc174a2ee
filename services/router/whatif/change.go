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
// the numbers; Assumed are the words by which a screen knows each of them.
var (
	Assumptions = []string{
		"Customers who left a queue have as much patience as they had that day; those who were served would have waited for ever.",
		"The work on a conversation takes as long as it took that day, whoever does it; where nobody took it, the median of its queue.",
		"The first offers of a conversation are let go by as often as they were that day, whoever is asked.",
		"Agents stand as they stood that day, and have what they had beside the queues; wrap-up follows from the work played again.",
		"In a pull queue agents take the next one as soon as they have room.",
		"Agents, teams, skills, queues, hours, policies and weights are those of that time and change when they were changed. Of a setting that was changed more than 64 times since, the oldest value that is kept holds before it.",
	}
	Assumed = []string{"patience", "work", "offers", "presence", "pull", "settings"}
)

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
	case len(q.Without) > queries.MaxWhatIfSkills:
		return fmt.Errorf("at most %d skills are left out", queries.MaxWhatIfSkills)
	case q.Team != "" && q.Agents == 0:
		return fmt.Errorf("a team goes with a number of agents")
	}
	for i := range q.Queues {
		known := func(id events.QueueID) bool {
			return slices.ContainsFunc(w.queues(), func(k config.Queue) bool { return k.ID == id })
		}
		c := &q.Queues[i]
		if !known(c.ID) || c.OverflowTo != "" && !known(c.OverflowTo) || c.ClosedTo != "" && !known(c.ClosedTo) {
			return fmt.Errorf("one of the queues that are changed, or that it hands on to, did not exist in that span")
		}
		if err := bounded(c); err != nil {
			return err
		}
	}
	for _, id := range q.Today {
		is := func(k config.Queue) bool { return k.ID == id }
		if !slices.ContainsFunc(w.queues(), is) || !slices.ContainsFunc(w.Now, is) {
			return fmt.Errorf("a queue that is played as it is today is there today, and was in that span")
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

// Changed are the day and the world as a question has them; it has been checked. What
// it was asked of is left as it is.
func Changed(q *queries.WhatIf, d Day, w World) (Day, World, error) {
	w.Agents, w.Queues, w.Turns = slices.Clone(w.Agents), slices.Clone(w.Queues), slices.Clone(w.Turns)
	if err := w.rule(q); err != nil {
		return d, w, err
	}
	if len(q.Without) > 0 {
		d.Stays = slices.Clone(d.Stays)
		for i := range d.Stays {
			d.Stays[i].Wait.Needs = leaveOut(d.Stays[i].Wait.Needs, q.Without)
		}
		w.eachQueue(func(is *config.Queue) { is.Needs = leaveOut(is.Needs, q.Without) })
	}
	d.Presence = maps.Clone(d.Presence)
	switch {
	case q.Agents > 0:
		w.Agents = more(q, &d, &w)
	case q.Agents < 0:
		gone := longest(q.Team, &d, w.people())
		gone = gone[:min(-q.Agents, len(gone))]
		is := func(a *config.Agent) bool {
			return slices.ContainsFunc(gone, func(g config.Agent) bool { return g.ID == a.ID })
		}
		w.Agents = slices.DeleteFunc(w.Agents, func(a config.Agent) bool { return is(&a) })
		w.Turns = slices.DeleteFunc(w.Turns, func(t Turn) bool { return t.Agent != nil && is(t.Agent) })
	}
	if q.Capacity > 0 {
		w.capacity(q.Capacity)
	}
	return d, w, nil
}

// rule changes queues, all day long.
func (w *World) rule(question *queries.WhatIf) error {
	asked := slices.Clone(question.Queues)
	for _, now := range w.Now {
		if slices.Contains(question.Today, now.ID) && !slices.ContainsFunc(asked, func(q config.Queue) bool { return q.ID == now.ID }) {
			asked = append(asked, now)
		}
	}
	changed := func(then, asked config.Queue) (config.Queue, error) {
		if slices.Contains(question.Today, asked.ID) {
			return asked, nil
		}
		return w.changed(then, asked)
	}
	for _, q := range asked {
		for i := range w.Queues {
			if w.Queues[i].ID == q.ID {
				is, err := changed(w.Queues[i], q)
				if err != nil {
					return err
				}
				w.Queues[i] = is
			}
		}
		for i := range w.Turns {
			if then := w.Turns[i].Queue; then != nil && then.ID == q.ID {
				is, err := changed(*then, q)
				if err != nil {
					return err
				}
				w.Turns[i].Queue = &is
			}
		}
	}
	return nil
}

// leaveOut is a list of needs without those of some skills.
func leaveOut(needs []events.Need, skills []events.SkillID) []events.Need {
	return slices.DeleteFunc(slices.Clone(needs), func(n events.Need) bool { return slices.Contains(skills, n.Skill) })
}

// eachQueue changes every queue, all day long.
func (w *World) eachQueue(change func(*config.Queue)) {
	for i := range w.Queues {
		change(&w.Queues[i])
	}
	for i := range w.Turns {
		if q := w.Turns[i].Queue; q != nil {
			is := *q
			change(&is)
			w.Turns[i].Queue = &is
		}
	}
}

// capacity is everybody's, all day long.
func (w *World) capacity(units int) {
	for i := range w.Agents {
		w.Agents[i].Capacity = units
	}
	for i := range w.Turns {
		if a := w.Turns[i].Agent; a != nil {
			is := *a
			is.Capacity = units
			w.Turns[i].Agent = &is
		}
	}
}

// more adds agents who are as those who were there the longest, in turn.
func more(q *queries.WhatIf, d *Day, w *World) []config.Agent {
	agents, models := w.Agents, longest(q.Team, d, w.people())
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
