package hours

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
)

const daySeconds = 24 * 3600

// Calendar are hours made ready for counting. A nil one is open round the clock.
type Calendar struct {
	zone   *time.Location
	week   [7][]span
	once   map[int64][]span // by days since 1970-01-01
	yearly map[date][]span
}

// span is a block in seconds from midnight.
type span struct{ from, to int64 }

type date struct {
	month time.Month
	day   int
}

// Compile makes a calendar of hours in their zone, which the caller gets from
// [config.Hours.Location]. It refuses blocks and dates that cannot be read;
// blocks that lie over each other are open once.
func Compile(h config.Hours, zone *time.Location) (*Calendar, error) {
	if zone == nil {
		return nil, errors.New("hours without a zone")
	}
	c := &Calendar{zone: zone, once: map[int64][]span{}, yearly: map[date][]span{}}
	for d := range c.week {
		spans, err := read(h.Week.On(time.Weekday(d)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", time.Weekday(d), err)
		}
		c.week[d] = spans
	}
	for _, holiday := range h.Holidays {
		day, err := holiday.Day()
		if err != nil {
			return nil, fmt.Errorf("holiday %s: %w", holiday.Name, err)
		}
		spans, err := read(holiday.Blocks)
		if err != nil {
			return nil, fmt.Errorf("holiday %s: %w", holiday.Date, err)
		}
		if holiday.Yearly {
			c.yearly[date{day.Month(), day.Day()}] = spans
		} else {
			c.once[floor(day.Unix())] = spans
		}
	}
	return c, nil
}

// read sorts blocks and joins those that meet.
func read(blocks []config.Block) ([]span, error) {
	var spans []span
	for _, b := range blocks {
		from, to, err := b.Minutes()
		if err != nil {
			return nil, err
		}
		spans = append(spans, span{int64(from) * 60, int64(to) * 60})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out, nil
}

// on are the spans of a day, counted from 1970-01-01, a Thursday.
func (c *Calendar) on(day int64) []span {
	if len(c.once) > 0 {
		if spans, ok := c.once[day]; ok {
			return spans
		}
	}
	if len(c.yearly) > 0 {
		_, month, d := time.Unix(day*daySeconds, 0).UTC().Date()
		if spans, ok := c.yearly[date{month, d}]; ok {
			return spans
		}
	}
	return c.week[((day+int64(time.Thursday))%7+7)%7]
}

// floor is the day of a second, before 1970 too.
func floor(seconds int64) int64 {
	day := seconds / daySeconds
	if seconds%daySeconds < 0 {
		day--
	}
	return day
}
