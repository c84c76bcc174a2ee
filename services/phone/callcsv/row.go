package callcsv

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

type direction = events.Direction

func directions(s *Settings) map[string]direction {
	out := map[string]direction{
		"in": events.In, "inbound": events.In, "incoming": events.In, "수신": events.In, "인바운드": events.In, "착신": events.In,
		"out": events.Out, "outbound": events.Out, "outgoing": events.Out, "발신": events.Out, "아웃바운드": events.Out,
		"internal": calls.Internal, "내선": calls.Internal,
	}
	for d, words := range map[direction][]string{events.In: s.In, events.Out: s.Out, calls.Internal: s.Internal} {
		for _, w := range words {
			out[fold(w)] = d
		}
	}
	return out
}

var knownOutcomes = map[string][]string{
	"answered":  {"answered", "answer", "completed", "connected", "응답", "통화", "통화완료", "통화성공", "성공", "완료"},
	"missed":    {"missed", "no answer", "no-answer", "noanswer", "unanswered", "cancelled", "canceled", "부재중", "부재", "미응답", "무응답", "취소"},
	"abandoned": {"abandoned", "포기", "포기호", "대기포기"},
	"voicemail": {"voicemail", "음성사서함", "음성메시지"},
	"busy":      {"busy", "통화중"},
	"failed":    {"failed", "congestion", "error", "실패"},
	"rejected":  {"rejected", "declined", "거절", "수신거부"},
}

// fold makes words comparable.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// row is one line by the names of the header.
type row map[string]string

func (r *Reader) leg(in row) (calls.Leg, error) {
	c := r.Columns
	get := func(name string) string {
		if name == "" {
			return ""
		}
		return strings.TrimSpace(in[fold(name)])
	}
	l := calls.Leg{Closes: true, Agent: get(c.Agent), Queue: get(c.Queue), Name: get(c.Name), Transcript: get(c.Transcript), Recording: get(c.Recording)}
	from, to := r.House.Number(get(c.From)), r.House.Number(get(c.To))
	var known bool
	if l.Direction, known = r.direction[fold(get(c.Direction))]; !known || c.Direction == "" {
		l.Direction = r.House.Direction(from, to)
	}
	l.From, l.To, l.Withheld = from.Value, to.Value, from.Kind == numbers.Withheld
	if c.From == "" {
		l.Withheld = false
	}
	ring, talk, err := r.times(&l, get)
	if err != nil {
		return l, err
	}
	if err := r.outcome(&l, get(c.Outcome), ring, talk); err != nil {
		return l, err
	}
	l.ID = r.id(in, get)
	l.Call = l.ID
	if call := get(c.Call); call != "" {
		l.Call = exchange.Key(call)
	}
	return l, nil
}

func (r *Reader) id(in row, get func(string) string) string {
	if len(r.Dedupe) > 0 {
		var values []string
		for _, name := range r.Dedupe {
			values = append(values, strings.TrimSpace(in[fold(name)]))
		}
		return exchange.Key(values...)
	}
	if id := get(r.Columns.ID); id != "" {
		return exchange.Key(id)
	}
	c := r.Columns
	return exchange.Key(get(c.Start)+get(c.Date)+" "+get(c.Time), get(c.From), get(c.To))
}

// times fills in what the row leaves out: an end from seconds, an answer from
// the end and the talk. Ring and talk are -1 where the row does not say.
func (r *Reader) times(l *calls.Leg, get func(string) string) (ring, talk int, err error) {
	c := r.Columns
	written := get(c.Start)
	if c.Start == "" {
		written = strings.TrimSpace(get(c.Date) + " " + get(c.Time))
	}
	var total int
	for _, f := range []struct {
		name string
		into *int
	}{{c.Duration, &total}, {c.Ring, &ring}, {c.Talk, &talk}} {
		if *f.into, err = seconds(get(f.name)); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if total < 0 && ring >= 0 && talk >= 0 {
		total = ring + talk
	}
	if total < 0 && get(c.End) == "" {
		total = max(talk, ring) // the other of the two is not known
	}
	if l.StartedAt, l.AnsweredAt, l.EndedAt, err = r.instants(written, get(c.Answer), get(c.End), total, talk); err != nil {
		return 0, 0, err
	}
	if l.EndedAt.Before(l.StartedAt) {
		return 0, 0, errors.New("the call ends before it begins")
	}
	return ring, talk, nil
}

func (r *Reader) instants(start, answer, end string, total, talk int) (s, a, e time.Time, err error) {
	if r.layout == unixSeconds || r.layout == unixMillis {
		return r.epochs(start, answer, end, total)
	}
	start, answer, end = clock(start), clock(answer), clock(end)
	if end != "" {
		return r.House.Resolve(r.layout, exchange.Spell{Start: start, Answer: answer, End: end, Duration: total, Talk: talk}, time.Time{})
	}
	begun, err := r.House.Instants(r.layout, start)
	if err != nil {
		return s, a, e, fmt.Errorf("start: %w", err)
	}
	s = begun[0]
	e = s.Add(time.Duration(max(total, 0)) * time.Second)
	if answer == "" {
		return s, a, e, nil
	}
	taken, err := r.House.Instants(r.layout, answer)
	if err != nil {
		return s, a, e, fmt.Errorf("answer: %w", err)
	}
	return s, taken[0], e, nil
}

func (r *Reader) epochs(start, answer, end string, total int) (s, a, e time.Time, err error) {
	read := func(name, text string, into *time.Time) {
		n, bad := strconv.ParseInt(text, 10, 64)
		if r.layout == unixSeconds {
			n *= 1000
		}
		if text == "" || text == "0" {
			return
		}
		if bad != nil || n < 0 || n > 253402300799999 {
			err = fmt.Errorf("%s: not a time in %s", name, r.layout)
		}
		*into = time.UnixMilli(n).UTC()
	}
	read("start", start, &s)
	read("answer", answer, &a)
	read("end", end, &e)
	if err == nil && s.IsZero() {
		err = errors.New("start: empty")
	}
	if e.IsZero() {
		e = s.Add(time.Duration(max(total, 0)) * time.Second)
	}
	return s, a, e, err
}

// clock writes the Korean halves of the day as the layouts have them.
func clock(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("오전", "AM", "오후", "PM", "am", "AM", "pm", "PM").Replace(s)), " ")
}

// outcome says how the row ended: by its word, else by whether anybody talked.
func (r *Reader) outcome(l *calls.Leg, word string, ring, talk int) error {
	outcome := "missed"
	if talk > 0 || (talk < 0 && !l.AnsweredAt.IsZero()) {
		outcome = "answered"
	}
	if word != "" {
		var known bool
		if outcome, known = r.outcomes[fold(word)]; !known {
			return errors.New("outcome: a word that the settings do not know")
		}
	}
	switch outcome {
	case "answered":
		r.answered(l, ring, talk)
		return nil
	case "voicemail":
		l.Role = calls.Voicemail
	case "abandoned":
		l.Role = calls.Queue
	}
	l.AnsweredAt = time.Time{}
	l.Result = map[string]calls.Result{"missed": calls.NoAnswer, "busy": calls.Busy, "failed": calls.Failed, "rejected": calls.Rejected}[outcome]
	return nil
}

func (r *Reader) answered(l *calls.Leg, ring, talk int) {
	switch {
	case !l.AnsweredAt.IsZero():
	case talk >= 0:
		l.AnsweredAt = l.EndedAt.Add(-time.Duration(talk) * time.Second)
	case ring >= 0:
		l.AnsweredAt = l.StartedAt.Add(time.Duration(ring) * time.Second)
	default:
		l.AnsweredAt = l.StartedAt
	}
	if l.AnsweredAt.Before(l.StartedAt) {
		l.AnsweredAt = l.StartedAt
	}
	if l.AnsweredAt.After(l.EndedAt) {
		l.EndedAt = l.AnsweredAt
	}
}

// maxSeconds is a week: a longer call is a column that was taken for another.
const maxSeconds = 7 * 24 * 3600

var units = strings.NewReplacer("시간", ":", "분", ":", "초", "", " ", "")

// seconds reads 83, 83.4, 1:23, 00:01:23 and 1분 23초; -1 for nothing.
func seconds(s string) (int, error) {
	if s = strings.TrimSpace(s); s == "" || s == "-" {
		return -1, nil
	}
	if strings.HasSuffix(s, "분") || strings.HasSuffix(s, "시간") {
		s += "0"
	}
	if strings.Contains(s, "시간") && !strings.Contains(s, "분") {
		s = strings.Replace(s, "시간", "시간0분", 1)
	}
	total := 0
	parts := strings.Split(units.Replace(s), ":")
	for i, p := range parts {
		if i == len(parts)-1 {
			p, _, _ = strings.Cut(p, ".")
		}
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil || len(parts) > 3 || n > maxSeconds {
			return 0, errors.New("not a number of seconds")
		}
		total = total*60 + int(n)
	}
	if total > maxSeconds {
		return 0, errors.New("longer than a week")
	}
	return total, nil
}
