// Package calendar puts an invitation (text/calendar, RFC 5545 and RFC 5546) into
// words that a person can read. It reads no more than that: it keeps no
// calendar, answers no invitation, and unfolds no recurrence.
//
// Text is pure and takes any bytes; it reads at most maxBytes of them.
package calendar

import (
	"fmt"
	"strings"
	"time"
)

const (
	maxBytes  = 256 << 10
	maxEvents = 10
	maxPeople = 20
	maxValue  = 2000 // bytes of one value shown
)

// event is what is shown of a VEVENT.
type event struct {
	summary, place, status, rule, about string
	begins, ends                        string
	organizer                           string
	people                              []string
	more                                int // people not listed
}

// Text describes the events of a calendar; empty where there are none. Dates
// stand as the calendar writes them, with their zone: whose wall clock counts is
// not ours to guess.
func Text(data []byte) string {
	method, events := read(string(data[:min(len(data), maxBytes)]))
	var out []string
	for _, e := range events {
		out = append(out, e.text(method))
	}
	return strings.Join(out, "\n\n")
}

var titles = map[string]string{
	"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation", "COUNTER": "Another time proposed",
	"DECLINECOUNTER": "Proposed time declined", "REFRESH": "Asks for the invitation again", "ADD": "Invitation",
}

func (e *event) text(method string) string {
	title := titles[method]
	if title == "" {
		title = "Event"
	}
	lines := []string{title + ": " + e.summary}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	switch {
	case e.begins != "" && e.ends != "":
		add("When", e.begins+" – "+e.ends)
	default:
		add("When", e.begins)
	}
	add("Repeats", e.rule)
	add("Where", e.place)
	add("Organizer", e.organizer)
	people := strings.Join(e.people, ", ")
	if e.more > 0 {
		people += fmt.Sprintf(" and %d more", e.more)
	}
	add("Attendees", people)
	if e.status != "CONFIRMED" {
		add("Status", strings.ToLower(e.status))
	}
	add("Details", e.about)
	return strings.Join(lines, "\n")
}

func read(text string) (method string, events []*event) {
	var now *event
	nested := 0 // components inside the event, such as alarms
	for _, l := range unfold(text) {
		name, params, value := split(l)
		switch {
		case name == "BEGIN" && strings.EqualFold(value, "VEVENT") && now == nil:
			if len(events) == maxEvents {
				return method, events
			}
			now = &event{}
		case name == "BEGIN" && now != nil:
			nested++
		case name == "END" && now != nil && nested > 0:
			nested--
		case name == "END" && now != nil:
			events, now = append(events, now), nil
		case name == "METHOD" && now == nil:
			method = strings.ToUpper(strings.TrimSpace(value))
		case now != nil && nested == 0:
			now.property(name, params, value)
		}
	}
	return method, events
}

func (e *event) property(name string, params map[string]string, value string) {
	switch name {
	case "SUMMARY":
		e.summary = oneLine(plain(value))
	case "LOCATION":
		e.place = oneLine(plain(value))
	case "DESCRIPTION":
		e.about = strings.TrimSpace(plain(value))
	case "STATUS":
		e.status = strings.ToUpper(oneLine(value))
	case "RRULE":
		e.rule = oneLine(value)
	case "DTSTART":
		e.begins = moment(value, params["TZID"])
	case "DTEND":
		e.ends = moment(value, params["TZID"])
	case "ORGANIZER":
		e.organizer = person(value, params)
	case "ATTENDEE":
		if len(e.people) == maxPeople {
			e.more++
			return
		}
		who := person(value, params)
		if answer := strings.ToLower(oneLine(params["PARTSTAT"])); answer != "" && answer != "needs-action" {
			who += " (" + answer + ")"
		}
		e.people = append(e.people, who)
	}
}

func person(value string, params map[string]string) string {
	address := oneLine(value)
	if len(address) >= 7 && strings.EqualFold(address[:7], "mailto:") {
		address = address[7:]
	}
	if name := oneLine(params["CN"]); name != "" && name != address {
		return name + " <" + address + ">"
	}
	return address
}

// moment writes a date or a time for people; what is neither stands as it is.
func moment(value, zone string) string {
	value = oneLine(value)
	if t, err := time.Parse("20060102T150405Z", value); err == nil {
		return t.Format("2006-01-02 15:04") + " UTC"
	}
	if t, err := time.Parse("20060102T150405", value); err == nil {
		return strings.TrimSpace(t.Format("2006-01-02 15:04") + " " + oneLine(zone))
	}
	if t, err := time.Parse("20060102", value); err == nil {
		return t.Format("2006-01-02")
	}
	return value
}

// unfold joins continued lines (RFC 5545 §3.1).
func unfold(text string) []string {
	var out []string
	var now strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			now.WriteString(line[1:])
			continue
		}
		out = append(out, now.String())
		now.Reset()
		now.WriteString(line)
	}
	return append(out, now.String())
}

// split takes a line apart: name, parameters, value. A colon or a semicolon in
// quotes belongs to the parameter.
func split(line string) (name string, params map[string]string, value string) {
	quoted, from := false, 0
	params = map[string]string{}
	take := func(part string) {
		if name == "" {
			name = strings.ToUpper(strings.TrimSpace(part))
			return
		}
		if key, v, ok := strings.Cut(part, "="); ok {
			params[strings.ToUpper(key)] = strings.Trim(v, `"`)
		}
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			take(line[from:i])
			from = i + 1
		case c == ':' && !quoted:
			take(line[from:i])
			return name, params, line[i+1:]
		}
	}
	return "", params, ""
}

// plain undoes the escapes of a text and bounds it.
func plain(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			out.WriteByte('\n')
		} else {
			out.WriteByte(s[i])
		}
	}
	return bounded(out.String())
}

func oneLine(s string) string { return bounded(strings.Join(strings.Fields(s), " ")) }

func bounded(s string) string {
	if len(s) > maxValue {
		s = s[:maxValue]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
