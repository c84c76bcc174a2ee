package boardservice

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// A number opens page by page to as many conversations as it says, each once, and those
// that wait in the order in which they began to. To see it fail, begin a page at the
// place of the last one instead of behind it.
func TestANumberOpensPageByPage(t *testing.T) {
	w := newWorld(t, 41)
	for range 400 {
		w.step()
	}
	s, _ := w.start()
	board, since := w.now(s), map[events.ConversationID]time.Time{}
	for id, c := range w.day.Rows {
		if c.Wait != nil {
			since[id] = c.Wait.Since
		} else if c.WaitingSince != nil {
			since[id] = *c.WaitingSince
		}
	}
	ask := func(number queries.BoardNumber, cursor string, lines ...queries.BoardScope) (*queries.CountedConversations, error) {
		return s.Behind(t.Context(), queries.AskBoardConversations{Lines: lines, Number: number, Cursor: cursor, Limit: 3, MinSeq: w.last})
	}
	all := func(number queries.BoardNumber, want int, lines ...queries.BoardScope) (ids []events.ConversationID) {
		t.Helper()
		for cursor := ""; ; {
			page, err := ask(number, cursor, lines...)
			must(t, err)
			if page.Total != want || page.AsOf < w.last || len(page.Items) > 3 {
				t.Fatalf("a page of %s is %+v, want %d in all", number, page, want)
			}
			ids = append(ids, page.Items...)
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if unique := slices.Compact(slices.Sorted(slices.Values(ids))); len(ids) != want || len(unique) != want {
			t.Fatalf("behind %s are %d, %d of them different, want %d", number, len(ids), len(unique), want)
		}
		return ids
	}
	total := queries.BoardScope{Kind: queries.BoardTotal}
	if board.Total.Waiting < 4 || board.Total.Open < 10 {
		t.Fatalf("a day of %+v shows nothing", board.Total)
	}
	waiting := all(queries.BoardWaiting, board.Total.Waiting, total)
	if !slices.IsSortedFunc(waiting, func(a, b events.ConversationID) int { return since[a].Compare(since[b]) }) {
		t.Errorf("those who wait are not in their order: %v", waiting)
	}
	all(queries.BoardOpen, board.Total.Open, total)
	// Lines that share nothing are added up, and one within another adds nothing.
	var queues, inboxes []queries.BoardScope
	inQueues, inInboxes := 0, 0
	for _, l := range board.Queues {
		queues, inQueues = append(queues, queries.BoardScope{Kind: queries.BoardQueue, ID: l.ID}), inQueues+l.Open
	}
	for _, l := range board.Inboxes {
		inboxes, inInboxes = append(inboxes, queries.BoardScope{Kind: queries.BoardInbox, ID: l.ID}), inInboxes+l.Open
	}
	all(queries.BoardOpen, inQueues, queues...)
	all(queries.BoardOpen, inInboxes, append(inboxes, inboxes[0], queries.BoardScope{Kind: queries.BoardInbox, ID: "nothing"})...)
	all(queries.BoardOpen, board.Total.Open, append(queues, total)...)
	for name, check := range map[string]func() error{
		"no such line":   func() error { _, err := ask(queries.BoardOpen, "", queries.BoardScope{Kind: "house"}); return err },
		"no line at all": func() error { _, err := ask(queries.BoardOpen, ""); return err },
		"no such number": func() error { _, err := ask("staff", "", total); return err },
	} {
		if err := check(); !errors.Is(err, ErrNoNumber) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ask(queries.BoardOpen, "zz zz.x", total); !errors.Is(err, ErrCursor) {
		t.Errorf("a foreign cursor: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Behind(ctx, queries.AskBoardConversations{Lines: []queries.BoardScope{total}, Number: queries.BoardOpen, Limit: 1, MinSeq: w.last + 100}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("what is still to come: %v", err)
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("")
	f.Add(".cv1")
	f.Add("1z141z3.cv1")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parsePlace(text)
		if err != nil || text == "" {
			return
		}
		if again, err := parsePlace(place(c)); err != nil || again.Compare(c) != 0 {
			t.Fatalf("%q is read as %+v, written as %q", text, c, place(c))
		}
	})
}
