package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// keepPlaces brings what waits in line with what was decided: an open
// conversation in which somebody waits for us, and which nobody has, stands in
// its queue where that queue gives out work, until it is answered or somebody has
// it. It runs at the end of every decision, so that no rule has to think of it.
func (d *Draft) keepPlaces() {
	for _, id := range d.order {
		s := d.Conversations[id]
		queue, known := d.World().Queue(s.Queue)
		gives := known && queue.Gives()
		if gives && s.Status == events.Open && s.Assignee != "" && d.asks(id) && d.gone(s.Assignee) {
			d.TakeBack(s, "the customer wrote and the agent is offline")
		}
		free := gives && s.Status == events.Open && s.Assignee == ""
		switch {
		case s.Wait == nil && free && (s.WaitingSince != nil || s.Callback != nil || d.cameBack(id)):
			d.add(&events.ConversationQueued{Conversation: id, Wait: d.placeOf(s), Reason: "somebody waits"})
		case s.Wait != nil && (!free || s.WaitingSince == nil && s.Callback == nil && d.answers(id)):
			reason := leaving(s)
			d.withdraw(s, reason)
			d.add(&events.ConversationUnqueued{Conversation: id, Queue: s.Wait.Queue, Reason: reason})
		case s.Wait != nil && s.Wait.Queue != s.Queue:
			w := *s.Wait
			w.Queue, w.Entered, w.Passed = s.Queue, d.At(), nil
			d.withdraw(s, "moved to another queue")
			d.add(&events.ConversationQueued{Conversation: id, Wait: w, Reason: "moved to another queue"})
		}
	}
}

// cameBack reports whether this decision brought a conversation back to be looked
// at, although its customer may not wait.
func (d *Draft) cameBack(id events.ConversationID) bool {
	for _, f := range d.decision.Facts {
		switch b := f.Body.(type) {
		case *events.ConversationWoken:
			if b.Conversation == id {
				return true
			}
		case *events.ConversationReopened:
			if b.Conversation == id {
				return true
			}
		}
	}
	return false
}

// asks reports whether in this decision the customer says something that waits
// for an answer.
func (d *Draft) asks(id events.ConversationID) bool {
	for _, f := range d.decision.Facts {
		m, ok := f.Body.(*events.MessageAdded)
		if ok && m.Message.ConversationID == id && m.Message.Direction == events.In && (d.Conversations[id].WaitingSince != nil || d.Conversations[id].Callback != nil) && !silent(&m.Message) {
			return true
		}
	}
	return false
}

// gone reports whether an agent is known to be offline. One who never said how
// they stand works by hand.
func (d *Draft) gone(agent events.AgentID) bool {
	p, known := d.World().Presence(agent)
	return known && p.State == events.AgentOffline
}

// answers reports whether this decision answers the customer.
func (d *Draft) answers(id events.ConversationID) bool {
	for _, f := range d.decision.Facts {
		m, ok := f.Body.(*events.MessageAdded)
		if ok && m.Message.ConversationID == id && m.Message.Direction == events.Out && m.Message.Kind != events.KindNote && !m.Message.HasFlag("automatic") {
			return true
		}
	}
	return false
}

// placeOf is where somebody new in a queue stands: by the time since which they
// wait, with the agent who answered them last as the one to ask first.
func (d *Draft) placeOf(s *State) events.Wait {
	w := events.Wait{Queue: s.Queue, Since: d.At(), Entered: d.At(), Needs: d.needsOf(s)}
	if s.WaitingSince != nil && s.WaitingSince.Before(w.Since) {
		w.Since = *s.WaitingSince
	} else if s.Callback != nil && s.Callback.RequestedAt.Before(w.Since) {
		w.Since = s.Callback.RequestedAt
	}
	if c, ok := d.World().Contact(s.Contact.ID); ok {
		w.Prefer = c.Agent
	}
	return w
}

func leaving(s *State) string {
	switch {
	case s.Assignee != "":
		return "taken"
	case s.Status != events.Open:
		return string(s.Status)
	case s.WaitingSince == nil && s.Callback == nil:
		return "answered"
	}
	return "left"
}

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
	if s.Wait != nil {
		why = events.Choice{Queue: s.Wait.Queue, Waited: max(0, d.At().Sub(s.Wait.Since).Milliseconds())}
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

// Overflow moves what waited too long to another queue.
func (d *Draft) Overflow(s *State, to events.QueueID) {
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
	q, ok := d.World().Queue(queue)
	p, known := d.World().Presence(agent)
	if !ok || q.WrapUp <= 0 || agent == "" || string(agent) != d.decision.Actor.ID || !known || p.State != events.AgentAvailable {
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
		o := f.Offer
		w.conversation(f.Conversation).Offer = &o
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
	s.Offer = nil
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
// assigner has not begun yet; what a person gave stays where they put it.
func applyAssigned(s *State, f *events.ConversationAssigned) {
	switch {
	case f.Assignee != "":
		s.Unbegun = nil
		if f.Choice != nil {
			s.Unbegun = s.Wait
		}
		s.Wait, s.Offer = nil, nil
	case s.Unbegun != nil && s.Status == events.Open:
		s.Wait, s.Unbegun = s.Unbegun, nil
	default:
		s.Unbegun = nil
	}
	s.Assignee = f.Assignee
}
