package hours

import (
	"math"
	"slices"
	"time"
)

// forward visits what is open from one second until before another, in order and
// cut to them, as long as visit wants more. Stretches that meet may come apart.
func (c *Calendar) forward(from, until int64, visit func(opens, closes int64) bool) {
	for from < until {
		offset, _, changes := c.even(from)
		end := min(until, changes)
		for day := floor(from + offset); day*daySeconds-offset < end; day++ {
			midnight := day*daySeconds - offset
			for _, s := range c.on(day) {
				opens, closes := max(midnight+s.from, from), min(midnight+s.to, end)
				if opens < closes && !visit(opens, closes) {
					return
				}
			}
		}
		from = end
	}
}

// backward visits the same from the end to the beginning.
func (c *Calendar) backward(until, from int64, visit func(opens, closes int64) bool) {
	for from < until {
		offset, changed, _ := c.even(until - 1)
		begin := max(from, changed)
		for day := floor(until - 1 + offset); (day+1)*daySeconds-offset > begin; day-- {
			midnight := day*daySeconds - offset
			for _, s := range slices.Backward(c.on(day)) {
				opens, closes := max(midnight+s.from, begin), min(midnight+s.to, until)
				if opens < closes && !visit(opens, closes) {
					return
				}
			}
		}
		until = begin
	}
}

// even is how far the zone is ahead of UTC at a second, in seconds, and between
// which seconds it stays so.
func (c *Calendar) even(at int64) (offset, since, until int64) {
	t := time.Unix(at, 0).In(c.zone)
	_, ahead := t.Zone()
	since, until = math.MinInt64, math.MaxInt64
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		since = start.Unix()
	}
	if !end.IsZero() {
		until = end.Unix()
	}
	// Beyond the table of changes (2037) the standard library takes every year for
	// 365 days long, and lets the bounds of a leap year's last day end before it.
	if until <= at {
		until = (floor(at) + 1) * daySeconds
	}
	return int64(ahead), since, until
}
