package reports

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/sketch"
)

// cell is one row in the making.
type cell struct {
	counts  []int64 // by code
	spreads []*sketch.Sketch
	missing []int64 // of spreads, what could not be measured
}

// group are the rows with the same keys but for the step of time.
type group struct {
	keys  []string
	pages []*page       // of the cells, by step
	stock int64         // before the first step
	moves map[int]int64 // of the backlog, by step
}

// page are the cells of so many steps: most groups have few, and one look must do.
type page [pageSteps]*cell

const pageSteps = 64

// answer gathers the groups of one query.
type answer struct {
	source   Source
	query    *Query
	calendar *calendar
	time     int // where in By the step of time stands, -1
	groups   map[string]*group
	glass    *glass
	places   []*placed // by number, nil for those that were not met
	met      map[spot]*placed
	rows     int
}

// placed are the groups of a place, and those of busy time there, whose walls are
// others.
type placed struct {
	groups, busy []*group
	known        [2]bool
}

// Ask makes a table. Its errors are what [Query.Check] says, [ErrTooMany] and those
// of the source.
func Ask(s Source, q Query) (Table, error) {
	if err := q.Check(); err != nil {
		return Table{}, err
	}
	begin, end := s.Span()
	steps, err := newCalendar(&q, begin, end)
	if err != nil {
		return Table{}, err
	}
	a := &answer{source: s, query: &q, calendar: steps, groups: map[string]*group{}, glass: newGlass(s, &q), met: map[spot]*placed{}}
	a.time = slices.IndexFunc(q.By, stepOfTime)
	if len(q.By) == 0 {
		a.cell(a.group(nil), 0)
	}
	for _, code := range a.wanted() {
		switch {
		case code == BacklogCode:
			err = a.backlog()
		case code == availableCode || code == busyCode:
			if err = a.scan(code); err == nil {
				err = a.onDuty(code, end)
			}
		default:
			err = a.scan(code)
		}
		if err != nil {
			return Table{}, err
		}
		if a.rows > MaxRows {
			return Table{}, ErrTooMany
		}
	}
	return a.table(), nil
}

// wanted are the numbers to be gathered: those asked for and those they are made
// of.
func (a *answer) wanted() []Code {
	var out []Code
	for c := range Codes {
		n := noted[c]
		if len(a.query.Numbers) == 0 || slices.ContainsFunc(a.query.Numbers, func(m Number) bool {
			s := shareOf(m)
			return m == n || s != nil && slices.Contains(s.parts(), n)
		}) {
			out = append(out, c)
		}
	}
	return out
}

// hours are the whole hours that a range touches.
func hours(from, to int64) (int64, int64) { return HourOf(from), HourOf(to + hour - 1) }

func (a *answer) scan(code Code) error {
	from, to := a.query.seconds()
	first, last := hours(from, to)
	var failed error
	err := a.source.Scan(code, first, last, func(at int64, r *Record) {
		i, inside := a.calendar.find(at)
		if !inside {
			return
		}
		groups, err := a.groupsOf(code, r)
		if err != nil {
			failed = err
			return
		}
		for _, g := range groups {
			a.cell(g, i).add(code, r.Value)
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

func (c *cell) add(code Code, v int64) {
	if !code.spread() {
		if c.counts == nil {
			c.counts = make([]int64, firstSpread)
		}
		c.counts[code] += v
		return
	}
	i := code - firstSpread
	if c.spreads == nil {
		c.spreads, c.missing = make([]*sketch.Sketch, len(spreads)), make([]int64, len(spreads))
	}
	if v == Unmeasured {
		c.missing[i]++
		return
	}
	if c.spreads[i] == nil {
		c.spreads[i] = new(sketch.Sketch)
	}
	c.spreads[i].Add(v)
}

// groupsOf are the groups of a place, none where it is left out: one for each team,
// tag and segment.
func (a *answer) groupsOf(code Code, r *Record) ([]*group, error) {
	s, err := a.glass.spot(code, r)
	if err != nil {
		return nil, err
	}
	known, which := a.placed(s), 0
	groups := &known.groups
	if code == busyCode {
		groups, which = &known.busy, 1
	}
	if known.known[which] {
		return *groups, nil
	}
	p, takes, err := a.glass.at(code, s)
	if err != nil {
		return nil, err
	}
	if known.known[which] = true; takes {
		*groups = a.groupsAt(p)
	}
	return *groups, nil
}

// placed is what is known of a spot.
func (a *answer) placed(s spot) *placed {
	if s.carried != 0 {
		p := a.met[s]
		if p == nil {
			p = new(placed)
			a.met[s] = p
		}
		return p
	}
	a.places = grown(a.places, s.place)
	if a.places[s.place] == nil {
		a.places[s.place] = new(placed)
	}
	return a.places[s.place]
}

func (a *answer) groupsAt(p Place) []*group {
	heads := [][]string{{}}
	for _, by := range a.query.By {
		values := []string{""}
		if !stepOfTime(by) {
			values = p.values(by)
		}
		var next [][]string
		for _, head := range heads {
			for _, v := range values {
				if stepOfTime(by) || a.query.shows(by, v) {
					next = append(next, append(slices.Clone(head), v))
				}
			}
		}
		heads = next
	}
	var out []*group
	for _, keys := range heads {
		out = append(out, a.group(keys))
	}
	return out
}

func (a *answer) group(keys []string) *group {
	name := strings.Join(keys, "\x00")
	g, ok := a.groups[name]
	if !ok {
		g = &group{keys: keys}
		a.groups[name] = g
	}
	return g
}

func (a *answer) cell(g *group, step int) *cell {
	for len(g.pages) <= step/pageSteps {
		g.pages = append(g.pages, nil)
	}
	p := g.pages[step/pageSteps]
	if p == nil {
		p = new(page)
		g.pages[step/pageSteps] = p
	}
	c := p[step%pageSteps]
	if c == nil {
		c = new(cell)
		p[step%pageSteps] = c
		a.rows++
	}
	return c
}

func (g *group) each(do func(step int, c *cell)) {
	for i, p := range g.pages {
		if p == nil {
			continue
		}
		for j, c := range p {
			if c != nil {
				do(i*pageSteps+j, c)
			}
		}
	}
}

func (a *answer) table() Table {
	t := Table{By: append([]Dimension{}, a.query.By...), Numbers: a.query.Numbers, Rows: make([]Row, 0, a.rows), Zone: a.query.zone().String(), Formula: Formula}
	if len(t.Numbers) == 0 {
		t.Numbers = All()
	}
	for _, g := range a.groups {
		g.each(func(i int, c *cell) {
			if row, something := a.row(g, i, c); something {
				t.Rows = append(t.Rows, row)
			}
		})
	}
	slices.SortFunc(t.Rows, func(a, b Row) int { return slices.Compare(a.Keys, b.Keys) })
	return t
}

// row writes one; false where nothing is left of what was counted and taken back.
func (a *answer) row(g *group, i int, c *cell) (Row, bool) {
	s := a.calendar.steps[i]
	row := Row{
		Keys: append([]string{}, g.keys...), From: time.Unix(s.begin, 0).UTC(), To: time.Unix(s.end, 0).UTC(),
		Counts: map[Number]int64{}, Spreads: map[Number]Spread{}, Shares: map[Number]float64{},
	}
	if a.time >= 0 {
		row.Keys[a.time] = s.name
	}
	all := map[Number]int64{}
	for code, n := range c.counts {
		if n != 0 {
			all[noted[code]] = n
		}
	}
	for n, v := range all {
		if a.asked(n) {
			row.Counts[n] = v
		}
	}
	for j, n := range spreads {
		if c.spreads != nil && (c.spreads[j] != nil || c.missing[j] > 0) {
			row.Spreads[n] = spreadOf(c.spreads[j], c.missing[j])
		}
	}
	for j := range shares {
		if shares[j].name == queries.ReportOccupancy && !a.query.ofAgents() {
			continue
		}
		if v, ok := shares[j].of(all); ok && a.asked(shares[j].name) {
			row.Shares[shares[j].name] = v
		}
	}
	return row, len(a.query.By) == 0 || len(all)+len(row.Spreads) > 0
}

func (a *answer) asked(n Number) bool {
	return len(a.query.Numbers) == 0 || slices.Contains(a.query.Numbers, n)
}

func spreadOf(s *sketch.Sketch, missing int64) Spread {
	if s == nil {
		return Spread{Unmeasured: missing}
	}
	return Spread{Count: s.Count(), Average: s.Sum() / s.Count(), Median: s.Quantile(0.5), P90: s.Quantile(0.9), Most: s.Most(), Unmeasured: missing}
}
