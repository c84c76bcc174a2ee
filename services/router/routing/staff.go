package routing

import (
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/assignment"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// Staff is what the router knows of those who answer, always current. What it
// returns is read-only. Its methods are called by the deciding goroutine.
type Staff interface {
	Queue(id events.QueueID) (config.Queue, bool)
	Queues() []config.Queue
	Agents() []config.Agent
	// Changed is closed at the next change of either.
	Changed() (queues, agents <-chan struct{})
}

// noStaff is a staff without agents and queues.
type noStaff struct{}

func (noStaff) Queue(events.QueueID) (config.Queue, bool) { return config.Queue{}, false }
func (noStaff) Queues() []config.Queue                    { return nil }
func (noStaff) Agents() []config.Agent                    { return nil }
func (noStaff) Changed() (queues, agents <-chan struct{}) { return nil, nil }

// Queue makes store a conversation.World.
func (s *store) Queue(id events.QueueID) (config.Queue, bool) { return s.staff.Queue(id) }

// Clocks makes store a conversation.World.
func (s *store) Clocks() conversation.Clocks { return s.promises }

// Presence makes store a conversation.World.
func (s *store) Presence(id events.AgentID) (events.Presence, bool) {
	if p, ok := lookup(s, func(l *layer) (events.Presence, bool) { p, ok := l.presences[id]; return p, ok }); ok {
		return p, true
	}
	var p events.Presence
	ok := s.read(bucketPresence, []byte(id), &p)
	return p, ok
}

// Room makes store a conversation.World. Whoever is not known to answer has none.
func (s *store) Room(id events.AgentID, more ...*events.Conversation) bool {
	return s.seats == nil || s.seats.Room(id, more...)
}

// Works makes store a conversation.World. Without a desk nobody is taken anything from.
func (s *store) Works(id events.AgentID) bool { return s.seats == nil || s.seats.Works(id) }

// Candidates makes store a conversation.World.
func (s *store) Candidates(c *events.Conversation) events.Choice {
	if s.seats == nil {
		return events.Choice{Queue: c.Queue}
	}
	return s.seats.Candidates(c)
}

// QueueOf makes store a conversation.World: the oldest of the queues that name a team
// and give out work, else the oldest that names it.
func (s *store) QueueOf(team events.TeamID) (events.QueueID, bool) {
	var best *config.Queue
	for _, q := range s.staff.Queues() {
		if !slices.Contains(q.Teams, team) {
			continue
		}
		if best == nil || firstOf(&q, best) {
			best = &q
		}
	}
	if best == nil {
		return "", false
	}
	return best.ID, true
}

func firstOf(a, b *config.Queue) bool {
	switch {
	case a.Gives() != b.Gives():
		return a.Gives()
	case !a.CreatedAt.Equal(b.CreatedAt):
		return a.CreatedAt.Before(b.CreatedAt)
	}
	return a.ID < b.ID
}

func (s *store) indexDesk(before, after *conversation.State) {
	is := assignment.Concerns(&after.Conversation)
	if was := before != nil && assignment.Concerns(&before.Conversation); is != was {
		s.fresh.desk[after.ID] = is
	}
}

// desk lists what is on the desk, by id.
func (s *store) desk() []events.ConversationID {
	there := map[events.ConversationID]bool{}
	s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketDesk).ForEach(func(k, _ []byte) error {
			there[events.ConversationID(k)] = true
			return nil
		})
	})
	for _, l := range []*layer{s.flushing, s.fresh} {
		if l != nil {
			maps.Copy(there, l.desk)
		}
	}
	maps.DeleteFunc(there, func(_ events.ConversationID, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(there))
}
