package assignment

import (
	"container/heap"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// timer says that something may be due for an agent or a conversation. What it
// is, the state tells: a timer that comes for nothing does nothing.
type timer struct {
	at           time.Time
	agent        events.AgentID
	conversation events.ConversationID
}

// timers are due earliest first. now is the newest time the desk was told.
type timers struct {
	list []timer
	now  time.Time
}

func (t *timers) add(at time.Time, agent events.AgentID, conversation events.ConversationID) {
	heap.Push(t, timer{at, agent, conversation})
}

// due takes the next timer whose time has come.
func (t *timers) due() (timer, bool) {
	if len(t.list) == 0 || t.list[0].at.After(t.now) {
		return timer{}, false
	}
	return heap.Pop(t).(timer), true
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (t *timers) Len() int           { return len(t.list) }
func (t *timers) Less(i, j int) bool { return t.list[i].at.Before(t.list[j].at) }
func (t *timers) Swap(i, j int)      { t.list[i], t.list[j] = t.list[j], t.list[i] }

// Push is for container/heap.
func (t *timers) Push(x any) { t.list = append(t.list, x.(timer)) }

// Pop is for container/heap.
func (t *timers) Pop() any {
	last := len(t.list) - 1
	x := t.list[last]
	t.list = t.list[:last]
	return x
}
