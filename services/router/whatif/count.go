package whatif

import (
	"cmp"
	"slices"
	"strings"
	"time"

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
	from, to  time.Time
	// waits are all stays by when they waited, also those that began before the day.
	waits []wait
}

// wait is when a stay waited, by the queue that it began in.
type wait struct {
	queue events.QueueID
	interval
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
	p := Played{from: s.day.From, to: s.day.To}
	for _, r := range s.order {
		p.waited(r.stay, r.ended)
		if s.day.in(r.stay) {
			p.Ends = append(p.Ends, End{r.stay.ID, r.stay.Queue, r.result, r.waited})
		}
	}
	var all []*worker
	for _, id := range s.roster {
		w := s.agents[id]
		w.there = follow(w.there, w.presence, events.Presence{Since: s.day.To})
		all = append(all, w)
	}
	p.time(all, s.day)
	return p
}

// Was is the day as it really was, by the agents and weights of a world.
func Was(d *Day, w World) Played {
	p := Played{from: d.From, to: d.To}
	workers := map[events.AgentID]*worker{}
	var all []*worker
	for _, a := range w.people() {
		k := &worker{settings: a, room: w.rooms(a.ID, d.From), presence: events.Presence{Since: d.From}}
		for _, is := range append(slices.Clone(d.there[a.ID]), events.Presence{Since: d.To}) {
			k.there = follow(k.there, k.presence, is)
			k.presence = is
		}
		workers[a.ID], all = k, append(all, k)
	}
	worked := func(s *Span) {
		if k := workers[s.Agent]; k != nil {
			k.work = append(k.work, load{interval{s.From, s.To}, w.weights(s.From).Of(s.Channel).Units})
		}
	}
	for i := range d.Work {
		worked(&d.Work[i])
	}
	for i := range d.Stays {
		s := &d.Stays[i]
		p.waited(s, s.Ended)
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

// waited notes when a stay waited; one that has not ended does so to the end.
func (p *Played) waited(s *Stay, ended time.Time) {
	if ended.IsZero() {
		ended = p.to.Add(time.Nanosecond)
	}
	p.waits = append(p.waits, wait{s.Queue, interval{s.Began, ended}})
}

// time adds up what agents did while they were available.
func (p *Played) time(all []*worker, d *Day) {
	had, took := 0.0, 0.0
	for _, w := range all {
		for _, t := range w.there {
			within := t.and(interval{d.From, d.To})
			p.Available += within.length()
			for i, r := range w.room {
				until := d.To
				if i+1 < len(w.room) {
					until = w.room[i+1].from
				}
				had += within.and(interval{r.from, until}).length().Seconds() * float64(r.units)
			}
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
		p.waits = slices.DeleteFunc(slices.Clone(p.waits), func(w wait) bool { return !slices.Contains(scope.Queues, w.queue) })
		p.Ends = slices.DeleteFunc(slices.Clone(p.Ends), func(e End) bool { return !slices.Contains(scope.Queues, e.Queue) })
	}
	return p
}

// Run is a played day in numbers; target is what counts as in time.
func (p *Played) Run(target time.Duration) queries.WhatIfRun {
	out := queries.WhatIfRun{Occupancy: p.Busy, Total: count("", p.Ends, target), Queues: []queries.WhatIfCount{}}
	if p.from.Before(p.to) {
		out.Agents = p.Available.Seconds() / p.to.Sub(p.from).Seconds()
	}
	out.Total.Backlog = p.backlog(p.waits)
	waits := map[events.QueueID][]wait{}
	for _, w := range p.waits {
		waits[w.queue] = append(waits[w.queue], w)
	}
	byQueue := map[events.QueueID][]End{}
	for _, e := range p.Ends {
		byQueue[e.Queue] = append(byQueue[e.Queue], e)
	}
	for q := range waits { // one that nobody came to, where somebody waited already
		if byQueue[q] == nil {
			byQueue[q] = []End{}
		}
	}
	for q, ends := range byQueue {
		c := count(q, ends, target)
		c.Backlog = p.backlog(waits[q])
		out.Queues = append(out.Queues, c)
	}
	slices.SortFunc(out.Queues, func(a, b queries.WhatIfCount) int { return strings.Compare(string(a.Queue), string(b.Queue)) })
	return out
}

// Step is how long a step of a backlog of a day is: whole minutes, so many that there
// are at most [queries.WhatIfSteps] of them.
func Step(from, to time.Time) time.Duration {
	for _, minutes := range []time.Duration{1, 2, 5, 10, 15} {
		if step := minutes * time.Minute; to.Sub(from) <= queries.WhatIfSteps*step {
			return step
		}
	}
	return queries.MaxWhatIfSpan / queries.WhatIfSteps
}

// backlog is the most who wait at one time in each step of the day. Who leaves makes
// room before who comes at the same moment.
func (p *Played) backlog(waits []wait) []int {
	type change struct {
		at time.Time
		by int
	}
	changes := make([]change, 0, 2*len(waits))
	for _, w := range waits {
		changes = append(changes, change{w.from, 1}, change{w.to, -1})
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), a.by-b.by) })
	step := Step(p.from, p.to)
	out := make([]int, (max(0, p.to.Sub(p.from))+step-1)/step)
	waiting, next := 0, 0
	for i := range out {
		begin := p.from.Add(time.Duration(i) * step)
		for ; next < len(changes) && !changes[next].at.After(begin); next++ {
			waiting += changes[next].by
		}
		out[i] = waiting
		for end := begin.Add(step); next < len(changes) && changes[next].at.Before(end) && changes[next].at.Before(p.to); next++ {
			waiting += changes[next].by
			out[i] = max(out[i], waiting)
		}
	}
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
