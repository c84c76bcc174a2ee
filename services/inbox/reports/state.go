package reports

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// onDuty adds what goes on: it is noted when it ends, and is known until the newest
// decision.
func (a *answer) onDuty(code Code, end int64) error {
	return ongoing(a.source, a.glass, code, end, func(begin time.Time, p Place, ms int64, _ uint32) {
		if i, inside := a.calendar.find(begin.Unix()); inside {
			for _, g := range a.groupsAt(p) {
				a.cell(g, i).add(code, ms)
			}
		}
	})
}

// ongoing gives the pieces of agents' time, until a moment, that are not noted yet,
// as far as the question takes them.
func ongoing(s Source, g *glass, code Code, end int64, each func(begin time.Time, p Place, ms int64, conversation uint32)) error {
	var failed error
	err := s.Duties(func(id events.AgentID, d *Duty) {
		if !d.Available || code == busyCode && d.Hands == 0 || failed != nil {
			return
		}
		var hands []Hand
		numbers := map[events.ConversationID]uint32{"": 0}
		if code == busyCode && d.Hands <= maxHands {
			if hands, failed = inHand(s, id, numbers); failed != nil {
				return
			}
		}
		d.pieces(time.Unix(end, 0), func(begin, end time.Time) {
			d.part(id, hands, end.Sub(begin).Milliseconds(), func(p Place, ms int64, c events.ConversationID) {
				p, err := g.now(p, numbers[c])
				if err != nil {
					failed = err
				} else if g.query.takes(code, &p) {
					each(begin, p, ms, numbers[c])
				}
			})
		})
	})
	return errors.Join(err, failed)
}

// inHand reads what an agent has in hand, and the numbers of it.
func inHand(s Source, id events.AgentID, numbers map[events.ConversationID]uint32) ([]Hand, error) {
	var hands []Hand
	var failed error
	err := s.Hands(id, func(conversation, place uint32, units int) {
		p, err := s.Place(place)
		name, err2 := s.Name(conversation)
		failed = errors.Join(failed, err, err2)
		numbers[name] = conversation
		hands = append(hands, Hand{name, p, units})
	})
	slices.SortFunc(hands, func(a, b Hand) int { return cmp.Compare(a.Conversation, b.Conversation) })
	return hands, errors.Join(err, failed)
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
		groups, err := a.groupsOf(BacklogCode, &Record{Place: place})
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
