package feed_test

import (
	"context"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// TestUntilEndsWhereTheLastEntriesAreGone: what was deleted or has aged out is not
// waited for, whether it stands in the ring or behind it.
func TestUntilEndsWhereTheLastEntriesAreGone(t *testing.T) {
	l := testkit.Log(t)
	appendNumbers(t, l, 0, 10)
	before := openFeed(t, l, feed.Options{})
	st, err := l.JetStream().Stream(t.Context(), l.Stream())
	if err != nil {
		t.Fatal(err)
	}
	walk := func(f *feed.Feed[int], end uint64) (n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for c := f.From(0); ; {
			entries, err := c.Until(ctx, end)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) == 0 {
				return n
			}
			n += len(entries)
		}
	}
	if n := walk(before, before.Head()); n != 10 {
		t.Errorf("%d entries, want all", n)
	}
	for seq := uint64(10); seq > 0; seq-- {
		if err := st.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
		if seq == 8 || seq == 1 {
			after := openFeed(t, l, feed.Options{Batch: 2})
			if n, want := walk(after, after.Head()), int(seq)-1; n != want || after.Head() != 10 {
				t.Errorf("%d entries up to %d, want %d", n, after.Head(), want)
			}
		}
	}
	if n := walk(before, 0); n != 0 {
		t.Errorf("%d entries up to nothing", n)
	}
}
