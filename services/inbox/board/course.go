package board

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// remembered is how many minutes a line keeps: the hour that is shown, the minute
// that goes on, and some for decisions that come a little late.
const remembered = queries.BoardHour + 4

// point is one minute of a line: who waited at its end, or now in the newest.
type point struct{ waiting, arrived, left int32 }

// course is the last hour of a line. Every decision counts in the minute that it
// was made in, so that the same decisions give the same course whenever anybody
// looks.
type course struct {
	newest int64 // the minute up to which it is written
	points [remembered]point
}

func minuteOf(t time.Time) int64 { return max(0, t.Unix()/60) }

// upTo carries who waits on to a minute.
func (c *course) upTo(minute int64) {
	if minute <= c.newest {
		return
	}
	waiting := c.points[c.newest%remembered].waiting
	for m := max(c.newest+1, minute-remembered+1); m <= minute; m++ {
		c.points[m%remembered] = point{waiting: waiting}
	}
	c.newest = minute
}

// of is a minute of it; nil where that is too long ago.
func (c *course) of(minute int64) *point {
	c.upTo(minute)
	if minute <= c.newest-remembered {
		return nil
	}
	return &c.points[minute%remembered]
}

// wait counts more or fewer who wait, from a minute on.
func (c *course) wait(minute int64, by int32) {
	c.upTo(minute)
	for m := max(minute, c.newest-remembered+1); m <= c.newest; m++ {
		c.points[m%remembered].waiting += by
	}
}

// empty reports whether nothing happened as far back as it is kept.
func (c *course) empty() bool { return c.points == [remembered]point{} }

// told is the course in n minutes before one, oldest first; false where there was
// nothing in any of them.
func (c *course) told(until int64, n int) (out queries.BoardCourse, some bool) {
	c.upTo(until)
	all := make([]int, 3*n)
	out.Waiting, out.Arrivals, out.Departures = all[:n:n], all[n:2*n:2*n], all[2*n:]
	for i := range n {
		m := until - int64(n-i)
		if m < 0 || m <= c.newest-remembered {
			continue
		}
		p := c.points[m%remembered]
		out.Waiting[i], out.Arrivals[i], out.Departures[i] = int(p.waiting), int(p.arrived), int(p.left)
		some = some || p != point{}
	}
	return out, some
}

// Minutes are the last n minutes that were over at a time, at most [queries.BoardHour]
// of them. As with [Board.At], time never goes back.
func (b *Board) Minutes(now time.Time, n int) *queries.BoardMinutes {
	b.pass(now)
	return b.MinutesBefore(b.now, n)
}

// MinutesBefore are the last n minutes that were over at a time of which the board
// has heard.
func (b *Board) MinutesBefore(end time.Time, n int) *queries.BoardMinutes {
	n = max(0, min(n, queries.BoardHour))
	until := minuteOf(end)
	out := &queries.BoardMinutes{Until: time.Unix(until*60, 0).UTC(), Count: n, Lines: []queries.BoardCourse{}}
	add := func(s *scope) {
		if s.course.empty() {
			return
		}
		if c, some := s.course.told(until, n); some {
			c.Kind, c.ID = s.kind, s.id
			out.Lines = append(out.Lines, c)
		}
	}
	add(b.total)
	for _, of := range []*scopes{&b.queues, &b.teams, &b.channels, &b.inboxes, &b.asides} {
		for _, s := range of.list {
			if s.shown() {
				add(s)
			}
		}
	}
	return out
}
