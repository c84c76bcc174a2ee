package views

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// FlagEdited and FlagRemoved mark a message that no longer says what it said.
// FlagErased stands beside FlagRemoved where the customer's data was deleted on
// demand.
const (
	FlagEdited  = "edited"
	FlagRemoved = "removed"
	FlagErased  = "erased"
)

// Edit puts what a later fact says into a stored message and reports whether
// anything changed. A receipt that says less than what is known changes nothing;
// nothing brings back what its author removed.
func Edit(m *events.Message, body events.Body) bool {
	switch f := body.(type) {
	case *events.MessageEdited:
		if m.HasFlag(FlagRemoved) {
			return false
		}
		m.Text, m.HTML = f.Text, f.HTML
		addFlag(m, FlagEdited)
		return true
	case *events.MessageRemoved:
		hide(m)
		return true
	case *events.MessageReacted:
		if m.HasFlag(FlagRemoved) || m.Reaction == f.Emoji {
			return false
		}
		m.Reaction = f.Emoji
		return true
	case *events.AttachmentSettled:
		return settle(m, &f.Attachment)
	case *events.CallAmended:
		return amend(m, f)
	case *events.MessageStatusChanged:
		return advance(m, f)
	}
	return false
}

func hide(m *events.Message) {
	m.Text, m.HTML, m.Quoted, m.Subject, m.Call, m.Template, m.Reaction = "", "", "", "", nil, nil, ""
	m.Attachments = []events.Attachment{}
	addFlag(m, FlagRemoved)
}

// Erase hides for good what a message says and whom it came from, and reports
// whether there was anything left to hide.
func Erase(m *events.Message) bool {
	if m.HasFlag(FlagErased) {
		return false
	}
	hide(m)
	m.From, m.StatusDetail = nil, ""
	if m.Author.Kind == "contact" {
		m.Author.Name = ""
	}
	addFlag(m, FlagErased)
	return true
}

// settle puts what became of a file in its place; the others stay as they are.
// The list is shared with others and is copied.
func settle(m *events.Message, done *events.Attachment) bool {
	at := slices.IndexFunc(m.Attachments, func(a events.Attachment) bool { return a.ID == done.ID })
	if at < 0 || m.Attachments[at].Hash != "" {
		return false
	}
	a := m.Attachments[at]
	a.Failed = done.Failed
	if done.Hash != "" {
		a.Hash, a.Size, a.URL = done.Hash, done.Size, ""
		a.Type = done.Type
		if done.Name != "" {
			a.Name = done.Name
		}
	}
	if a == m.Attachments[at] {
		return false
	}
	m.Attachments = slices.Clone(m.Attachments)
	m.Attachments[at] = a
	return true
}

// amend replaces what is known of a call and adds files that are new.
func amend(m *events.Message, f *events.CallAmended) bool {
	if m.HasFlag(FlagRemoved) {
		return false
	}
	call := f.Call
	m.Call = &call
	m.Attachments = slices.Clip(m.Attachments)
	for _, a := range f.Attachments {
		if !slices.ContainsFunc(m.Attachments, func(have events.Attachment) bool { return have.ID == a.ID }) {
			m.Attachments = append(m.Attachments, a)
		}
	}
	return true
}

func advance(m *events.Message, f *events.MessageStatusChanged) bool {
	changed := false
	// Queued again is an attempt that did not leave, or a person's word that it is
	// to be tried once more.
	again := f.Status == events.StatusQueued && (m.Status == events.StatusSending || m.Status == events.StatusUnknown || m.Status == events.StatusFailed)
	if again || m.Status.Before(f.Status) {
		m.Status, m.StatusDetail = f.Status, f.Detail
		changed = true
	}
	for _, id := range f.ThreadIDs {
		if !slices.Contains(m.ThreadIDs, id) {
			m.ThreadIDs = append(m.ThreadIDs, id)
			changed = true
		}
	}
	return changed
}

func addFlag(m *events.Message, flag string) {
	if !m.HasFlag(flag) {
		m.Flags = append(m.Flags, flag)
	}
}

// Target is the message that a fact changes, and the conversation it was said
// in; false for facts that change none.
func Target(body events.Body) (events.ConversationID, events.MessageID, bool) {
	switch f := body.(type) {
	case *events.MessageEdited:
		return f.Conversation, f.Message, true
	case *events.MessageRemoved:
		return f.Conversation, f.Message, true
	case *events.MessageStatusChanged:
		return f.Conversation, f.Message, true
	case *events.MessageReacted:
		return f.Conversation, f.Message, true
	case *events.AttachmentSettled:
		return f.Conversation, f.Message, true
	case *events.CallAmended:
		return f.Conversation, f.Message, true
	}
	return "", "", false
}
