package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Merge folds contact from into the draft's contact: its addresses and its
// conversations move, and where both have a conversation under way the two
// become one. The fact lists what moved, so that [Draft.ReverseMerge] can put
// exactly that back.
func (d *Draft) Merge(from events.ContactID, reason string, automatic bool) *commands.Problem {
	into := d.contact(d.Subject())
	other, ok := d.World().Contact(from)
	switch {
	case !ok:
		return refuse(commands.NotFound, "no such contact")
	case from == into.ID:
		return refuse(commands.Invalid, "a contact cannot be merged into itself")
	case other.MergedInto != "":
		return refuse(commands.Invalid, "the contact is merged already")
	case into.MergedInto != "":
		return refuse(commands.Invalid, "this contact is merged into another")
	}
	fact := &events.ContactMerged{From: from, Into: into.ID, Automatic: automatic, Reason: reason,
		Points: slices.Clone(other.Points), Conversations: slices.Clone(other.Live)}
	mine, theirs := d.unified(into.Live), d.unified(other.Live)
	d.add(fact)
	if mine != "" && theirs != "" {
		d.joinCallbacks(theirs, mine)
		d.add(&events.ConversationMerged{From: theirs, Into: mine, Reason: "their contacts are one"})
	}
	return nil
}

// unified finds the one conversation that is not a thread of its own.
func (d *Draft) unified(live []events.ConversationID) events.ConversationID {
	for _, id := range live {
		if s, ok := d.World().Conversation(id); ok && s.Thread == "" {
			return id
		}
	}
	return ""
}

// ReverseMerge takes the newest merge of from back out of the draft's contact.
func (d *Draft) ReverseMerge(from events.ContactID) *commands.Problem {
	into := d.contact(d.Subject())
	var merged *Merged
	for i := range into.Merged {
		if into.Merged[i].From == from {
			merged = &into.Merged[i]
		}
	}
	if merged == nil {
		return refuse(commands.NotFound, "that contact was not merged into this one")
	}
	record := *merged
	record.Points = slices.DeleteFunc(slices.Clone(record.Points), func(p events.Point) bool { // taken away since
		_, still := into.Holds(p.Key())
		return !still
	})
	for _, id := range record.Conversations {
		if s, ok := d.World().Conversation(id); ok && s.MergedInto != "" {
			d.add(&events.ConversationMergeReversed{From: id, Into: s.MergedInto, Status: events.Open})
		}
	}
	d.add(&events.ContactMergeReversed{From: from, Into: into.ID, Points: record.Points, Conversations: record.Conversations})
	return nil
}

func applyContactMerge(w *Work, d *events.Decision, f *events.ContactMerged) {
	if d.Contact != f.Into {
		return // the marker in the other contact's shard; the fact has been applied
	}
	into, from := w.contact(f.Into), w.contact(f.From)
	record := Merged{ContactMerged: *f}
	for _, p := range f.Points {
		if own, held := into.Holds(p.Key()); held {
			record.Own = append(record.Own, own)
		}
		into.Points = putPoint(into.Points, p)
	}
	from.Points, from.MergedInto = nil, f.Into
	into.Merged = append(into.Merged, record)
	into.Suggested = drop(into.Suggested, f.From)
	for _, id := range f.Conversations {
		s := w.conversation(id)
		s.Contact, s.Segments = events.ContactRef{ID: into.ID, Name: into.Name}, into.Segments
		into.Live = putOnce(into.Live, id)
	}
	from.Live, from.Segments = nil, nil
	for _, id := range from.Callbacks {
		into.Callbacks = putOnce(into.Callbacks, id)
	}
	from.Callbacks = nil
	for _, id := range from.Surveys {
		into.Surveys = putOnce(into.Surveys, id)
	}
	from.Surveys = nil
	for _, k := range from.Called {
		remember(into, k)
	}
}

func applyMergeReversal(w *Work, d *events.Decision, f *events.ContactMergeReversed) {
	if d.Contact != f.Into {
		return
	}
	into, from := w.contact(f.Into), w.contact(f.From)
	from.MergedInto = ""
	for _, p := range f.Points {
		into.Points = dropPoint(into.Points, p)
		from.Points = putPoint(from.Points, p)
	}
	at := slices.IndexFunc(into.Merged, func(m Merged) bool { return m.From == f.From })
	if at >= 0 {
		for _, own := range into.Merged[at].Own {
			into.Points = putPoint(into.Points, own)
		}
		into.Merged = slices.Delete(into.Merged, at, at+1)
	}
	into.Dismissed = putOnce(into.Dismissed, f.From)
	for _, id := range f.Conversations {
		s := w.conversation(id)
		s.Contact, s.Segments = events.ContactRef{ID: from.ID, Name: from.Name}, from.Segments
		into.Live = drop(into.Live, id)
		if s.Status == events.Open || s.Status == events.Snoozed {
			from.Live = putOnce(from.Live, id)
		}
	}
	returns := func(id events.ConversationID) bool { // also what came with a contact folded into from
		s, ok := w.Conversation(id)
		if !ok {
			return false
		}
		stands, ok := FollowContact(w, s.Contact.ID)
		return ok && stands.ID == from.ID
	}
	for _, id := range slices.Clone(into.Callbacks) {
		if returns(id) {
			into.Callbacks = drop(into.Callbacks, id)
			from.Callbacks = putOnce(from.Callbacks, id)
		}
	}
	for _, id := range slices.Clone(into.Surveys) {
		if returns(id) {
			into.Surveys = drop(into.Surveys, id)
			from.Surveys = putOnce(from.Surveys, id)
		}
	}
}

// adopt makes a conversation that belongs to a contact folded into another the
// other's own, as when the customer goes on in it. It returns that contact.
func adopt(w *Work, s *State) *Contact {
	stands, ok := FollowContact(w, s.Contact.ID)
	if !ok || stands.ID == s.Contact.ID {
		return w.contact(s.Contact.ID)
	}
	c := w.contact(stands.ID)
	for i, m := range c.Merged {
		if m.From == s.Contact.ID && !slices.Contains(m.Conversations, s.ID) {
			c.Merged[i].Conversations = append(slices.Clone(m.Conversations), s.ID)
		}
	}
	s.Contact = events.ContactRef{ID: c.ID, Name: c.Name}
	return c
}

func applyConversationMerge(w *Work, f *events.ConversationMerged) {
	into, from := w.conversation(f.Into), w.conversation(f.From)
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
	into.Unread += from.Unread
	into.Wished = (into.Wished || from.Wished) && (into.Wished || into.WaitingSince == nil) && (from.Wished || from.WaitingSince == nil)
	into.WaitingSince = earliest(into.WaitingSince, from.WaitingSince)
	if from.LastMessage != nil && (into.LastMessage == nil || from.LastMessage.OccurredAt.After(into.LastMessage.OccurredAt)) {
		into.LastMessage = from.LastMessage
	}
	from.Status, from.MergedInto, from.SnoozedUntil = events.Merged, into.ID, nil
	c := w.contact(into.Contact.ID)
	carryCallback(c, from, into)
	carrySurvey(c, from, into)
	c.Live = drop(c.Live, from.ID)
}

func applyConversationReversal(w *Work, f *events.ConversationMergeReversed) {
	from, into := w.conversation(f.From), w.conversation(f.Into)
	from.Status, from.MergedInto = f.Status, ""
	into.Unread = max(0, into.Unread-from.Unread)
	c := w.contact(from.Contact.ID)
	holder := c // into may have gone to another contact since
	if stands, ok := FollowContact(w, into.Contact.ID); ok {
		holder = w.contact(stands.ID)
	}
	returnCallback(holder, c, from, into)
	returnSurvey(holder, from, into)
	c.Live = putOnce(c.Live, from.ID)
}
