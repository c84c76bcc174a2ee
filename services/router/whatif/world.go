package whatif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/assignment"
)

// World is who works and by which rules: as they stood when the day began, and what
// was changed in it. Terms are those of a queue at a time; nil gives every queue the
// zero ones.
type World struct {
	Agents   []config.Agent
	Queues   []config.Queue
	Workload config.Workload
	Terms    func(*config.Queue, time.Time) assignment.Terms
	// Turns are the changes within the day, oldest first.
	Turns []Turn
	// Now are the queues as they are set today, against which a question is asked;
	// see [queries.WhatIf].
	Now []config.Queue
}

// Turn is one change of the settings. One of its fields beside At is set: an agent, a
// queue or the weights as they stand from then on, a queue that is taken away, or
// that hours or policies are others, so that Terms are. An agent who is taken away is
// one who is disabled.
type Turn struct {
	At       time.Time
	Agent    *config.Agent
	Queue    *config.Queue
	Workload *config.Workload
	Gone     events.QueueID
	Rules    bool
}

// queues are all that there are at any time of the day, each as it first stood in it.
func (w *World) queues() []config.Queue {
	out := slices.Clone(w.Queues)
	for _, t := range w.Turns {
		if t.Queue != nil && !slices.ContainsFunc(out, func(q config.Queue) bool { return q.ID == t.Queue.ID }) {
			out = append(out, *t.Queue)
		}
	}
	return out
}

// people are all who work at any time of the day, each as they first stood in it.
func (w *World) people() []config.Agent {
	out, known := slices.Clone(w.Agents), map[events.AgentID]bool{}
	for _, a := range out {
		known[a.ID] = true
	}
	for _, t := range w.Turns {
		if t.Agent != nil && !known[t.Agent.ID] {
			known[t.Agent.ID] = true
			out = append(out, *t.Agent)
		}
	}
	return out
}

// weights are those at a time.
func (w *World) weights(at time.Time) *config.Workload {
	is := &w.Workload
	for i := range w.Turns {
		if t := &w.Turns[i]; t.Workload != nil && !t.At.After(at) {
			is = t.Workload
		}
	}
	return is
}

// room is an agent's capacity from a time on.
type room struct {
	from  time.Time
	units int
}

// rooms are the capacities of an agent over the day, oldest first.
func (w *World) rooms(id events.AgentID, from time.Time) []room {
	var out []room
	add := func(a *config.Agent, at time.Time) {
		units := a.Capacity
		if units <= 0 {
			units = config.DefaultCapacity
		}
		if n := len(out); n == 0 || out[n-1].units != units {
			out = append(out, room{at, units})
		}
	}
	for i := range w.Agents {
		if w.Agents[i].ID == id {
			add(&w.Agents[i], from)
		}
	}
	for i := range w.Turns {
		if t := &w.Turns[i]; t.Agent != nil && t.Agent.ID == id {
			add(t.Agent, t.At)
		}
	}
	if len(out) > 0 {
		out[0].from = from
	}
	return out
}

// changed is a queue of the day with what is asked for: every field in which it
// differs from how the queue is set today. Where there is none today, all is asked.
func (w *World) changed(then, asked config.Queue) (config.Queue, error) {
	at := slices.IndexFunc(w.Now, func(q config.Queue) bool { return q.ID == asked.ID })
	if at < 0 {
		return asked, nil
	}
	var fields [3]map[string]json.RawMessage
	for i, q := range []config.Queue{then, asked, w.Now[at]} {
		data, err := json.Marshal(q)
		if err == nil {
			err = json.Unmarshal(data, &fields[i])
		}
		if err != nil {
			return then, fmt.Errorf("read a queue: %w", err)
		}
	}
	was, is, today := fields[0], fields[1], fields[2]
	for name := range today {
		if _, still := is[name]; !still {
			delete(was, name)
		}
	}
	for name, value := range is {
		if !same(value, today[name]) {
			was[name] = value
		}
	}
	data, err := json.Marshal(was)
	if err != nil {
		return then, fmt.Errorf("change a queue: %w", err)
	}
	var out config.Queue
	if err := json.Unmarshal(data, &out); err != nil {
		return then, fmt.Errorf("change a queue: %w", err)
	}
	return out, nil
}

// same reports whether two fields say the same; an empty list is none.
func same(a, b json.RawMessage) bool {
	none := func(v json.RawMessage) bool {
		return len(v) == 0 || slices.Contains([]string{"null", "[]", "{}"}, string(v))
	}
	return bytes.Equal(a, b) || none(a) && none(b)
}

// sets puts a queue in force as it stands now.
func (s *simulation) sets(q config.Queue) {
	if q.Mode == config.QueuePull { // who asks for the next has room for it
		q.Mode, q.OfferFor = config.QueuePush, 0
	}
	s.queues[q.ID] = q
	terms := assignment.Terms{}
	if s.world.Terms != nil {
		terms = s.world.Terms(&q, s.now)
	}
	s.desk.SetQueue(q, terms)
}

// turns puts a change of the settings in force.
func (s *simulation) turns(t *Turn) {
	switch {
	case t.Agent != nil:
		s.desk.SetAgent(*t.Agent)
		if w := s.agents[t.Agent.ID]; w.presence.State != events.AgentOffline { // who is new to the desk stands offline there
			s.desk.SetPresence(w.presence)
		}
	case t.Queue != nil:
		s.sets(*t.Queue)
	case t.Gone != "":
		delete(s.queues, t.Gone)
		s.desk.RemoveQueue(t.Gone)
	case t.Workload != nil:
		s.desk.SetWorkload(*t.Workload)
	case t.Rules:
		for _, id := range sortedKeys(s.queues) {
			s.sets(s.queues[id])
		}
	}
}
