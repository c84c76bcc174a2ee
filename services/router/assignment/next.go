package assignment

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Verb is what is to be done.
type Verb string

// Offer a conversation to an agent until a time; give it to them at once; end an
// offer whose time is over, or whose agent takes nothing any more; move what waited too
// long to another queue, or what waits in a closed one; take back what an agent who is
// gone has not begun, or anything from one who works no more; change how an agent
// stands.
const (
	MakeOffer     Verb = "offer"
	Give          Verb = "give"
	ExpireOffer   Verb = "expire"
	WithdrawOffer Verb = "withdraw"
	Overflow      Verb = "overflow"
	PassOn        Verb = "pass-on"
	TakeBack      Verb = "take-back"
	ChangeState   Verb = "state"
)

// Action is one thing to do, and why.
type Action struct {
	Verb         Verb
	Conversation events.ConversationID
	Agent        events.AgentID
	Queue        events.QueueID  // of Overflow and PassOn: where to
	Until        time.Time       // of MakeOffer
	Choice       events.Choice   // of MakeOffer and Give
	Presence     events.Presence // of ChangeState
}

// Next is the next thing to do at a time that never runs backwards, or false
// when there is nothing. Whoever asks does it and tells the desk the outcome
// ([Desk.Put], [Desk.SetPresence]) before asking again; what is not done comes
// again only when something has changed.
func (d *Desk) Next(now time.Time) (Action, bool) {
	if now.After(d.timers.now) {
		d.timers.now = now
	}
	d.asking = nil
	d.turn()
	for {
		if t, ok := d.timers.due(); ok {
			if a, do := d.onTime(t); do {
				return a, true
			}
			continue
		}
		if n := len(d.orphans); n > 0 {
			id := d.orphans[n-1]
			d.orphans = d.orphans[:n-1]
			if a, do := d.orphan(id); do {
				return a, true
			}
			continue
		}
		if n := len(d.freed); n > 0 {
			a := d.freed[n-1]
			d.freed[n-1] = nil
			d.freed = d.freed[:n-1]
			a.freed = false
			if it := d.firstFor(a); it != nil {
				// Who is freed takes the first that fits; who of all agents gets it
				// is chosen as for one that arrives.
				if act, ok := d.give(it); ok {
					d.asking = a
					return act, true
				}
			}
			continue
		}
		if len(d.fresh) > 0 {
			it := d.fresh[0]
			it.fresh = false
			d.fresh = d.fresh[1:]
			if act, ok := d.give(it); ok {
				return act, true
			}
			continue
		}
		return Action{}, false
	}
}

// orphan takes back what an agent was asked to take who takes nothing, what one who is
// offline has not begun, and anything from one who works no more.
func (d *Desk) orphan(id events.ConversationID) (Action, bool) {
	it, ok := d.items[id]
	if !ok {
		return Action{}, false
	}
	holder := it.holder()
	works, state := d.Works(holder), events.AgentAvailable
	if a, known := d.agents[holder]; known {
		state = a.presence.State
	}
	switch {
	case holder == "" || works && state == events.AgentAvailable:
	case it.row.Offer != nil:
		return Action{Verb: WithdrawOffer, Conversation: id, Agent: holder}, true
	case !works || state == events.AgentOffline && it.row.Unbegun != nil:
		return Action{Verb: TakeBack, Conversation: id, Agent: holder}, true
	}
	return Action{}, false
}

// onTime looks at what a timer may stand for.
func (d *Desk) onTime(t timer) (Action, bool) {
	now := d.timers.now
	if a, ok := d.agents[t.agent]; ok {
		p := a.presence
		switch {
		case p.LostAt != nil && !now.Before(p.LostAt.Add(Grace)) && p.State != events.AgentOffline:
			return Action{Verb: ChangeState, Agent: t.agent, Presence: lost(p, now)}, true
		case ends(p) && !now.Before(*p.Until):
			return Action{Verb: ChangeState, Agent: t.agent, Presence: events.Presence{Agent: t.agent, State: events.AgentAvailable, Since: now, LostAt: p.LostAt}}, true
		}
		return Action{}, false
	}
	it, ok := d.items[t.conversation]
	if !ok {
		return Action{}, false
	}
	if o := it.row.Offer; o != nil {
		if now.Before(o.Until) {
			return Action{}, false
		}
		return Action{Verb: ExpireOffer, Conversation: it.row.ID, Agent: o.Agent}, true
	}
	w := it.row.Wait
	if w == nil {
		return Action{}, false
	}
	q, ok := d.queues[w.Queue]
	if !ok {
		return Action{}, false
	}
	s := &q.settings
	if q.shut && s.Closed == config.ClosedMoves {
		if to, ok := d.movesTo(q); ok {
			return Action{Verb: PassOn, Conversation: it.row.ID, Queue: to}, true
		}
		return Action{}, false // it stays until something opens
	}
	if to, ok := d.overflowsTo(it, q); ok && !now.Before(q.after(later(w.Entered, wantedAt(&it.row)), s.OverflowAfter)) {
		return Action{Verb: Overflow, Conversation: it.row.ID, Queue: to}, true
	}
	d.leave(it)
	d.sort(it, q, now)
	return Action{}, false
}

// firstFor is the first that waits and that an agent may have.
func (d *Desk) firstFor(a *agent) *item {
	if !a.takes() {
		return nil
	}
	var best *item
	for _, q := range d.queues {
		if q.settings.Mode != config.QueuePush || q.shut || !a.serves(q) {
			continue
		}
		if it := d.firstIn(q, a); it != nil && (best == nil || it.before(best)) {
			best = it
		}
	}
	return best
}

func (d *Desk) firstIn(q *queue, a *agent) *item {
	var best *item
	for _, c := range q.classes {
		d.looked++
		if len(c.line) == 0 || best != nil && !c.line[0].before(best) || !c.fits(a) {
			continue
		}
		for _, it := range c.line {
			d.looked++
			if best != nil && !it.before(best) {
				break
			}
			if !it.passedBy(a.settings.ID, d.timers.now, q.settings.Passing()) {
				best = it
				break
			}
		}
	}
	return best
}

// Pull is the first that waits in pull and push queues for an agent who asks for
// work, also while they are away; false when there is none they may have, and for
// who is offline.
func (d *Desk) Pull(id events.AgentID, now time.Time) (Action, bool) {
	if now.After(d.timers.now) {
		d.timers.now = now
	}
	d.turn()
	a, ok := d.agents[id]
	if !ok || a.settings.Disabled || a.presence.State == events.AgentOffline {
		return Action{}, false
	}
	var best *item
	for _, q := range d.queues {
		if !q.settings.Gives() || q.shut || !a.serves(q) {
			continue
		}
		for _, c := range q.classes {
			if len(c.line) > 0 && (c.prefer == "" || c.prefer == id) && a.can(c.needs) && a.room(c.weight) && (best == nil || c.line[0].before(best)) {
				best = c.line[0]
			}
		}
	}
	if best == nil {
		return Action{}, false
	}
	others := slices.DeleteFunc(d.choose(best), func(other *agent) bool { return other == a })
	candidates := append([]*agent{a}, others[:min(len(others), events.MaxCandidates-1)]...)
	return Action{Verb: Give, Conversation: best.row.ID, Agent: id, Choice: d.explain(best, candidates)}, true
}

func waited(it *item, now time.Time) int64 { return max(0, now.Sub(it.row.Wait.Since).Milliseconds()) }

// give chooses the agent for one that waits.
func (d *Desk) give(it *item) (Action, bool) {
	c := it.class
	if c == nil || c.queue.settings.Mode != config.QueuePush {
		return Action{}, false
	}
	best := d.choose(it)
	if len(best) == 0 {
		return Action{}, false
	}
	// Whoever gets something gets the first they may have: that one may be another
	// while more agents than one are free. Each turn goes further ahead.
	for first := d.firstFor(best[0]); first != it; first = d.firstFor(best[0]) {
		it, best = first, d.choose(first)
	}
	c = it.class
	now, s := d.timers.now, &c.queue.settings
	act := Action{Verb: Give, Conversation: it.row.ID, Agent: best[0].settings.ID, Choice: d.explain(it, best)}
	if s.OfferFor > 0 {
		act.Verb, act.Until = MakeOffer, now.Add(time.Duration(s.OfferFor)*time.Second)
	}
	return act, true
}

// choose lists the best agents for one that waits, at most events.MaxCandidates.
// The one who knows the customer comes first where they may have it at all.
func (d *Desk) choose(it *item) []*agent {
	now, c, w := d.timers.now, it.class, it.row.Wait
	passing := c.queue.settings.Passing()
	var best []*agent
	ahead := func(a, b *agent) bool {
		if knows := a.settings.ID == w.Prefer; knows != (b.settings.ID == w.Prefer) {
			return knows
		}
		return a.before(b)
	}
	d.looked += len(d.agents)
	for _, a := range d.agents {
		if !c.fits(a) || it.passedBy(a.settings.ID, now, passing) {
			continue
		}
		at := len(best)
		for at > 0 && ahead(a, best[at-1]) {
			at--
		}
		if at == events.MaxCandidates {
			continue
		}
		best = append(best, nil)
		copy(best[at+1:], best[at:])
		best[at] = a
		best = best[:min(len(best), events.MaxCandidates)]
	}
	return best
}
