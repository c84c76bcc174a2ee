package board

import "time"

const (
	step = 10 * time.Second
	kept = 180 // steps: half an hour
)

// flow is what happened in one step. duty is the time that agents were available,
// summed over agents.
type flow struct {
	arrived, left, taken int
	service              service
	duty                 time.Duration
}

// ring is what happened lately. A slot is of step number at; one that is older
// than the ring is long is as good as empty.
type ring struct {
	at   [kept]int64
	flow [kept]flow
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(step/time.Second) }

// of is the slot of a step, nil where it is too old to be kept.
func (r *ring) of(n int64) *flow {
	i := n % kept
	switch {
	case n < 0 || r.at[i] > n:
		return nil
	case r.at[i] < n:
		r.at[i], r.flow[i] = n, flow{}
	}
	return &r.flow[i]
}

// lately are the sums over the last minute, 5, 15 and 30 of them, the step of now
// among them.
func (r *ring) lately(now time.Time) (m1, m5, m15, m30 flow) {
	upto, sum := stepOf(now), flow{}
	for back := range int64(kept) {
		n := upto - back
		if n < 0 {
			break
		}
		if i := n % kept; r.at[i] == n {
			f := &r.flow[i]
			sum.arrived += f.arrived
			sum.left += f.left
			sum.taken += f.taken
			sum.service.met += f.service.met
			sum.service.missed += f.service.missed
			sum.duty += f.duty
		}
		switch back + 1 {
		case 6:
			m1 = sum
		case 30:
			m5 = sum
		case 90:
			m15 = sum
		}
	}
	return m1, m5, m15, sum
}

// service counts first answers by whether they came within the target.
type service struct{ met, missed int }

func (s *service) add(outcome string) {
	if outcome == met {
		s.met++
	} else {
		s.missed++
	}
}

// gauge is how many agents are available, and up to when that stands in the ring.
type gauge struct {
	n    int
	upto time.Time
}

// advance writes the time since the last change into the ring. A time before that
// writes nothing.
func (g *gauge) advance(r *ring, now time.Time) {
	if !now.After(g.upto) {
		return
	}
	from := g.upto
	g.upto = now
	if g.n == 0 {
		return
	}
	if oldest := now.Add(-kept * step); from.Before(oldest) {
		from = oldest
	}
	for from.Before(now) {
		n := stepOf(from)
		end := time.Unix((n+1)*int64(step/time.Second), 0)
		if end.After(now) {
			end = now
		}
		if f := r.of(n); f != nil {
			f.duty += time.Duration(g.n) * end.Sub(from)
		}
		from = end
	}
}

// today counts within one day, which is named by its first moment.
type today struct {
	day                                   time.Time
	opened, reopened, resolved, abandoned int
	service                               service
}

// of is the count of a day; nil where a later one has begun.
func (t *today) of(day time.Time) *today {
	if day.After(t.day) {
		*t = today{day: day}
	}
	if t.day.Equal(day) {
		return t
	}
	return nil
}

// calendar finds the day of a time in a zone; it remembers the newest, in which
// most times fall.
type calendar struct {
	zone       *time.Location
	begin, end time.Time
}

func (c *calendar) day(t time.Time) time.Time {
	if !t.Before(c.begin) && t.Before(c.end) {
		return c.begin
	}
	y, m, d := t.In(c.zone).Date()
	c.begin = time.Date(y, m, d, 0, 0, 0, 0, c.zone)
	c.end = time.Date(y, m, d+1, 0, 0, 0, 0, c.zone)
	return c.begin
}
