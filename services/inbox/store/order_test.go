package store_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// TestAReplyNeverPrecedesItsQuestion guards P3 at the screen: the histories have
// provider clocks that run up to a minute before or behind ours, and messages
// that come late. Let views.Settle return the message's own time for what is
// ours and it fails.
func TestAReplyNeverPrecedesItsQuestion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inbox.db")
	rapid.Check(t, func(t *rapid.T) {
		ds := decisions(t, 500)
		s := open(t, file)
		defer func() {
			close1(t, s)
			if err := removeAll(file); err != nil {
				t.Fatal(err)
			}
		}()
		for i := 0; i < len(ds); i += 50 {
			apply(t, s, ds[i:min(i+50, len(ds))])
		}
		m := modelOf(ds)
		for conv, c := range m.convs {
			if c.Status != events.Merged {
				checkThread(t, m, messagesOf(t, s, conv, 11, false))
			}
		}
	})
}

func checkThread(t *rapid.T, m *model, shown []string) {
	t.Helper()
	at := map[string]int{}
	for i, id := range shown {
		at[id] = i
	}
	var said []saidMessage // in the order of the log
	for _, one := range m.said {
		if _, ok := at[string(one.m.ID)]; ok {
			said = append(said, one)
		}
	}
	for i, later := range said {
		for _, earlier := range said[:i] {
			// Only what stood in the same conversation had been seen there.
			if later.m.ConversationID != earlier.m.ConversationID {
				continue
			}
			if later.ours && at[string(later.m.ID)] < at[string(earlier.m.ID)] {
				t.Fatalf("reply %s (seq %d) stands before %s (seq %d), which it answers or follows",
					later.m.ID, later.seq, earlier.m.ID, earlier.seq)
			}
			checkProviderOrder(t, at, earlier, later)
		}
	}
}

// checkProviderOrder holds for two messages of one inbox of one conversation.
func checkProviderOrder(t *rapid.T, at map[string]int, a, b saidMessage) {
	t.Helper()
	if a.ours || b.ours || a.m.InboxID != b.m.InboxID {
		return
	}
	byProvider := cmp.Or(a.m.OccurredAt.Compare(b.m.OccurredAt), cmp.Compare(a.m.Order, b.m.Order))
	byPlace := cmp.Compare(at[string(a.m.ID)], at[string(b.m.ID)])
	if byProvider != byPlace {
		t.Fatalf("provider says %+d, the thread %+d for %s and %s", byProvider, byPlace, a.m.ID, b.m.ID)
	}
}

// TestAnAnswerFollowsWhatItNames has the customer's provider a minute behind.
func TestAnAnswerFollowsWhatItNames(t *testing.T) {
	s := fresh(t)
	ds := skewedTalk()
	apply(t, s, ds)
	want := []string{"ms-question", "ms-reply", "ms-thanks", "ms-more"}
	if got := messagesOf(t, s, "cv-1", 50, true); !slices.Equal(got, want) {
		t.Fatalf("shown as %v, want %v", got, want)
	}
}
