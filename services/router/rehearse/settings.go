package rehearse

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/router/assignment"
	"github.com/tributary-inbox/tributary/services/router/hours"
	"github.com/tributary-inbox/tributary/services/router/whatif"
)

// Setting is a value in the bucket of settings, reduced to what the giving out of
// work needs. It keeps no password, address or secret.
type Setting struct {
	agent config.Agent
	queue config.Queue
	load  config.Workload
	hours *hours.Calendar // nil where they cannot be read
	raise config.Raise    // of a policy
}

// DecodeSetting reads an entry of the bucket of settings; it is for feed.Open over
// the bucket's log. What does not concern the giving out of work is left out.
var DecodeSetting = kv.Changes(events.ConfigBucket, readSetting, kinds...)

// kinds are the settings that the giving out of work needs, sorted.
var kinds = []string{config.KindAgent, config.KindHours, config.KindPolicy, config.KindQueue, config.KindWorkload}

func readSetting(kind string, data []byte) (s Setting, err error) {
	switch kind {
	case config.KindAgent:
		var a config.Agent
		err = json.Unmarshal(data, &a)
		s.agent = config.Agent{ID: a.ID, Teams: a.Teams, Disabled: a.Disabled, Skills: a.Skills, Capacity: a.Capacity}
		return s, err
	case config.KindQueue:
		return s, json.Unmarshal(data, &s.queue)
	case config.KindWorkload:
		return s, json.Unmarshal(data, &s.load)
	case config.KindPolicy:
		var p config.Policy
		err = json.Unmarshal(data, &p)
		s.raise = p.Raise
		return s, err
	}
	var h config.Hours
	if err = json.Unmarshal(data, &h); err != nil {
		return s, err
	}
	zone, err := h.Location()
	if err != nil {
		return s, err
	}
	s.hours, err = hours.Compile(h, zone)
	return s, err
}

// past is how settings stood at any time.
type past struct{ *kv.Past[Setting] }

// settings reads the bucket as far as it remembers.
func (s *service) settings(ctx context.Context) (past, error) {
	ctx, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	p, err := kv.ReadPast(ctx, s.deps.Settings)
	return past{p}, err
}

// then is a setting at a time; false where it was removed, or there never was one.
// Before the oldest value that the bucket has of it, that one holds: where there were
// others nobody knows them, and what was not there yet plays no part in that time.
func (p past) then(kind, id string, at time.Time) (*Setting, bool) {
	is, _ := p.Then(kind, id, at)
	if is == nil || is.Removed {
		return nil, false
	}
	return &is.Value, true
}

// each goes through what there was of a kind at a time, by id.
func (p past) each(kind string, at time.Time, do func(*Setting)) {
	for _, id := range p.IDs(kind) {
		if is, ok := p.then(kind, id, at); ok {
			do(is)
		}
	}
}

// world is who worked in a span and by which rules, as they stood then.
func (p past) world(from, to time.Time) whatif.World {
	w := whatif.World{Workload: p.workload(from), Terms: p.terms}
	p.each(config.KindAgent, from, func(s *Setting) { w.Agents = append(w.Agents, s.agent) })
	p.each(config.KindQueue, from, func(s *Setting) { w.Queues = append(w.Queues, s.queue) })
	for _, id := range p.IDs(config.KindQueue) {
		list := p.Values(config.KindQueue, id)
		if last := &list[len(list)-1]; !last.Removed {
			w.Now = append(w.Now, last.Value.queue)
		}
	}
	for _, kind := range kinds {
		for _, id := range p.IDs(kind) {
			for i, r := range p.Values(kind, id) {
				if i > 0 && r.At.After(from) && r.At.Before(to) { // the first held before it too
					w.Turns = append(w.Turns, turn(kind, id, &r))
				}
			}
		}
	}
	slices.SortStableFunc(w.Turns, func(a, b whatif.Turn) int { return a.At.Compare(b.At) })
	return w
}

// turn is what a value of a setting changes.
func turn(kind, id string, r *kv.Former[Setting]) whatif.Turn {
	t := whatif.Turn{At: r.At}
	switch {
	case kind == config.KindAgent && r.Removed:
		t.Agent = &config.Agent{ID: events.AgentID(id), Disabled: true}
	case kind == config.KindAgent:
		t.Agent = &r.Value.agent
	case kind == config.KindQueue && r.Removed:
		t.Gone = events.QueueID(id)
	case kind == config.KindQueue:
		t.Queue = &r.Value.queue
	case kind == config.KindWorkload && r.Removed:
		otherwise := config.DefaultWorkload()
		t.Workload = &otherwise
	case kind == config.KindWorkload:
		t.Workload = &r.Value.load
	default: // hours and policies
		t.Rules = true
	}
	return t
}

// workload is the one that was set, else the default.
func (p past) workload(at time.Time) config.Workload {
	if is, ok := p.then(config.KindWorkload, config.WorkloadID, at); ok {
		return is.load
	}
	return config.DefaultWorkload()
}

// terms are those of a queue by the hours and policies of a time.
func (p past) terms(q *config.Queue, at time.Time) assignment.Terms {
	var t assignment.Terms
	if is, ok := p.then(config.KindPolicy, string(q.Policy), at); ok {
		t.Raise = is.raise
	}
	if is, ok := p.then(config.KindHours, string(q.Hours), at); ok && is.hours != nil {
		t.Hours = is.hours
	}
	return t
}
