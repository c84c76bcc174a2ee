package queries

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Join is the last [BoardHour] of m and what was told after it. Where both speak of
// a minute, next is right. Either may be nil; the result shares nothing with them,
// and has the lines in the order of their kinds and ids, the total first.
func (m *BoardMinutes) Join(next *BoardMinutes) *BoardMinutes {
	out := &BoardMinutes{Count: BoardHour, Lines: []BoardCourse{}}
	for _, part := range []*BoardMinutes{m, next} {
		if part != nil && part.Until.After(out.Until) {
			out.Until = part.Until
		}
	}
	courses := map[BoardScope]*BoardCourse{}
	for _, part := range []*BoardMinutes{m, next} {
		if part == nil {
			continue
		}
		// What is told of some minutes and not of a line says that it had nothing.
		for _, c := range courses {
			part.copy(out.Until, &BoardCourse{}, c)
		}
		for i := range part.Lines {
			from := &part.Lines[i]
			c := courses[from.Scope()]
			if c == nil {
				c = &BoardCourse{from.Kind, from.ID, make([]int, BoardHour), make([]int, BoardHour), make([]int, BoardHour)}
				courses[from.Scope()] = c
			}
			part.copy(out.Until, from, c)
		}
	}
	order := func(k BoardKind) int {
		return slices.Index([]BoardKind{BoardTotal, BoardQueue, BoardTeam, BoardChannel, BoardInbox, BoardAside}, k)
	}
	for _, scope := range slices.SortedFunc(maps.Keys(courses), func(a, b BoardScope) int {
		if a.Kind != b.Kind {
			return order(a.Kind) - order(b.Kind)
		}
		return cmp.Compare(a.ID, b.ID)
	}) {
		if c := courses[scope]; !c.still() {
			out.Lines = append(out.Lines, *c)
		}
	}
	return out
}

// copy writes what this part says of a line into an hour that ends with until.
func (m *BoardMinutes) copy(until time.Time, from, to *BoardCourse) {
	n := max(0, min(m.Count, BoardHour))
	first := BoardHour - n - int(until.Sub(m.Until)/time.Minute) // where its oldest stands in the hour
	for i := range n {
		if at := first + i; at >= 0 {
			to.Waiting[at], to.Arrivals[at], to.Departures[at] = value(from.Waiting, i), value(from.Arrivals, i), value(from.Departures, i)
		}
	}
}

func value(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

func (c *BoardCourse) still() bool {
	for _, list := range [][]int{c.Waiting, c.Arrivals, c.Departures} {
		for _, n := range list {
			if n != 0 {
				return false
			}
		}
	}
	return true
}
