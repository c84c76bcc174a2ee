package reports

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Duty is how an agent stands: whether they take new work, since when that was
// last looked at, and how many open conversations they have. Its fields are
// exported to be stored and are nobody else's.
type Duty struct {
	Available bool      `json:"a,omitempty"`
	Since     time.Time `json:"s,omitzero"`
	Hands     int       `json:"h,omitempty"`
	Teams     string    `json:"t,omitempty"`
}

// quarter cuts duty into pieces, so that they fall into the hours and days of any
// zone: all zones of our time are whole quarters from UTC.
const quarter = 15 * time.Minute

// pass notes how an agent's time went since it was last looked at.
func (f *Fold) pass(id events.AgentID, d *Duty, at time.Time) {
	if d.Available {
		d.pieces(at, func(begin, end time.Time) {
			p := Place{Agent: string(id), Teams: d.Teams}
			f.note(begin, queries.ReportAvailableTime, p, end.Sub(begin).Milliseconds(), "")
			if d.Hands > 0 {
				f.note(begin, queries.ReportBusyTime, p, end.Sub(begin).Milliseconds(), "")
			}
		})
	}
	if at.After(d.Since) {
		d.Since = at
	}
	d.Teams = join(f.settings.TeamsWith(id, at))
}

// pieces cuts the time until a moment at every quarter of an hour.
func (d *Duty) pieces(until time.Time, each func(begin, end time.Time)) {
	for begin := d.Since; begin.Before(until); {
		end := begin.Truncate(quarter).Add(quarter)
		if end.After(until) {
			end = until
		}
		each(begin, end)
		begin = end
	}
}

// hands gives an agent a conversation or takes one away.
func (f *Fold) hands(id events.AgentID, at time.Time, by int) {
	d := f.keeper.Duty(id)
	f.pass(id, d, at)
	d.Hands += by
	f.keeper.SaveDuty(id, d)
}

// presence takes in how an agent stands from a time on. One whose connection is
// lost takes no work.
func (f *Fold) presence(p *events.Presence, at time.Time) {
	d := f.keeper.Duty(p.Agent)
	f.pass(p.Agent, d, at)
	d.Available = p.State == events.AgentAvailable && p.LostAt == nil
	f.keeper.SaveDuty(p.Agent, d)
}
