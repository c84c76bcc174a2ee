package reports

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// table answers a query by going through everything.
func (h *history) table(q Query, zone *time.Location) map[string]map[Number][]int64 {
	out := map[string]map[Number][]int64{}
	put := func(at time.Time, p place, n Number, v int64) {
		if !takes(q, n, p) {
			return
		}
		heads := []string{""}
		for _, by := range q.By {
			values := p.values(by)
			if stepOfTime(by) {
				values = []string{label(by, at.In(zone))}
			}
			var next []string
			for _, head := range heads {
				for _, v := range values {
					if only, narrowed := q.Only[by]; !narrowed || slices.Contains(only, v) {
						next = append(next, head+"/"+v)
					}
				}
			}
			heads = next
		}
		for _, head := range heads {
			if out[head] == nil {
				out[head] = map[Number][]int64{}
			}
			out[head][n] = append(out[head][n], v)
		}
	}
	for _, s := range h.samples {
		if !s.at.Before(q.From) && s.at.Before(q.To) {
			put(s.at, s.place, s.n, s.ms)
		}
	}
	for _, end := range h.ends(q) {
		var then map[events.ConversationID]place
		for _, s := range h.stands {
			if s.at.Before(end) {
				then = s.places
			}
		}
		for _, p := range then {
			put(end.Add(-time.Nanosecond), p, queries.ReportBacklog, 0)
		}
	}
	return out
}

func label(by Dimension, t time.Time) string {
	switch by {
	case queries.ByHour:
		return t.Truncate(time.Hour).Format(time.RFC3339)
	case queries.ByWeek:
		y, w := t.ISOWeek()
		return fmt.Sprintf("%d-W%02d", y, w)
	case queries.ByMonth:
		return t.Format("2006-01")
	}
	return t.Format(time.DateOnly)
}

// ends are when the backlog is asked for: at the end of each step that has a row, or
// of the range. The zone of the tests is whole hours from UTC.
func (h *history) ends(q Query) []time.Time {
	i := slices.IndexFunc(q.By, stepOfTime)
	if i < 0 || len(h.day.Log) == 0 {
		return []time.Time{q.To}
	}
	begin, end := h.day.Log[0].At.Truncate(time.Hour), h.day.Log[len(h.day.Log)-1].At.Truncate(time.Second).Add(time.Second)
	if q.From.After(begin) {
		begin = q.From
	}
	if q.To.Before(end) {
		end = q.To
	}
	var out []time.Time
	for at := begin; at.Before(end); at = at.Add(time.Hour) {
		next := at.Add(time.Hour)
		if !next.Before(end) {
			out = append(out, end)
		} else if label(q.By[i], at.In(zone)) != label(q.By[i], next.In(zone)) {
			out = append(out, next)
		}
	}
	return out
}
