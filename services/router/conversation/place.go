package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// keepPlaces brings what waits in line with what was decided: an open
// conversation in which somebody waits for us, and which nobody has, stands in
// its queue where that queue gives out work, until it is answered or somebody has
// it. It runs at the end of every decision, so that no rule has to think of it.
func (d *Draft) keepPlaces() {
	kept := map[events.AgentID][]*events.Conversation{}
	for _, id := range d.order {
		s := d.Conversations[id]
		queue, known := d.World().Queue(s.Queue)
		gives := known && queue.Gives()
		had := s.Assignee
		if why := d.unable(s, gives, kept); why != "" {
			d.TakeBack(s, why)
		} else {
			had = ""
		}
		free := gives && s.Status == events.Open && s.Assignee == ""
		owed := s.WaitingSince != nil || s.Callback != nil
		done := d.done(id)
		switch {
		case s.Wait == nil && free && (owed || d.cameBack(id) && done == ""):
			w := d.placeOf(s)
			if had != "" {
				w.Prefer = had
			}
			d.add(&events.ConversationQueued{Conversation: id, Wait: w, Reason: "somebody waits"})
		case s.Wait != nil && d.replace[id]:
			d.placeAnew(s, free && owed)
		case s.Wait != nil && (!free || !owed && done != ""):
			reason := d.leaving(s, done)
			d.withdraw(s, reason)
			d.add(&events.ConversationUnqueued{Conversation: id, Queue: s.Wait.Queue, Reason: reason})
		case s.Wait != nil && s.Wait.Queue != s.Queue:
			d.withdraw(s, "moved to another queue")
			d.add(&events.ConversationQueued{Conversation: id, Wait: d.moving(s), Reason: "moved to another queue"})
		case s.Wait != nil && d.asksElse(s):
			w := *s.Wait
			w.Needs = d.needsOf(s)
			d.withdraw(s, "it asks for something else")
			d.add(&events.ConversationQueued{Conversation: id, Wait: w, Reason: "it asks for something else"})
		}
	}
}

// placeAnew ends a place that a conversation has through words which left it, and
// begins the one that its own give it.
func (d *Draft) placeAnew(s *State, stays bool) {
	own := d.placeOf(s)
	if stays && own.Since.Equal(s.Wait.Since) {
		return
	}
	d.withdraw(s, "the merge was undone")
	d.add(&events.ConversationUnqueued{Conversation: s.ID, Queue: s.Wait.Queue, Reason: events.PlaceMerged})
	if stays {
		d.add(&events.ConversationQueued{Conversation: s.ID, Wait: own, Reason: "the merge was undone"})
	}
}

// moving is the place of one that waits in the queue to which it has been moved. What a
// person moves begins anew there, and may overflow again.
func (d *Draft) moving(s *State) events.Wait {
	w := *s.Wait
	w.Queue, w.Entered, w.Passed = s.Queue, d.At(), nil
	if d.asksElse(s) {
		w.Needs = d.needsOf(s)
	}
	switch {
	case d.decision.Actor.Kind == "agent":
		w.Overflowed = nil
	case d.overflowed == s.ID:
		w.Overflowed = append(slices.Clone(w.Overflowed), s.Queue)
	}
	return w
}

// unable is why the agent who has a conversation cannot go on with it now; empty
// where they can, or need not. One that comes back is new work, and is theirs only
// if they might be given it: what they have in hand is theirs until they are gone.
// Whoever brings it back themselves is there. kept are those that come back in this
// decision and stay with their agents.
//
// A queue that gives out nothing leaves it to people who does what, but somebody
// who waits must not wait for an agent who is not there: nobody would see it.
// With one who works here no more nothing stays, wherever it is.
func (d *Draft) unable(s *State, gives bool, kept map[events.AgentID][]*events.Conversation) string {
	agent, came := s.Assignee, d.cameBack(s.ID)
	p, known := d.World().Presence(agent)
	gone := known && p.State == events.AgentOffline // who never said how they stand works by hand
	switch {
	case s.Status != events.Open || agent == "" || string(agent) == d.decision.Actor.ID:
	case !d.World().Works(agent):
		return "the agent works here no more"
	case !gives:
		if came && gone && (s.WaitingSince != nil || s.Callback != nil) {
			return "the customer waits and the agent is offline"
		}
	case gone && (came || d.asks(s.ID)):
		return "the customer wrote and the agent is offline"
	case !came:
	case known && (p.State != events.AgentAvailable || p.LostAt != nil):
		return "it is back and the agent takes nothing new"
	case !d.World().Room(agent, append(slices.Clone(kept[agent]), &s.Conversation)...):
		return "it is back and the agent has no room for it"
	default:
		kept[agent] = append(kept[agent], &s.Conversation)
	}
	return ""
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
		case *events.ConversationMergeReversed:
			if b.From == id {
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

// done is how this decision gives the customer what they wait for, or says that
// nothing is owed any more; empty where it does neither. It is a reason for a place
// to end.
func (d *Draft) done(id events.ConversationID) string {
	how := ""
	for _, f := range d.decision.Facts {
		switch b := f.Body.(type) {
		case *events.MessageAdded:
			if b.Message.ConversationID == id && answers(&b.Message) {
				return events.PlaceAnswered
			}
		case *events.CallAmended:
			if b.Conversation == id && answered(&b.Call) {
				return events.PlaceAnswered
			}
		case *events.CallbackClosed:
			if b.Conversation == id {
				how = map[string]string{OutcomeReached: events.PlaceReached, OutcomeInVain: events.PlaceInVain}[b.Outcome]
				if how == "" {
					how = events.PlaceCancelled
				}
			}
		}
	}
	return how
}

// answers reports whether a message answers the customer: a call does where both
// have spoken, whoever rang.
func answers(m *events.Message) bool {
	switch {
	case m.Kind == events.KindNote || m.Kind == events.KindEvent || m.HasFlag("automatic"):
		return false
	case m.Call != nil:
		return answered(m.Call)
	}
	return m.Direction == events.Out
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

// leaving is why a conversation leaves its queue: one of the Place constants of
// the events. Only a customer who left before anybody came has abandoned it.
func (d *Draft) leaving(s *State, done string) string {
	switch {
	case s.Assignee != "":
		return events.PlaceTaken
	case s.Status == events.Resolved && s.Left:
		return events.PlaceAbandoned
	case s.Status != events.Open:
		return string(s.Status)
	case s.WaitingSince == nil && s.Callback == nil && done != "":
		return done
	case d.moved(s.ID):
		return events.PlaceTransferred
	}
	return events.PlaceStopped
}

// moved reports whether this decision moved a conversation.
func (d *Draft) moved(id events.ConversationID) bool {
	return slices.ContainsFunc(d.decision.Facts, func(f events.Fact) bool {
		t, ok := f.Body.(*events.ConversationTransferred)
		return ok && t.Conversation == id
	})
}

// Leave says in the conversations in which a customer waits, and spoke last over an
// inbox, that they have left it. They keep their place: what they asked can still
// be read, and answered on another road. named makes the id of the line in each.
func (d *Draft) Leave(inbox events.InboxID, line events.Message, named func(events.ConversationID) events.MessageID) {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return
	}
	for _, id := range slices.Clone(c.Live) {
		s, ok := d.World().Conversation(id)
		if !ok || s.WaitingSince == nil || spokeOver(s) != inbox {
			continue
		}
		m := line
		m.ID, m.ConversationID, m.Kind, m.Direction, m.Flags = named(id), id, events.KindEvent, events.Out, []string{events.FlagLeft}
		d.add(&events.MessageAdded{Message: m})
	}
}

// spokeOver is the inbox over which the customer said something last.
func spokeOver(s *State) events.InboxID {
	var last Road
	for _, r := range s.Roads {
		if last.Inbox == "" || r.LastAt.After(last.LastAt) {
			last = r
		}
	}
	return last.Inbox
}
