package answers_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/answers"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
	"github.com/tributary-inbox/tributary/services/inbox/search"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// still is a file of views that does not move.
type still struct{ *store.Store }

func (s still) Hash() (string, uint64, error) { return s.Store.Hash() }

func (s still) WaitFor(_ context.Context, seq uint64) error {
	if seq > s.Applied() {
		return context.DeadlineExceeded
	}
	return nil
}

// finds finds the same hit whatever is asked.
type finds struct{ hit search.Hit }

func (f finds) Find(_ context.Context, q search.Query) ([]search.Hit, error) {
	if q.Contacts || q.After != "" {
		return nil, nil
	}
	return []search.Hit{f.hit}, nil
}

func newServer(t testing.TB) *answers.Server {
	t.Helper()
	s, why, err := store.Open(filepath.Join(t.TempDir(), "inbox.db"))
	if err = errors.Join(why, err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	n := 0
	w := history.New(func(of int) int { n += 7919; return n / 3 % of }, history.Options{})
	var ds []*events.Decision
	for len(ds) < 300 {
		ds = append(ds, w.Next()...)
	}
	err = s.DB().Update(func(tx *bbolt.Tx) error { return store.Apply(tx, ds, ds[len(ds)-1].Seq) })
	if err != nil {
		t.Fatal(err)
	}
	var hit search.Hit
	for _, f := range ds[0].Facts {
		if m, ok := f.Body.(*events.MessageAdded); ok {
			hit = search.Hit{Conversation: m.Message.ConversationID, Message: m.Message.ID, Sort: "0123456789abcdef01234567"}
		}
	}
	return answers.New(still{s}, finds{hit}, zerolog.Nop())
}

// FuzzAnswer asks anything; every answer is JSON with exactly one of the two.
func FuzzAnswer(f *testing.F) {
	s := newServer(f)
	for _, q := range []string{
		``, `{}`, `null`, `[]`, `{"limit":200,"q":"배송"}`, `{"cursor":"AQ"}`, `{"id":"cv00000000000000000000000000"}`,
		`{"conversation":"cv00000000000000000000000000","forward":true,"limit":1}`, `{"scope":{"agent":"","teams":[""]}}`,
		`{"min_seq":18446744073709551615}`, `{"contact":"\u0000","sort":"waiting"}`,
	} {
		for i := range s.Names() {
			f.Add(i, []byte(q))
		}
	}
	f.Fuzz(func(t *testing.T, i int, q []byte) {
		names := s.Names()
		name := names[((i%len(names))+len(names))%len(names)]
		out := s.Answer(t.Context(), name, q, nil)
		var a queries.Answer[json.RawMessage]
		if err := json.Unmarshal(out, &a); err != nil {
			t.Fatalf("%s answers %q: %v", name, out, err)
		}
		if (a.OK == nil) == (a.Problem == nil) {
			t.Fatalf("%s answers neither or both: %s", name, out)
		}
	})
}

func TestAFoundConversationTellsWhy(t *testing.T) {
	s := newServer(t)
	var a queries.Answer[queries.Page[struct {
		events.Conversation
		Match answers.Match `json:"match"`
	}]]
	if err := json.Unmarshal(s.Answer(t.Context(), queries.Conversations, []byte(`{"q":"배송조회"}`), nil), &a); err != nil {
		t.Fatal(err)
	}
	if a.OK == nil || len(a.OK.Items) != 1 {
		t.Fatalf("%+v", a)
	}
	row := a.OK.Items[0]
	if row.Match.Message == "" || row.Match.OccurredAt == nil || row.Match.Text == "" || row.ID == "" {
		t.Fatalf("match %+v in %+v", row.Match, row.Conversation)
	}
}
