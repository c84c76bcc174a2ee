package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func open(t fataler, path string) *store.Store {
	t.Helper()
	s, why, err := store.Open(path)
	if err != nil || why != nil {
		t.Fatal(why, err)
	}
	return s
}

func fresh(t testing.TB) *store.Store {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "inbox.db"))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func apply(t fataler, s *store.Store, ds []*events.Decision) {
	t.Helper()
	if len(ds) == 0 {
		return
	}
	err := s.DB().Update(func(tx *bbolt.Tx) error { return store.Apply(tx, ds, ds[len(ds)-1].Seq) })
	if err != nil {
		t.Fatal(err)
	}
}

func view(t fataler, s *store.Store, read func(*store.Reader) error) {
	t.Helper()
	if err := s.View(read); err != nil {
		t.Fatal(err)
	}
}

func hashOf(t fataler, s *store.Store) string {
	t.Helper()
	h, _, err := s.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// decisions draws a history of some length.
func decisions(t *rapid.T, most int) []*events.Decision {
	// The choices come from one drawn seed: histories of thousands of single
	// draws would spend the test in the drawing.
	seed := rapid.Uint64().Draw(t, "seed")
	w := history.New(chooser(seed), history.Options{New: rapid.SampledFrom([]int{50, 200, 600}).Draw(t, "new")})
	n := rapid.IntRange(1, most).Draw(t, "length")
	var ds []*events.Decision
	for len(ds) < n {
		ds = append(ds, w.Next()...)
	}
	return ds
}

// chooser is a small generator of its own (splitmix64), so that a history is
// the same for a seed whatever the library does.
func chooser(seed uint64) history.Choose {
	return func(n int) int {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return int((z ^ z>>31) % uint64(n))
	}
}

// everyPage follows the cursors of a list to its end.
func everyPage(t fataler, s *store.Store, f views.Filter, order string, limit int) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for range 100_000 {
		var page store.Page
		view(t, s, func(r *store.Reader) error { return r.Conversations(&page, &f, order, cursor, limit) })
		for i := range page.Ends {
			ids = append(ids, idOf(t, page.Item(i)))
		}
		if cursor = page.Next; cursor == "" {
			return ids
		}
	}
	t.Fatal("the list does not end")
	return nil
}

func messagesOf(t fataler, s *store.Store, conv events.ConversationID, limit int, forward bool) []string {
	t.Helper()
	var ids []string
	cursor := ""
	for range 100_000 {
		var page store.Page
		var err error
		view(t, s, func(r *store.Reader) error {
			err = r.Messages(&page, conv, cursor, limit, forward)
			return nil
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range page.Ends {
			got = append(got, idOf(t, page.Item(i)))
		}
		if forward {
			ids = append(ids, got...)
		} else {
			ids = append(got, ids...)
		}
		if cursor = page.Next; cursor == "" {
			return ids
		}
	}
	t.Fatal("the thread does not end")
	return nil
}

func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }

func removeAll(file string) error { return bolt.Remove(file) }
