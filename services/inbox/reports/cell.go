package reports

import (
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/sketch"
)

// MaxNamed is how many conversations a cell remembers behind each of its numbers.
const MaxNamed = 64

// key is where something happened. Several teams or tags are joined by [joint],
// sorted.
type key struct {
	channel string
	inbox   events.InboxID
	queue   events.QueueID
	teams   string
	agent   events.AgentID
	tags    string
}

const joint = "\x1f"

func join[S ~string](list []S) string {
	if len(list) == 0 {
		return ""
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), joint)
}

func parts(joined string) []string { return strings.Split(joined, joint) }

// cell is what happened in one hour in one place. stock is what came into the
// backlog less what left it.
type cell struct {
	stock   int64
	counts  map[Number]int64
	spreads map[Number]*sketch.Sketch
	names   map[Number][]events.ConversationID
	more    map[Number]bool // there were more than are named
}

func (c *cell) count(n Number, id events.ConversationID) {
	if c.counts == nil {
		c.counts = map[Number]int64{}
	}
	c.counts[n]++
	c.name(n, id)
}

func (c *cell) measure(n Number, ms int64, id events.ConversationID) {
	if c.spreads == nil {
		c.spreads = map[Number]*sketch.Sketch{}
	}
	s, ok := c.spreads[n]
	if !ok {
		s = new(sketch.Sketch)
		c.spreads[n] = s
	}
	s.Add(ms)
	c.name(n, id)
}

func (c *cell) name(n Number, id events.ConversationID) {
	if c.names == nil {
		c.names, c.more = map[Number][]events.ConversationID{}, map[Number]bool{}
	}
	switch list := c.names[n]; {
	case slices.Contains(list, id):
	case len(list) < MaxNamed:
		c.names[n] = append(list, id)
	default:
		c.more[n] = true
	}
}

// hour finds the hour of the zone's clocks in which a time falls, by its first
// second. Where clocks are put back by half an hour, an hour is cut in two.
func (l *Ledger) hour(unix int64) int64 {
	_, offset := zoneAt(l.zone, unix)
	into := (unix + int64(offset)) % 3600
	if into < 0 {
		into += 3600
	}
	return unix - into
}

// at is the cell of a place in the hour of a time.
func (l *Ledger) at(unix int64, k key) *cell {
	h := l.hour(unix)
	if h != l.lastHour || l.last == nil {
		cells, ok := l.cells[h]
		if !ok {
			cells = map[key]*cell{}
			l.cells[h] = cells
			at, _ := slices.BinarySearch(l.hours, h)
			l.hours = slices.Insert(l.hours, at, h)
		}
		l.lastHour, l.last = h, cells
	}
	c, ok := l.last[k]
	if !ok {
		c = new(cell)
		l.last[k] = c
	}
	return c
}
