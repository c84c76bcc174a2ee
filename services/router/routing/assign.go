package routing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/assignment"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// assignBatch bounds how much is given out in one go, so that a queue that opens
// does not hold up the customers who write meanwhile.
// While commands wait it is assignFirst.
const (
	assignBatch = 64
	assignFirst = 8
)

// seat makes the desk anew from what is stored. Whoever takes over deciding does
// so, and so does whoever had to read the state again.
func (r *Router) seat() error {
	d := assignment.New(r.deps.Levels.Workload())
	r.desk, r.store.seats, r.staffed = d, d, map[events.QueueID][]byte{}
	r.reviewing, r.telling = nil, map[events.QueueID][]byte{}
	clear(r.store.promises.untold)
	r.store.begin()
	defer r.store.end()
	if err := r.restaff(); err != nil {
		return err
	}
	for _, c := range r.store.desk() {
		if s, ok := r.store.Conversation(c); ok {
			d.Put(&s.Conversation)
		}
	}
	return r.store.damage
}

// restaff tells the desk of agents and queues as they are now, and sees who is to
// be told of what holds from now on.
func (r *Router) restaff() error {
	r.watch()
	r.store.promises.read(r.deps.Levels, r.deps.Logger)
	known := map[events.QueueID]bool{}
	for _, q := range r.deps.Staff.Queues() {
		known[q.ID] = true
		if err := r.seatQueue(q); err != nil {
			return err
		}
	}
	for q := range r.staffed {
		if !known[q] {
			r.desk.RemoveQueue(q)
			delete(r.staffed, q)
		}
	}
	here := map[events.AgentID]bool{}
	for _, a := range r.deps.Staff.Agents() {
		here[a.ID] = true
		r.desk.SetAgent(a)
		if p, ok := r.store.Presence(a.ID); ok {
			r.desk.SetPresence(r.attended.stands(p))
		}
	}
	for _, id := range r.desk.Agents() {
		if !here[id] {
			r.desk.RemoveAgent(id)
		}
	}
	if w := r.deps.Levels.Workload(); !reflect.DeepEqual(w, r.workload) {
		r.workload = w
		r.desk.SetWorkload(w)
	}
	return r.compare()
}

// seatQueue tells the desk of a queue where anything that holds in it has changed:
// all that waits there is looked at then.
func (r *Router) seatQueue(q config.Queue) error {
	p := r.store.promises
	terms := p.terms(q)
	raw, err := json.Marshal(struct {
		Queue config.Queue
		Hours config.Hours
		Raise config.Raise
	}{q, p.hours[q.Hours], terms.Raise})
	if err != nil {
		return fmt.Errorf("read queue %s: %w", q.ID, err)
	}
	if string(raw) != string(r.staffed[q.ID]) {
		r.staffed[q.ID] = raw
		r.desk.SetQueue(q, terms)
	}
	return nil
}

// watch takes the signals of the settings before they are read, so that no change
// is missed.
func (r *Router) watch() {
	m := &r.moved
	m[0], m[1] = r.deps.Staff.Changed()
	m[2], m[3], m[4] = r.deps.Levels.Changed()
}

// settingsMoved takes over settings that have changed before anything more is
// decided, so that whoever writes after a change is dealt with by it.
func (r *Router) settingsMoved() error {
	for _, c := range r.moved {
		select {
		case <-c:
			r.store.begin()
			defer r.store.end()
			return r.restaff()
		default:
		}
	}
	return nil
}

// seated tells the desk what was decided.
func (r *Router) seated(ds []*events.Decision) {
	if r.desk == nil {
		return
	}
	for _, d := range ds {
		for i := range d.Conversations {
			r.desk.Put(&d.Conversations[i])
		}
		for _, f := range d.Facts {
			if p, ok := f.Body.(*events.AgentPresenceChanged); ok {
				r.desk.SetPresence(p.Presence)
			}
		}
	}
}

// assign does what the desk asks for. It returns an error only when the state
// must be read anew.
func (r *Router) assign(ctx context.Context) error {
	for n := range assignBatch {
		if n >= assignFirst && len(r.commands) > 0 {
			break
		}
		now := r.deps.Now().UTC()
		act, ok := r.desk.Next(now)
		if !ok {
			return nil
		}
		if err := r.act(ctx, act, now); err != nil {
			return err
		}
	}
	r.unassigned = true // more is to be done
	return nil
}

// act turns what the desk asks for into a decision.
func (r *Router) act(ctx context.Context, act assignment.Action, now time.Time) error {
	r.store.begin()
	defer r.store.end()
	cause := events.Cause{Kind: "assigner"}
	if act.Verb == assignment.ChangeState {
		d := conversation.NewDraft(r.store, id.New("dc"), "", now, cause, system)
		d.SetPresence(act.Presence)
		return r.submitAssigned(ctx, d)
	}
	s, ok := r.store.Conversation(act.Conversation)
	if !ok {
		return r.store.damage
	}
	d := conversation.NewDraft(r.store, id.New("dc"), standing(r.store, s.Contact.ID), now, cause, system)
	switch act.Verb {
	case assignment.MakeOffer:
		d.Offer(s, events.Offer{ID: events.OfferID(id.New("of")), Agent: act.Agent, At: now, Until: act.Until}, act.Choice)
	case assignment.Give:
		d.Give(s, act.Agent, act.Choice)
	case assignment.ExpireOffer:
		d.EndOffer(s, events.OfferExpired, "no answer")
	case assignment.WithdrawOffer:
		d.EndOffer(s, events.OfferWithdrawn, r.whyGone(act.Agent))
	case assignment.Overflow:
		d.Overflow(s, act.Queue)
	case assignment.PassOn:
		d.PassOn(s, act.Queue)
	case assignment.TakeBack:
		d.TakeBack(s, r.whyGone(act.Agent))
	}
	if err := r.submitAssigned(ctx, d); err != nil {
		return err
	}
	if act.Verb == assignment.ExpireOffer {
		return r.sendAway(ctx, s, act.Agent, now)
	}
	return nil
}

// whyGone is why an agent cannot have what was theirs.
func (r *Router) whyGone(agent events.AgentID) string {
	p, _ := r.store.Presence(agent)
	switch {
	case !r.desk.Works(agent):
		return "the agent works here no more"
	case p.State == events.AgentAway || p.State == events.AgentWrapUp:
		return "the agent takes nothing now"
	}
	return "the agent is gone"
}

// sendAway makes an agent away who let an offer expire, where the queue says so:
// whoever does not look at the screen is asked in vain.
func (r *Router) sendAway(ctx context.Context, s *conversation.State, agent events.AgentID, now time.Time) error {
	q, ok := r.store.Queue(s.Queue)
	p, known := r.store.Presence(agent)
	if !ok || !q.Away || !known || p.State != events.AgentAvailable {
		return nil
	}
	d := conversation.NewDraft(r.store, id.New("dc"), "", now, events.Cause{Kind: "assigner"}, system)
	d.SetPresence(events.Presence{Agent: agent, State: events.AgentAway, Reason: "let an offer expire", Since: now, LostAt: p.LostAt})
	return r.submitAssigned(ctx, d)
}

func (r *Router) submitAssigned(ctx context.Context, d *conversation.Draft) error {
	if r.store.damage != nil || d.Empty() {
		return r.store.damage
	}
	r.decisions.WithLabelValues("assigner", "decided").Inc()
	err := r.submit(ctx, finish(d, nil), nil)
	if errors.Is(err, errUnfit) {
		r.deps.Logger.Error().Err(err).Msg("an assignment cannot be stored")
		return nil
	}
	return err
}

// segment takes over which segments a contact is in. What they have waiting, and nobody
// has placed by hand, goes where the routing targets send it now: a segment follows from
// what a customer wrote or bought, and comes a moment after it.
func (c *order) segment(body commands.SegmentContactBody) *commands.Problem {
	if problem := c.draft.Segment(body.Segments); problem != nil || c.draft.Empty() {
		return problem
	}
	c.draft.Reroute(c.router.replacing(c.draft))
	return nil
}

// setPresence decides how an agent stands.
func (c *order) setPresence(body commands.SetPresenceBody) *commands.Problem {
	agent := body.Agent
	if agent == "" {
		agent = events.AgentID(c.env.Actor.ID)
	}
	if agent == "" {
		return invalid("whose presence?")
	}
	before, known := c.router.store.Presence(agent)
	if !known {
		before = events.Presence{Agent: agent, State: events.AgentOffline, Since: c.at}
	}
	now := before
	defer func() { c.result.Presence = &now }()
	switch {
	case body.Connection == "" && body.State == "" && body.Reason == "" && body.Seconds == 0 && body.Until == nil:
		return nil
	case body.Connection == "lost" && body.State == "":
		if before.State == events.AgentOffline {
			return nil // who never said anything, too: nothing is theirs to lose
		}
		if before.LostAt == nil {
			now.LostAt = &c.at
		}
	case body.Connection == "back" && body.State == "":
		c.router.vouch(agent)
		now = back(before, known, c.at)
	case body.Connection != "":
		return invalid("connection is lost or back, and goes without a state")
	default:
		now = events.Presence{Agent: agent, State: body.State, Reason: body.Reason, Since: c.at}
		if problem := checkState(&now, body); problem != nil {
			return problem
		}
		c.router.vouch(agent)
	}
	c.draft.SetPresence(now)
	return nil
}

// back is how an agent stands who is connected again: as they stood before the
// connection broke. A break made nobody available who was not, and neither does a
// first connection: whoever has not said that they take work is there, and away.
func back(p events.Presence, known bool, now time.Time) events.Presence {
	p.LostAt = nil
	switch {
	case !known:
		p.State, p.Since = events.AgentAway, now
	case p.State == events.AgentOffline && p.Reason == assignment.ConnectionLost:
		was := events.Stood{State: events.AgentAvailable} // of decisions from before it was kept
		if p.Before != nil {
			was = *p.Before
		}
		if was.Until != nil && !now.Before(*was.Until) {
			was = events.Stood{State: events.AgentAvailable}
		}
		p = events.Presence{Agent: p.Agent, State: was.State, Reason: was.Reason, Until: was.Until, Since: now}
	}
	return p
}

const (
	maxReason = 200
	maxWrapUp = time.Hour
	maxAbsent = 24 * time.Hour
)

func checkState(p *events.Presence, body commands.SetPresenceBody) *commands.Problem {
	switch p.State {
	case events.AgentAvailable, events.AgentAway, events.AgentOffline, events.AgentWrapUp:
	default:
		return invalid("a state is available, wrap-up, away or offline")
	}
	if len(body.Reason) > maxReason {
		return invalid("a reason is at most 200 bytes")
	}
	if body.Seconds == 0 && body.Until == nil {
		return nil
	}
	if body.Seconds < 0 || body.Seconds > 0 && body.Until != nil {
		return invalid("an end is given in seconds or as a time, not both")
	}
	until := p.Since.Add(min(time.Duration(body.Seconds), 1+maxAbsent/time.Second) * time.Second)
	if body.Until != nil {
		until = body.Until.UTC()
	}
	longest := map[events.AgentState]time.Duration{events.AgentWrapUp: maxWrapUp, events.AgentAway: maxAbsent}[p.State]
	switch takes := until.Sub(p.Since); {
	case longest == 0:
		return invalid("only a wrap-up or an absence ends by itself")
	case takes <= 0:
		return invalid("an end is in the future")
	case takes > longest:
		return invalid("a wrap-up takes at most an hour, an absence a day")
	}
	p.Until = &until
	return nil
}

// takeNext gives an agent who asks for work the first that waits.
func (c *order) takeNext() *commands.Problem {
	if p, ok := c.router.store.Presence(events.AgentID(c.env.Actor.ID)); !ok || p.State == events.AgentOffline {
		return &commands.Problem{Code: commands.Conflict, Detail: "you are offline: say first that you are there"}
	}
	act, ok := c.router.desk.Pull(events.AgentID(c.env.Actor.ID), c.at)
	if !ok {
		return &commands.Problem{Code: commands.NotFound, Detail: "nothing waits that you could take"}
	}
	s, ok := c.router.store.Conversation(act.Conversation)
	if !ok {
		return &commands.Problem{Code: commands.Unavailable, Detail: "cannot be read now, try again"}
	}
	c.state = s
	c.begin(standing(c.router.store, s.Contact.ID))
	c.draft.Give(s, act.Agent, act.Choice)
	return nil
}
