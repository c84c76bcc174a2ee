package threecx

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

type record map[string]string

// Leg reads one record. After is the end of the record before it, which tells
// the two hours apart that clocks show twice; nought where there is none.
func (r *Reader) Leg(line []byte, after time.Time) (calls.Leg, error) {
	if !utf8.Valid(line) {
		return calls.Leg{}, errors.New("not UTF-8")
	}
	text, _ := strings.CutPrefix(string(line), "Call ")
	fields, err := exchange.Split([]byte(text), ',')
	if err != nil {
		return calls.Leg{}, err
	}
	// Some versions end a record with one more comma.
	if len(fields) == len(r.Fields)+1 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	if len(fields) != len(r.Fields) {
		return calls.Leg{}, fmt.Errorf("%d fields, the settings say %d", len(fields), len(r.Fields))
	}
	rec := record{}
	for i, name := range r.Fields {
		rec[name] = strings.TrimSpace(fields[i])
	}
	return r.leg(rec, after)
}

func (r *Reader) leg(rec record, after time.Time) (calls.Leg, error) {
	var l calls.Leg
	if err := r.times(&l, rec, after); err != nil {
		return l, err
	}
	call := first(rec["callid"], rec["historyid"])
	if call == "" {
		return l, errors.New("a record without an id")
	}
	l.Call = exchange.Key(call)
	l.ID = exchange.Key(call, rec["historyid"], rec["time-start"], rec["to-dn"])
	from, to := r.number(rec["from-no"], rec["from-dn"]), r.number(rec["to-no"], rec["dial-no"])
	l.From, l.To, l.Withheld, l.Name = from.Value, to.Value, from.Kind == numbers.Withheld, rec["from-dispname"]
	l.Direction = r.direction(rec, from, to)
	if l.Direction == events.Out {
		l.Agent = first(number(rec["from-dn"]), number(rec["from-no"]))
		// Outside it is the number that was dialled that counts.
		if dialled := r.House.Number(rec["dial-no"]); dialled.Kind != numbers.Withheld && !r.House.Inside(dialled) {
			l.To = dialled.Value
		}
	}
	rec.end(&l)
	return l, nil
}

func (r *Reader) number(written, otherwise string) numbers.Number {
	if written = number(written); written == "" {
		written = number(otherwise)
	}
	return r.House.Number(written)
}

// number drops the word that 3CX writes before extensions.
func number(s string) string {
	if rest, ok := strings.CutPrefix(s, "Ext."); ok {
		return strings.TrimSpace(rest)
	}
	return s
}

// layouts are how versions of 3CX have written times.
var layouts = []string{"2006/01/02 15:04:05", exchange.Layout, "2006-01-02T15:04:05", time.RFC3339}

func (r *Reader) times(l *calls.Leg, rec record, after time.Time) error {
	seconds, err := duration(rec["duration"])
	if err != nil {
		return err
	}
	spell := exchange.Spell{Start: trim(rec["time-start"]), Answer: trim(rec["time-answered"]), End: trim(rec["time-end"]), Duration: -1, Talk: -1}
	if spell.Answer != "" {
		spell.Talk = seconds // 3CX counts from the answer
	} else {
		spell.Duration = seconds
	}
	var problem error
	for _, layout := range layouts {
		s := spell
		if s.End == "" {
			begun, err := r.House.Instants(layout, first(s.Answer, s.Start))
			if err != nil {
				problem = err
				continue
			}
			s.End = begun[0].In(r.House.Zone).Add(time.Duration(max(seconds, 0)) * time.Second).Format(layout)
		}
		l.StartedAt, l.AnsweredAt, l.EndedAt, err = r.House.Resolve(layout, s, after)
		if err == nil {
			if l.EndedAt.Before(l.StartedAt) {
				return errors.New("the call ends before it begins")
			}
			return nil
		}
		problem = err
	}
	return problem
}

// trim drops fractions of a second; a time of the year 1 means never.
func trim(s string) string {
	if strings.HasPrefix(s, "0001") || strings.HasPrefix(s, "1970") {
		return ""
	}
	if dot := strings.IndexByte(s, '.'); dot > 0 {
		return s[:dot]
	}
	return s
}

func duration(s string) (int, error) {
	if s == "" {
		return -1, nil
	}
	total := 0
	parts := strings.Split(strings.SplitN(s, ".", 2)[0], ":")
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 10, 20)
		if err != nil || len(parts) > 3 {
			return 0, errors.New("duration is not a duration")
		}
		total = total*60 + int(n)
	}
	return total, nil
}

// direction goes by the types of both ends where they are logged, else by the
// numbers.
func (r *Reader) direction(rec record, from, to numbers.Number) events.Direction {
	switch ours, theirs := outside(rec["from-type"]), outside(rec["to-type"]) || outside(rec["final-type"]); {
	case rec["from-type"] == "":
		return r.House.Direction(from, to)
	case ours:
		return events.In
	case theirs:
		return events.Out
	}
	if rec["to-type"] == "" && rec["final-type"] == "" {
		return r.House.Direction(from, to)
	}
	return calls.Internal
}

func plain(kind string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(kind))
}

func outside(kind string) bool {
	switch plain(kind) {
	case "externalline", "externalnumber", "provider", "bridge", "line", "outsidenumber", "outside", "external":
		return true
	}
	return false
}

// end says who took the record's call, or why nobody did.
func (rec record) end(l *calls.Leg) {
	last, reason := first(rec["final-type"], rec["to-type"]), plain(rec["reason-terminated"]+" "+rec["reason-changed"])
	if strings.Contains(plain(rec["to-type"]), "queue") {
		l.Queue = first(rec["to-dispname"], rec["to-dn"], number(rec["to-no"]))
	}
	switch kind := plain(last); {
	case strings.Contains(kind, "queue"):
		l.Role = calls.Queue
	case strings.Contains(kind, "voicemail"):
		l.Role = calls.Voicemail
	case strings.Contains(kind, "ivr"), strings.Contains(kind, "receptionist"), strings.Contains(kind, "parking"), strings.Contains(kind, "fax"):
		l.Role = calls.Machine
	}
	if l.AnsweredAt.IsZero() {
		l.Result = result(reason)
	}
	moved := false
	for _, word := range []string{"replac", "refer", "divert", "transfer"} {
		moved = moved || strings.Contains(reason, word)
	}
	l.Closes = !moved
	if l.Direction == events.Out || l.Role != calls.Person {
		return
	}
	// Forwarded before anybody answered, the final end took the call; sent on
	// after that, the first one did.
	l.Agent = first(rec["final-dn"], number(rec["final-number"]), rec["to-dn"])
	if moved && rec["to-dn"] != "" {
		l.Agent = rec["to-dn"]
	}
}

func result(reason string) calls.Result {
	switch {
	case strings.Contains(reason, "busy"):
		return calls.Busy
	case strings.Contains(reason, "noanswer"), strings.Contains(reason, "timeout"), strings.Contains(reason, "noresponse"):
		return calls.NoAnswer
	case strings.Contains(reason, "reject"):
		return calls.Rejected
	case strings.Contains(reason, "fail"), strings.Contains(reason, "notregistered"), strings.Contains(reason, "badrequest"):
		return calls.Failed
	}
	return calls.Cancelled
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
