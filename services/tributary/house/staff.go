package house

import (
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// staff is what the router knows of those who answer: the tables that people
// change in the console.
type staff struct {
	queues *kv.Table[config.Queue]
	agents *kv.Table[config.Agent]
}

func (s staff) Queue(id events.QueueID) (config.Queue, bool) {
	q, _, ok := s.queues.Get(string(id))
	return q, ok
}

func (s staff) Queues() []config.Queue { return values(s.queues) }
func (s staff) Agents() []config.Agent { return values(s.agents) }

func (s staff) Changed() (queues, agents <-chan struct{}) {
	return s.queues.Changes(), s.agents.Changes()
}

func values[T any](t *kv.Table[T]) []T {
	items := t.All()
	out := make([]T, len(items))
	for i := range items {
		out[i] = items[i].Value
	}
	return out
}
