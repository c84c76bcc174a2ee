package conversation

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

const (
	// promiseWithin is how old a missed call may be to be worth calling back: an
	// import of last year's calls promises nobody anything.
	promiseWithin = 7 * 24 * time.Hour
	// maxCalled bounds the numbers of one contact whose last call is remembered.
	maxCalled = 16
	// maxLegs bounds the parts of one call that are kept.
	maxLegs = 64
)

// Outcomes of calls that the rules speak of.
const (
	callAnswered  = "answered"
	callMissed    = "missed"
	callAbandoned = "abandoned"
	callVoicemail = "voicemail"
)

func answered(c *events.Call) bool { return c.Outcome == callAnswered }

// Number is a telephone number as numbers are compared: digits, and the plus of
// an international one.
func Number(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s)
}

// Called draws what a call that was just put into a conversation means for the
// promises to its contact: a missed one makes a promise, an answered one of ours
// keeps it, one in vain is counted. number is the customer's; empty where they
// withheld it, and then there is nobody to call.
func (d *Draft) Called(id events.MessageID, call *events.Call, number string) {
	ref, s, problem := d.locate(id)
	if problem != nil || number == "" {
		return
	}
	if call.Direction == events.Out {
		d.calledBack(id, call, number, false)
		return
	}
	reason := map[string]string{callMissed: "missed", callAbandoned: "missed", callVoicemail: "voicemail"}[call.Outcome]
	if reason == "" || ref.Kind != events.KindCall || d.At().Sub(call.EndedAt) > promiseWithin || d.spokenSince(number, call.EndedAt) {
		return
	}
	d.Promise(s, events.Callback{ID: callbackID(id), Number: number, Reason: reason, RequestedAt: call.EndedAt.UTC(), Message: id})
}

// calledBack settles the contact's promises to call a number. again says that
// the call is known already, so that it is not counted twice.
func (d *Draft) calledBack(id events.MessageID, call *events.Call, number string, again bool) {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return
	}
	for _, conv := range slices.Clone(c.Callbacks) {
		s, ok := d.World().Conversation(conv)
		if !ok || s.Callback == nil || Number(s.Callback.Number) != Number(number) || !call.EndedAt.After(s.Callback.RequestedAt) {
			continue
		}
		switch {
		case answered(call):
			d.add(&events.CallbackClosed{Conversation: conv, Callback: s.Callback.ID, Outcome: OutcomeReached, Message: id, Reason: "the customer was reached by a call of ours"})
		case !again:
			tried := *s.Callback
			tried.Attempts++
			d.add(&events.CallbackRequested{Conversation: conv, Callback: tried})
		}
	}
}

// spokenSince says whether we have reached the number after a time: statements
// of calls come in any order.
func (d *Draft) spokenSince(number string, at time.Time) bool {
	c, ok := d.World().Contact(d.Subject())
	return ok && slices.ContainsFunc(c.Called, func(k Called) bool { return k.Number == Number(number) && k.At.After(at) })
}

// AmendCall puts what a later statement knows of a call beside what is known. A
// statement that knows nothing more adds no fact.
func (d *Draft) AmendCall(id events.MessageID, later *events.Call, files []events.Attachment, number string) *commands.Problem {
	ref, s, problem := d.locate(id)
	if problem != nil {
		return problem
	}
	if ref.Call == nil {
		return refuse(commands.Invalid, "names no call")
	}
	merged := *ref.Call
	if later != nil {
		merged = mergeCalls(*ref.Call, *later)
	}
	files = slices.DeleteFunc(slices.Clone(files), func(a events.Attachment) bool { _, known := ref.Files[a.ID]; return known })
	if len(files) == 0 && sameCall(merged, *ref.Call) {
		return nil
	}
	d.add(&events.CallAmended{Conversation: s.ID, Message: id, Call: merged, Attachments: files})
	switch {
	case merged.Outcome == ref.Call.Outcome:
	case merged.Direction == events.Out:
		d.calledBack(id, &merged, number, true)
	case answered(&merged):
		d.answeredAfterAll(id)
	default:
		d.Called(id, &merged, number)
	}
	return nil
}

// answeredAfterAll takes back the promise that a call made while only the leg
// that nobody answered was known.
func (d *Draft) answeredAfterAll(id events.MessageID) {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return
	}
	for _, conv := range slices.Clone(c.Callbacks) {
		if s, ok := d.World().Conversation(conv); ok && s.Callback != nil && s.Callback.Message == id {
			d.add(&events.CallbackClosed{Conversation: conv, Callback: s.Callback.ID, Outcome: OutcomeReached, Message: id, Reason: "the call was answered after all"})
		}
	}
}

// mergeCalls adds what is new. A statement that is newer as a whole (it ended
// later, or has more legs) replaces what is known but for what it leaves out; an
// older one only fills gaps.
func mergeCalls(known, later events.Call) events.Call {
	legs := slices.Clone(known.Legs)
	for _, leg := range later.Legs {
		if len(legs) < maxLegs {
			legs = putOnce(legs, leg)
		}
	}
	newer := later.EndedAt.After(known.EndedAt) || len(later.Legs) > len(known.Legs)
	first, second := known, later
	if newer {
		first, second = later, known
	}
	out := first
	if len(legs) > 0 {
		out.Legs = legs
	}
	for _, w := range []struct{ to, from *string }{
		{&out.Outcome, &second.Outcome}, {&out.From, &second.From}, {&out.To, &second.To}, {&out.Agent, &second.Agent}, {&out.Queue, &second.Queue},
		{&out.Recording, &second.Recording}, {&out.Transcript, &second.Transcript}, {(*string)(&out.Direction), (*string)(&second.Direction)},
	} {
		if *w.to == "" {
			*w.to = *w.from
		}
	}
	if known.Outcome == callAnswered { // no later leg makes a call unanswered
		out.Outcome = callAnswered
	}
	out.RingS, out.TalkS = orElse(out.RingS, second.RingS), orElse(out.TalkS, second.TalkS)
	out.StartedAt, out.AnsweredAt = earliest(out.StartedAt, second.StartedAt), earliest(out.AnsweredAt, second.AnsweredAt)
	if out.EndedAt.IsZero() {
		out.EndedAt = second.EndedAt
	}
	return out
}

func orElse(a, b int) int {
	if a == 0 {
		return b
	}
	return a
}

func sameCall(a, b events.Call) bool {
	sameTime := func(x, y *time.Time) bool { return x == nil && y == nil || x != nil && y != nil && x.Equal(*y) }
	if !slices.Equal(a.Legs, b.Legs) || !sameTime(a.StartedAt, b.StartedAt) || !sameTime(a.AnsweredAt, b.AnsweredAt) || !a.EndedAt.Equal(b.EndedAt) {
		return false
	}
	plain := func(c events.Call) [12]any {
		return [12]any{c.Direction, c.Outcome, c.From, c.To, c.Agent, c.Queue, c.RingS, c.TalkS, c.Recording, c.Transcript}
	}
	return plain(a) == plain(b)
}

func applyAmended(w *Work, d *events.Decision, f *events.CallAmended) {
	ref, ok := w.Message(f.Message)
	if !ok {
		return
	}
	was := ref.Call
	call := f.Call
	ref.Call, ref.Files = &call, addFiles(ref.Files, f.Attachments)
	w.Messages[f.Message] = ref
	if was == nil || !answered(was) {
		applySpoken(w, d, w.conversation(f.Conversation), &call)
	}
}

// applySpoken remembers that we have spoken: nobody waits for that any more.
func applySpoken(w *Work, d *events.Decision, s *State, call *events.Call) {
	if !answered(call) {
		return
	}
	s.restAll()
	s.stays()
	if reachedByUs(call) {
		remember(w.contact(d.Contact), Called{Number: Number(call.To), At: call.EndedAt.UTC()})
	}
}

// reachedByUs reports whether we rang somebody at a number and they answered.
func reachedByUs(call *events.Call) bool {
	return answered(call) && call.Direction == events.Out && call.To != ""
}

// remember keeps when a number was reached last, for the newest few numbers.
func remember(c *Contact, now Called) {
	for i, k := range c.Called {
		if k.Number == now.Number {
			if now.At.After(k.At) {
				c.Called[i] = now
			}
			return
		}
	}
	c.Called = append(c.Called, now)
	c.Called = c.Called[max(0, len(c.Called)-maxCalled):]
}
