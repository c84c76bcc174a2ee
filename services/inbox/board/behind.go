package board

import (
	"cmp"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Counted is a conversation that a number counts, and since when it waits; zero where
// it does not.
type Counted struct {
	ID    events.ConversationID
	Since time.Time
}

// Compare orders the one that waits the longest first, and those that do not wait
// behind all that do; else by id.
func (c Counted) Compare(o Counted) int {
	if c.Since.IsZero() != o.Since.IsZero() {
		if c.Since.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(c.Since.Compare(o.Since), cmp.Compare(c.ID, o.ID))
}

// Behind are the conversations that a number counts in any of some lines at a time,
// ordered as [Counted.Compare] has it: of one line as many as the number says. It is
// false where there is no such number, or none of the lines. As with [Board.At], time
// never goes back.
func (b *Board) Behind(of []queries.BoardScope, number queries.BoardNumber, now time.Time) ([]Counted, bool) {
	b.pass(now)
	counts, lines := counted(number), map[*scope]bool{}
	for _, s := range of {
		if line := b.find(s); line != nil {
			lines[line] = true
		}
	}
	if counts == nil || len(lines) == 0 {
		return nil, false
	}
	out := []Counted{}
	for _, it := range b.items {
		if counts(&it.stand) && slices.ContainsFunc(it.scopes, func(s *scope) bool { return lines[s] }) {
			out = append(out, Counted{it.id, it.since})
		}
	}
	slices.SortFunc(out, Counted.Compare)
	return out, true
}

// find is a line that there is, nil where there is none.
func (b *Board) find(of queries.BoardScope) *scope {
	switch of.Kind {
	case queries.BoardTotal:
		return b.total
	case queries.BoardQueue:
		return b.queues.byID[of.ID]
	case queries.BoardTeam:
		return b.teams.byID[of.ID]
	case queries.BoardChannel:
		return b.channels.byID[of.ID]
	case queries.BoardInbox:
		return b.inboxes.byID[of.ID]
	case queries.BoardAside:
		return b.asides.byID[of.ID]
	}
	return nil
}

func counted(number queries.BoardNumber) func(*stand) bool {
	switch number {
	case queries.BoardOpen:
		return func(s *stand) bool { return s.open }
	case queries.BoardSnoozed:
		return func(s *stand) bool { return s.snoozed }
	case queries.BoardWaiting:
		return func(s *stand) bool { return s.waiting }
	case queries.BoardOffered:
		return func(s *stand) bool { return s.offered }
	case queries.BoardInWork:
		return func(s *stand) bool { return s.inWork }
	case queries.BoardAtRisk:
		return func(s *stand) bool { return s.atRisk }
	case queries.BoardBreached:
		return func(s *stand) bool { return s.breached }
	case queries.BoardLate:
		return func(s *stand) bool { return s.late }
	case queries.BoardCallbacks:
		return func(s *stand) bool { return s.callback }
	case queries.BoardCallbacksDue:
		return func(s *stand) bool { return s.due }
	}
	return nil
}
