package reports

import (
	"cmp"
	"slices"
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

// Hand is a conversation that an agent has in hand: where it stands, without tags
// and segments, and what it takes of their capacity, as it was when it came there.
type Hand struct {
	Conversation events.ConversationID
	Place        Place
	Units        int
}

// maxHands bounds among how many an agent's time is parted: whoever has more in hand
// works on none of them in particular, and their time is theirs alone.
const maxHands = 200

// quarter cuts duty into pieces, so that they fall into the hours and days of any
// zone: all zones of our time are whole quarters from UTC.
const quarter = 15 * time.Minute

// pass notes how an agent's time went since it was last looked at.
func (f *Fold) pass(id events.AgentID, d *Duty, at time.Time) {
	if d.Available && at.After(d.Since) {
		var hands []Hand
		if d.Hands > 0 && d.Hands <= maxHands {
			hands = f.keeper.Hands(id)
			slices.SortFunc(hands, func(a, b Hand) int { return cmp.Compare(a.Conversation, b.Conversation) })
		}
		d.pieces(at, func(begin, end time.Time) {
			ms := end.Sub(begin).Milliseconds()
			f.note(begin, queries.ReportAvailableTime, Place{Agent: string(id), Teams: d.Teams}, ms, "")
			if d.Hands > 0 {
				d.part(id, hands, ms, func(p Place, share int64, c events.ConversationID) {
					f.note(begin, queries.ReportBusyTime, p, share, c)
				})
			}
		})
	}
	if at.After(d.Since) {
		d.Since = at
	}
	d.Teams = join(f.settings.TeamsWith(id, at))
}

// part gives every conversation its share of a piece of an agent's time, by the
// units it takes of their capacity. The shares add up to the whole. They stand where
// the conversation does, but with the agent and the agent's own teams: those whose
// available time it was.
func (d *Duty) part(id events.AgentID, hands []Hand, ms int64, each func(p Place, share int64, c events.ConversationID)) {
	if len(hands) == 0 {
		each(Place{Agent: string(id), Teams: d.Teams}, ms, "")
		return
	}
	all := int64(0)
	for i := range hands {
		all += int64(max(hands[i].Units, 1))
	}
	given, units := int64(0), int64(0)
	for i := range hands {
		units += int64(max(hands[i].Units, 1))
		share := ms*units/all - given
		given += share
		if share == 0 {
			continue
		}
		p := hands[i].Place
		p.Agent, p.Teams = string(id), d.Teams
		each(p, share, hands[i].Conversation)
	}
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

// bare is a place without what a conversation carries, and without who has it.
func (p Place) bare() Place {
	p.Tags, p.Segments, p.Agent, p.Teams = "", "", "", ""
	return p
}

// hand is a conversation as an agent has it in hand after the decision.
func (f *Fold) hand(t *touched, at time.Time) Hand {
	return Hand{t.id, t.place.bare(), f.settings.Units(t.place.Channel, at)}
}

// take gives an agent a conversation, or has one that they have stand elsewhere.
func (f *Fold) take(id events.AgentID, at time.Time, h Hand, more int) {
	d := f.keeper.Duty(id)
	f.pass(id, d, at)
	d.Hands += more
	f.keeper.Take(id, h)
	f.keeper.SaveDuty(id, d)
}

// drop takes a conversation from an agent.
func (f *Fold) drop(id events.AgentID, at time.Time, c events.ConversationID) {
	d := f.keeper.Duty(id)
	f.pass(id, d, at)
	d.Hands--
	f.keeper.Drop(id, c)
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
