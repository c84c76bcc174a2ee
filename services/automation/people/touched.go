package people

import (
	"maps"
	"slices"
	"sync"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxTouched bounds how many contacts are remembered as changed; beyond it all of
// them are.
const maxTouched = 50_000

// touched is whom there is something new about.
type touched struct {
	mu   sync.Mutex // guards all below
	ids  map[events.ContactID]news
	all  bool
	wake chan struct{} // has room for one
}

func newTouched() touched {
	return touched{ids: map[events.ContactID]news{}, wake: make(chan struct{}, 1)}
}

func (t *touched) add(ids map[events.ContactID]news) {
	if len(ids) == 0 {
		return
	}
	t.mu.Lock()
	if !t.all {
		for id, n := range ids {
			t.ids[id] = max(t.ids[id], n)
		}
	}
	if len(t.ids) > maxTouched {
		t.ids, t.all = map[events.ContactID]news{}, true
	}
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Changes has a value once there is something new about somebody since [Memory.Changed]
// was asked. It is for one listener.
func (m *Memory) Changes() <-chan struct{} { return m.touched.wake }

// Changed are the contacts there is something new about since it was asked last,
// sorted; all says that there are too many to name. Without talk those are left out
// who have merely written, or of whom a conversation began or ended.
func (m *Memory) Changed(withTalk bool) (ids []events.ContactID, all bool) {
	t := &m.touched
	t.mu.Lock()
	defer t.mu.Unlock()
	if !withTalk {
		maps.DeleteFunc(t.ids, func(_ events.ContactID, n news) bool { return n == talk })
	}
	ids, all = slices.Sorted(maps.Keys(t.ids)), t.all
	t.ids, t.all = map[events.ContactID]news{}, false
	return ids, all
}
