package whatif

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Of what happens at the same moment, who comes back or is freed comes before who
// arrives or leaves.
const (
	first = iota
	last
)

// happening is something at a time.
type happening struct {
	at    time.Time
	class int
	n     int
	do    func()
}

// happenings are in order of time, then of class, then as they were made.
type happenings struct {
	list []happening
	n    int
}

func (s *simulation) at(t time.Time, class int, do func()) {
	if t.Before(s.day.From) {
		t = s.day.From
	}
	s.happens.n++
	heap.Push(&s.happens, happening{t, class, s.happens.n, do})
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (h *happenings) Len() int { return len(h.list) }

// Less is for container/heap.
func (h *happenings) Less(i, j int) bool {
	a, b := &h.list[i], &h.list[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	if a.class != b.class {
		return a.class < b.class
	}
	return a.n < b.n
}

// Swap is for container/heap.
func (h *happenings) Swap(i, j int) { h.list[i], h.list[j] = h.list[j], h.list[i] }

// Push is for container/heap.
func (h *happenings) Push(x any) { h.list = append(h.list, x.(happening)) }

// Pop is for container/heap.
func (h *happenings) Pop() any {
	n := len(h.list) - 1
	x := h.list[n]
	h.list[n] = happening{}
	h.list = h.list[:n]
	return x
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func itoa(n int) string { return strconv.Itoa(n) }
