package whatif

import (
	"container/heap"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/assignment"
)

// lookUp is how many things happen between two looks at whether to stop.
const lookUp = 256

// Simulate plays a day in a world. It stops early, with false, when stop says so;
// nil never does. The same day in the same world gives the same run.
func Simulate(d *Day, w World, stop func() bool) (Played, bool) {
	s := &simulation{
		day: d, world: w, desk: assignment.New(w.Workload), now: d.From,
		queues: map[events.QueueID]config.Queue{}, agents: map[events.AgentID]*worker{}, live: map[events.ConversationID]*running{},
		typical: usual(d),
	}
	s.furnish()
	steps := 0
	stopped := func() bool { // asked within a moment too: the desk may go round in one
		steps++
		return steps%lookUp == 1 && stop != nil && stop()
	}
	for {
		if stopped() {
			return Played{}, false
		}
		next, ok := s.next()
		if !ok {
			break
		}
		s.now = next
		for len(s.happens.list) > 0 && !s.happens.list[0].at.After(s.now) {
			heap.Pop(&s.happens).(happening).do()
		}
		for {
			act, ok := s.desk.Next(s.now)
			if !ok {
				break
			}
			if stopped() {
				return Played{}, false
			}
			s.act(act)
		}
	}
	return s.played(), true
}

// simulation is a run under way.
type simulation struct {
	day     *Day
	world   World
	desk    *assignment.Desk
	now     time.Time
	happens happenings
	queues  map[events.QueueID]config.Queue
	agents  map[events.AgentID]*worker
	live    map[events.ConversationID]*running
	order   []*running
	roster  []events.AgentID
	typical map[events.QueueID]habit
}

// worker is an agent, and what becomes of their day.
type worker struct {
	settings config.Agent
	room     []room
	presence events.Presence
	there    []interval
	work     []load
}

// running is a stay being played again.
type running struct {
	stay    *Stay
	row     events.Conversation
	offered int // offers so far
	result  string
	waited  time.Duration
	ended   time.Time // of the waiting; zero while it goes on
	agent   events.AgentID
	since   time.Time
}

// furnish puts agents, queues and all that is known beforehand in place.
func (s *simulation) furnish() {
	s.desk.Next(s.now) // sets the desk's clock; there is nothing to do yet
	for _, q := range s.world.Queues {
		s.sets(q)
	}
	for _, a := range s.world.Agents {
		s.hires(a)
		s.desk.SetAgent(a)
	}
	for i := range s.world.Turns {
		t := &s.world.Turns[i]
		if t.Agent != nil {
			s.hires(*t.Agent)
		}
		s.at(t.At, first, func() { s.turns(t) })
	}
	for _, id := range s.roster {
		for _, p := range s.day.Presence[id] {
			s.at(p.Since, first, func() { s.stands(p) })
		}
	}
	for i := range s.day.Work {
		w := &s.day.Work[i]
		if s.agents[w.Agent] != nil {
			s.beside(w, i)
		}
	}
	for i := range s.day.Stays {
		r := &running{stay: &s.day.Stays[i]}
		s.order = append(s.order, r)
		s.at(r.stay.Began, last, func() { s.arrives(r) })
	}
}

// hires has an agent whose day is told of.
func (s *simulation) hires(a config.Agent) {
	if s.agents[a.ID] == nil {
		s.agents[a.ID] = &worker{settings: a, room: s.world.rooms(a.ID, s.day.From), presence: events.Presence{Agent: a.ID, State: events.AgentOffline, Since: s.now}}
		s.roster = append(s.roster, a.ID)
	}
}

// next is when something happens next, before the day is over.
func (s *simulation) next() (time.Time, bool) {
	next := s.day.To
	if len(s.happens.list) > 0 {
		next = s.happens.list[0].at
	}
	if due, ok := s.desk.Due(); ok && due.Before(next) {
		next = due
		if !next.After(s.now) { // it was looked at, and stays due
			next = s.now.Add(time.Millisecond)
		}
	}
	if next.Before(s.now) {
		next = s.now
	}
	return next, next.Before(s.day.To)
}

// beside has an agent do what they did beside the queues.
func (s *simulation) beside(w *Span, n int) {
	row := events.Conversation{ID: events.ConversationID("work" + itoa(n)), Status: events.Open, Assignee: w.Agent, Channels: []string{w.Channel}, UpdatedAt: w.From}
	s.at(w.From, first, func() { s.desk.Put(&row) })
	s.worked(w.Agent, w.Channel, w.From, w.To)
	if w.To.Before(s.day.To) {
		s.at(w.To, first, func() { row.Status = events.Resolved; s.desk.Put(&row) })
	}
}

func (s *simulation) worked(a events.AgentID, channel string, from, to time.Time) {
	if w := s.agents[a]; w != nil {
		w.work = append(w.work, load{interval{from, to}, s.world.weights(from).Of(channel).Units})
	}
}

func (s *simulation) stands(p events.Presence) {
	w := s.agents[p.Agent]
	if w == nil {
		return
	}
	p.Since = s.now
	w.there = follow(w.there, w.presence, p)
	w.presence = p
	s.desk.SetPresence(p)
}

func (s *simulation) arrives(r *running) {
	w := r.stay.Wait
	since := w.Since
	r.row = events.Conversation{
		ID: r.stay.ID, Status: events.Open, Queue: w.Queue, Priority: r.stay.Priority, Channels: []string{r.stay.Channel},
		Wait: &w, WaitingSince: &since, CreatedAt: r.stay.Began, UpdatedAt: r.stay.Began,
	}
	s.live[r.stay.ID] = r
	if o := r.stay.Stood; o != nil && s.agents[o.Agent] != nil {
		s.offers(r, o.Agent, o.Until)
	} else {
		s.desk.Put(&r.row)
	}
	for _, m := range r.stay.Moves {
		s.at(r.stay.Began.Add(m.After), last, func() { s.moves(r, m.Queue, nil) })
	}
	if !r.stay.Ended.IsZero() && r.stay.Reason != taken {
		s.at(r.stay.Ended, last, func() { s.leaves(r) })
	}
}

// moves puts what still waits into another queue. overflowed are those into which it
// does not overflow again.
func (s *simulation) moves(r *running, to events.QueueID, overflowed []events.QueueID) {
	if r.row.Wait == nil {
		return
	}
	w := *r.row.Wait
	w.Queue, w.Entered, w.Passed, w.Overflowed = to, s.now, nil, overflowed
	r.row.Wait, r.row.Queue, r.row.Offer = &w, to, nil
	s.desk.Put(&r.row)
}

// leaves ends the waiting of who had no more patience, or was answered in another
// way.
func (s *simulation) leaves(r *running) {
	if r.row.Wait == nil {
		return
	}
	r.row.Wait, r.row.Offer, r.row.Status = nil, nil, events.Resolved
	s.desk.Put(&r.row)
	r.result, r.ended = "otherwise", s.now
	if r.stay.Reason == left {
		r.result = left
	}
}

// act does what the desk asks for.
func (s *simulation) act(act assignment.Action) {
	if act.Verb == assignment.ChangeState {
		s.stands(act.Presence)
		return
	}
	r := s.live[act.Conversation]
	if r == nil {
		return
	}
	switch act.Verb {
	case assignment.Give:
		s.gets(r, act.Agent)
	case assignment.MakeOffer:
		s.offers(r, act.Agent, act.Until)
	case assignment.ExpireOffer:
		s.passes(r, events.OfferExpired)
	case assignment.WithdrawOffer: // nobody let it go by
		r.row.Offer = nil
		r.offered--
		s.desk.Put(&r.row)
	case assignment.Overflow:
		if r.row.Wait != nil {
			s.moves(r, act.Queue, append(slices.Clone(r.row.Wait.Overflowed), act.Queue))
		}
	case assignment.PassOn:
		if r.row.Wait != nil {
			s.moves(r, act.Queue, r.row.Wait.Overflowed)
		}
	case assignment.TakeBack: // what was taken back that day waits again in a stay of its own
	}
}

// offers asks an agent, who does as the agents of that day did with this
// conversation: the first so many let it go by, the next one takes it.
func (s *simulation) offers(r *running, to events.AgentID, until time.Time) {
	o := &events.Offer{ID: events.OfferID(itoa(r.offered)), Agent: to, At: s.now, Until: until}
	r.row.Offer = o
	n := r.offered
	r.offered++
	s.desk.Put(&r.row)
	still := func(do func()) func() {
		return func() {
			if r.row.Offer == o {
				do()
			}
		}
	}
	switch {
	case n >= len(r.stay.Passes):
		think := r.stay.Think
		if think == 0 && r.stay.Reason != taken {
			think = s.typical[r.stay.Queue].think
		}
		think = min(think, until.Sub(s.now)-time.Millisecond)
		s.at(s.now.Add(max(0, think)), last, still(func() { s.gets(r, o.Agent) }))
	case !r.stay.Passes[n].Expired:
		s.at(s.now.Add(r.stay.Passes[n].After), last, still(func() { s.passes(r, events.OfferDeclined) }))
	}
}

func (s *simulation) passes(r *running, outcome string) {
	o := r.row.Offer
	r.row.Offer = nil
	if r.row.Wait != nil && o != nil {
		w := *r.row.Wait
		w.Passed = append(slices.Clone(w.Passed), events.Passed{Agent: o.Agent, At: s.now, Outcome: outcome})
		w.Passed = w.Passed[max(0, len(w.Passed)-events.MaxPassed):]
		r.row.Wait = &w
	}
	s.desk.Put(&r.row)
}

// gets gives an agent what waits, for as long as the work on it took.
func (s *simulation) gets(r *running, a events.AgentID) {
	queue := r.row.Wait.Queue
	r.result, r.waited, r.ended, r.agent, r.since = taken, s.now.Sub(r.stay.Began), s.now, a, s.now
	r.row.Wait, r.row.Offer, r.row.Assignee, r.row.UpdatedAt = nil, nil, a, s.now
	s.desk.Put(&r.row)
	took := s.typical[r.stay.Queue].work
	if r.stay.Reason == taken {
		took = r.stay.Work.To.Sub(r.stay.Work.From)
	}
	end := s.now.Add(took)
	if r.stay.Reason == taken && r.stay.Work.Open {
		end = s.day.To // it went on when the day ended, and does so again
	}
	s.worked(a, r.stay.Channel, s.now, end)
	s.at(end, first, func() { s.ends(r, queue) })
}

// ends frees an agent, who finishes up where the queue says so.
func (s *simulation) ends(r *running, queue events.QueueID) {
	r.row.Status, r.row.UpdatedAt = events.Resolved, s.now
	s.desk.Put(&r.row)
	w := s.agents[r.agent]
	if q := s.queues[queue]; q.WrapUp > 0 && w != nil && w.presence.State == events.AgentAvailable {
		until := s.now.Add(time.Duration(q.WrapUp) * time.Second)
		s.stands(events.Presence{Agent: r.agent, State: events.AgentWrapUp, Until: &until, LostAt: w.presence.LostAt})
	}
}
