package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// End takes a customer's word that they are done with the talk over an inbox. It
// means the conversations under way in which they spoke last over it, and no other:
// what goes on by mail or by telephone is not over because a page was closed. Each
// gets a line, one until they speak again. It is resolved, unless somebody still has
// to do something: an agent who has begun on it and has not answered, or who put it
// aside, and whoever promised to call. What waits in a queue then was abandoned. line
// is what its line says, named makes the line's id.
func (d *Draft) End(inbox events.InboxID, line events.Message, named func(events.ConversationID) events.MessageID) {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return
	}
	for _, id := range slices.Clone(c.Live) {
		s, ok := d.World().Conversation(id)
		if !ok || spokeOver(s) != inbox || calledSince(s) {
			continue
		}
		if !s.Ended {
			m := line
			m.ID, m.ConversationID, m.Kind, m.Direction, m.Flags = named(id), id, events.KindEvent, events.Out, []string{events.FlagLeft, events.FlagEnded}
			d.add(&events.MessageAdded{Message: m})
		}
		if s, _ = d.World().Conversation(id); !s.owed() {
			d.close(s)
		}
	}
}

// owed reports whether somebody of ours has begun what is not done yet, although the
// customer is: see [Draft.End].
func (s *State) owed() bool {
	begun := s.Assignee != "" && s.Unbegun == nil
	return s.Status != events.Open || s.Callback != nil || begun && s.WaitingSince != nil
}

// close resolves a conversation that its customer ended. Who worked on it has the
// time to finish that they have after resolving it themselves.
func (d *Draft) close(s *State) {
	holder, begun := s.Assignee, s.Unbegun == nil
	d.add(&events.ConversationResolved{Conversation: s.ID, Reason: events.ResolvedEnded})
	if begun {
		d.finishUp(s.Queue, holder)
	}
}

// calledSince reports whether a call of the customer's is newer than anything they
// wrote: it is no road, and their last word all the same.
func calledSince(s *State) bool {
	last := s.LastMessage
	return last != nil && last.Kind == events.KindCall && last.Direction == events.In &&
		!slices.ContainsFunc(s.Roads, func(r Road) bool { return r.LastAt.After(last.OccurredAt) })
}
