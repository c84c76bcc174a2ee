package boardservice

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/board"
)

var (
	// ErrNoNumber is the answer to a line that is not there, or a number of which no
	// conversations stand behind.
	ErrNoNumber = errors.New("there is no such number on the board")
	// ErrCursor is the answer to a cursor that is not one of ours.
	ErrCursor = errors.New("the cursor is not one of this list")
)

// Behind are the conversations that a number of some lines counts now, once the board has
// read q.MinSeq; q.Limit is at least 1. A page goes on behind the last conversation of
// the one before, so one that begins to wait meanwhile is neither told twice nor has
// another left out. It fails with [ErrNotYet], [ErrNoNumber], [ErrCursor] or ctx's error.
func (s *Service) Behind(ctx context.Context, q queries.AskBoardConversations) (*queries.CountedConversations, error) {
	after, err := parsePlace(q.Cursor)
	if err != nil {
		return nil, err
	}
	if err := s.locked(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	found, ok := s.state.board.Behind(q.Lines, q.Number, s.deps.Clock.Now())
	out := &queries.CountedConversations{Items: []events.ConversationID{}, Total: len(found), AsOf: s.state.facts}
	s.mu.Unlock()
	if !ok {
		return nil, ErrNoNumber
	}
	at := 0
	if q.Cursor != "" {
		var exact bool
		if at, exact = slices.BinarySearchFunc(found, after, board.Counted.Compare); exact {
			at++
		}
	}
	found = found[at:]
	page := found[:min(q.Limit, len(found))]
	for _, c := range page {
		out.Items = append(out.Items, c.ID)
	}
	if len(page) < len(found) {
		out.NextCursor = place(page[len(page)-1])
	}
	return out, nil
}

// locked waits until the board has read a sequence, and then holds mu for the caller,
// who lets go of it unless there was an error.
func (s *Service) locked(ctx context.Context, minSeq uint64) error {
	for {
		s.mu.Lock()
		if s.state == nil {
			s.mu.Unlock()
			return ErrNotYet
		}
		if s.state.facts >= minSeq {
			return nil
		}
		moved := s.moved
		s.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// place writes down where a conversation stands in the order of a list.
func place(c board.Counted) string {
	since := ""
	if !c.Since.IsZero() {
		since = strconv.FormatInt(c.Since.UnixNano(), 36)
	}
	return since + "." + string(c.ID)
}

func parsePlace(s string) (c board.Counted, err error) {
	if s == "" {
		return c, nil
	}
	since, id, ok := strings.Cut(s, ".")
	if !ok {
		return c, ErrCursor
	}
	c.ID = events.ConversationID(id)
	if since == "" {
		return c, nil
	}
	n, err := strconv.ParseInt(since, 36, 64)
	if err != nil {
		return c, ErrCursor
	}
	c.Since = time.Unix(0, n).UTC()
	return c, nil
}
