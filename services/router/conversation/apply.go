package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// apply makes a fact true in the working set. It has no rules and cannot fail.
func apply(w *Work, d *events.Decision, body events.Body) {
	divide(w, d, body)
	hear(w, d, body)
	switch f := body.(type) {
	case *events.ContactCreated:
		c := w.contact(d.Contact)
		c.Name, c.Points = f.Name, slices.Clone(f.Points)
		setAttributes(c, f.Attributes)
	case *events.ContactPointAdded:
		c := w.contact(d.Contact)
		c.Points = putPoint(c.Points, f.Point)
		lend(w, c, f)
	case *events.ContactPointRemoved:
		c := w.contact(d.Contact)
		c.Points = dropPoint(c.Points, f.Point)
	case *events.ContactUpdated:
		applyContactUpdate(w, d, f)
	case *events.ContactMerged:
		applyContactMerge(w, d, f)
	case *events.ContactMergeReversed:
		applyMergeReversal(w, d, f)
	case *events.MergeSuggested:
		c := w.contact(d.Contact)
		c.Suggested = putOnce(c.Suggested, f.Other)
	case *events.SuggestionDismissed:
		c := w.contact(d.Contact)
		c.Suggested = drop(c.Suggested, f.Other)
		c.Dismissed = putOnce(c.Dismissed, f.Other)
	case *events.ConversationOpened:
		applyOpened(w, d, f)
	case *events.MessageAdded:
		applyMessage(w, d, &f.Message)
	case *events.MessageEdited:
		applyPreview(w, f.Conversation, f.Message, f.Text)
	case *events.MessageRemoved:
		applyPreview(w, f.Conversation, f.Message, "")
		applyRemoved(w, f.Message)
	case *events.MessageReceiptHeld:
		applyHeld(w, d, f)
	case *events.MessageStatusChanged:
		applyStatus(w, d, f)
	case *events.SendRequested:
		applyRequest(w, &f.Request)
	case *events.MessageReacted:
		w.conversation(f.Conversation) // whoever may see it is told, so its row goes along
	case *events.AttachmentSettled:
		w.conversation(f.Conversation)
		applySettled(w, f)
	case *events.CallAmended:
		w.conversation(f.Conversation)
		applyAmended(w, d, f)
	case *events.OrderStated:
		applyOrder(w, d, f)
		for _, id := range w.contact(d.Contact).Live {
			w.conversation(id) // screens and rules are told in which conversations it matters
		}
	case *events.ContactErased:
		applyErased(w, d, f)
	case *events.InboundStored:
		applyStored(w, f)
	case *events.ContactSegmented:
		applySegmented(w, d, f)
	case *events.SurveyAsked, *events.SurveyAnswered, *events.SurveyCommented:
		applySurvey(w, d, body)
	default:
		applyConversation(w, d, body)
	}
}

func applyConversation(w *Work, d *events.Decision, body events.Body) {
	switch f := body.(type) {
	case *events.ConversationAssigned:
		s := w.conversation(f.Conversation)
		applyAssigned(s, f)
		s.Team = f.Team
	case *events.ConversationTransferred:
		s := w.conversation(f.Conversation)
		s.Queue, s.Team, s.Assignee, s.Unbegun = f.Queue, f.Team, f.Assignee, nil
		applyPlaced(s, d, f)
		if s.Assignee != "" {
			s.stays()
		}
	case *events.ConversationTagged:
		s := w.conversation(f.Conversation)
		for _, tag := range f.Removed {
			s.Tags = drop(s.Tags, tag)
		}
		for _, tag := range f.Added {
			s.Tags = putOnce(s.Tags, tag)
		}
		slices.Sort(s.Tags)
		s.tagSides(w, f)
	case *events.ConversationSnoozed:
		until := f.Until
		s := w.conversation(f.Conversation)
		s.Status, s.SnoozedUntil, s.Unbegun = events.Snoozed, &until, nil
	case *events.ConversationWoken:
		s := w.conversation(f.Conversation)
		s.Status, s.SnoozedUntil = events.Open, nil
	case *events.ConversationResolved:
		s := w.conversation(f.Conversation)
		s.Status, s.SnoozedUntil, s.Unbegun = events.Resolved, nil, nil
		s.restAll()
		c := w.contact(s.Contact.ID)
		c.Live = drop(c.Live, s.ID)
	case *events.ConversationReopened:
		s := w.conversation(f.Conversation)
		s.Status, s.Left, s.Ended = events.Open, false, false
		s.eachSide(func(_ *Side, one *State) { one.Left, one.Ended = false, false })
		s.asked(func(a *Asked) { a.Done = false })
		c := adopt(w, s)
		s.Segments = c.Segments
		c.Live = putOnce(c.Live, s.ID)
	case *events.ConversationRead:
		s := w.conversation(f.Conversation)
		s.Unread = 0
		s.eachSide(func(_ *Side, one *State) { one.Unread = 0 })
	case *events.CallbackRequested:
		applyCallback(w, d, f)
	case *events.CallbackClosed:
		applyCallbackClosed(w, d, f)
	case *events.ConversationMerged:
		applyConversationMerge(w, f)
	case *events.ConversationMergeReversed:
		applyConversationReversal(w, f)
	default:
		applyQueueing(w, d, body)
	}
}

func applyOpened(w *Work, d *events.Decision, f *events.ConversationOpened) {
	c := w.contact(d.Contact)
	s := w.conversation(f.Conversation)
	s.Contact = events.ContactRef{ID: c.ID, Name: c.Name}
	s.CreatedAt, s.UpdatedAt, s.Segments, s.Route = d.At, d.At, c.Segments, f.Route
	c.Live = putOnce(c.Live, f.Conversation)
}

func applyContactUpdate(w *Work, d *events.Decision, f *events.ContactUpdated) {
	c := w.contact(d.Contact)
	setAttributes(c, f.Attributes)
	if f.Name == nil {
		return
	}
	c.Name = *f.Name
	for _, id := range c.Live {
		w.conversation(id).Contact.Name = c.Name
	}
}

func applyMessage(w *Work, d *events.Decision, m *events.Message) {
	s := w.conversation(m.ConversationID)
	w.Messages[m.ID] = MessageRef{
		Conversation: m.ConversationID, Contact: m.ContactID, Direction: m.Direction, Kind: m.Kind,
		Status: m.Status, Inbox: m.InboxID, Channel: m.Channel, ThreadIDs: m.ThreadIDs, Call: m.Call, Files: addFiles(nil, m.Attachments),
	}
	if m.Direction == events.Out && m.ClientID != "" {
		ref := w.Messages[m.ID]
		ref.Content = Words(m.Kind, commands.ReplyBody{Text: m.Text, Template: m.Template, QuickReplies: m.QuickReplies, Attachments: m.Attachments})
		w.Messages[m.ID] = ref
	}
	spoken(s, d, m)
	s.say(w, d, m)
	if m.Kind == events.KindEvent || m.Kind == events.KindNote {
		return
	}
	if m.Direction == events.Out {
		forget(w, m.Channel, m.InboxID, m.ThreadIDs)
	}
	if m.Call != nil {
		if reachedByUs(m.Call) {
			remember(w.contact(d.Contact), Called{Number: Number(m.Call.To), At: m.Call.EndedAt.UTC()})
		}
		return
	}
	if m.Direction != events.Out {
		return
	}
	applyWord(s, m)
	if m.Author.Kind == "agent" && m.Author.ID != "" {
		w.contact(s.Contact.ID).Agent = events.AgentID(m.Author.ID)
	}
	applySending(w, m)
}

// spoken lets a message take its effect on a conversation, or on one side of it:
// nothing but that may be touched.
func spoken(s *State, d *events.Decision, m *events.Message) {
	if m.Kind == events.KindEvent {
		applyEvent(s, d, m)
		return
	}
	if s.LastMessage == nil || !m.OccurredAt.Before(s.LastMessage.OccurredAt) {
		s.LastMessage = &events.LastMessage{
			ID: m.ID, Direction: m.Direction, Kind: m.Kind, Channel: m.Channel,
			Text: events.Preview(m.Text), Author: m.Author.Name, OccurredAt: m.OccurredAt,
		}
	}
	if m.Author.Kind == "agent" {
		s.Unbegun = nil
	}
	if m.Kind == events.KindNote {
		return
	}
	s.Channels = putOnce(s.Channels, m.Channel)
	s.Inboxes = putOnce(s.Inboxes, m.InboxID)
	if s.Subject == "" {
		s.Subject = m.Subject
	}
	switch {
	case m.Call != nil && answered(m.Call):
		s.rest()
		s.Left = false
		return
	case m.Call != nil && m.Direction == events.Out:
		return // we have tried in vain: nobody waits anew
	case m.Direction == events.Out:
		if !m.HasFlag("automatic") {
			s.Unread, s.Left = 0, false
			s.rest()
		}
		return
	}
	if !m.HasFlag(FlagSurvey) {
		s.Unread++
	}
	applyAsking(s, d, m)
	addRoad(s, d, m)
}

// applyAsking has the customer wait for an answer from the first thing they say
// on, and notes whether that is only to be called.
func applyAsking(s *State, d *events.Decision, m *events.Message) {
	if silent(m) {
		return
	}
	s.Left, s.Ended = false, false
	s.Wished = m.HasFlag(FlagCallback) && (s.Wished || s.WaitingSince == nil)
	if s.WaitingSince == nil {
		since := m.OccurredAt
		if since.After(d.At) {
			since = d.At
		}
		s.WaitingSince = &since
	}
}

// rest has nobody wait for an answer.
func (s *State) rest() { s.WaitingSince, s.Wished = nil, false }

// restAll is rest on every side as well.
func (s *State) restAll() {
	s.rest()
	s.eachSide(func(_ *Side, one *State) { one.rest() })
}

// stays forgets that the customer left: somebody has the conversation.
func (s *State) stays() {
	s.Left = false
	s.eachSide(func(_ *Side, one *State) { one.Left = false })
}

// tagSides has a new tag stand with whose the conversation is, as it was put on that
// and not on anybody's words; one that is taken off is off everywhere.
func (s *State) tagSides(w *Work, f *events.ConversationTagged) {
	home := homeOf(w, s)
	s.eachSide(func(x *Side, one *State) {
		for _, tag := range f.Removed {
			one.Tags = drop(one.Tags, tag)
		}
		if x.Contact != home {
			return
		}
		for _, tag := range f.Added {
			one.Tags = putOnce(one.Tags, tag)
		}
		slices.Sort(one.Tags)
	})
}

// addRoad remembers how to answer what the customer just said.
func addRoad(s *State, d *events.Decision, m *events.Message) {
	if m.From == nil || m.Kind != events.KindMessage {
		return
	}
	road := Road{Inbox: m.InboxID, Channel: m.Channel, To: *m.From}
	at := len(s.Roads)
	for i, r := range s.Roads {
		if r.Inbox == road.Inbox && r.To.Key() == road.To.Key() {
			road, at = r, i
		}
	}
	road.To = *m.From
	road.LastAt, road.Machine = d.At, m.ForPeople()
	if said := m.OccurredAt; said.After(d.At) {
		road.SaidAt = d.At
	} else if said.After(road.SaidAt) {
		road.SaidAt = said
	}
	road.Key = m.Thread
	if m.Subject != "" {
		road.Subject = m.Subject
	}
	road.References = reference(road.References, m.ThreadIDs)
	if at == len(s.Roads) {
		s.Roads = append(s.Roads, road)
	} else {
		s.Roads[at] = road
	}
}

func reference(refs, ids []string) []string {
	if len(ids) == 0 {
		return refs
	}
	refs = append(slices.Clone(refs), ids[0])
	if len(refs) > maxReferences {
		refs = append(refs[:1:1], refs[len(refs)-maxReferences+1:]...)
	}
	return refs
}

// applyPreview shows what the newest message says now.
func applyPreview(w *Work, c events.ConversationID, m events.MessageID, text string) {
	s := w.conversation(c)
	s.preview(m, text)
	s.eachSide(func(_ *Side, one *State) { one.preview(m, text) })
}

func (s *State) preview(m events.MessageID, text string) {
	if s.LastMessage != nil && s.LastMessage.ID == m {
		last := *s.LastMessage
		last.Text = events.Preview(text)
		s.LastMessage = &last
	}
}

func applyStatus(w *Work, d *events.Decision, f *events.MessageStatusChanged) {
	s := w.conversation(f.Conversation)
	ref, ok := w.Message(f.Message)
	if !ok {
		return
	}
	ref.Status = f.Status
	for _, id := range f.ThreadIDs {
		if !slices.Contains(ref.ThreadIDs, id) {
			ref.ThreadIDs = append(slices.Clone(ref.ThreadIDs), id)
		}
	}
	w.Messages[f.Message] = ref
	applyOutgoing(w, d, f.Message, ref)
	forget(w, ref.Channel, ref.Inbox, f.ThreadIDs)
	if len(f.ThreadIDs) == 0 {
		return
	}
	s.refer(ref, f.ThreadIDs)
	s.eachSide(func(_ *Side, one *State) { one.refer(ref, f.ThreadIDs) })
}

// refer threads what comes next behind a message of ours, to whom it went and to
// nobody else: the ids of one customer's mails are not another's to read.
func (s *State) refer(ref MessageRef, ids []string) {
	for i, r := range s.Roads {
		if r.Inbox == ref.Inbox && (ref.To == "" || ref.To == r.To.Key()) && !slices.Contains(r.References, ids[0]) {
			s.Roads[i].References = reference(r.References, ids)
		}
	}
}

// applyStored remembers the statement for "once, for ever": beside its message
// where it is one, else under its own key.
func applyStored(w *Work, f *events.InboundStored) {
	if ref, ok := w.Messages[events.MessageID(f.Key)]; ok {
		ref.Content = f.Content
		w.Messages[events.MessageID(f.Key)] = ref
		return
	}
	w.Seen[f.Key] = f.Content
}

func setAttributes(c *Contact, set map[string]string) {
	for k, v := range set {
		if c.Attributes == nil {
			c.Attributes = map[string]string{}
		}
		if v == "" {
			delete(c.Attributes, k)
		} else {
			c.Attributes[k] = v
		}
	}
}

func putPoint(points []events.Point, p events.Point) []events.Point {
	for i := range points {
		if points[i].Key() == p.Key() {
			if !points[i].Trust.AtLeast(p.Trust) {
				points[i].Trust = p.Trust
			}
			return points
		}
	}
	return append(points, p)
}

func dropPoint(points []events.Point, p events.Point) []events.Point {
	return slices.DeleteFunc(points, func(q events.Point) bool { return q.Key() == p.Key() })
}

func putOnce[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

func drop[T comparable](list []T, v T) []T {
	return slices.DeleteFunc(list, func(x T) bool { return x == v })
}

func earliest(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.Before(*a)) {
		return b
	}
	return a
}
