package boardservice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/board"
)

const (
	// every is the least time between two changes: four a second.
	every = 250 * time.Millisecond
	// Without a decision the board is looked at this often, while something waits,
	// a call is promised or an alarm is set, and else: what depends on the time
	// alone moves.
	busy = time.Second
	idle = 10 * time.Second
	// follow is how long after its last word a gateway counts as following.
	follow = 20 * time.Second
	// maxLines bounds one message: more lines go on in the next.
	maxLines = 500
)

func encodeAnswer(a *queries.BoardAnswer) ([]byte, error) {
	data, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode board: %w", err)
	}
	return data, nil
}

// teller knows what was told last.
type teller struct {
	number uint64
	until  time.Time // somebody follows
	total  []byte
	lines  map[queries.BoardScope][]byte
	minute time.Time // those before it were told
	agents map[events.AgentID][]byte
}

// telling tells changes until ctx ends.
func (s *Service) telling(ctx context.Context) error {
	sub, err := s.deps.NC.Subscribe(events.BoardFollowSubject, func(*nats.Msg) {
		select {
		case s.followed <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return fmt.Errorf("listen for followers: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be gone
	timer := s.deps.Clock.NewTimer(idle)
	defer timer.Stop()
	last, beat := s.deps.Clock.Now(), idle
	for {
		timer.Reset(last.Add(beat).Sub(s.deps.Clock.Now()))
		select {
		case <-ctx.Done():
			return nil
		case <-s.followed:
			if !s.followedUntil(s.deps.Clock.Now().Add(follow)) {
				continue // it was followed already
			}
		case <-s.dirty:
		case <-timer.C():
		}
		if rest := last.Add(every).Sub(s.deps.Clock.Now()); rest > 0 {
			timer.Reset(rest)
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C():
			}
		}
		select {
		case <-s.dirty:
		default:
		}
		last = s.deps.Clock.Now()
		beat = s.tellNow(last)
	}
}

// followedUntil notes that somebody looks, and reports whether nobody did before.
func (s *Service) followedUntil(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.tell.until.Before(s.deps.Clock.Now())
	s.tell.until = t
	return first
}

// tellNow works out the board, where anybody looks at it or an alarm watches it,
// and tells what changed. It returns when it is to be looked at again at the latest.
func (s *Service) tellNow(now time.Time) time.Duration {
	s.mu.Lock()
	followed := !now.After(s.tell.until)
	if !followed && len(s.state.alarms) == 0 {
		s.mu.Unlock()
		return idle
	}
	answer := s.compute(now)
	var messages []*queries.BoardChange
	if followed {
		answer.Minutes = s.tell.passed(s.state.board, now)
		messages = s.tell.changes(answer)
		for _, m := range messages {
			s.tell.number++
			m.Source, m.Number = s.source, s.tell.number
		}
	}
	beat := idle
	if t := &answer.Total; t.Waiting > 0 || t.Callbacks > t.CallbacksDue || len(s.state.alarms) > 0 {
		beat = busy
	}
	s.mu.Unlock()
	for _, m := range messages {
		data, err := json.Marshal(m)
		if err == nil {
			err = s.deps.NC.Publish(events.BoardSubject, data)
		}
		if err != nil {
			// Followers see the gap in the numbers and ask for the whole.
			s.deps.Logger.Debug().Err(err).Msg("change of the board not told")
			continue
		}
		s.told.Inc()
	}
	return beat
}

// afterwards is how long after a minute it is told: what was decided at its end is
// in by then. Where a decision comes later still, it is told again.
const afterwards = 2 * time.Second

// late has the minutes from one on told again, if they were: a decision of then was
// only read now.
func (t *teller) late(at time.Time) {
	if at.Before(t.minute) {
		t.minute = at.Truncate(time.Minute)
	}
}

// passed are the minutes that were not told yet; nil where there are none.
func (t *teller) passed(b *board.Board, now time.Time) *queries.BoardMinutes {
	until := now.Add(-afterwards).Truncate(time.Minute)
	if !until.After(t.minute) {
		return nil
	}
	n := queries.BoardHour
	if since := until.Sub(t.minute) / time.Minute; since < queries.BoardHour {
		n = int(since)
	}
	t.minute = until
	return b.MinutesBefore(until, n)
}

// changes is what is not as it was told last, in as many messages as it takes and
// at least one. Their numbers are the caller's to set.
func (t *teller) changes(a *queries.BoardAnswer) []*queries.BoardChange {
	c := &queries.BoardChange{}
	if t.lines == nil {
		t.lines, t.agents = map[queries.BoardScope][]byte{}, map[events.AgentID][]byte{}
	}
	if data := mustJSON(&a.Total); !bytes.Equal(data, t.total) {
		t.total, c.Total = data, &a.Total
	}
	for _, l := range []struct {
		kind queries.BoardKind
		from []queries.BoardLine
		to   *[]queries.BoardLine
	}{
		{queries.BoardQueue, a.Queues, &c.Queues}, {queries.BoardTeam, a.Teams, &c.Teams},
		{queries.BoardChannel, a.Channels, &c.Channels}, {queries.BoardInbox, a.Inboxes, &c.Inboxes},
		{queries.BoardAside, a.Asides, &c.Asides},
	} {
		gone := map[string]bool{}
		for scope := range t.lines {
			if scope.Kind == l.kind {
				gone[scope.ID] = true
			}
		}
		for i := range l.from {
			scope := queries.BoardScope{Kind: l.kind, ID: l.from[i].ID}
			delete(gone, scope.ID)
			if data := mustJSON(&l.from[i]); !bytes.Equal(data, t.lines[scope]) {
				t.lines[scope] = data
				*l.to = append(*l.to, l.from[i])
			}
		}
		for id := range gone {
			scope := queries.BoardScope{Kind: l.kind, ID: id}
			delete(t.lines, scope)
			c.Removed = append(c.Removed, scope)
		}
	}
	gone := map[events.AgentID]bool{}
	for id := range t.agents {
		gone[id] = true
	}
	for i := range a.Agents {
		id := a.Agents[i].ID
		delete(gone, id)
		if data := mustJSON(&a.Agents[i]); !bytes.Equal(data, t.agents[id]) {
			t.agents[id] = data
			c.Agents = append(c.Agents, a.Agents[i])
		}
	}
	for id := range gone {
		delete(t.agents, id)
		c.RemovedAgents = append(c.RemovedAgents, id)
	}
	return parts(c, a)
}

// mustJSON writes what can always be written.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// parts divides a change into messages of bounded size.
func parts(c *queries.BoardChange, a *queries.BoardAnswer) []*queries.BoardChange {
	var out []*queries.BoardChange
	take := func(from *[]queries.BoardLine, to *[]queries.BoardLine, room *int) {
		n := min(len(*from), *room)
		*to, *from = (*from)[:n:n], (*from)[n:]
		*room -= n
	}
	for {
		m, room := &queries.BoardChange{At: a.At, AsOf: a.AsOf, Alarms: a.Alarms, Total: c.Total, Removed: c.Removed, RemovedAgents: c.RemovedAgents, Minutes: a.Minutes}, maxLines
		if m.Alarms == nil {
			m.Alarms = []queries.AlarmState{}
		}
		c.Total, c.Removed, c.RemovedAgents, a.Minutes = nil, nil, nil, nil
		take(&c.Queues, &m.Queues, &room)
		take(&c.Teams, &m.Teams, &room)
		take(&c.Channels, &m.Channels, &room)
		take(&c.Inboxes, &m.Inboxes, &room)
		take(&c.Asides, &m.Asides, &room)
		n := min(len(c.Agents), room)
		m.Agents, c.Agents = c.Agents[:n:n], c.Agents[n:]
		out = append(out, m)
		if len(c.Queues)+len(c.Teams)+len(c.Channels)+len(c.Inboxes)+len(c.Asides)+len(c.Agents) == 0 {
			return out
		}
		m.More = true
	}
}
