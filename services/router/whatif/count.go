package whatif

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Played is a day that is over: what became of each stay, and of the agents' time.
type Played struct {
	Ends []End
	// Available is the agents' time, Busy what of their capacity was taken in it,
	// from 0 to 1.
	Available time.Duration
	Busy      float64
	span      time.Duration
}

// End is what became of one stay that began within the day. Result is taken, left,
// otherwise, or empty where it waits on.
type End struct {
	Stay   events.ConversationID
	Queue  events.QueueID
	Result string
	Waited time.Duration
}

type interval struct{ from, to time.Time }

// load is work that takes some of an agent's capacity.
type load struct {
	interval
	units int
}

// follow adds the time that an agent was available until they stand otherwise.
func follow(list []interval, was, is events.Presence) []interval {
	if was.State == events.AgentAvailable && is.Since.After(was.Since) {
		list = append(list, interval{was.Since, is.Since})
	}
	return list
}

// played counts a run.
func (s *simulation) played() Played {
	p := Played{span: s.day.To.Sub(s.day.From)}
	for _, r := range s.order {
		if s.day.in(r.stay) {
			p.Ends = append(p.Ends, End{r.stay.ID, r.stay.Queue, r.result, r.waited})
		}
	}
	var all []*worker
	for _, a := range s.world.Agents {
		w := s.agents[a.ID]
		w.there = follow(w.there, w.presence, events.Presence{Since: s.day.To})
		all = append(all, w)
	}
	p.time(all, s.day)
	return p
}

// Was is the day as it really was, by the agents and weights of a world.
func Was(d *Day, w World) Played {
	p := Played{span: d.To.Sub(d.From)}
	workers := map[events.AgentID]*worker{}
	var all []*worker
	for _, a := range w.Agents {
		k := &worker{settings: a, presence: events.Presence{Since: d.From}}
		for _, is := range append(slices.Clone(d.there[a.ID]), events.Presence{Since: d.To}) {
			k.there = follow(k.there, k.presence, is)
			k.presence = is
		}
		workers[a.ID], all = k, append(all, k)
	}
	worked := func(s *Span) {
		if k := workers[s.Agent]; k != nil {
			k.work = append(k.work, load{interval{s.From, s.To}, w.Workload.Of(s.Channel).Units})
		}
	}
	for i := range d.Work {
		worked(&d.Work[i])
	}
	for i := range d.Stays {
		s := &d.Stays[i]
		e := End{Stay: s.ID, Queue: s.Queue}
		switch {
		case s.Ended.IsZero():
		case s.Reason == taken:
			e.Result, e.Waited = taken, s.Ended.Sub(s.Began)
			worked(&s.Work)
		case s.Reason == left:
			e.Result = left
		default:
			e.Result = "otherwise"
		}
		if d.in(s) {
			p.Ends = append(p.Ends, e)
		}
	}
	p.time(all, d)
	return p
}

// time adds up what agents did while they were available.
func (p *Played) time(all []*worker, d *Day) {
	had, took := 0.0, 0.0
	for _, w := range all {
		capacity := w.settings.Capacity
		if capacity <= 0 {
			capacity = config.DefaultCapacity
		}
		for _, t := range w.there {
			within := t.and(interval{d.From, d.To})
			p.Available += within.length()
			had += within.length().Seconds() * float64(capacity)
			for _, l := range w.work {
				took += within.and(l.interval).length().Seconds() * float64(l.units)
			}
		}
	}
	if had > 0 {
		p.Busy = took / had
	}
}

func (i interval) and(o interval) interval {
	if o.from.After(i.from) {
		i.from = o.from
	}
	if o.to.Before(i.to) {
		i.to = o.to
	}
	return i
}

func (i interval) length() time.Duration { return max(0, i.to.Sub(i.from)) }

// Within leaves out what began to wait in queues beyond a scope; nil leaves all. The
// agents' time stays everybody's.
func (p Played) Within(scope *queries.ReportScope) Played {
	if scope != nil {
		p.Ends = slices.DeleteFunc(slices.Clone(p.Ends), func(e End) bool { return !slices.Contains(scope.Queues, e.Queue) })
	}
	return p
}

// Run is a played day in numbers; target is what counts as in time.
func (p *Played) Run(target time.Duration) queries.WhatIfRun {
	out := queries.WhatIfRun{Occupancy: p.Busy, Total: count("", p.Ends, target), Queues: []queries.WhatIfCount{}}
	if p.span > 0 {
		out.Agents = p.Available.Seconds() / p.span.Seconds()
	}
	byQueue := map[events.QueueID][]End{}
	for _, e := range p.Ends {
		byQueue[e.Queue] = append(byQueue[e.Queue], e)
	}
	for q, ends := range byQueue {
		out.Queues = append(out.Queues, count(q, ends, target))
	}
	slices.SortFunc(out.Queues, func(a, b queries.WhatIfCount) int { return strings.Compare(string(a.Queue), string(b.Queue)) })
	return out
}

func count(q events.QueueID, ends []End, target time.Duration) queries.WhatIfCount {
	c := queries.WhatIfCount{Queue: q, Arrivals: len(ends)}
	var waits []time.Duration
	sum, inTime := time.Duration(0), 0
	for _, e := range ends {
		switch e.Result {
		case taken:
			waits = append(waits, e.Waited)
			sum += e.Waited
			if e.Waited <= target {
				inTime++
			}
		case left:
			c.Abandoned++
		case "":
			c.Waiting++
		default:
			c.Otherwise++
		}
	}
	c.Taken = len(waits)
	if c.Taken+c.Abandoned > 0 {
		c.InTime = float64(inTime) / float64(c.Taken+c.Abandoned)
	}
	if c.Taken == 0 {
		return c
	}
	slices.Sort(waits)
	rank := func(share float64) int64 { // the nearest rank
		return waits[max(0, min(len(waits)-1, int(share*float64(len(waits))+0.999999)-1))].Milliseconds()
	}
	c.Average, c.Median, c.P90, c.Longest = (sum / time.Duration(len(waits))).Milliseconds(), rank(0.5), rank(0.9), waits[len(waits)-1].Milliseconds()
	return c
}

// noWork is how long work takes where nobody of that day took any.
const noWork = 5 * time.Minute

// habit is how long people of a queue think and work.
type habit struct{ think, work time.Duration }

// usual is the median of the work and the thinking of a queue that day, for those
// whom nobody helped; of all queues where there is none.
func usual(d *Day) map[events.QueueID]habit {
	type lists struct{ think, work []time.Duration }
	byQueue, all := map[events.QueueID]*lists{}, &lists{}
	for i := range d.Stays {
		s := &d.Stays[i]
		of := byQueue[s.Queue]
		if of == nil {
			of = &lists{}
			byQueue[s.Queue] = of
		}
		if s.Reason != taken {
			continue
		}
		of.think, all.think = append(of.think, s.Think), append(all.think, s.Think)
		if !s.Work.Open {
			took := s.Work.To.Sub(s.Work.From)
			of.work, all.work = append(of.work, took), append(all.work, took)
		}
	}
	otherwise := habit{middle(all.think, 0), middle(all.work, noWork)}
	out := map[events.QueueID]habit{}
	for q, of := range byQueue {
		out[q] = habit{middle(of.think, otherwise.think), middle(of.work, otherwise.work)}
	}
	return out
}

// middle is the median, or something else where there is none.
func middle(list []time.Duration, otherwise time.Duration) time.Duration {
	if len(list) == 0 {
		return otherwise
	}
	slices.Sort(list)
	return list[(len(list)-1)/2]
}
