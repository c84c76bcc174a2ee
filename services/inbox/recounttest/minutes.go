package recounttest

import (
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// minutes counts for every minute of the last hour all that ever happened before
// its end.
func (s *slow) minutes(ids map[queries.BoardKind]map[string]bool) *queries.BoardMinutes {
	until := s.now.Truncate(time.Minute)
	out := &queries.BoardMinutes{Until: until, Count: 60, Lines: []queries.BoardCourse{}}
	add := func(of queries.BoardScope) {
		c, some := queries.BoardCourse{Kind: of.Kind, ID: of.ID}, false
		for back := 60; back > 0; back-- {
			end := until.Add(-time.Duration(back-1) * time.Minute)
			waiting, arrived, left := 0, 0, 0
			for _, m := range s.marks {
				if m.line != of || !m.at.Before(end) {
					continue
				}
				within := !m.at.Before(end.Add(-time.Minute))
				switch m.what {
				case "arrived":
					waiting++
					if within {
						arrived++
					}
				case "left":
					waiting--
					if within {
						left++
					}
				}
			}
			some = some || waiting != 0 || arrived != 0 || left != 0
			c.Waiting, c.Arrivals, c.Departures = append(c.Waiting, waiting), append(c.Arrivals, arrived), append(c.Departures, left)
		}
		if some {
			out.Lines = append(out.Lines, c)
		}
	}
	add(total)
	for _, kind := range []queries.BoardKind{queries.BoardQueue, queries.BoardTeam, queries.BoardChannel, queries.BoardInbox, queries.BoardAside} {
		for _, id := range slices.Sorted(maps.Keys(ids[kind])) {
			add(queries.BoardScope{Kind: kind, ID: id})
		}
	}
	return out
}
