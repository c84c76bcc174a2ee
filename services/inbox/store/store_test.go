package store_test

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// TestAnyBatchesGiveTheSameViews guards P6 for the inbox. Take the sorting or
// the folding of hot rows in apply.go out of step (write a row's first state
// instead of its last, say) and it fails.
func TestAnyBatchesGiveTheSameViews(t *testing.T) {
	dir := t.TempDir()
	n := 0
	path := func() string {
		n++
		return filepath.Join(dir, string(rune('a'+n%26)), "x", filepath.Base(t.Name()), string(rune('a'+n/26%26)), string(rune('a'+n/676)), "inbox.db")
	}
	rapid.Check(t, func(t *rapid.T) {
		ds := decisions(t, 400)
		whole := open(t, path())
		apply(t, whole, ds)
		want := hashOf(t, whole)
		close1(t, whole)

		file := path()
		parts := open(t, file)
		for at := 0; at < len(ds); {
			size := rapid.IntRange(1, 90).Draw(t, "batch")
			// Some of what was applied comes again.
			from := max(0, at-rapid.IntRange(0, 5).Draw(t, "again"))
			apply(t, parts, ds[from:min(at+size, len(ds))])
			at += size
			if rapid.IntRange(0, 5).Draw(t, "kill") == 0 {
				if err := parts.DB().Abandon(); err != nil {
					t.Fatal(err)
				}
				parts = open(t, file)
			}
		}
		if got := hashOf(t, parts); got != want {
			t.Fatalf("in parts %s, as a whole %s", got, want)
		}
		apply(t, parts, ds)
		if got := hashOf(t, parts); got != want {
			t.Fatal("delivering everything twice changed the views")
		}
		close1(t, parts)
	})
}

func close1(t fataler, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func drawFilter(t *rapid.T, ds []*events.Decision) views.Filter {
	some := func(label string, from ...string) string {
		return rapid.SampledFrom(append(from, "", "", "", "nothing-such")).Draw(t, label)
	}
	f := views.Filter{
		Status: rapid.SampledFrom([]events.ConversationStatus{"", "", events.Open, events.Snoozed, events.Resolved, events.Merged}).Draw(t, "status"),
		Queue:  some("queue", "qu-sales"), Team: some("team", "tm-east"), Assignee: some("assignee", "none", "ag-ann"),
		Channel: some("channel", "email", "webchat"), Inbox: some("inbox", "ib-mail"), Tag: some("tag", history.Tags...),
	}
	f.Callback = rapid.IntRange(0, 3).Draw(t, "callback") == 0
	f.Clock = rapid.SampledFrom([]string{"", "", queries.ClockAtRisk, queries.ClockBreached}).Draw(t, "clock")
	if rapid.IntRange(0, 4).Draw(t, "of a contact") == 0 {
		f.Contact = rapid.SampledFrom(ds).Draw(t, "decision").Contact
	}
	return f
}

func TestListsAndCountersAgreeWithASlowCount(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		ds := decisions(t, 500)
		file := filepath.Join(dir, "inbox.db")
		s := open(t, file)
		defer func() {
			close1(t, s)
			if err := removeAll(file); err != nil {
				t.Fatal(err)
			}
		}()
		for i := 0; i < len(ds); i += 64 {
			apply(t, s, ds[i:min(i+64, len(ds))])
		}
		m := modelOf(ds)
		for range 12 {
			f := drawFilter(t, ds)
			order := rapid.SampledFrom([]string{"updated", "waiting"}).Draw(t, "order")
			limit := rapid.IntRange(1, 60).Draw(t, "limit")
			if got, want := everyPage(t, s, f, order, limit), m.list(f, order); !slices.Equal(got, want) {
				t.Fatalf("%+v by %s:\n got %v\nwant %v", f, order, got, want)
			}
		}
		checkNumbers(t, s, m)
		for id := range m.convs {
			got := messagesOf(t, s, id, 7, rapid.Bool().Draw(t, "forward"))
			if !slices.Equal(sorted(got), sorted(m.messages(id))) {
				t.Fatalf("%s shows %v, want %v", id, got, m.messages(id))
			}
		}
	})
}

func checkNumbers(t *rapid.T, s *store.Store, m *model) {
	t.Helper()
	counts, books := map[string]int64{}, map[events.InboxID][3]uint64{}
	cells := map[cell]int64{}
	view(t, s, func(r *store.Reader) error {
		if err := r.Books(func(id events.InboxID, a, b, c uint64) { books[id] = [3]uint64{a, b, c} }); err != nil {
			return err
		}
		if err := r.Cells(func(team events.TeamID, queue events.QueueID, name string, n int64) {
			cells[cell{team, queue, name}] = n
		}); err != nil {
			return err
		}
		return r.Counters(func(name []byte, n int64) { counts[string(name)] = n })
	})
	if want := m.counters(); !maps.Equal(counts, want) {
		t.Fatalf("counters %v, want %v", counts, want)
	}
	if want := m.cells(); !maps.Equal(cells, want) {
		t.Fatalf("cells %v, want %v", cells, want)
	}
	if !maps.Equal(books, m.books) {
		t.Fatalf("books %v, want %v", books, m.books)
	}
}

// TestRowsThatStayAreSeenOnceWhileOthersMove pages through a list while the
// world goes on between the pages.
func TestRowsThatStayAreSeenOnceWhileOthersMove(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		ds := decisions(t, 500)
		file := filepath.Join(dir, "inbox.db")
		s := open(t, file)
		defer func() {
			close1(t, s)
			if err := removeAll(file); err != nil {
				t.Fatal(err)
			}
		}()
		half := len(ds) / 2
		apply(t, s, ds[:half])
		start := modelOf(ds[:half])
		f := drawFilter(t, ds)
		seen := map[string]int{}
		cursor, at := "", half
		for {
			var page store.Page
			view(t, s, func(r *store.Reader) error { return r.Conversations(&page, &f, "", cursor, 3) })
			for i := range page.Ends {
				seen[idOf(t, page.Item(i))]++
			}
			if cursor = page.Next; cursor == "" {
				break
			}
			next := min(at+rapid.IntRange(0, 9).Draw(t, "meanwhile"), len(ds))
			apply(t, s, ds[at:next])
			at = next
		}
		end := modelOf(ds[:at])
		for _, id := range start.list(f, "") {
			cid := events.ConversationID(id)
			now := end.convs[cid]
			if start.rank[cid] == end.rank[cid] && end.matches(&f, &now) && seen[id] != 1 {
				t.Fatalf("%s did not move and was seen %d times", id, seen[id])
			}
		}
	})
}

func TestAMergeAndItsReversalLeaveNoTrace(t *testing.T) {
	s := fresh(t)
	w := history.New(chooser(7), history.Options{New: 4})
	folds := 0
	var ds []*events.Decision
	before := map[events.ConversationID][]string{}
	home := map[string]events.ConversationID{}
	for range 4000 {
		for _, d := range w.Next() {
			ds = append(ds, d)
			for _, f := range d.Facts {
				if added, ok := f.Body.(*events.MessageAdded); ok {
					home[string(added.Message.ID)] = added.Message.ConversationID
				}
			}
			folds += checkFold(t, s, d, before, home)
		}
	}
	if folds < 10 {
		t.Fatalf("only %d reversals in %d decisions: the history is too tame", folds, len(ds))
	}
}

// checkFold applies d and compares the threads around a fold and its reversal.
func checkFold(t *testing.T, s *store.Store, d *events.Decision, before map[events.ConversationID][]string, home map[string]events.ConversationID) int {
	t.Helper()
	// A conversation may hold others that were folded into it before, and these
	// may have gone back in the meantime: its own messages are compared.
	thread := func(id events.ConversationID) []string {
		return slices.DeleteFunc(messagesOf(t, s, id, 50, true), func(m string) bool { return home[m] != id })
	}
	switch f := d.Facts[0].Body.(type) {
	case *events.ConversationMerged:
		own := thread(f.From)
		before[f.From] = own
		apply(t, s, []*events.Decision{d})
		if got := messagesOf(t, s, f.From, 50, true); len(got) != 0 {
			t.Fatalf("a folded conversation shows %v", got)
		}
		shown := messagesOf(t, s, f.Into, 50, true)
		for _, id := range own {
			if !slices.Contains(shown, id) {
				t.Fatalf("%s is not shown where it was folded into", id)
			}
		}
	case *events.ConversationMergeReversed:
		apply(t, s, []*events.Decision{d})
		if got := thread(f.From); !reflect.DeepEqual(got, before[f.From]) {
			t.Fatalf("came back with %v, went with %v", got, before[f.From])
		}
		return 1
	default:
		apply(t, s, []*events.Decision{d})
	}
	return 0
}
