package reports

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// onDuty adds what goes on: it is noted when it ends, and is known until the newest
// decision.
func (a *answer) onDuty(code Code, end int64) error {
	return a.source.Duties(func(id events.AgentID, d *Duty) {
		if !d.Available || code == busyCode && d.Hands == 0 {
			return
		}
		groups := a.groupsAt(Place{Agent: string(id), Teams: d.Teams})
		d.pieces(time.Unix(end, 0), func(begin, end time.Time) {
			if i, inside := a.calendar.find(begin.Unix()); inside {
				for _, g := range groups {
					a.cell(g, i).add(code, end.Sub(begin).Milliseconds())
				}
			}
		})
	})
}

// backlog begins with how it stood before the range and adds what came and went.
func (a *answer) backlog() error {
	if len(a.calendar.steps) == 0 {
		return nil
	}
	begin := a.calendar.steps[0].begin
	if a.time < 0 { // what it is at the end is all that is asked
		begin = a.calendar.steps[0].end
	}
	var failed error
	move := func(place uint32, n int64, at int64) {
		groups, err := a.groupsOf(place)
		if err != nil {
			failed = err
			return
		}
		i, inside := a.calendar.find(at)
		for _, g := range groups {
			switch {
			case at < begin:
				g.stock += n
			case inside:
				if g.moves == nil {
					g.moves = map[int]int64{}
				}
				g.moves[i] += n
			}
		}
	}
	since, err := a.source.Stock(begin, func(place uint32, n int64) { move(place, n, begin-1) })
	if err != nil {
		return err
	}
	until := a.calendar.steps[len(a.calendar.steps)-1].end
	_, last := hours(since, until)
	if err = a.source.Scan(BacklogCode, since, last, func(at int64, r *Record) { move(r.Place, r.Value, at) }); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	for _, g := range a.groups {
		n := g.stock
		for i := range a.calendar.steps {
			if n += g.moves[i]; n != 0 {
				a.cell(g, i).add(BacklogCode, n)
			}
			if a.rows > MaxRows {
				return ErrTooMany
			}
		}
	}
	return nil
}
