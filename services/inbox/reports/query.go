package reports

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Source is what was noted, as a keeper holds it at one moment. Times are in
// seconds of Unix time.
type Source interface {
	// Span is from the earliest decision until just after the newest; both are
	// nought where there was none.
	Span() (begin, end int64)
	// Place is one that a record names.
	Place(number uint32) (Place, error)
	// Scan gives the records of a number from one hour until another, in any order
	// within an hour.
	Scan(code Code, from, to int64, each func(at int64, r *Record)) error
	// Stock gives the backlog by place as it stood at a time not after the one
	// asked for, and that time. It is the beginning of an hour.
	Stock(before int64, each func(place uint32, n int64)) (at int64, err error)
	// Standing are the conversations in the backlog now, by number, and where.
	Standing(each func(conversation, place uint32)) error
	// Duties are the agents as they were last looked at.
	Duties(each func(agent events.AgentID, d *Duty)) error
	// Hands are what an agent has in hand, by the numbers of conversations and
	// places.
	Hands(agent events.AgentID, each func(conversation, place uint32, units int)) error
	// Carried is the number of what a conversation carries, nought for nothing.
	Carried(conversation uint32) (place uint32, err error)
	// Name is a conversation by its number.
	Name(number uint32) (events.ConversationID, error)
}

// Query asks for a table of the seconds from one time up to another. Only takes
// what has one of the values in each dimension it names.
type Query struct {
	From    time.Time
	To      time.Time
	Zone    *time.Location
	By      []Dimension
	Only    map[Dimension][]string
	Scope   *queries.ReportScope
	Numbers []Number // all where none is named
}

// Row and Table are the answer; see [queries.ReportTable].
type (
	Row    = queries.ReportRow
	Table  = queries.ReportTable
	Spread = queries.Spread
)

// Bounds of a question. MaxRows bounds the rows of a table, MaxOnly the values that
// one dimension may be narrowed to.
const (
	MaxRows = 50_000
	MaxOnly = 200
	maxWord = 512
)

// ErrTooMany says that a table would have more than [MaxRows] rows.
var ErrTooMany = fmt.Errorf("the report would have more than %d rows: ask for a shorter range, longer steps or fewer groups", MaxRows)

var (
	stepsOfTime = []Dimension{queries.ByHour, queries.ByDay, queries.ByWeek, queries.ByMonth}
	dimensions  = []Dimension{
		queries.ByChannel, queries.ByInbox, queries.ByQueue, queries.ByTeam, queries.ByAgent, queries.ByTag, queries.BySegment, queries.ByPriority,
	}
)

func stepOfTime(by Dimension) bool { return slices.Contains(stepsOfTime, by) }

// Years that a range may touch: what lies beyond is a slip of the pen.
const (
	firstYear = 1970
	lastYear  = 9000
)

// Check says in words for people what is wrong with a query.
func (q *Query) Check() error {
	switch {
	case q.From.IsZero() || q.To.IsZero():
		return errors.New("a report needs a beginning and an end")
	case !q.From.Before(q.To):
		return errors.New("the range ends before it begins")
	case q.From.Year() < firstYear || q.To.Year() > lastYear:
		return fmt.Errorf("the range is not between the years %d and %d", firstYear, lastYear)
	}
	seen, steps := map[Dimension]bool{}, 0
	for _, by := range q.By {
		if seen[by] {
			return fmt.Errorf("grouped by %s twice", by)
		}
		seen[by] = true
		switch {
		case stepOfTime(by):
			steps++
		case !slices.Contains(dimensions, by):
			return errors.New("cannot be grouped by that: it is hour, day, week, month, channel, inbox, queue, team, agent, tag, segment or priority")
		}
	}
	if steps > 1 {
		return errors.New("grouped by two steps of time at once")
	}
	for by, values := range q.Only {
		if !slices.Contains(dimensions, by) {
			return errors.New("cannot be narrowed by that: a range of time has its beginning and end")
		}
		if len(values) > MaxOnly || slices.ContainsFunc(values, func(v string) bool { return len(v) > maxWord }) {
			return fmt.Errorf("narrowed to too much: at most %d values of at most %d bytes", MaxOnly, maxWord)
		}
	}
	for i, n := range q.Numbers {
		if n.Kind() == "" {
			return errors.New("there is no such number; see the glossary for those there are")
		}
		if slices.Contains(q.Numbers[:i], n) {
			return fmt.Errorf("%s is asked for twice", n)
		}
	}
	return nil
}

func (q *Query) zone() *time.Location {
	if q.Zone == nil {
		return time.UTC
	}
	return q.Zone
}

// takes reports whether a number that is noted at a place counts. Time of agents is
// seen by whoever sees the agents, wherever their work lay: it is a part of their
// available time.
func (q *Query) takes(code Code, p *Place) bool {
	at := *p
	if code == busyCode {
		at.Queue = ""
	}
	if !at.seen(q.Scope) {
		return false
	}
	for by, values := range q.Only {
		if !slices.ContainsFunc(p.values(by), func(v string) bool { return slices.Contains(values, v) }) {
			return false
		}
	}
	return true
}

// shows reports whether a group may have a value of a dimension: of several tags
// only those that were asked for, of several teams only the asker's.
func (q *Query) shows(by Dimension, v string) bool {
	if only, narrowed := q.Only[by]; narrowed && !slices.Contains(only, v) {
		return false
	}
	if by == queries.ByTeam && q.Scope != nil && len(q.Scope.Teams) > 0 {
		return slices.Contains(q.Scope.Teams, events.TeamID(v))
	}
	return true
}

// seconds are the ends of the range: from the second that From falls into until
// the one that To has reached.
func (q *Query) seconds() (from, to int64) {
	from, to = q.From.Unix(), q.To.Unix()
	if q.To.Nanosecond() > 0 {
		to++
	}
	return from, to
}

// ofAgents reports whether the question is about agents, teams and time alone, so
// that available time can be put beside busy time: nobody is available for one of
// their queues or channels alone.
func (q *Query) ofAgents() bool {
	known := func(by Dimension) bool { return stepOfTime(by) || by == queries.ByAgent || by == queries.ByTeam }
	for by := range q.Only {
		if !known(by) {
			return false
		}
	}
	return !slices.ContainsFunc(q.By, func(by Dimension) bool { return !known(by) })
}
