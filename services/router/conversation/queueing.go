package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// withdraw ends an offer that no longer makes sense.
func (d *Draft) withdraw(s *State, reason string) { d.EndOffer(s, events.OfferWithdrawn, reason) }

// Offer asks an agent to take what waits.
func (d *Draft) Offer(s *State, o events.Offer, why events.Choice) {
	if s.Wait != nil && s.Offer == nil {
		d.add(&events.ConversationOffered{Conversation: s.ID, Offer: o, Choice: why})
	}
}

// Give assigns what waits to the agent whom the assigner chose.
func (d *Draft) Give(s *State, to events.AgentID, why events.Choice) {
	if s.Wait != nil && s.Offer == nil {
		d.add(&events.ConversationAssigned{Conversation: s.ID, Assignee: to, Team: s.Team, Reason: "given out", Choice: &why})
	}
}

// EndOffer ends the offer that stands without an assignment.
func (d *Draft) EndOffer(s *State, outcome, reason string) {
	if s.Offer != nil {
		d.add(&events.OfferClosed{Conversation: s.ID, Offer: s.Offer.ID, Agent: s.Offer.Agent, Outcome: outcome, Reason: reason})
	}
}

// AnswerOffer is an agent's word on an offer to them. One that has ended
// meanwhile is a conflict: the present state tells who has it.
func (d *Draft) AnswerOffer(s *State, body commands.AnswerOfferBody) *commands.Problem {
	if s.Offer == nil || s.Offer.ID != body.Offer || string(s.Offer.Agent) != d.decision.Actor.ID {
		return &commands.Problem{Code: commands.Conflict, Detail: "that offer does not stand any more", Conversation: &s.Conversation}
	}
	agent, why := s.Offer.Agent, events.Choice{}
	if s.Chosen != nil {
		why = *s.Chosen
	}
	if s.Wait != nil {
		why.Queue, why.Waited = s.Wait.Queue, d.waited(s)
	}
	if !body.Accept {
		d.EndOffer(s, events.OfferDeclined, cut(body.Reason, maxCallbackNote))
		return nil
	}
	d.EndOffer(s, events.OfferAccepted, "")
	s = d.conversation(s.ID)
	d.add(&events.ConversationAssigned{Conversation: s.ID, Assignee: agent, Team: s.Team, Reason: "offer accepted", Choice: &why})
	return nil
}

// waited is for how long one that waits has done so, in milliseconds.
func (d *Draft) waited(s *State) int64 {
	if s.Wait == nil {
		return 0
	}
	return max(0, d.At().Sub(s.Wait.Since).Milliseconds())
}

// byHand explains what a person or a rule chose: whom the assigner could have.
func (d *Draft) byHand(s *State) *events.Choice {
	why := d.World().Candidates(&s.Conversation)
	why.ByHand, why.Waited = true, d.waited(s)
	return &why
}

// Overflow moves what waited too long to another queue, and into it no more.
func (d *Draft) Overflow(s *State, to events.QueueID) {
	d.overflowed = s.ID
	d.PassOn(s, to)
}

// PassOn moves what waits in a queue that is closed to another.
func (d *Draft) PassOn(s *State, to events.QueueID) {
	d.add(&events.ConversationTransferred{Conversation: s.ID, Queue: to, Team: s.Team, Note: ""})
}

// TakeBack takes a conversation from an agent who is gone. It gets back the place
// it had; one on which work had begun stands by the time since which the customer
// waits, and the agent is asked first once they are there again.
func (d *Draft) TakeBack(s *State, reason string) {
	d.add(&events.ConversationAssigned{Conversation: s.ID, Team: s.Team, Reason: reason})
}

// MaxPriority bounds the priority of a conversation, to both sides.
const MaxPriority = 10

// Prioritise puts a conversation ahead of others or behind them.
func (d *Draft) Prioritise(s *State, priority int, reason string) *commands.Problem {
	if priority < -MaxPriority || priority > MaxPriority {
		return refuse(commands.Invalid, "a priority is between -10 and 10")
	}
	if priority != s.Priority {
		d.add(&events.ConversationPrioritised{Conversation: s.ID, Priority: priority, Reason: cut(reason, maxCallbackNote)})
	}
	return nil
}

// SetPresence says how an agent stands from now on. What stands already adds no
// fact.
func (d *Draft) SetPresence(p events.Presence) {
	before, known := d.World().Presence(p.Agent)
	if known && before.State == p.State && before.Reason == p.Reason && (before.LostAt == nil) == (p.LostAt == nil) && sameTime(before.Until, p.Until) {
		return
	}
	d.add(&events.AgentPresenceChanged{Presence: p})
}

// wrapUp gives an agent who has just resolved one of theirs time to finish it,
// where the queue says so.
func (d *Draft) wrapUp(queue events.QueueID, agent events.AgentID) {
	if agent != "" && string(agent) == d.decision.Actor.ID {
		d.finishUp(queue, agent)
	}
}

// finishUp is wrapUp without asking who resolved it.
func (d *Draft) finishUp(queue events.QueueID, agent events.AgentID) {
	q, ok := d.World().Queue(queue)
	p, known := d.World().Presence(agent)
	if !ok || q.WrapUp <= 0 || !known || p.State != events.AgentAvailable {
		return
	}
	until := d.At().Add(time.Duration(q.WrapUp) * time.Second)
	d.SetPresence(events.Presence{Agent: agent, State: events.AgentWrapUp, Since: d.At(), Until: &until, LostAt: p.LostAt})
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func applyQueueing(w *Work, d *events.Decision, body events.Body) {
	switch f := body.(type) {
	case *events.ConversationQueued:
		wait := f.Wait
		s := w.conversation(f.Conversation)
		s.Wait, s.Queue, s.Needs = &wait, wait.Queue, wait.Needs
	case *events.ConversationUnqueued:
		w.conversation(f.Conversation).Wait = nil
	case *events.ConversationPrioritised:
		w.conversation(f.Conversation).Priority = f.Priority
	case *events.ConversationOffered:
		o, why, s := f.Offer, f.Choice, w.conversation(f.Conversation)
		s.Offer, s.Chosen = &o, &why
	case *events.OfferClosed:
		applyOfferClosed(w.conversation(f.Conversation), d, f)
	case *events.AgentPresenceChanged:
		w.Presences[f.Presence.Agent] = f.Presence
	default:
		applyClock(w, body)
	}
}

// applyOfferClosed remembers who let the offer go by. One that was withdrawn was
// not let go by anybody.
func applyOfferClosed(s *State, d *events.Decision, f *events.OfferClosed) {
	if s.Offer == nil || s.Offer.ID != f.Offer {
		return
	}
	s.Offer, s.Chosen = nil, nil
	if s.Wait == nil || f.Outcome != events.OfferDeclined && f.Outcome != events.OfferExpired {
		return
	}
	w := *s.Wait
	w.Passed = append(slices.Clone(w.Passed), events.Passed{Agent: f.Agent, At: d.At, Outcome: f.Outcome})
	if n := len(w.Passed) - events.MaxPassed; n > 0 {
		w.Passed = w.Passed[n:]
	}
	s.Wait = &w
}

// applyAssigned gives a conversation to an agent, or back. Who was given it by the
// assigner has not begun yet; what a person or a rule gave stays where they put it, and
// is placed by their hand.
func applyAssigned(s *State, f *events.ConversationAssigned) {
	switch {
	case f.Assignee != "":
		s.Unbegun = nil
		s.stays()
		if f.Choice != nil && !f.Choice.ByHand {
			s.Unbegun = s.Wait
		} else {
			s.Placed = true
		}
		s.Wait, s.Offer, s.Chosen = nil, nil, nil
	case s.Unbegun != nil && s.Status == events.Open:
		s.Wait, s.Unbegun = s.Unbegun, nil
	default:
		s.Unbegun = nil
	}
	s.Assignee = f.Assignee
}
