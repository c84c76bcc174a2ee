package conversation

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// How a callback ends. Attempted is no end: one more call was tried in vain.
const (
	OutcomeReached   = "reached"
	OutcomeCancelled = "cancelled"
	OutcomeInVain    = "in-vain"
	outcomeAttempted = "attempted"
)

// FlagCallback marks a message in which the customer asks to be called.
const FlagCallback = "callback"

// Bounds of what is promised: bytes of a note, and how far ahead.
const (
	maxCallbackNote = 2 << 10
	maxCallbackTime = 366 * 24 * time.Hour
)

var numberPattern = regexp.MustCompile(`^\+?[0-9]{3,20}$`)

// callbackID is that of the promise that a message made.
func callbackID(id events.MessageID) events.CallbackID {
	return events.CallbackID("cb" + strings.TrimPrefix(string(id), "ms"))
}

// Promise makes a callback, or adds to the one that is open: a conversation has
// one. What it says already adds no fact.
func (d *Draft) Promise(s *State, cb events.Callback) {
	if open := s.Callback; open != nil {
		now := *open
		if cb.Number != "" {
			now.Number = cb.Number
		}
		if cb.Note != "" {
			now.Note = cb.Note
		}
		if cb.WantedAt != nil {
			now.WantedAt = cb.WantedAt
			if now.Reason == "asked" && cb.Message != "" {
				now.Message = cb.Message
			}
		}
		if cb.Reason == "voicemail" { // tells more than that somebody called
			now.Reason, now.Message = cb.Reason, cb.Message
		}
		if samePromise(now, *open) {
			return
		}
		cb = now
	}
	d.add(&events.CallbackRequested{Conversation: s.ID, Callback: cb})
}

func samePromise(a, b events.Callback) bool {
	sameTime := a.WantedAt == nil && b.WantedAt == nil || a.WantedAt != nil && b.WantedAt != nil && a.WantedAt.Equal(*b.WantedAt)
	return sameTime && a.Number == b.Number && a.Note == b.Note && a.Reason == b.Reason && a.Attempts == b.Attempts && a.Message == b.Message
}

// Wish makes the promise that a customer asked for in a message. Without a number
// of theirs there is only the message.
func (d *Draft) Wish(s *State, m events.Message, asked events.CallbackRequest) {
	number := asked.Number
	if Number(number) == "" {
		number = d.newestNumber()
	}
	if number == "" {
		return
	}
	reason := asked.Reason
	if reason != "missed" && reason != "voicemail" {
		reason = "asked"
	}
	d.Promise(s, events.Callback{
		ID: callbackID(m.ID), Number: number, Reason: reason, RequestedAt: m.OccurredAt,
		WantedAt: asked.WantedAt, Message: m.ID, Note: cut(asked.Note, maxCallbackNote),
	})
}

// RequestCallback promises by hand. Without a number it is the contact's newest.
func (d *Draft) RequestCallback(s *State, id events.CallbackID, body commands.RequestCallbackBody) *commands.Problem {
	number := Number(body.Number)
	if body.Number == "" && s.Callback == nil {
		number = d.newestNumber()
	}
	switch {
	case number == "" && s.Callback == nil:
		return refuse(commands.Invalid, "no telephone number of the customer is known")
	case number != "" && !numberPattern.MatchString(number) || body.Number != "" && number == "":
		return refuse(commands.Invalid, "a telephone number is 3 to 20 digits, with a plus before an international one")
	case len(body.Note) > maxCallbackNote || !utf8.ValidString(body.Note):
		return refuse(commands.Invalid, "a note is at most 2048 bytes of UTF-8")
	}
	if at := body.WantedAt; at != nil {
		if at.Before(d.At()) || at.Sub(d.At()) > maxCallbackTime {
			return refuse(commands.Invalid, "the time to call must be within the year that follows")
		}
		utc := at.UTC()
		body.WantedAt = &utc
	}
	d.Promise(s, events.Callback{ID: id, Number: number, Reason: "asked", RequestedAt: d.At(), WantedAt: body.WantedAt, Note: body.Note})
	return nil
}

// newestNumber is the last telephone number that the contact got.
func (d *Draft) newestNumber() string {
	if c, ok := d.World().Contact(d.Subject()); ok {
		for _, p := range slices.Backward(c.Points) {
			if n := Number(p.Value); p.Kind == "phone" && numberPattern.MatchString(n) {
				return n
			}
		}
	}
	return ""
}

// CloseCallback ends the open callback, or counts a try in vain. One that is not
// the open one was ended by somebody else meanwhile.
func (d *Draft) CloseCallback(s *State, body commands.CloseCallbackBody) *commands.Problem {
	if s.Callback == nil || s.Callback.ID != body.Callback {
		return &commands.Problem{Code: commands.Conflict, Detail: "that callback is not open", Conversation: &s.Conversation}
	}
	if len(body.Reason) > maxCallbackNote || !utf8.ValidString(body.Reason) {
		return refuse(commands.Invalid, "a reason is at most 2048 bytes of UTF-8")
	}
	switch body.Outcome {
	case OutcomeReached, OutcomeCancelled, OutcomeInVain:
		d.add(&events.CallbackClosed{Conversation: s.ID, Callback: body.Callback, Outcome: body.Outcome, Reason: body.Reason})
	case outcomeAttempted:
		tried := *s.Callback
		tried.Attempts++
		d.add(&events.CallbackRequested{Conversation: s.ID, Callback: tried})
	default:
		return refuse(commands.Invalid, "outcome must be reached, cancelled, in-vain or attempted")
	}
	return nil
}

// joinCallbacks is asked before two conversations become one: where both hold a
// promise, the one that stays keeps its own and says what the other was.
func (d *Draft) joinCallbacks(from, into events.ConversationID) {
	theirs, ok := d.World().Conversation(from)
	mine, known := d.World().Conversation(into)
	if !ok || !known || theirs.Callback == nil || mine.Callback == nil {
		return
	}
	other, cb := theirs.Callback, *mine.Callback
	d.add(&events.CallbackClosed{Conversation: from, Callback: other.ID, Outcome: OutcomeCancelled, Reason: "kept with the callback of the conversation it is folded into"})
	for _, word := range []string{other.Note, otherNumber(cb, *other)} {
		if word != "" && !strings.Contains(cb.Note, word) {
			cb.Note = cut(strings.TrimSpace(cb.Note+"\n"+word), maxCallbackNote)
		}
	}
	d.Promise(mine, cb)
}

func otherNumber(a, b events.Callback) string {
	if Number(a.Number) == Number(b.Number) {
		return ""
	}
	return b.Number
}

func applyCallback(w *Work, d *events.Decision, f *events.CallbackRequested) {
	cb := f.Callback
	s := w.conversation(f.Conversation)
	s.Callback = &cb
	if onlyWishes(s, d) {
		s.restAll()
	}
	c := w.contact(d.Contact)
	c.Callbacks = putOnce(c.Callbacks, s.ID)
}

// onlyWishes reports whether all that the customer waits for is the call at the
// time they named: they began to wait with the very message that asks for it.
func onlyWishes(s *State, d *events.Decision) bool {
	cb, last := s.Callback, s.LastMessage
	if s.WaitingSince == nil || cb.WantedAt == nil || !cb.WantedAt.After(d.At) || last == nil || last.ID != cb.Message || cb.Reason != "asked" {
		return false
	}
	return s.WaitingSince.Equal(last.OccurredAt) || s.WaitingSince.Equal(d.At)
}

func applyCallbackClosed(w *Work, d *events.Decision, f *events.CallbackClosed) {
	s := w.conversation(f.Conversation)
	if s.Callback == nil || s.Callback.ID != f.Callback {
		return
	}
	s.Callback = nil
	if f.Outcome == OutcomeReached || s.Wished { // they were spoken to, or wait for nothing else
		s.restAll()
	}
	c := w.contact(d.Contact)
	c.Callbacks = drop(c.Callbacks, s.ID)
}

// carryCallback moves the open promise along when a conversation is folded. The
// folded one keeps its copy, by which the reversal knows it.
func carryCallback(c *Contact, from, into *State) {
	if from.Callback == nil {
		return
	}
	c.Callbacks = drop(c.Callbacks, from.ID)
	if into.Callback == nil {
		into.Callback = from.Callback
		c.Callbacks = putOnce(c.Callbacks, into.ID)
	}
}

// returnCallback gives the promise back, as it is by now; one that was ended
// meanwhile stays ended. The promise is holder's and becomes c's.
func returnCallback(holder, c *Contact, from, into *State) {
	if from.Callback == nil {
		return
	}
	if into.Callback == nil || into.Callback.ID != from.Callback.ID {
		from.Callback = nil
		return
	}
	from.Callback, into.Callback = into.Callback, nil
	holder.Callbacks = drop(holder.Callbacks, into.ID)
	c.Callbacks = putOnce(c.Callbacks, from.ID)
}
