package hours

import "time"

// Horizon is how far the calendar looks: twenty years.
const (
	Horizon        = 20 * 365 * 24 * time.Hour
	horizonSeconds = int64(Horizon / time.Second)
)

// Open reports whether a moment lies within the hours. The moment of closing does
// not.
func (c *Calendar) Open(t time.Time) bool {
	if c == nil {
		return true
	}
	open, at := false, t.Unix()
	c.forward(at, at+1, func(int64, int64) bool { open = true; return false })
	return open
}

// Opens is the first moment from t on that is open, t itself where it is; false
// where there is none within [Horizon].
func (c *Calendar) Opens(t time.Time) (time.Time, bool) {
	if c == nil {
		return t.UTC(), true
	}
	at, found, first := t.Unix(), false, t.UTC()
	c.forward(at, at+horizonSeconds, func(opens, _ int64) bool {
		if found = true; opens > at {
			first = time.Unix(opens, 0).UTC()
		}
		return false
	})
	if !found {
		return time.Time{}, false
	}
	return first, true
}

// Closes is the first moment from t on that is not open, t itself where it is
// closed; false where it stays open for all of [Horizon].
func (c *Calendar) Closes(t time.Time) (time.Time, bool) {
	if c == nil {
		return time.Time{}, false
	}
	at := t.Unix()
	end, limit := at, at+horizonSeconds
	c.forward(at, limit, func(opens, closes int64) bool {
		if opens != end {
			return false
		}
		end = closes
		return true
	})
	switch end {
	case at:
		return t.UTC(), true
	case limit:
		return time.Time{}, false
	}
	return time.Unix(end, 0).UTC(), true
}

// Between is how much of the hours lies from a until b, negative where b comes
// first. What is more than [Horizon] after the earlier one is not counted.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c == nil {
		return b.Sub(a)
	}
	from, until := a.Unix(), b.Unix()
	skipped := time.Duration(a.Nanosecond()) // of the first second
	left := time.Duration(0)                 // of the last one
	if n := b.Nanosecond(); n > 0 {
		until++
		left = time.Second - time.Duration(n)
	}
	if until-from > horizonSeconds {
		until, left = from+horizonSeconds, 0
	}
	var sum time.Duration
	c.forward(from, until, func(opens, closes int64) bool {
		sum += time.Duration(closes-opens) * time.Second
		if opens == from {
			sum -= skipped
		}
		if closes == until {
			sum -= left
		}
		return true
	})
	return sum
}

// Add is the earliest moment at which d of the hours has passed since t: where
// the last of it ends with the day, that is the moment of closing. A negative d
// gives the latest moment since which so much has passed until t. None is t
// itself, open or not. It is false where the hours do not hold so much within
// [Horizon].
func (c *Calendar) Add(t time.Time, d time.Duration) (time.Time, bool) {
	switch {
	case d == 0:
		return t.UTC(), true
	case c == nil:
		return t.UTC().Add(d), true
	case d < 0:
		return c.back(t, -d)
	}
	at, skipped := t.Unix(), time.Duration(t.Nanosecond())
	var end time.Time
	c.forward(at, at+horizonSeconds, func(opens, closes int64) bool {
		begin, holds := time.Duration(0), time.Duration(closes-opens)*time.Second
		if opens == at {
			begin = skipped
		}
		if d <= holds-begin {
			end = time.Unix(opens, int64(begin+d)).UTC()
			return false
		}
		d -= holds - begin
		return true
	})
	return end, !end.IsZero()
}

func (c *Calendar) back(t time.Time, d time.Duration) (time.Time, bool) {
	until, left := t.Unix(), time.Duration(0)
	if n := t.Nanosecond(); n > 0 {
		until++
		left = time.Second - time.Duration(n)
	}
	var begin time.Time
	c.backward(until, until-horizonSeconds, func(opens, closes int64) bool {
		end, holds := time.Duration(0), time.Duration(closes-opens)*time.Second
		if closes == until {
			end = left
		}
		if d <= holds-end {
			begin = time.Unix(closes, -int64(end+d)).UTC()
			return false
		}
		d -= holds - end
		return true
	})
	return begin, !begin.IsZero()
}
