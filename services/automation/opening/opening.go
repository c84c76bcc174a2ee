// Package opening says whether hours of business are open at a moment. It is pure,
// and all that automation needs of hours; how much time lies within them is the
// router's to count.
package opening

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// Calendar is hours of business ready to be asked. It does not change and may be
// shared.
type Calendar struct {
	zone   *time.Location
	week   [7][]span
	dates  map[string][]span // 2026-12-25, of that year alone
	yearly map[string][]span // 12-25
}

// span is from one minute of the day until just before another.
type span struct{ from, to int }

// Read prepares hours; an error is what config.Hours.Check would find.
func Read(h config.Hours) (*Calendar, error) {
	zone, err := h.Location()
	if err != nil {
		return nil, err
	}
	c := &Calendar{zone: zone, dates: map[string][]span{}, yearly: map[string][]span{}}
	for day := range c.week {
		if c.week[day], err = spans(h.Week.On(time.Weekday(day))); err != nil {
			return nil, err
		}
	}
	for i := range h.Holidays {
		day, err := h.Holidays[i].Day()
		if err != nil {
			return nil, err
		}
		blocks, err := spans(h.Holidays[i].Blocks)
		if err != nil {
			return nil, err
		}
		if h.Holidays[i].Yearly {
			c.yearly[day.Format("01-02")] = blocks
		} else {
			c.dates[day.Format(time.DateOnly)] = blocks
		}
	}
	return c, nil
}

func spans(blocks []config.Block) ([]span, error) {
	var out []span
	for _, b := range blocks {
		from, to, err := b.Minutes()
		if err != nil {
			return nil, err
		}
		out = append(out, span{from, to})
	}
	return out, nil
}

// Open reports whether the clock on the wall shows a time within the hours.
func (c *Calendar) Open(at time.Time) bool {
	local := at.In(c.zone)
	minute := local.Hour()*60 + local.Minute()
	for _, s := range c.day(local) {
		if s.from <= minute && minute < s.to {
			return true
		}
	}
	return false
}

// day is what holds on a date: a holiday of that very date, one of every year, or
// the day of the week.
func (c *Calendar) day(local time.Time) []span {
	if len(c.dates)+len(c.yearly) > 0 {
		if s, ok := c.dates[local.Format(time.DateOnly)]; ok {
			return s
		}
		if s, ok := c.yearly[local.Format("01-02")]; ok {
			return s
		}
	}
	return c.week[local.Weekday()]
}
