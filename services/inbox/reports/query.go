package reports

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/pkg/sketch"
)

// Dimension is what a table is grouped by, or narrowed to.
type Dimension string

// The dimensions. A conversation with several tags, or whose queue several teams
// serve, counts under each of them, so those rows add up to more than the whole;
// one without counts under the empty value. A table cannot be narrowed to an hour
// or a day but by its range.
const (
	ByHour    Dimension = "hour"
	ByDay     Dimension = "day"
	ByChannel Dimension = "channel"
	ByInbox   Dimension = "inbox"
	ByQueue   Dimension = "queue"
	ByTeam    Dimension = "team"
	ByAgent   Dimension = "agent"
	ByTag     Dimension = "tag"
)

// Query asks for a table of the hours from one time up to another, both widened
// to whole hours. Only takes what has one of the values in each dimension it
// names.
type Query struct {
	From time.Time
	To   time.Time
	By   []Dimension
	Only map[Dimension][]string
}

// Table is the answer; rows are sorted by their keys, which stand in the order of
// By. Without By there is exactly one row.
type Table struct {
	By   []Dimension `json:"by"`
	Rows []Row       `json:"rows"`
}

// Row is one group. A count that is missing is nought; a spread or share that is
// missing has nothing to be made of.
type Row struct {
	Keys    []string           `json:"keys"`
	Counts  map[Number]int64   `json:"counts"`
	Spreads map[Number]Spread  `json:"spreads"`
	Shares  map[Number]float64 `json:"shares"`
}

// MaxRows bounds a table.
const MaxRows = 100_000

// ErrTooMany says that a table would have more than [MaxRows] rows.
var ErrTooMany = errors.New("the table would have too many rows: ask for a shorter range or fewer groups")

// Check says in words for people what is wrong with a query.
func (q *Query) Check() error {
	if !q.From.Before(q.To) {
		return errors.New("the range ends before it begins")
	}
	seen := map[Dimension]bool{}
	for _, by := range q.By {
		if seen[by] {
			return fmt.Errorf("grouped by %s twice", by)
		}
		seen[by] = true
		if !slices.Contains([]Dimension{ByHour, ByDay, ByChannel, ByInbox, ByQueue, ByTeam, ByAgent, ByTag}, by) {
			return fmt.Errorf("cannot group by %q", by)
		}
	}
	if seen[ByHour] && seen[ByDay] {
		return errors.New("grouped by hour and by day at once")
	}
	for by := range q.Only {
		if !slices.Contains([]Dimension{ByChannel, ByInbox, ByQueue, ByTeam, ByAgent, ByTag}, by) {
			return fmt.Errorf("cannot be narrowed by %q", by)
		}
	}
	return nil
}

// values are those of a place in a dimension.
func (k *key) values(by Dimension) []string {
	switch by {
	case ByChannel:
		return []string{k.channel}
	case ByInbox:
		return []string{string(k.inbox)}
	case ByQueue:
		return []string{string(k.queue)}
	case ByTeam:
		return parts(k.teams)
	case ByAgent:
		return []string{string(k.agent)}
	default:
		return parts(k.tags)
	}
}

func (q *Query) takes(k *key) bool {
	for by, values := range q.Only {
		if !slices.ContainsFunc(k.values(by), func(v string) bool { return slices.Contains(values, v) }) {
			return false
		}
	}
	return true
}

// group is a row in the making.
type group struct {
	keys    []string
	counts  map[Number]int64
	spreads map[Number]*sketch.Sketch
}

// answer gathers the groups of one query.
type answer struct {
	ledger *Ledger
	query  *Query
	time   int // where in By the hour or day stands, -1
	groups map[string]*group
	places map[key][][]string // the keys of a place, time left empty
}

// Query makes a table.
func (l *Ledger) Query(q Query) (Table, error) {
	if err := q.Check(); err != nil {
		return Table{}, err
	}
	a := &answer{ledger: l, query: &q, groups: map[string]*group{}, places: map[key][][]string{}}
	a.time = slices.IndexFunc(q.By, func(by Dimension) bool { return by == ByHour || by == ByDay })
	from, to := l.span(&q)
	if len(q.By) == 0 {
		a.group(nil, "")
	}
	for _, h := range l.hours[from:to] {
		if err := a.hour(h); err != nil {
			return Table{}, err
		}
	}
	if err := a.backlog(from, to); err != nil {
		return Table{}, err
	}
	return a.table(), nil
}

// span is which of the hours a query is about.
func (l *Ledger) span(q *Query) (from, to int) {
	from, _ = slices.BinarySearch(l.hours, l.hour(q.From.Unix()))
	end := q.To.Unix()
	if q.To.Nanosecond() > 0 {
		end++
	}
	to, _ = slices.BinarySearch(l.hours, end)
	return from, max(from, to)
}

// bucket names the hour or day of an hour; it is empty where the table is not
// grouped by time.
func (a *answer) bucket(hour int64) string {
	if a.time < 0 {
		return ""
	}
	t := time.Unix(hour, 0).In(a.ledger.zone)
	if a.query.By[a.time] == ByDay {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

// keys are the groups of a place, none where it is left out: one for each team and
// tag.
func (a *answer) keys(k key) [][]string {
	if known, ok := a.places[k]; ok {
		return known
	}
	var out [][]string
	if a.query.takes(&k) {
		out = [][]string{{}}
	}
	for _, by := range a.query.By {
		values := []string{""}
		if by != ByHour && by != ByDay {
			values = k.values(by)
		}
		var next [][]string
		for _, head := range out {
			for _, v := range values {
				if only, narrowed := a.query.Only[by]; narrowed && !slices.Contains(only, v) {
					continue // another of its tags is asked for
				}
				next = append(next, append(slices.Clone(head), v))
			}
		}
		out = next
	}
	a.places[k] = out
	return out
}

func (a *answer) group(keys []string, bucket string) *group {
	name := bucket
	for i, k := range keys {
		if i != a.time {
			name += "\x00" + k
		}
	}
	g, ok := a.groups[name]
	if !ok {
		g = &group{keys: slices.Clone(keys), counts: map[Number]int64{}, spreads: map[Number]*sketch.Sketch{}}
		if a.time >= 0 {
			g.keys[a.time] = bucket
		}
		a.groups[name] = g
	}
	return g
}

func (a *answer) full() error {
	if len(a.groups) > MaxRows {
		return ErrTooMany
	}
	return nil
}

func (a *answer) hour(h int64) error {
	bucket := a.bucket(h)
	for k, c := range a.ledger.cells[h] {
		if len(c.counts) == 0 && len(c.spreads) == 0 {
			continue // only the backlog changed, which is seen to later
		}
		for _, keys := range a.keys(k) {
			g := a.group(keys, bucket)
			for n, v := range c.counts {
				g.counts[n] += v
			}
			for n, s := range c.spreads {
				if g.spreads[n] == nil {
					g.spreads[n] = new(sketch.Sketch)
				}
				g.spreads[n].Merge(s)
			}
		}
	}
	return a.full()
}

func (a *answer) table() Table {
	t := Table{By: append([]Dimension{}, a.query.By...), Rows: make([]Row, 0, len(a.groups))}
	for _, g := range a.groups {
		row := Row{Keys: append([]string{}, g.keys...), Counts: g.counts, Spreads: map[Number]Spread{}, Shares: map[Number]float64{}}
		for n, s := range g.spreads {
			row.Spreads[n] = spreadOf(s)
		}
		for _, s := range shares {
			if v, ok := s.of(g.counts); ok {
				row.Shares[s.name] = v
			}
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, func(a, b Row) int { return slices.Compare(a.Keys, b.Keys) })
	return t
}
