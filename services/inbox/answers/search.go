package answers

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/fnv"
	"slices"
	"time"
	"unicode"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/search"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Bounds of a search. A page is made of a few rounds of hits; a filter that
// keeps few of them gets a shorter page and a cursor. A search ends after
// maxFound conversations: who looks further looks for something else.
const (
	hitsRound = 200
	maxRounds = 5
	maxFound  = 400
	// A search by name or address finds so many contacts, and of each so many
	// conversations.
	maxContacts = 20
	maxOf       = 20
)

// Match is added to a conversation that a search found: the newest message that
// holds the words, with the text around them, or the contact that does.
type Match struct {
	Message    events.MessageID `json:"message_id,omitempty"`
	Contact    events.ContactID `json:"contact_id,omitempty"`
	Text       string           `json:"text,omitempty"`
	OccurredAt *time.Time       `json:"occurred_at,omitempty"`
}

// searching is one page of a search under way.
type searching struct {
	r      *store.Reader
	page   *store.Page
	filter *views.Filter
	words  string
	n      int
	seen   []uint32
	after  string // the last hit that is done with
}

func (s *Server) search(ctx context.Context, q *queries.ListConversations, f *views.Filter, n int, room []byte) ([]byte, error) {
	if s.finder == nil {
		return nil, search.ErrUnavailable
	}
	after, seen, err := decodeSearchCursor(q.Cursor)
	if err != nil {
		return nil, err
	}
	return s.paged(room, func(r *store.Reader, page *store.Page) error {
		run := searching{r: r, page: page, filter: f, words: q.Q, n: n, seen: seen, after: after}
		return run.fill(ctx, s.finder)
	})
}

// fill begins with the contacts that the words name, on the first page alone,
// and goes on with messages, newest first.
func (run *searching) fill(ctx context.Context, finder Finder) error {
	if run.after == "" {
		hits, err := finder.Find(ctx, search.Query{Text: run.words, Contacts: true, Size: maxContacts})
		if err != nil {
			return err
		}
		for _, h := range hits {
			done, err := run.hit(h)
			if err != nil {
				return err
			}
			if !done {
				// The next page begins with the contacts again and passes over
				// what has been shown.
				run.page.Next = encodeSearchCursor("", run.seen)
				return nil
			}
		}
	}
	for range maxRounds {
		hits, err := finder.Find(ctx, search.Query{Text: run.words, After: run.after, Size: hitsRound})
		if err != nil {
			return err
		}
		for _, h := range hits {
			done, err := run.hit(h)
			if err != nil {
				return err
			}
			if !done {
				run.page.Next = encodeSearchCursor(run.after, run.seen)
				return nil
			}
			run.after = h.Sort
		}
		if len(hits) < hitsRound || len(run.seen) >= maxFound {
			return nil
		}
	}
	run.page.Next = encodeSearchCursor(run.after, run.seen)
	return nil
}

// hit adds the conversations of a hit, and reports false when the page is full
// before all of them are in.
func (run *searching) hit(h search.Hit) (done bool, err error) {
	if h.Contact == "" {
		return run.conversation(run.r.ShownIn(h.Conversation), h)
	}
	held := run.r.Held(h.Contact)
	for _, id := range held[:min(len(held), maxOf)] {
		if done, err := run.conversation(id, h); err != nil || !done {
			return done, err
		}
	}
	return true, nil
}

func (run *searching) conversation(id events.ConversationID, h search.Hit) (done bool, err error) {
	mark := hash32(string(id))
	if slices.Contains(run.seen, mark) || len(run.seen) >= maxFound {
		return true, nil
	}
	row, text, err := run.r.Row(id)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil // the index is older than the views
	}
	if err != nil || !run.filter.Match(&row) {
		return true, err
	}
	if len(run.page.Ends) == run.n {
		return false, nil
	}
	match := Match{Contact: h.Contact}
	if h.Message != "" {
		m, _, err := run.r.Stored(h.Conversation, h.Message)
		if errors.Is(err, store.ErrNotFound) || err == nil && m.HasFlag(views.FlagRemoved) {
			return true, nil // taken back since it was indexed
		}
		if err != nil {
			return true, err
		}
		match = Match{Message: m.ID, Text: around(m.Text, run.words), OccurredAt: &m.OccurredAt}
	}
	tail, err := json.Marshal(match)
	if err != nil {
		return true, err
	}
	run.seen = append(run.seen, mark)
	item := append(slices.Clone(text[:len(text)-1]), `,"match":`...)
	run.page.Add(append(append(item, tail...), '}'))
	return true, nil
}

// around cuts the text to a preview that holds the first of the words.
func around(text, words string) string {
	body, word := []rune(text), firstWord(words)
	at := 0
	for i := range body {
		if len(word) > 0 && startsWith(body[i:], word) {
			at = i
			break
		}
	}
	from := max(0, at-events.PreviewRunes/3)
	out := events.Preview(string(body[from:]))
	if from > 0 {
		return "…" + out
	}
	return out
}

func firstWord(words string) []rune {
	var out []rune
	for _, r := range words {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToLower(r))
		} else if len(out) > 0 {
			break
		}
	}
	return out
}

func startsWith(text, word []rune) bool {
	if len(text) < len(word) {
		return false
	}
	for i, r := range word {
		if unicode.ToLower(text[i]) != r {
			return false
		}
	}
	return true
}

// A cursor of a search holds the sort of the last hit and a mark of every
// conversation shown, so that none is shown again for an older message. It is
// not bound to the words: with others it goes on from the same time.
const sortLen = search.SortLen

func encodeSearchCursor(after string, seen []uint32) string {
	b := append([]byte{2}, after...)
	if after == "" {
		b = append(b, make([]byte, sortLen)...)
	}
	for _, m := range seen {
		b = binary.BigEndian.AppendUint32(b, m)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeSearchCursor(cursor string) (after string, seen []uint32, err error) {
	if cursor == "" {
		return "", nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 1+sortLen || b[0] != 2 || (len(b)-1-sortLen)%4 != 0 || len(b) > 1+sortLen+4*maxFound {
		return "", nil, store.ErrCursor
	}
	after = string(b[1 : 1+sortLen])
	for _, c := range []byte(after) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			if after == string(make([]byte, sortLen)) {
				after = ""
				break
			}
			return "", nil, store.ErrCursor
		}
	}
	for b = b[1+sortLen:]; len(b) > 0; b = b[4:] {
		seen = append(seen, binary.BigEndian.Uint32(b))
	}
	return after, seen, nil
}

func hash32(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return h.Sum32()
}

// contacts lists contacts, by id, or those that a text finds, the last changed
// first and at most one page of them. Of ListConversations it reads Q, Cursor,
// Limit and MinSeq. Their conversations are left out.
func (s *Server) contacts(ctx context.Context, data, room []byte) ([]byte, error) {
	q, err := read[queries.ListConversations](data)
	if err != nil {
		return nil, err
	}
	n, err := limit(q.Limit)
	if err != nil {
		return nil, err
	}
	if err := words(q.Q); err != nil {
		return nil, err
	}
	if err := s.at(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	if q.Q == "" {
		return s.paged(room, func(r *store.Reader, page *store.Page) error { return r.Contacts(page, q.Cursor, n) })
	}
	if s.finder == nil {
		return nil, search.ErrUnavailable
	}
	hits, err := s.finder.Find(ctx, search.Query{Text: q.Q, Contacts: true, Size: n})
	if err != nil {
		return nil, err
	}
	return s.paged(room, func(r *store.Reader, page *store.Page) error {
		for _, h := range hits {
			if err := r.AddContact(page, h.Contact); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}
