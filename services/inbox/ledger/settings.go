package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Setting is one entry of the bucket of settings, reduced to what reports need;
// nothing for those that do not concern them. It keeps no password and no secret.
type Setting struct {
	kind    string
	id      string
	removed bool
	teams   []events.TeamID
	opening config.HoursID // of a queue
	hours   config.Hours
	load    config.Workload
}

// DecodeSetting reads an entry; it is for feed.Open over the bucket's log.
func DecodeSetting(r feed.Raw) (Setting, error) {
	kind, id, removed := kv.Entry(events.ConfigBucket, r.Subject, r.Header)
	s := Setting{kind: kind, id: id, removed: removed}
	if kind != config.KindAgent && kind != config.KindQueue && kind != config.KindHours && kind != config.KindWorkload {
		return Setting{}, nil
	}
	if removed {
		return s, nil
	}
	var err error
	switch kind {
	case config.KindAgent:
		var a config.Agent
		err = json.Unmarshal(r.Data, &a)
		s.teams = a.Teams
	case config.KindQueue:
		var q config.Queue
		err = json.Unmarshal(r.Data, &q)
		s.teams, s.opening = q.Teams, q.Hours
	case config.KindHours:
		err = json.Unmarshal(r.Data, &s.hours)
	case config.KindWorkload:
		err = json.Unmarshal(r.Data, &s.load)
	}
	if err != nil {
		return Setting{}, fmt.Errorf("decode a setting of kind %s: %w", kind, err)
	}
	return s, nil
}

// Calendar counts time in hours of business.
type Calendar interface {
	Between(from, to time.Time) time.Duration
}

// past is how settings stood at any time, as far as the bucket remembers: before
// the oldest revision that it has of one, that one holds.
type past struct {
	compile func(config.Hours) (Calendar, error)

	mu     sync.RWMutex // guards all below
	queues map[string][]revision
	agents map[string][]revision
	hours  map[string][]revision
	loads  []revision
	seq    uint64
	moved  chan struct{}
}

type revision struct {
	at       time.Time
	removed  bool
	teams    []events.TeamID
	opening  config.HoursID
	calendar Calendar // nil where the hours cannot be read
	load     config.Workload
}

// maxRevisions bounds what is remembered of one setting; the bucket holds no more
// when a program starts.
const maxRevisions = 64

func newPast(compile func(config.Hours) (Calendar, error)) *past {
	return &past{compile: compile, queues: map[string][]revision{}, agents: map[string][]revision{}, hours: map[string][]revision{}, moved: make(chan struct{})}
}

// follow takes in every change until ctx ends.
func (p *past) follow(ctx context.Context, f *feed.Feed[Setting]) error {
	c := f.From(0)
	for {
		entries, err := c.Next(ctx)
		if err != nil {
			return fmt.Errorf("follow the settings: %w", err)
		}
		p.mu.Lock()
		for i := range entries {
			p.apply(&entries[i])
		}
		close(p.moved)
		p.moved = make(chan struct{})
		p.mu.Unlock()
	}
}

func (p *past) apply(e *feed.Entry[Setting]) {
	p.seq = e.Seq
	s := &e.Value
	if e.Err != nil || s.kind == "" {
		return
	}
	r := revision{at: e.Time, removed: s.removed, teams: s.teams, opening: s.opening, load: s.load}
	if s.kind == config.KindWorkload {
		p.loads = latest(append(p.loads, r))
		return
	}
	to := p.queues
	switch s.kind {
	case config.KindAgent:
		to = p.agents
	case config.KindHours:
		to = p.hours
		if !s.removed {
			r.calendar, _ = p.compile(s.hours) // hours that cannot be read measure nothing
		}
	}
	to[s.id] = latest(append(to[s.id], r))
}

// latest are the revisions that are remembered.
func latest(list []revision) []revision {
	return slices.Clone(list[max(len(list)-maxRevisions, 0):])
}

// waitFor returns when the settings have been read up to a sequence.
func (p *past) waitFor(ctx context.Context, seq uint64) error {
	for {
		p.mu.RLock()
		at, moved := p.seq, p.moved
		p.mu.RUnlock()
		if at >= seq {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// then is the revision that held at a time; false where there was none.
func then(list []revision, at time.Time) (revision, bool) {
	if len(list) == 0 {
		return revision{}, false
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].at.After(at) })
	r := list[max(i-1, 0)]
	return r, !r.removed
}

// TeamsOf implements reports.Settings.
func (p *past) TeamsOf(queue events.QueueID, at time.Time) []events.TeamID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	r, _ := then(p.queues[string(queue)], at)
	return r.teams
}

// TeamsWith implements reports.Settings.
func (p *past) TeamsWith(agent events.AgentID, at time.Time) []events.TeamID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	r, _ := then(p.agents[string(agent)], at)
	return r.teams
}

// Units implements reports.Settings. Where nobody ever said, they are those of
// [config.DefaultWorkload].
func (p *past) Units(channel string, at time.Time) int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	r, known := then(p.loads, at)
	if !known {
		return config.DefaultWorkload().Of(channel).Units
	}
	return r.load.Of(channel).Units
}

// Business implements reports.Settings. A queue without hours is open round the
// clock; of one that is not known, or whose hours are not, nothing can be told.
func (p *past) Business(queue events.QueueID, from, to time.Time) (time.Duration, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	q, known := then(p.queues[string(queue)], to)
	switch {
	case !known:
		return 0, false
	case q.opening == "":
		return to.Sub(from), true
	}
	h, known := then(p.hours[string(q.opening)], to)
	if !known || h.calendar == nil {
		return 0, false
	}
	return h.calendar.Between(from, to), true
}
