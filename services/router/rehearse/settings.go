package rehearse

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/router/assignment"
	"github.com/tributary-inbox/tributary/services/router/hours"
	"github.com/tributary-inbox/tributary/services/router/whatif"
)

// Setting is one entry of the bucket of settings, reduced to what the giving out of
// work needs; nothing for those that do not concern it. It keeps no password, address
// or secret.
type Setting struct {
	kind    string
	id      string
	removed bool
	agent   config.Agent
	queue   config.Queue
	load    config.Workload
	hours   *hours.Calendar // nil where they cannot be read
	raise   config.Raise    // of a policy
}

// DecodeSetting reads an entry; it is for feed.Open over the bucket's log.
func DecodeSetting(r feed.Raw) (Setting, error) {
	kind, id, removed := kv.Entry(events.ConfigBucket, r.Subject, r.Header)
	s := Setting{kind: kind, id: id, removed: removed}
	if !slices.Contains([]string{config.KindAgent, config.KindQueue, config.KindWorkload, config.KindHours, config.KindPolicy}, kind) {
		return Setting{}, nil
	}
	if removed {
		return s, nil
	}
	if err := s.read(r.Data); err != nil {
		return Setting{}, fmt.Errorf("decode a setting of kind %s: %w", kind, err)
	}
	return s, nil
}

func (s *Setting) read(data []byte) error {
	switch s.kind {
	case config.KindAgent:
		var a config.Agent
		err := json.Unmarshal(data, &a)
		s.agent = config.Agent{ID: a.ID, Teams: a.Teams, Disabled: a.Disabled, Skills: a.Skills, Capacity: a.Capacity}
		return err
	case config.KindQueue:
		return json.Unmarshal(data, &s.queue)
	case config.KindWorkload:
		return json.Unmarshal(data, &s.load)
	case config.KindPolicy:
		var p config.Policy
		err := json.Unmarshal(data, &p)
		s.raise = p.Raise
		return err
	}
	var h config.Hours
	if err := json.Unmarshal(data, &h); err != nil {
		return err
	}
	zone, err := h.Location()
	if err != nil {
		return err
	}
	s.hours, err = hours.Compile(h, zone)
	return err
}

// revision is a setting from a time on.
type revision struct {
	at time.Time
	Setting
}

// past is how settings stood at any time, by kind and id, oldest first.
type past map[string]map[string][]revision

// settings reads the bucket as far as it remembers.
func (s *service) settings(ctx context.Context) (past, error) {
	ctx, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	out := past{}
	head, cursor, place := s.deps.Settings.Head(), s.deps.Settings.From(0), uint64(0)
	for place < head {
		batch, err := cursor.Next(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the settings of the past: %w", err)
		}
		for i := range batch {
			e := &batch[i]
			place = e.Seq
			if e.Err != nil || e.Value.kind == "" {
				continue // what cannot be read was never in force
			}
			of := out[e.Value.kind]
			if of == nil {
				of = map[string][]revision{}
				out[e.Value.kind] = of
			}
			of[e.Value.id] = append(of[e.Value.id], revision{e.Time, e.Value})
		}
	}
	return out, nil
}

// then is a setting at a time; false where it was removed, or there never was one.
// Before the oldest value that the bucket has of it, that one holds: nobody knows
// whether there were others, and what was not there yet plays no part in that time.
func (p past) then(kind, id string, at time.Time) (*Setting, bool) {
	list := p[kind][id]
	if len(list) == 0 {
		return nil, false
	}
	i, _ := slices.BinarySearchFunc(list, at, func(r revision, at time.Time) int { // the first that is later
		if r.at.After(at) {
			return 1
		}
		return -1
	})
	is := &list[max(i-1, 0)]
	return &is.Setting, !is.removed
}

// each goes through what there was of a kind at a time, by id.
func (p past) each(kind string, at time.Time, do func(*Setting)) {
	for _, id := range slices.Sorted(maps.Keys(p[kind])) {
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
	for _, id := range slices.Sorted(maps.Keys(p[config.KindQueue])) {
		if list := p[config.KindQueue][id]; !list[len(list)-1].removed {
			w.Now = append(w.Now, list[len(list)-1].queue)
		}
	}
	var within []*revision
	for _, of := range p {
		for _, list := range of {
			for i := range list {
				if i > 0 && list[i].at.After(from) && list[i].at.Before(to) { // the first held before it too
					within = append(within, &list[i])
				}
			}
		}
	}
	slices.SortFunc(within, func(a, b *revision) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	for _, r := range within {
		w.Turns = append(w.Turns, r.turn())
	}
	return w
}

// turn is what a revision changes.
func (r *revision) turn() whatif.Turn {
	t := whatif.Turn{At: r.at}
	switch {
	case r.kind == config.KindAgent && r.removed:
		t.Agent = &config.Agent{ID: events.AgentID(r.id), Disabled: true}
	case r.kind == config.KindAgent:
		t.Agent = &r.agent
	case r.kind == config.KindQueue && r.removed:
		t.Gone = events.QueueID(r.id)
	case r.kind == config.KindQueue:
		t.Queue = &r.queue
	case r.kind == config.KindWorkload && r.removed:
		otherwise := config.DefaultWorkload()
		t.Workload = &otherwise
	case r.kind == config.KindWorkload:
		t.Workload = &r.load
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
