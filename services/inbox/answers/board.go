package answers

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/boardservice"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// Boards is where the supervisors' board comes from; *boardservice.Service is one.
type Boards interface {
	// Now is the JSON of a queries.BoardAnswer.
	Now(ctx context.Context, minSeq uint64) ([]byte, error)
	Past(ctx context.Context, at time.Time) (*queries.BoardAnswer, error)
	Behind(ctx context.Context, q queries.AskBoardConversations) (*queries.CountedConversations, error)
}

// Option adds to what a Server answers.
type Option func(*Server)

// WithBoard has a Server answer queries.Board and queries.BoardConversations.
func WithBoard(b Boards) Option {
	return func(s *Server) {
		s.table[queries.Board] = func(ctx context.Context, data, room []byte) ([]byte, error) { return board(ctx, b, data, room) }
		s.table[queries.BoardConversations] = func(ctx context.Context, data, _ []byte) ([]byte, error) { return behind(ctx, b, data) }
	}
}

func behind(ctx context.Context, b Boards, data []byte) ([]byte, error) {
	q, err := read[queries.AskBoardConversations](data)
	if err != nil {
		return nil, err
	}
	if q.Limit, err = limit(q.Limit); err != nil {
		return nil, err
	}
	if err := words(string(q.Number), q.Cursor); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, MinSeqWait)
	defer cancel()
	found, err := b.Behind(ctx, q)
	switch {
	case errors.Is(err, boardservice.ErrNoNumber):
		return nil, store.ErrNotFound
	case errors.Is(err, boardservice.ErrCursor):
		return nil, store.ErrCursor
	case err != nil:
		return nil, err
	}
	return answer(found)
}

// PastWait is how long the replay of a board of the past may take. One that takes
// longer goes on from where it was when it is asked for again.
const PastWait = 30 * time.Second

func board(ctx context.Context, b Boards, data, room []byte) ([]byte, error) {
	q, err := read[queries.AskBoard](data)
	if err != nil {
		return nil, err
	}
	if q.At != nil {
		return boardOf(ctx, b, *q.At)
	}
	ctx, cancel := context.WithTimeout(ctx, MinSeqWait)
	defer cancel()
	answer, err := b.Now(ctx, q.MinSeq)
	if err != nil {
		return nil, err
	}
	out := append(append(room, `{"ok":`...), answer...)
	return append(out, '}'), nil
}

func boardOf(ctx context.Context, b Boards, at time.Time) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, PastWait)
	defer cancel()
	past, err := b.Past(ctx, at)
	if errors.Is(err, boardservice.ErrFuture) || errors.Is(err, boardservice.ErrBefore) {
		return nil, invalid(err.Error())
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(queries.Answer[queries.BoardAnswer]{OK: past})
}
