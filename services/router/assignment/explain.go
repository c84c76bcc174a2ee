package assignment

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Candidates are who could be given a conversation now, as [Desk.Next] would see them,
// whether it waits or not: for somebody else's choice. Where it stands in no queue they
// are those of its team, or everybody.
func (d *Desk) Candidates(c *events.Conversation) events.Choice {
	it := &item{row: *c, weight: d.workload.Of(lastChannel(c))}
	q, ok := d.queues[c.Queue]
	if !ok {
		q = &queue{}
		if c.Team != "" {
			q.settings.Teams = []events.TeamID{c.Team}
		}
	}
	if it.row.Wait == nil {
		it.row.Wait = &events.Wait{Queue: c.Queue, Since: d.timers.now}
	}
	if known, ok := d.items[c.ID]; ok && known.class != nil {
		it.class = known.class
	} else {
		it.class = &class{queue: q, needs: lowered(q.settings.Needs, it.row.Wait.Needs, q.relaxed(later(it.row.Wait.Since, wantedAt(c)), d.timers.now, func(time.Time) {})), weight: it.weight}
	}
	return d.explain(it, d.choose(it))
}

// relaxed is by how much levels have fallen for who waits since a time, and tells when
// they will fall further.
func (q *queue) relaxed(since, now time.Time, next func(time.Time)) int {
	by := 0
	for _, r := range q.settings.Relax {
		if at := q.after(since, r.After); at.After(now) {
			next(at)
		} else {
			by += r.By
		}
	}
	return by
}

// explain says whom a choice was made from.
func (d *Desk) explain(it *item, best []*agent) events.Choice {
	now, c, w := d.timers.now, it.class, it.row.Wait
	out := events.Choice{Queue: w.Queue, Waited: waited(it, now), Unfit: map[string]int{}}
	for _, a := range best {
		out.Candidates = append(out.Candidates, events.Candidate{
			Agent: a.settings.ID, Load: a.all, Capacity: a.capacity, Idle: a.idle, Knows: a.settings.ID == w.Prefer,
		})
	}
	d.looked += len(d.agents)
	for _, a := range d.agents {
		why := c.unfit(a)
		if slices.Contains(best, a) {
			why = "" // who asked for it themselves may be away
		} else if why == "" && it.passedBy(a.settings.ID, now, c.queue.settings.Passing()) {
			why = "passed"
		}
		if why != "" {
			out.Unfit[why]++
		}
	}
	if len(out.Unfit) == 0 {
		out.Unfit = nil
	}
	return out
}
