package twiliovoice

import (
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

// callback is one post of Twilio's.
type callback struct {
	form  url.Values
	house *exchange.House
	at    time.Time
}

func (c callback) get(name string) string { return strings.ToValidUTF8(c.form.Get(name), "\uFFFD") }

// time is when it happened: Twilio's word where it is one, else the arrival, and
// then the leg is untimed.
func (c callback) time() (at time.Time, untimed bool) {
	if at, err := mail.ParseDate(c.get("Timestamp")); err == nil && at.Year() >= 2000 && at.Year() <= 2200 {
		return at.UTC(), false
	}
	return c.at.UTC(), true
}

// seconds is a length, a day at most.
func (c callback) seconds(name string) time.Duration {
	n, err := strconv.Atoi(c.get(name))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, 86400)) * time.Second
}

// results are the ends of a leg that nobody took.
var results = map[string]calls.Result{"busy": calls.Busy, "no-answer": calls.NoAnswer, "canceled": calls.Cancelled, "failed": calls.Failed}

// leg reads the callback; not known is one that is none of Twilio's voice
// callbacks. A leg without an id is one that says nothing yet.
func (c callback) leg() (calls.Leg, bool) {
	sid := c.get("CallSid")
	if sid == "" {
		return calls.Leg{}, false
	}
	at, untimed := c.time()
	l := calls.Leg{Call: exchange.Key(sid), StartedAt: at, EndedAt: at, Untimed: untimed, Role: calls.Machine}
	switch {
	case c.form.Has("TranscriptionSid"):
		l.ID, l.Transcript = exchange.Key(c.get("TranscriptionSid")), c.get("TranscriptionText")
		return l, true
	case c.form.Has("RecordingSid"):
		return c.recording(l), true
	case c.form.Has("DialCallStatus"):
		if child := c.get("DialCallSid"); child != "" {
			return c.person(l, child, c.get("DialCallStatus"), c.seconds("DialCallDuration")), true
		}
		return calls.Leg{}, true // nobody could be rung
	}
	return c.status(l, sid)
}

// recording is a file of the call; of the verb Record it is a voicemail. Only the
// callback that names its source tells which, so the verb's own action is not
// read.
func (c callback) recording(l calls.Leg) calls.Leg {
	if c.get("RecordingStatus") != "completed" || c.get("RecordingUrl") == "" {
		return calls.Leg{}
	}
	l.ID, l.Recording = exchange.Key(c.get("RecordingSid")), c.get("RecordingUrl")+".mp3"
	length := c.seconds("RecordingDuration")
	l.StartedAt = l.EndedAt.Add(-length)
	if at, err := mail.ParseDate(c.get("RecordingStartTime")); err == nil && at.Year() >= 2000 && at.Year() <= 2200 {
		l.StartedAt, l.EndedAt, l.Untimed = at.UTC(), at.UTC().Add(length), false
	}
	if c.get("RecordingSource") == "RecordVerb" {
		l.Role, l.AnsweredAt = calls.Voicemail, l.StartedAt
	}
	return l
}

// person is one of ours who was rung.
func (c callback) person(l calls.Leg, sid, status string, talked time.Duration) calls.Leg {
	l.ID, l.Role, l.Result = exchange.Key(sid), calls.Person, results[status]
	if status == "completed" || status == "answered" {
		l.AnsweredAt = l.EndedAt.Add(-talked)
		l.StartedAt = l.AnsweredAt
	}
	return l
}

// status is word of the call itself, or of a child that was dialled.
func (c callback) status(l calls.Leg, sid string) (calls.Leg, bool) {
	status := c.get("CallStatus")
	parent := c.get("ParentCallSid")
	length := c.seconds("CallDuration")
	ended := status == "completed" || results[status] != ""
	switch status {
	case "queued", "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed":
	default:
		return l, false
	}
	if parent != "" {
		if !ended {
			return calls.Leg{}, true
		}
		l.Call = exchange.Key(parent)
		l = c.person(l, sid, status, length)
		if to := c.house.Number(c.get("To")); to.Kind != numbers.Withheld {
			l.Agent = to.Value
		}
		return l, true
	}
	from, to := c.house.Number(c.get("From")), c.house.Number(c.get("To"))
	l.From, l.To, l.Withheld, l.Name = from.Value, to.Value, from.Kind == numbers.Withheld, c.get("CallerName")
	l.Direction = events.In
	if strings.HasPrefix(c.get("Direction"), "outbound") {
		l.Direction = events.Out
	}
	if !ended {
		l.ID, l.Untimed = exchange.Key(sid, "began"), true // of several words the first says when
		return l, true
	}
	l.ID, l.Closes, l.StartedAt = exchange.Key(sid), true, l.EndedAt.Add(-length)
	switch {
	case status != "completed":
		l.Role, l.Result = calls.Person, results[status]
	case l.Direction == events.Out:
		l.Role, l.AnsweredAt = calls.Person, l.StartedAt
	default:
		l.AnsweredAt = l.StartedAt
	}
	return l, true
}
