package conversation

import (
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// addressLeft is why an answer fails that had not left when its address went to
// another customer: what it says may not be meant for them.
const addressLeft = "not sent: the address is not this customer's any more"

// ReverseMerge takes the newest merge of from back out of the draft's contact. Each
// gets back what was theirs, and what either said and was told since goes with the
// address over which it was: to the conversation that comes back, to one under way,
// or to a new one, whose id named makes of that in which it was said. An answer that
// waits to be sent to an address that leaves its conversation fails.
func (d *Draft) ReverseMerge(from events.ContactID, named func(events.ConversationID) events.ConversationID) *commands.Problem {
	into := d.contact(d.Subject())
	at := -1
	for i := range into.Merged {
		if into.Merged[i].From == from {
			at = i
		}
	}
	if at < 0 {
		return refuse(commands.NotFound, "that contact was not merged into this one")
	}
	r := &reversal{Draft: d, record: into.Merged[at], theirs: Family(d.World(), from), named: named}
	fact := &events.ContactMergeReversed{From: from, Into: into.ID, Points: r.points(into)}
	r.unfold(into.ID)
	for _, id := range r.held(into.ID) {
		r.deal(id)
	}
	r.promiseAgain()
	fact.Conversations, fact.Moved = r.record.Conversations, r.moved
	d.add(fact)
	return nil
}

// reversal is a merge being undone. theirs are the contacts that leave.
type reversal struct {
	*Draft
	record   Merged
	theirs   []events.ContactID
	named    func(events.ConversationID) events.ConversationID
	moved    []events.MovedMessages
	unfolded []events.ConversationMergeReversed
}

// points are the addresses that go back: those still held, as far as they are
// trusted by now.
func (r *reversal) points(into *Contact) []events.Point {
	out := []events.Point{}
	for _, p := range r.record.Points {
		if held, still := into.Holds(p.Key()); still {
			out = append(out, held)
		}
	}
	return out
}

// unfold takes apart what was folded together and is not on one side any more.
func (r *reversal) unfold(into events.ContactID) {
	r.record.Conversations = slices.Clone(r.record.Conversations)
	for _, id := range r.held(into) {
		s, ok := r.World().Conversation(id)
		if !ok || s.MergedInto == "" {
			continue
		}
		in, known := r.World().Conversation(s.MergedInto)
		whole, stands := FollowConversation(r.World(), s.MergedInto)
		if !known || !stands || r.leaves(s) == r.leaves(in) {
			continue
		}
		to := r.Subject()
		if r.leaves(s) {
			to = r.record.From
		}
		sides, _ := apart(whole.Sides, sideOf(r.World(), s))
		r.unplace(whole)
		r.move(whole.ID, id, to, sides, true)
		fact := events.ConversationMergeReversed{From: id, Into: in.ID, Status: events.Open}
		r.unfolded = append(r.unfolded, fact)
		r.add(&fact)
	}
}

// leaves reports whether a conversation is theirs who leave.
func (r *reversal) leaves(s *State) bool { return slices.Contains(r.theirs, homeOf(r.World(), s)) }

// held are all the conversations of a contact and of whoever is folded into it.
func (r *reversal) held(id events.ContactID) []events.ConversationID {
	var out []events.ConversationID
	for _, member := range Family(r.World(), id) {
		out = append(out, r.World().Talks(member)...)
	}
	return out
}

// deal parts a conversation that both have spoken in since the merge, or gives it
// whole to whoever spoke in it alone.
func (r *reversal) deal(id events.ConversationID) {
	s, ok := r.World().Conversation(id)
	if !ok || s.MergedInto != "" || len(s.Sides) == 0 {
		return
	}
	theirs, ours := apart(s.Sides, r.theirs)
	goes := r.leaves(s)
	stay, leave, to := ours, theirs, r.record.From
	if goes {
		stay, leave, to = theirs, ours, r.Subject()
	}
	if !slices.ContainsFunc(leave, func(x Side) bool { return !x.empty() }) {
		return
	}
	if !slices.ContainsFunc(stay, func(x Side) bool { return !x.empty() }) {
		r.record.Conversations = drop(r.record.Conversations, id)
		if !goes {
			r.record.Conversations = append(r.record.Conversations, id)
		}
		r.move(id, id, to, leave, false)
		return
	}
	r.unplace(s)
	r.move(id, r.target(s, leave, !goes), to, leave, false)
}

// target is where words go that leave a conversation: to what their contact has
// under way, else to a new conversation beside the old one.
func (r *reversal) target(s *State, leave []Side, theirs bool) events.ConversationID {
	if s.Thread == "" {
		for _, id := range r.contact(r.Subject()).Live {
			t, ok := r.World().Conversation(id)
			if ok && id != s.ID && t.Thread == "" && theirs == slices.Contains(r.record.Conversations, id) {
				return id
			}
		}
	}
	id := r.named(s.ID)
	opened := &events.ConversationOpened{Conversation: id, Reason: "the merge was undone"}
	for _, x := range leave {
		for _, road := range x.Roads {
			opened.Inbox, opened.Channel = road.Inbox, road.Channel
		}
	}
	if opened.Inbox == "" && len(s.Inboxes) > 0 {
		opened.Inbox, opened.Channel = s.Inboxes[0], s.Channels[0]
	}
	queue, team, thread, done := s.Queue, s.Team, s.Thread, s.Status == events.Resolved
	r.add(opened)
	t := r.conversation(id)
	t.Queue, t.Team, t.Thread = queue, team, thread
	if theirs {
		r.record.Conversations = append(r.record.Conversations, id)
	}
	if done {
		r.add(&events.ConversationResolved{Conversation: id, Reason: "it was when the merge was undone"})
	}
	return id
}

// move says what goes from one conversation to another, and stops of it what has not
// left yet. One that comes back brings along what else it was.
func (r *reversal) move(from, into events.ConversationID, contact events.ContactID, sides []Side, comesBack bool) {
	if len(sides) == 0 {
		return
	}
	m := events.MovedMessages{From: from, Into: into, Contact: contact, Of: []events.ContactID{}, Messages: []events.MessageID{}}
	for _, x := range sides {
		m.Of = append(m.Of, x.Contact)
		for _, id := range x.Said {
			ref, ok := r.World().Message(id)
			if !ok || ref.Conversation != from {
				continue // said before this merge, where it stands
			}
			m.Messages = append(m.Messages, id)
			if ref.Direction == events.Out && ref.Status == events.StatusQueued {
				r.add(&events.MessageStatusChanged{Conversation: from, Message: id, Status: events.StatusFailed, Detail: addressLeft})
			}
		}
	}
	if len(m.Messages) > 0 || !comesBack {
		r.moved = append(r.moved, m)
	}
}

// unplace notes that a conversation loses the place in a queue that it has only
// through words which leave it.
func (r *reversal) unplace(s *State) {
	home := homeOf(r.World(), s)
	for _, x := range s.Sides {
		if x.Contact == home && !x.Placed && s.Wait != nil {
			if r.replace == nil {
				r.replace = map[events.ConversationID]bool{}
			}
			r.replace[s.ID] = true
		}
	}
}

// promiseAgain makes the promises anew that became one by the merge, unless that one
// was kept meanwhile.
func (r *reversal) promiseAgain() {
	for _, f := range r.unfolded {
		whole, id := f.Into, f.From
		mine, had := r.record.Promised[whole]
		theirs, both := r.record.Promised[id]
		s, ok := r.World().Conversation(whole)
		if !had || !both || !ok || s.Callback == nil || s.Callback.ID != mine.ID {
			continue
		}
		now := *s.Callback
		for _, word := range []string{theirs.Note, otherNumber(mine.Callback, theirs.Callback)} {
			if word != "" && strings.Contains(now.Note, word) {
				now.Note = mine.Note
			}
		}
		if now != *s.Callback {
			r.add(&events.CallbackRequested{Conversation: whole, Callback: now})
		}
		r.add(&events.CallbackRequested{Conversation: id, Callback: theirs.Callback})
	}
}

// sideOf are the contacts whose words go with a folded conversation when it comes
// back: whoever it is then, and those folded into them.
func sideOf(w World, from *State) []events.ContactID {
	c, ok := FollowContact(w, from.Contact.ID)
	if !ok {
		return nil
	}
	for _, m := range c.Merged {
		if slices.Contains(m.Conversations, from.ID) {
			return Family(w, m.From)
		}
	}
	return []events.ContactID{homeOf(w, from)}
}

// applyDealt takes sides over that are not over yet, and says of the messages where
// they stand now.
func applyDealt(w *Work, f events.MovedMessages) {
	from, into := w.conversation(f.From), w.conversation(f.Into)
	if from == into { // nobody else has spoken in it
		if theirs, _ := apart(from.Sides, f.Of); len(theirs) > 0 {
			from.Sides = theirs
		}
	}
	if theirs, rest := apart(from.Sides, f.Of); len(theirs) > 0 && len(rest) > 0 && from != into {
		var sides []Side
		if len(into.Sides) > 0 || into.LastMessage != nil || len(into.Roads) > 0 {
			sides = into.sides(w)
		}
		for _, x := range theirs {
			sides = putSide(w, sides, x)
		}
		into.rejoin(w, sides)
		from.rejoin(w, rest)
	}
	for _, id := range f.Messages {
		if ref, ok := w.Message(id); ok {
			ref.Conversation, ref.Contact = f.Into, f.Contact
			w.Messages[id] = ref
		}
	}
}

// settle ends the keeping apart where one contact alone has spoken, and it is theirs.
func (s *State) settle(w *Work) {
	if len(s.Sides) == 1 && s.Sides[0].Contact == homeOf(w, s) {
		s.Sides = nil
	}
}

// lend writes down of a new address that it came with one of a folded contact, along
// the way by which they would get it back.
func lend(w *Work, c *Contact, f *events.ContactPointAdded) {
	for range 64 {
		at := slices.IndexFunc(c.Merged, func(m Merged) bool { return f.Of != "" && slices.Contains(Family(w, m.From), f.Of) })
		if at < 0 {
			return
		}
		c.Merged[at].Points = putPoint(slices.Clone(c.Merged[at].Points), f.Point)
		c = w.contact(c.Merged[at].From)
	}
}
