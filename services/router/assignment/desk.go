package assignment

import (
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Desk is everything that an assignment depends on. It is for one goroutine.
type Desk struct {
	workload config.Workload
	queues   map[events.QueueID]*queue
	agents   map[events.AgentID]*agent
	items    map[events.ConversationID]*item
	held     index                   // by who has it or is asked to take it
	knownBy  index                   // by whom it would rather have, while it waits
	freed    []*agent                // who may take something now and was not asked
	fresh    line                    // what waits and was not offered around, in order
	orphans  []events.ConversationID // whose holder may not be there any more
	asking   *agent                  // for whom the last action was looked for
	timers   timers
	// looked is how many agents, and how many that wait, have been looked at: what
	// decisions cost, on any machine.
	looked int
}

// New makes an empty desk.
func New(w config.Workload) *Desk {
	return &Desk{workload: w, queues: map[events.QueueID]*queue{}, agents: map[events.AgentID]*agent{}, items: map[events.ConversationID]*item{}, held: index{}, knownBy: index{}}
}

// SetQueue adds a queue or changes what holds in it.
func (d *Desk) SetQueue(q config.Queue, t Terms) {
	known, ok := d.queues[q.ID]
	if !ok {
		known = &queue{classes: map[string]*class{}}
		d.queues[q.ID] = known
	}
	known.settings, known.terms = q, t
	known.turn(d.timers.now)
	for _, other := range d.queues { // others may pass things on to it
		if other != known && (other.settings.OverflowTo != "" || other.shut && other.settings.Closed == config.ClosedMoves) {
			d.again(other)
		}
	}
	d.again(known)
}

// SetWorkload changes how much of an agent's capacity work takes.
func (d *Desk) SetWorkload(w config.Workload) {
	d.workload = w
	for _, it := range d.items {
		a, held := d.agents[it.holder()]
		if held {
			a.add(it.weight, -1)
		}
		it.weight = w.Of(lastChannel(&it.row))
		if held {
			a.add(it.weight, 1)
		}
		if it.row.Wait != nil {
			d.place(it)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.agents)) {
		d.free(d.agents[id])
	}
}

// RemoveQueue takes a queue away. What waits in it waits for nobody until it is
// moved.
func (d *Desk) RemoveQueue(id events.QueueID) {
	q, ok := d.queues[id]
	if !ok {
		return
	}
	delete(d.queues, id)
	for _, it := range d.items {
		if it.class != nil && it.class.queue == q {
			d.leave(it)
		}
	}
}

// again has everything that waits in a queue placed and offered around anew.
func (d *Desk) again(q *queue) {
	for _, it := range d.items {
		if it.row.Wait != nil && it.row.Wait.Queue == q.settings.ID {
			d.place(it)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.agents)) {
		d.free(d.agents[id])
	}
}

// SetAgent adds an agent or changes what they can do. A new one is offline.
func (d *Desk) SetAgent(a config.Agent) {
	known, ok := d.agents[a.ID]
	if !ok {
		known = &agent{presence: events.Presence{Agent: a.ID, State: events.AgentOffline}}
		d.agents[a.ID] = known
		for it := range d.held[a.ID] { // theirs from before they were known
			known.add(it.weight, 1)
		}
	}
	known.settings = a
	known.capacity = a.Capacity
	if known.capacity <= 0 {
		known.capacity = config.DefaultCapacity
	}
	if a.Disabled {
		d.orphans = append(d.orphans, d.Holds(a.ID)...)
	}
	d.free(known)
	d.preferred(a.ID)
}

// Agents are those who are known, by id.
func (d *Desk) Agents() []events.AgentID { return slices.Sorted(maps.Keys(d.agents)) }

// RemoveAgent takes an agent away. What they hold is taken back.
func (d *Desk) RemoveAgent(id events.AgentID) {
	if a, ok := d.agents[id]; ok {
		a.settings.Disabled = true // for who is still in freed
		delete(d.agents, id)
		d.orphans = append(d.orphans, d.Holds(id)...)
		d.preferred(id)
	}
}

// SetPresence says how an agent stands now. One who ends a wrap-up by time does
// so through [Next]. An agent who is not known is passed over.
func (d *Desk) SetPresence(p events.Presence) {
	a, ok := d.agents[p.Agent]
	if !ok {
		return
	}
	a.presence = p
	if p.State != events.AgentAvailable {
		d.orphans = append(d.orphans, d.Holds(p.Agent)...)
	}
	if ends(p) {
		d.timers.add(*p.Until, p.Agent, "")
	}
	if p.LostAt != nil {
		d.timers.add(p.LostAt.Add(Grace), p.Agent, "")
	}
	d.free(a)
	d.preferred(p.Agent)
}

// preferred has those offered around anew who wait for an agent that changed.
func (d *Desk) preferred(id events.AgentID) {
	for it := range d.knownBy[id] {
		d.place(it)
	}
}

// Holds are the conversations that an agent has or is offered, by id.
func (d *Desk) Holds(id events.AgentID) []events.ConversationID {
	var out []events.ConversationID
	for it := range d.held[id] {
		out = append(out, it.row.ID)
	}
	slices.Sort(out)
	return out
}

// Put tells how a conversation stands after a decision. Rows that neither wait,
// are offered, nor are somebody's open work are forgotten.
func (d *Desk) Put(c *events.Conversation) {
	if d.asking != nil {
		d.free(d.asking) // there may be more for them
		d.asking = nil
	}
	it, known := d.items[c.ID]
	if known {
		d.leave(it)
		d.held.drop(it.holder(), it)
		d.knownBy.drop(it.prefers(), it)
		if a, ok := d.agents[it.holder()]; ok {
			a.add(it.weight, -1)
			d.free(a)
		}
	}
	if !Concerns(c) {
		delete(d.items, c.ID)
		return
	}
	if !known {
		it = new(item)
		d.items[c.ID] = it
	}
	it.row, it.weight = *c, d.workload.Of(lastChannel(c))
	d.held.put(it.holder(), it)
	d.knownBy.put(it.prefers(), it)
	if a, ok := d.agents[it.holder()]; ok {
		a.add(it.weight, 1)
		if at := began(c); at.After(a.idle) {
			a.idle = at
		}
		if a.settings.Disabled || a.presence.State != events.AgentAvailable {
			d.orphans = append(d.orphans, c.ID)
		}
	} else if it.holder() != "" {
		d.orphans = append(d.orphans, c.ID)
	}
	if c.Offer != nil {
		d.timers.add(c.Offer.Until, "", c.ID)
		return
	}
	d.place(it)
}

// Concerns reports whether a row has a part in who gets what. Others need not be
// put: a desk made anew needs only these.
func Concerns(c *events.Conversation) bool {
	return c.Status != events.Merged && (c.Wait != nil || c.Offer != nil || c.Assignee != "" && c.Status == events.Open)
}

func lastChannel(c *events.Conversation) string {
	if c.LastMessage != nil {
		return c.LastMessage.Channel
	}
	if n := len(c.Channels); n > 0 {
		return c.Channels[n-1]
	}
	return ""
}

// began is about when the holder got it.
func began(c *events.Conversation) time.Time {
	if c.Offer != nil {
		return c.Offer.At
	}
	return c.UpdatedAt
}

func (d *Desk) free(a *agent) {
	if !a.freed {
		a.freed = true
		d.freed = append(d.freed, a)
	}
}

// index finds conversations by an agent.
type index map[events.AgentID]map[*item]struct{}

func (x index) put(id events.AgentID, it *item) {
	if id == "" {
		return
	}
	if x[id] == nil {
		x[id] = map[*item]struct{}{}
	}
	x[id][it] = struct{}{}
}

func (x index) drop(id events.AgentID, it *item) {
	if delete(x[id], it); len(x[id]) == 0 {
		delete(x, id)
	}
}
