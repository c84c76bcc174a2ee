package board

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// turn is a conversation's place among those that wait in one line.
type turn struct {
	since time.Time
	id    events.ConversationID
	at    int // in the heap
}

func (t *turn) before(o *turn) bool {
	if !t.since.Equal(o.since) {
		return t.since.Before(o.since)
	}
	return t.id < o.id
}

// waiters is a heap, who waits the longest on top. It is written out rather than
// given to container/heap because every decision passes through several.
type waiters []*turn

func (w *waiters) add(t *turn) {
	t.at = len(*w)
	*w = append(*w, t)
	w.up(t.at)
}

func (w *waiters) remove(t *turn) {
	list, at := *w, t.at
	last := len(list) - 1
	list[at] = list[last]
	list[at].at = at
	list[last] = nil
	*w = list[:last]
	if at < last {
		w.down(at)
		w.up(at)
	}
}

func (w waiters) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !w[i].before(w[parent]) {
			return
		}
		w.swap(i, parent)
		i = parent
	}
}

func (w waiters) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(w); child++ {
			if w[child].before(w[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		w.swap(i, least)
		i = least
	}
}

func (w waiters) swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].at, w[j].at = i, j
}
