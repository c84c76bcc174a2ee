package answers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/boardservice"
	"github.com/tributary-inbox/tributary/services/inbox/ledger"
	"github.com/tributary-inbox/tributary/services/inbox/search"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// Views is what answers are read from; the inbox service implements it over a
// file that may be replaced while it runs.
type Views interface {
	// View runs read in one transaction. It fails with store.ErrRebuilding
	// while there is no file to read.
	View(read func(*store.Reader) error) error
	// WaitFor returns when the views have reached seq.
	WaitFor(ctx context.Context, seq uint64) error
	// Hash is the hash over all views and the sequence it stands for.
	Hash() (hash string, asOf uint64, err error)
}

// Finder is full-text search; nil where there is none.
type Finder interface {
	Find(ctx context.Context, q search.Query) ([]search.Hit, error)
}

// MinSeqWait is how long an answer waits for the sequence its query names.
const MinSeqWait = 2 * time.Second

// maxQuery bounds the bytes of a query, maxWord those of a filter's value.
const (
	maxQuery = 64 << 10
	maxWord  = 512
)

// Server answers queries. It may be used from many goroutines.
type Server struct {
	views  Views
	finder Finder
	log    zerolog.Logger
	table  map[string]handler
}

// handler answers into room where it writes a page; whatever else is small.
type handler func(ctx context.Context, data, room []byte) ([]byte, error)

// New makes a Server. finder may be nil: a query with Q is then unavailable.
func New(views Views, finder Finder, log zerolog.Logger, more ...Option) *Server {
	s := &Server{views: views, finder: finder, log: log}
	s.table = map[string]handler{
		queries.Conversations: s.conversations,
		queries.Conversation:  s.conversation,
		queries.Messages:      s.messages,
		queries.Message:       s.message,
		queries.Contact:       s.contact,
		queries.Contacts:      s.contacts,
		queries.Timeline:      s.timeline,
		queries.Counters:      s.counters,
		queries.Books:         s.books,
		queries.StateHash:     s.stateHash,
	}
	for _, add := range more {
		add(s)
	}
	return s
}

// Names are the queries that this Server answers.
func (s *Server) Names() []string {
	names := make([]string, 0, len(s.table))
	for n := range s.table {
		names = append(names, n)
	}
	return names
}

// Answer answers one query, named as in contracts/queries, with the JSON of a
// queries.Answer. It always answers. The answer may lie in room, which is the
// caller's and may be nil: whoever asks for pages all day need not make new room
// for each.
func (s *Server) Answer(ctx context.Context, name string, data, room []byte) (out []byte) {
	defer func() {
		if p := recover(); p != nil {
			// A bug must not take the other questions with it. What was asked
			// stays out of the log.
			s.log.Error().Str("query", name).Str("panic", fmt.Sprintf("%T", p)).Msg("query panicked")
			out = problem("unavailable", "internal error")
		}
	}()
	h, ok := s.table[name]
	if !ok {
		return problem("invalid", "no such query")
	}
	if len(data) > maxQuery {
		return problem("invalid", "query is too large")
	}
	out, err := h(ctx, data, room[:0])
	if err != nil {
		return s.refuse(name, err)
	}
	return out
}

// invalid is an error of the asker; its text is shown to them.
type invalid string

func (e invalid) Error() string { return string(e) }

func (s *Server) refuse(name string, err error) []byte {
	var bad invalid
	switch {
	case errors.As(err, &bad):
		return problem("invalid", string(bad))
	case errors.Is(err, store.ErrCursor):
		return problem("invalid", store.ErrCursor.Error())
	case errors.Is(err, store.ErrNotFound):
		return problem("not_found", "no such thing")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problem("unavailable", "not there yet, try again")
	case errors.Is(err, store.ErrRebuilding), errors.Is(err, search.ErrUnavailable), errors.Is(err, boardservice.ErrNotYet), errors.Is(err, ledger.ErrNotYet):
		return problem("unavailable", "being made anew, try again")
	}
	s.log.Error().Str("query", name).Err(err).Msg("query failed")
	return problem("unavailable", "cannot be read now")
}

func problem(code, detail string) []byte {
	out, err := json.Marshal(queries.Answer[struct{}]{Problem: &queries.Problem{Code: code, Detail: detail}})
	if err != nil {
		panic(err) // two strings can always be written
	}
	return out
}

// read decodes a query; nothing at all is the query without filters.
func read[T any](data []byte) (T, error) {
	var q T
	if len(data) == 0 {
		return q, nil
	}
	if err := json.Unmarshal(data, &q); err != nil {
		return q, invalid("query is not what it should be")
	}
	return q, nil
}

// at waits for the views to reach seq.
func (s *Server) at(ctx context.Context, seq uint64) error {
	if seq == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, MinSeqWait)
	defer cancel()
	return s.views.WaitFor(ctx, seq)
}

// limit is the number of items of a page.
func limit(n int) (int, error) {
	switch {
	case n == 0:
		return 50, nil
	case n < 0 || n > 200:
		return 0, invalid("limit is not between 1 and 200")
	}
	return n, nil
}

func words(ws ...string) error {
	for _, w := range ws {
		if len(w) > maxWord {
			return invalid("a filter is too long")
		}
	}
	return nil
}

// id reads the one thing that a query asks for.
func (s *Server) id(ctx context.Context, data []byte) (string, error) {
	q, err := read[queries.ByID](data)
	if err != nil {
		return "", err
	}
	if q.ID == "" {
		return "", invalid("id is missing")
	}
	if err := words(q.ID); err != nil {
		return "", err
	}
	return q.ID, s.at(ctx, q.MinSeq)
}

func answer[T any](v T) ([]byte, error) { return json.Marshal(queries.Answer[T]{OK: &v}) }

func (s *Server) conversation(ctx context.Context, data, _ []byte) ([]byte, error) {
	id, err := s.id(ctx, data)
	if err != nil {
		return nil, err
	}
	out := []byte(`{"ok":`)
	err = s.views.View(func(r *store.Reader) error {
		out, err = r.Conversation(out, events.ConversationID(id))
		return err
	})
	return append(out, '}'), err
}

func (s *Server) message(ctx context.Context, data, _ []byte) ([]byte, error) {
	id, err := s.id(ctx, data)
	if err != nil {
		return nil, err
	}
	var m *events.Message
	err = s.views.View(func(r *store.Reader) error {
		m, err = r.Message(events.MessageID(id))
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer(m)
}

func (s *Server) contact(ctx context.Context, data, _ []byte) ([]byte, error) {
	id, err := s.id(ctx, data)
	if err != nil {
		return nil, err
	}
	var c *queries.ContactPage
	err = s.views.View(func(r *store.Reader) error {
		c, err = r.Contact(events.ContactID(id))
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer(c)
}

func (s *Server) stateHash(context.Context, []byte, []byte) ([]byte, error) {
	hash, asOf, err := s.views.Hash()
	if err != nil {
		return nil, err
	}
	return answer(queries.StateHashAnswer{Hash: hash, AsOf: asOf})
}
