package reports

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// step is a piece of the range that a table has rows for, in seconds of Unix time.
type step struct {
	name       string
	begin, end int64
}

// calendar cuts a range into the steps of a zone.
type calendar struct {
	steps []step
	last  int // where the newest search ended: what comes next is mostly there
}

// newCalendar makes the steps of a query, from the earliest decision to the newest
// one at the most: nothing is known of the time around them. Without a step of time
// there is one, the whole range.
func newCalendar(q *Query, begin, end int64) (*calendar, error) {
	from, to := q.seconds()
	i := slices.IndexFunc(q.By, stepOfTime)
	if i < 0 {
		return &calendar{steps: []step{{"", from, to}}}, nil
	}
	c, zone := new(calendar), q.zone()
	at, until := max(from, floorTo(q.By[i], begin, zone)), min(to, end)
	for at < until {
		if len(c.steps) == MaxRows {
			return nil, ErrTooMany
		}
		next := after(q.By[i], at, zone)
		c.steps = append(c.steps, step{name(q.By[i], at, zone), at, min(next, to)})
		at = next
	}
	return c, nil
}

// floorTo is the beginning of the step in which a second falls.
func floorTo(by Dimension, unix int64, zone *time.Location) int64 {
	t := time.Unix(unix, 0).In(zone)
	y, m, d := t.Date()
	switch by {
	case queries.ByHour:
		_, offset := t.Zone()
		return HourOf(unix+int64(offset)) - int64(offset)
	case queries.ByWeek:
		d -= (int(t.Weekday()) + 6) % 7
	case queries.ByMonth:
		d = 1
	}
	return min(time.Date(y, m, d, 0, 0, 0, 0, zone).Unix(), unix)
}

// after is the beginning of the next step. Where clocks are put back by half an
// hour, an hour is cut in two; a day may have 23 hours or 25.
func after(by Dimension, unix int64, zone *time.Location) int64 {
	t := time.Unix(unix, 0).In(zone)
	y, m, d := t.Date()
	next := int64(0)
	switch by {
	case queries.ByHour:
		next = floorTo(by, floorTo(by, unix, zone)+hour, zone)
	case queries.ByDay:
		next = time.Date(y, m, d+1, 0, 0, 0, 0, zone).Unix()
	case queries.ByWeek:
		next = time.Date(y, m, d+7-(int(t.Weekday())+6)%7, 0, 0, 0, 0, zone).Unix()
	default:
		next = time.Date(y, m+1, 1, 0, 0, 0, 0, zone).Unix()
	}
	if next <= unix {
		next = unix + hour
	}
	return next
}

func name(by Dimension, unix int64, zone *time.Location) string {
	t := time.Unix(floorTo(by, unix, zone), 0).In(zone)
	switch by {
	case queries.ByHour:
		return t.Format(time.RFC3339)
	case queries.ByDay:
		return t.Format(time.DateOnly)
	case queries.ByWeek:
		y, w := t.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	}
	return t.Format("2006-01")
}

// find is the step of a second; false outside of the range.
func (c *calendar) find(at int64) (int, bool) {
	if c.last < len(c.steps) && at >= c.steps[c.last].begin && at < c.steps[c.last].end {
		return c.last, true
	}
	i := sort.Search(len(c.steps), func(i int) bool { return c.steps[i].end > at })
	if i == len(c.steps) || at < c.steps[i].begin {
		return 0, false
	}
	c.last = i
	return i, true
}
