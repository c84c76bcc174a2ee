package assignment

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// item is a conversation that waits, is offered or is being worked on.
type item struct {
	row    events.Conversation
	weight config.Weight
	key    time.Time // its place in the order
	due    time.Time // when the first promise to it ends
	class  *class    // nil while it does not wait
	fresh  bool      // is in Desk.fresh
}

// holder is whose work it is, or who is asked to take it.
func (it *item) holder() events.AgentID {
	if it.row.Offer != nil {
		return it.row.Offer.Agent
	}
	if it.row.Status == events.Open {
		return it.row.Assignee
	}
	return ""
}

// prefers is whom it would rather have, while it waits.
func (it *item) prefers() events.AgentID {
	if it.row.Wait == nil {
		return ""
	}
	return it.row.Wait.Prefer
}

func (it *item) before(other *item) bool {
	if !it.key.Equal(other.key) {
		return it.key.Before(other.key)
	}
	if !it.due.Equal(other.due) {
		return it.due.Before(other.due)
	}
	return it.row.ID < other.row.ID
}

// passedBy reports whether an agent let it go by not long ago.
func (it *item) passedBy(id events.AgentID, now time.Time, passing time.Duration) bool {
	for _, p := range it.row.Wait.Passed {
		if p.Agent == id && now.Before(p.At.Add(passing)) {
			return true
		}
	}
	return false
}

type queue struct {
	settings config.Queue
	terms    Terms
	shut     bool      // nothing is given out now
	until    time.Time // until when shut stays so
	classes  map[string]*class
}

// class is what waits in one queue and asks the same of an agent.
type class struct {
	queue  *queue
	name   string
	needs  []events.Need
	prefer events.AgentID
	weight config.Weight
	line   line
}

// fits reports whether an agent may have what waits in the class, but for who
// let it go by.
func (c *class) fits(a *agent) bool { return c.unfit(a) == "" }

// unfit is why not.
func (c *class) unfit(a *agent) string {
	switch {
	case c.queue.shut:
		return "closed"
	case !a.serves(c.queue):
		return "team"
	case !a.takes():
		return "away"
	case c.prefer != "" && c.prefer != a.settings.ID:
		return "waits for another"
	case !a.can(c.needs):
		return "skill"
	case !a.room(c.weight):
		return "full"
	}
	return ""
}

// line is conversations in order. It is small against what it costs to keep it
// sorted: an insertion moves pointers.
type line []*item

func (l *line) insert(it *item) {
	i := sort.Search(len(*l), func(i int) bool { return !(*l)[i].before(it) })
	*l = append(*l, nil)
	copy((*l)[i+1:], (*l)[i:])
	(*l)[i] = it
}

func (l *line) remove(it *item) {
	i := sort.Search(len(*l), func(i int) bool { return !(*l)[i].before(it) })
	if i < len(*l) && (*l)[i] == it {
		copy((*l)[i:], (*l)[i+1:])
		(*l)[len(*l)-1] = nil
		*l = (*l)[:len(*l)-1]
	}
}

// place puts a conversation where it belongs, if it waits, and has it offered
// around.
func (d *Desk) place(it *item) {
	d.leave(it)
	w := it.row.Wait
	if w == nil || it.row.Offer != nil {
		return
	}
	q, ok := d.queues[w.Queue]
	if !ok {
		return
	}
	it.key = w.Since.Add(-time.Duration(q.steps(&it.row)) * q.settings.Boosted())
	it.due = due(&it.row)
	d.sort(it, q, d.timers.now)
}

// sort puts it into its class as of a time, and sets the time of its next change.
func (d *Desk) sort(it *item, q *queue, now time.Time) {
	w, s := it.row.Wait, &q.settings
	next := func(t time.Time) {
		if t.After(now) {
			d.timers.add(t, "", it.row.ID)
		}
	}
	if q.shut && s.Closed == config.ClosedMoves {
		d.timers.add(now, "", it.row.ID)
	}
	wanted := wantedAt(&it.row)
	if wanted.After(now) {
		next(wanted)
		return
	}
	since, entered := later(w.Since, wanted), later(w.Entered, wanted)
	relaxed := q.relaxed(since, now, next)
	prefer := events.AgentID("")
	if a, known := d.agents[w.Prefer]; known && s.PreferFor > 0 && a.presence.State != events.AgentOffline && !a.settings.Disabled {
		until := q.after(entered, s.PreferFor)
		if until.After(now) && !it.passedBy(w.Prefer, now, s.Passing()) {
			prefer = w.Prefer
			next(until)
		}
	}
	if _, ok := d.overflowsTo(it, q); ok {
		d.timers.add(q.after(entered, s.OverflowAfter), "", it.row.ID)
	}
	for _, p := range w.Passed {
		next(p.At.Add(s.Passing()))
	}
	needs := lowered(s.Needs, w.Needs, relaxed)
	name := className(needs, prefer, it.weight)
	c, ok := q.classes[name]
	if !ok {
		c = &class{queue: q, name: name, needs: needs, prefer: prefer, weight: it.weight}
		q.classes[name] = c
	}
	it.class = c
	c.line.insert(it)
	if s.Mode == config.QueuePush && !it.fresh {
		it.fresh = true
		d.fresh.insert(it)
	}
}

// leave takes it out of its class.
func (d *Desk) leave(it *item) {
	if it.fresh {
		it.fresh = false
		d.fresh.remove(it)
	}
	c := it.class
	if c == nil {
		return
	}
	it.class = nil
	c.line.remove(it)
	if len(c.line) == 0 {
		delete(c.queue.classes, c.name)
	}
}

// lowered is what is still asked: the queue's and the conversation's own needs,
// the higher where both name a skill, less what waiting took off.
func lowered(queue, own []events.Need, by int) []events.Need {
	levels := map[events.SkillID]int{}
	for _, n := range append(append([]events.Need{}, queue...), own...) {
		levels[n.Skill] = max(levels[n.Skill], n.Level)
	}
	var out []events.Need
	for s, l := range levels {
		if l > by {
			out = append(out, events.Need{Skill: s, Level: l - by})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Skill < out[j].Skill })
	return out
}

func className(needs []events.Need, prefer events.AgentID, w config.Weight) string {
	var b strings.Builder
	for _, n := range needs {
		b.WriteString(string(n.Skill))
		b.WriteByte(0)
		b.WriteString(strconv.Itoa(n.Level))
		b.WriteByte(0)
	}
	b.WriteByte(1)
	b.WriteString(string(prefer))
	b.WriteByte(1)
	b.WriteString(strconv.Itoa(w.Units))
	if w.Interruptible {
		b.WriteByte('i')
	}
	return b.String()
}
