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

func applyContactMerge(w *Work, d *events.Decision, f *events.ContactMerged) {
	if d.Contact != f.Into {
		return // the marker in the other contact's shard; the fact has been applied
	}
	into, from := w.contact(f.Into), w.contact(f.From)
	record := Merged{ContactMerged: *f, Promised: promised(w, into, from)}
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
		if !slices.ContainsFunc(into.Called, func(own Called) bool { return own.Number == k.Number }) {
			record.Called = append(record.Called, k)
		}
		remember(into, k)
	}
	into.Merged[len(into.Merged)-1] = record
}

// promised are the open promises of two contacts where both have one, so that what
// becomes of them when they are joined can be undone.
func promised(w *Work, into, from *Contact) map[events.ConversationID]Promised {
	if len(into.Callbacks) == 0 || len(from.Callbacks) == 0 {
		return nil
	}
	out := map[events.ConversationID]Promised{}
	for _, id := range slices.Concat(into.Callbacks, from.Callbacks) {
		if s, ok := w.Conversation(id); ok && s.Callback != nil {
			out[id] = Promised{Callback: *s.Callback, WaitingSince: s.WaitingSince, Wished: s.Wished, Memory: s.Memory}
		}
	}
	return out
}

func applyMergeReversal(w *Work, d *events.Decision, f *events.ContactMergeReversed) {
	if d.Contact != f.Into {
		return
	}
	for _, m := range f.Moved {
		applyDealt(w, m)
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
		for _, k := range into.Merged[at].Called {
			into.Called = drop(into.Called, k)
		}
		for id, p := range into.Merged[at].Promised {
			waitAgain(w, id, p)
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
	for _, m := range f.Moved {
		w.conversation(m.From).settle(w)
		w.conversation(m.Into).settle(w)
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

// waitAgain has a customer wait who waited for a call alone, where the promise of it
// ended with the merge only.
func waitAgain(w *Work, id events.ConversationID, p Promised) {
	if s, ok := w.Conversation(id); ok && p.Wished && s.Callback != nil && s.Callback.ID == p.ID && s.WaitingSince == nil {
		s := w.conversation(id)
		s.WaitingSince, s.Wished, s.Memory = p.WaitingSince, true, p.Memory
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
	talk := from.talk()
	talk.Memory = Memory{} // taken in before: see hear
	memory := into.Memory
	whole := joined(into.talk(), talk, nil)
	into.setTalk(whole)
	into.Memory = memory
	from.Status, from.MergedInto, from.SnoozedUntil = events.Merged, into.ID, nil
	c := w.contact(into.Contact.ID)
	carryCallback(c, from, into)
	carrySurvey(c, from, into)
	c.Live = drop(c.Live, from.ID)
}

func applyConversationReversal(w *Work, f *events.ConversationMergeReversed) {
	from, into := w.conversation(f.From), w.conversation(f.Into)
	if stands, ok := FollowConversation(w, f.Into); ok { // it keeps the sides of what is folded into it
		into = w.conversation(stands.ID)
	}
	theirs, rest := apart(into.Sides, sideOf(w, from))
	from.Status, from.MergedInto = f.Status, ""
	from.rejoin(w, theirs)
	into.rejoin(w, rest)
	c := w.contact(from.Contact.ID)
	holder := c // into may have gone to another contact since
	if stands, ok := FollowContact(w, into.Contact.ID); ok {
		holder = w.contact(stands.ID)
	}
	returnCallback(holder, c, from, into)
	returnSurvey(holder, from, into)
	c.Live = putOnce(c.Live, from.ID)
}
