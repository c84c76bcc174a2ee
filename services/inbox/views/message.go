package views

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// FlagEdited and FlagRemoved mark a message that no longer says what it said.
const (
	FlagEdited  = "edited"
	FlagRemoved = "removed"
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
		m.Text, m.HTML, m.Quoted, m.Subject, m.Call = "", "", "", "", nil
		m.Attachments = []events.Attachment{}
		addFlag(m, FlagRemoved)
		return true
	case *events.MessageStatusChanged:
		return advance(m, f)
	}
	return false
}

func advance(m *events.Message, f *events.MessageStatusChanged) bool {
	changed := false
	// Queued again is a person's word that an unknown outcome is to be retried.
	if retried := m.Status == events.StatusUnknown && f.Status == events.StatusQueued; retried || m.Status.Before(f.Status) {
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
	}
	return "", "", false
}
