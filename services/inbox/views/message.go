package views

import (
	"slices"
	"time"
	"unicode/utf8"

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

// Bounds on what is kept of a message's past; the newest stands. maxFormerBytes
// bounds all former texts together, so that a page of messages stays small.
const (
	maxSteps       = 12
	maxFormer      = 10
	maxFormerBytes = 32 << 10
)

// Edit puts what a later fact, decided at a time, says into a stored message and
// reports whether anything changed. A receipt that says less than what is known changes nothing;
// nothing brings back what its author removed.
func Edit(m *events.Message, body events.Body, at time.Time) bool {
	switch f := body.(type) {
	case *events.MessageEdited:
		if m.HasFlag(FlagRemoved) {
			return false
		}
		remember(m, f.Text, at.UTC())
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
		return advance(m, f, at.UTC())
	}
	return false
}

func hide(m *events.Message) {
	m.Text, m.HTML, m.Quoted, m.Subject, m.Call, m.Template, m.Reaction = "", "", "", "", nil, nil, ""
	m.Attachments, m.Former = []events.Attachment{}, nil
	addFlag(m, FlagRemoved)
}

// remember keeps what a message says before another text takes its place. The
// list may be shared with others and is copied.
func remember(m *events.Message, next string, at time.Time) {
	if m.Text == "" || m.Text == next {
		return
	}
	was := events.Former{Text: m.Text, At: at}
	if len(was.Text) > maxFormerBytes {
		cut := maxFormerBytes
		for cut > 0 && !utf8.RuneStart(was.Text[cut]) {
			cut--
		}
		was.Text, was.Cut = was.Text[:cut], true
	}
	list := append(slices.Clip(m.Former), was)
	size, from := 0, len(list)
	for from > 0 && len(list)-from < maxFormer && size+len(list[from-1].Text) <= maxFormerBytes {
		from--
		size += len(list[from].Text)
	}
	m.Former = list[from:]
}

// Erase hides for good what a message says and whom it came from, and reports
// whether there was anything left to hide.
func Erase(m *events.Message) bool {
	if m.HasFlag(FlagErased) {
		return false
	}
	hide(m)
	m.From, m.StatusDetail = nil, ""
	m.Steps = slices.Clone(m.Steps)
	for i := range m.Steps {
		m.Steps[i].Detail = ""
	}
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

func advance(m *events.Message, f *events.MessageStatusChanged, at time.Time) bool {
	changed := false
	// Queued again is an attempt that did not leave, or a person's word that it is
	// to be tried once more.
	again := f.Status == events.StatusQueued && (m.Status == events.StatusSending || m.Status == events.StatusUnknown || m.Status == events.StatusFailed)
	if again || m.Status.Before(f.Status) {
		m.Status, m.StatusDetail = f.Status, f.Detail
		step(m, f, at)
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

// step notes when an end of the road was reached; that an attempt began or waits
// again is no end.
func step(m *events.Message, f *events.MessageStatusChanged, at time.Time) {
	if f.Status == events.StatusQueued || f.Status == events.StatusSending {
		return
	}
	list := append(slices.Clip(m.Steps), events.Step{Status: f.Status, Detail: f.Detail, At: at})
	m.Steps = list[max(0, len(list)-maxSteps):]
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
