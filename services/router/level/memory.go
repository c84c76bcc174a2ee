package level

import "time"

// Memory is what the clocks depend on and no row shows. The zero one is that of a
// conversation before its first fact.
type Memory struct {
	// OpenSince is when it was opened, or reopened the last time.
	OpenSince time.Time `json:"open_since,omitzero"`
	// Waiting is since when the customer waits for an answer, ahead of us where
	// they wait for a call at a time; zero when they do not.
	Waiting time.Time `json:"waiting,omitzero"`
	// ForCall says that nothing but a call is waited for.
	ForCall bool `json:"for_call,omitempty"`
	// AnsweredAt is the time of our newest answer, Answered the beginning of the
	// wait that one ended last.
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Answered   time.Time `json:"answered,omitzero"`
	// Theirs says that our answer is the last word.
	Theirs bool `json:"theirs,omitempty"`
}

// What happened to a conversation, as far as clocks care.
type What int

// A customer who wrote waits for us, and so does one who asked for a call. Whoever
// wished for one wrote nothing else, and the asking may follow with its time. An
// answer is one that counts. A callback that is gone was cancelled or given up. A
// folded conversation was merged into another.
const (
	Opened What = iota + 1
	Wrote
	Answered
	Wished
	CallAsked
	CallReached
	CallGone
	Resolved
	Reopened
	Folded
)

// MaxBack is how far back a stated time is believed: an import of old mail makes
// nobody wait for longer.
const MaxBack = 366 * 24 * time.Hour

// After is the memory once something has happened. now is the time of the decision
// that says so, and no At but that of a call to come is later.
func (m Memory) After(c Change, now time.Time) Memory {
	now = whole(now)
	at := stated(c.At, now)
	until := at
	if !c.Until.IsZero() {
		until = stated(c.Until, now)
	}
	switch c.What {
	case Opened, Reopened:
		m.OpenSince = now
		m.rest()
	case Resolved, Folded:
		m.rest()
	case Wrote:
		m.Theirs = false
		if m.Waiting.IsZero() || m.Waiting.After(now) {
			m.wait(later(at, m.AnsweredAt)) // what we heard too late was not waited for before our answer
		}
		m.ForCall = false
	case Wished:
		m.Theirs = false
		if m.Waiting.IsZero() {
			m.wait(later(at, m.AnsweredAt))
			m.ForCall = true
		}
	case Answered:
		m.answer(at, until)
	case CallAsked:
		m.ask(c.At, now)
	case CallReached:
		m.answer(now, now)
		m.close(now)
	case CallGone:
		if m.ForCall {
			m.Waiting, m.ForCall = time.Time{}, false
		}
	}
	return m
}

func (m *Memory) rest() { m.Waiting, m.ForCall, m.Theirs = time.Time{}, false, false }

// answer ends the wait, unless the answer was given before it began: a call that
// lasted into it has answered it.
func (m *Memory) answer(at, until time.Time) {
	if at.Before(m.Waiting) && !until.Before(m.Waiting) {
		at = m.Waiting
	}
	if !at.Before(m.Waiting) {
		m.close(at)
	}
}

func (m *Memory) close(at time.Time) {
	if !m.Waiting.IsZero() {
		m.Answered = m.Waiting
	}
	m.AnsweredAt = later(m.AnsweredAt, at)
	m.rest()
	m.Theirs = true
}

// ask begins the wait for a call, or moves one that waits for nothing else.
func (m *Memory) ask(wanted, now time.Time) {
	wanted = whole(wanted)
	m.Theirs = false
	switch {
	case m.Waiting.IsZero():
		m.wait(later(wanted, now))
		m.ForCall = true
	case m.ForCall && wanted.After(now):
		m.wait(wanted)
	}
}

// wait begins a wait. One that begins in the very millisecond of the one before is
// not answered yet.
func (m *Memory) wait(since time.Time) {
	m.Waiting = since
	if m.Answered.Equal(since) {
		m.Answered = time.Time{}
	}
}

// Joined is the memory of a conversation that another was folded into: whoever
// waited longer in either waits in it now. other is as before the folding.
func (m Memory) Joined(other Memory) Memory {
	if m.Waiting.IsZero() { // else whether the first or the next answer is owed stays as it is
		m.AnsweredAt = later(m.AnsweredAt, other.AnsweredAt)
	}
	if w := other.Waiting; !w.IsZero() && (m.Waiting.IsZero() || w.Before(m.Waiting)) {
		m.ForCall = other.ForCall && (m.Waiting.IsZero() || m.ForCall)
		m.wait(w)
		m.Theirs = false
	}
	return m
}

// stated is a time as somebody gave it, within what is believed; now where they
// gave none.
func stated(at, now time.Time) time.Time {
	switch at = whole(at); {
	case at.IsZero() || at.After(now):
		return now
	case now.Sub(at) > MaxBack:
		return now.Add(-MaxBack)
	}
	return at
}

func whole(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
