package freeswitch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

// record is what we read of a CDR.
type record struct {
	Variables map[string]json.RawMessage `json:"variables"`
	Callflow  []struct {
		Profile map[string]json.RawMessage `json:"caller_profile"`
		Times   map[string]json.RawMessage `json:"times"`
	} `json:"callflow"`

	plain bool // strings are not percent-encoded
}

// noNumber is what FreeSWITCH fills in where a caller has no number.
const noNumber = "0000000000"

func readLeg(s *Settings, house *exchange.House, body []byte) (calls.Leg, error) {
	rec := record{plain: s.RawValues}
	if err := json.Unmarshal(body, &rec); err != nil {
		return calls.Leg{}, errors.New("not a call record")
	}
	id := rec.variable("uuid", "")
	if id == "" {
		return calls.Leg{}, errors.New("a record without uuid")
	}
	l := calls.Leg{ID: exchange.Key(id), Call: exchange.Key(id), Name: rec.variable("caller_id_name", "caller_id_name")}
	if call := rec.variable("call_uuid", ""); call != "" {
		l.Call = exchange.Key(call)
	}
	l.Closes = l.ID == l.Call
	if err := rec.times(&l); err != nil {
		return calls.Leg{}, err
	}
	rec.sides(&l, house)
	rec.end(&l)
	if u := rec.variable(s.RecordingVariable, ""); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		l.Recording = u
	}
	return l, nil
}

// variable reads a channel variable, and where it is empty a field of the
// caller's profile.
func (rec *record) variable(name, profile string) string {
	if v := rec.text(rec.Variables[name]); v != "" {
		return v
	}
	if profile == "" || len(rec.Callflow) == 0 {
		return ""
	}
	// The last entry of the flow is what the call began as.
	return rec.text(rec.Callflow[len(rec.Callflow)-1].Profile[profile])
}

func (rec *record) text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		var n json.Number
		if json.Unmarshal(raw, &n) != nil {
			return ""
		}
		return n.String()
	}
	if !rec.plain {
		if decoded, err := url.PathUnescape(s); err == nil {
			s = decoded
		}
	}
	return strings.ToValidUTF8(strings.TrimSpace(s), "")
}

func (rec *record) times(l *calls.Leg) error {
	l.StartedAt = rec.moment("start", "created_time")
	l.AnsweredAt = rec.moment("answer", "answered_time")
	l.EndedAt = rec.moment("end", "hangup_time")
	if l.EndedAt.IsZero() || l.StartedAt.IsZero() {
		return errors.New("a record without a beginning or an end")
	}
	l.Order = fmt.Sprintf("%020d", l.StartedAt.UnixMicro())
	return nil
}

// moment prefers microseconds, then whole seconds, then the call flow.
func (rec *record) moment(variable, flow string) time.Time {
	if t := instant(rec.variable(variable+"_uepoch", ""), time.Microsecond); !t.IsZero() {
		return t
	}
	if t := instant(rec.variable(variable+"_epoch", ""), time.Second); !t.IsZero() {
		return t
	}
	return rec.flow(flow)
}

func (rec *record) flow(name string) time.Time {
	for _, f := range rec.Callflow {
		if t := instant(rec.text(f.Times[name]), time.Microsecond); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// latest is past every time that can be written as four digits of a year.
const latest = 253402300799

func instant(s string, unit time.Duration) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	seconds := n
	if unit == time.Microsecond {
		seconds = n / 1e6
	}
	if seconds > latest {
		return time.Time{}
	}
	if unit == time.Microsecond {
		return time.UnixMicro(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}

func (rec *record) sides(l *calls.Leg, house *exchange.House) {
	written := rec.variable("caller_id_number", "caller_id_number")
	if written == noNumber || rec.variable("privacy_hide_number", "") == "true" {
		written = ""
	}
	from, to := house.Number(written), house.Number(rec.variable("destination_number", "destination_number"))
	l.From, l.To, l.Withheld = from.Value, to.Value, from.Kind == numbers.Withheld
	l.Direction = house.Direction(from, to)
	l.Agent = rec.variable("cc_agent", "")
	l.Queue, _, _ = strings.Cut(rec.variable("cc_queue", ""), "@")
	switch {
	case l.Agent != "":
	case l.Direction == events.Out:
		l.Agent = from.Value
	case house.Inside(to):
		l.Agent = to.Value
	default:
		for _, name := range []string{"dialed_user", "callee_id_number"} {
			if n := house.Number(rec.variable(name, "")); house.Inside(n) {
				l.Agent = n.Value
				return
			}
		}
	}
}

// end says who took the leg, or why nobody did.
func (rec *record) end(l *calls.Leg) {
	bridged := rec.flow("bridged_time")
	joined := rec.variable("bridge_uuid", "") != "" || rec.variable("last_bridge_to", "") != "" || !bridged.IsZero()
	app := strings.ToLower(rec.variable("last_app", ""))
	switch {
	case l.AnsweredAt.IsZero():
		l.Result = result(rec.variable("hangup_cause", ""))
	case !l.Closes || joined:
		// A leg to the far side is a person's; the caller's own leg was taken
		// by one when it was bridged, which is later than a menu's answer.
		if l.Closes && bridged.After(l.AnsweredAt) {
			l.AnsweredAt = bridged
		}
	case app == "voicemail":
		l.Role = calls.Voicemail
	case app == "callcenter" || app == "fifo" || l.Queue != "":
		l.Role = calls.Queue
	default:
		l.Role = calls.Machine
	}
	if l.AnsweredAt.IsZero() && l.Closes && (app == "callcenter" || app == "fifo") {
		l.Role = calls.Queue
	}
}

func result(cause string) calls.Result {
	switch cause {
	case "USER_BUSY":
		return calls.Busy
	case "NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "RECOVERY_ON_TIMER_EXPIRE", "PROGRESS_TIMEOUT":
		return calls.NoAnswer
	case "ORIGINATOR_CANCEL", "LOSE_RACE", "PICKED_OFF", "NORMAL_CLEARING":
		return calls.Cancelled
	case "CALL_REJECTED":
		return calls.Rejected
	}
	return calls.Failed
}
