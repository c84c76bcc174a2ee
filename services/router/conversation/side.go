package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// A merge of contacts may be a mistake, and then everything must be told apart
// again. A conversation in which several of those who are one by now have spoken
// therefore keeps what each of them said and was told as a side of its own, beside
// the whole that its row shows. A reversal deals the sides out, and both
// conversations are as if each had been held alone.

// maxSaid bounds how many messages of a side are known by their ids.
const maxSaid = 500

// Talk is what the words in a conversation make of it, and nothing that agents do
// with it.
type Talk struct {
	Subject      string              `json:"subject,omitempty"`
	Channels     []string            `json:"channels,omitempty"`
	Inboxes      []events.InboxID    `json:"inboxes,omitempty"`
	Tags         []string            `json:"tags,omitempty"`
	LastMessage  *events.LastMessage `json:"last_message,omitempty"`
	Unread       int                 `json:"unread,omitempty"`
	WaitingSince *time.Time          `json:"waiting_since,omitempty"`
	Roads        []Road              `json:"roads,omitempty"`
	Memory       Memory              `json:"memory,omitzero"`
	Left         bool                `json:"left,omitempty"`
	Ended        bool                `json:"ended,omitempty"`
	Wished       bool                `json:"wished,omitempty"`
}

// Side is the part of one contact in a conversation. Contact is who they are once
// every merge is undone. Said are the messages from and to their addresses since
// they joined, the oldest first, at most 500. Placed says that the conversation
// stood in a queue before they did; it counts for the side whose conversation it is.
type Side struct {
	Contact events.ContactID `json:"contact"`
	Talk
	Said   []events.MessageID `json:"said,omitempty"`
	Placed bool               `json:"placed,omitempty"`
}

// empty reports whether nobody has spoken on a side.
func (x *Side) empty() bool { return len(x.Said) == 0 && len(x.Roads) == 0 && x.LastMessage == nil }

func (s *State) talk() Talk {
	return Talk{
		Subject: s.Subject, Channels: s.Channels, Inboxes: s.Inboxes, Tags: s.Tags, LastMessage: s.LastMessage, Unread: s.Unread,
		WaitingSince: s.WaitingSince, Roads: s.Roads, Memory: s.Memory, Left: s.Left, Ended: s.Ended, Wished: s.Wished,
	}.clone()
}

// clone shares no list with t.
func (t Talk) clone() Talk {
	t.Channels, t.Inboxes, t.Tags, t.Roads = slices.Clone(t.Channels), slices.Clone(t.Inboxes), slices.Clone(t.Tags), slices.Clone(t.Roads)
	return t
}

func (s *State) setTalk(t Talk) {
	s.Subject, s.LastMessage, s.Unread, s.WaitingSince = t.Subject, t.LastMessage, t.Unread, t.WaitingSince
	s.Channels = append([]string{}, t.Channels...)
	s.Inboxes = append([]events.InboxID{}, t.Inboxes...)
	s.Tags = append([]string{}, t.Tags...)
	s.Roads, s.Memory = slices.Clone(t.Roads), t.Memory
	s.Left, s.Ended, s.Wished = t.Left, t.Ended, t.Wished
}

// joined is one talk made of two. The memory of the clocks is joined by whose it is.
func joined(into, from Talk, clocks Clocks) Talk {
	for _, channel := range from.Channels {
		into.Channels = putOnce(into.Channels, channel)
	}
	for _, inbox := range from.Inboxes {
		into.Inboxes = putOnce(into.Inboxes, inbox)
	}
	for _, tag := range from.Tags {
		into.Tags = putOnce(into.Tags, tag)
	}
	slices.Sort(into.Tags)
	for _, road := range from.Roads {
		if !slices.ContainsFunc(into.Roads, func(r Road) bool { return r.Inbox == road.Inbox && r.To.Key() == road.To.Key() }) {
			into.Roads = append(into.Roads, road)
		}
	}
	if into.Subject == "" && into.LastMessage == nil {
		into.Subject = from.Subject
	}
	into.Unread += from.Unread
	into.Wished = (into.Wished || from.Wished) && (into.Wished || into.WaitingSince == nil) && (from.Wished || from.WaitingSince == nil)
	into.WaitingSince = earliest(into.WaitingSince, from.WaitingSince)
	if from.LastMessage != nil && (into.LastMessage == nil || from.LastMessage.OccurredAt.After(into.LastMessage.OccurredAt)) {
		into.LastMessage = from.LastMessage
	}
	if clocks != nil {
		into.Memory = clocks.Joined(into.Memory, from.Memory)
	}
	return into
}

// divide keeps apart, before a fact is applied, what it would mix.
func divide(w *Work, d *events.Decision, body events.Body) {
	switch f := body.(type) {
	case *events.ConversationMerged:
		into, from := w.conversation(f.Into), w.conversation(f.From)
		into.Sides = into.sides(w)
		for _, side := range from.sides(w) {
			into.Sides = putSide(w, into.Sides, side)
		}
	case *events.MessageAdded:
		s := w.conversation(f.Message.ConversationID)
		who := whose(w, s, &f.Message)
		if len(s.Sides) == 0 && who == homeOf(w, s) {
			return
		}
		s.Sides = s.sides(w)
		if !slices.ContainsFunc(s.Sides, func(x Side) bool { return x.Contact == who }) {
			s.Sides = append(s.Sides, Side{Contact: who, Talk: Talk{Memory: Memory{OpenSince: d.At}}})
		}
	}
}

// sides are a copy of the sides of a conversation; of an undivided one its only one.
func (s *State) sides(w *Work) []Side {
	if len(s.Sides) > 0 {
		return slices.Clone(s.Sides)
	}
	return []Side{{Contact: homeOf(w, s), Talk: s.talk(), Placed: s.Wait != nil}}
}

// putSide adds a side, or joins it to that of the same contact.
func putSide(w *Work, sides []Side, x Side) []Side {
	at := slices.IndexFunc(sides, func(y Side) bool { return y.Contact == x.Contact })
	if at < 0 {
		return append(sides, x)
	}
	sides[at].Talk = joined(sides[at].Talk.clone(), x.Talk, w.Clocks())
	sides[at].Said = append(slices.Clone(sides[at].Said), x.Said...)
	return sides
}

// rejoin makes a conversation of these sides and no others. One alone needs no
// keeping apart.
func (s *State) rejoin(w *Work, sides []Side) {
	if len(sides) == 0 {
		return
	}
	talk := sides[0].Talk.clone()
	for _, x := range sides[1:] {
		talk = joined(talk, x.Talk, w.Clocks())
	}
	s.setTalk(talk)
	s.Sides = nil
	if len(sides) > 1 || sides[0].Contact != homeOf(w, s) {
		s.Sides = sides
	}
}

// homeOf is whose a conversation is once every merge is undone.
func homeOf(w World, s *State) events.ContactID {
	id := s.Contact.ID
	for range 64 {
		c, ok := w.Contact(id)
		if !ok {
			return id
		}
		at := slices.IndexFunc(c.Merged, func(m Merged) bool { return slices.Contains(m.Conversations, s.ID) })
		if at < 0 {
			return id
		}
		id = c.Merged[at].From
	}
	return id
}

// originOf is whose an address of a contact is once every merge is undone. One that
// both held stays with the one that stands.
func originOf(w World, c *Contact, key string) events.ContactID {
	is := func(p events.Point) bool { return p.Key() == key }
	id := c.ID
	for range 64 {
		at := slices.IndexFunc(c.Merged, func(m Merged) bool {
			return slices.ContainsFunc(m.Points, is) && !slices.ContainsFunc(m.Own, is)
		})
		if at < 0 {
			return id
		}
		id = c.Merged[at].From
		from, ok := w.Contact(id)
		if !ok {
			return id
		}
		c = from
	}
	return id
}

// whose is on whose side a message stands: that of whoever said it or was told it.
// What is said to nobody stands with the conversation.
func whose(w World, s *State, m *events.Message) events.ContactID {
	c, ok := FollowContact(w, s.Contact.ID)
	if !ok || m.From == nil || len(c.Merged) == 0 {
		return homeOf(w, s)
	}
	if _, held := c.Holds(m.From.Key()); !held {
		return homeOf(w, s)
	}
	return originOf(w, c, m.From.Key())
}

// say lets a message take its effect on the side on which it stands.
func (s *State) say(w *Work, d *events.Decision, m *events.Message) {
	if len(s.Sides) == 0 {
		return
	}
	who := whose(w, s, m)
	s.eachSide(func(x *Side, one *State) {
		if x.Contact == who {
			spoken(one, d, m)
			if m.Kind == events.KindMessage || m.Kind == events.KindCall {
				x.Said = append(slices.Clone(x.Said), m.ID)
				x.Said = x.Said[max(0, len(x.Said)-maxSaid):]
			}
		}
		if m.Direction == events.Out && s.Unread == 0 {
			one.Unread = 0 // whoever answers has read the others too
		}
	})
}

// eachSide changes every side as the conversation that it would be alone.
func (s *State) eachSide(change func(*Side, *State)) {
	if len(s.Sides) == 0 {
		return
	}
	s.Sides = slices.Clone(s.Sides)
	for i := range s.Sides {
		one := &State{Conversation: events.Conversation{ID: s.ID, Status: s.Status, Assignee: s.Assignee, Callback: s.Callback}}
		one.setTalk(s.Sides[i].Talk)
		change(&s.Sides[i], one)
		s.Sides[i].Talk = one.talk()
	}
}

// apart parts sides: those of some contacts, and the others.
func apart(sides []Side, of []events.ContactID) (theirs, rest []Side) {
	for _, x := range sides {
		if slices.Contains(of, x.Contact) {
			theirs = append(theirs, x)
		} else {
			rest = append(rest, x)
		}
	}
	return theirs, rest
}
