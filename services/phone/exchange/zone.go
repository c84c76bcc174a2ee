package exchange

import (
	"fmt"
	"slices"
	"time"
)

// Layout is how Asterisk and 3CX write local times.
const Layout = "2006-01-02 15:04:05"

// Spell is the three times of a record as it writes them, and its own counts of
// seconds, -1 where it has none. Answer is empty where nobody answered.
type Spell struct {
	Start, Answer, End string
	Duration, Talk     int
}

// Resolve finds the instants that local times mean. One hour a year happens
// twice where clocks are set back; three things tell the two apart: the record's
// own seconds, that a start is not after its end, and that records are written
// in the order of their ends, so that none ends much before after (the end of
// the record before, nought where there is none). Where all three are silent the
// first of the two hours is taken.
func (h *House) Resolve(layout string, s Spell, after time.Time) (start, answer, end time.Time, err error) {
	ends, err := h.Instants(layout, s.End)
	if err != nil {
		return start, answer, end, fmt.Errorf("end: %w", err)
	}
	starts, err := h.Instants(layout, s.Start)
	if err != nil {
		return start, answer, end, fmt.Errorf("start: %w", err)
	}
	start, end = choose(starts, ends, s.Duration, after)
	if s.Answer == "" {
		return start, answer, end, nil
	}
	answers, err := h.Instants(layout, s.Answer)
	if err != nil {
		return start, answer, end, fmt.Errorf("answer: %w", err)
	}
	answer = answers[0]
	for _, a := range answers {
		if agree(a, end, s.Talk) && !a.Before(start) {
			return start, a, end, nil
		}
		if !a.Before(start) && !a.After(end) {
			answer = a
		}
	}
	return start, answer, end, nil
}

// slack is how far a record may end before the one that stands above it.
const slack = time.Minute

func choose(starts, ends []time.Time, duration int, after time.Time) (start, end time.Time) {
	best := -1
	for _, e := range ends {
		for _, s := range starts {
			score := 0
			if agree(s, e, duration) {
				score += 4
			}
			if !s.After(e) {
				score += 2
			}
			if !e.Before(after.Add(-slack)) {
				score++
			}
			if score > best {
				best, start, end = score, s, e
			}
		}
	}
	return start, end
}

// agree allows a second: exchanges round each count by itself.
func agree(from, to time.Time, count int) bool {
	off := int(to.Sub(from)/time.Second) - count
	return count >= 0 && off >= -1 && off <= 1
}

// Instants are the one or two moments when clocks in the zone showed this, the
// earlier first. A time that clocks skipped counts as the moment they moved on
// from it.
func (h *House) Instants(layout, written string) ([]time.Time, error) {
	t, err := time.ParseInLocation(layout, written, h.Zone)
	if err != nil {
		return nil, fmt.Errorf("not a time written as %s", layout)
	}
	if t.Year() < 1970 || t.Year() > 9998 {
		return nil, fmt.Errorf("year %d is outside of what can be", t.Year())
	}
	out := []time.Time{t.UTC()}
	wall := t.Format(layout)
	for _, shift := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		other := t.Add(shift)
		if other.Format(layout) == wall && !slices.ContainsFunc(out, other.Equal) {
			out = append(out, other.UTC())
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out, nil
}
