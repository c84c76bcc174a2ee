package boardservice

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/inbox/board"
)

type (
	fact  = feed.Entry[*events.Decision]
	facts = feed.Feed[*events.Decision]
)

// state is a board and how far it has read. It is for one goroutine at a time.
type state struct {
	board    *board.Board
	alarms   map[string]queries.Alarm
	watch    *board.Watch
	facts    uint64    // sequence of the last entry of the log that was read
	kept     uint64    // the same when it was last kept on disk
	stored   time.Time // when the server stored that
	settings uint64    // and of the bucket
	at       time.Time // the newest that either speaks of
	looked   time.Time // the watch was shown a board
}

func newState(zone *time.Location) *state {
	return &state{board: board.New(zone, config.DefaultWorkload()), alarms: map[string]queries.Alarm{}, watch: board.NewWatch()}
}

func (st *state) upTo(t time.Time) {
	if t.After(st.at) {
		st.at = t
	}
}

// fact takes in one entry of the log. One that cannot be read is passed over, as
// everywhere.
func (st *state) fact(e *fact) {
	st.facts, st.stored = e.Seq, e.Time
	if e.Err != nil || e.Value == nil {
		return
	}
	d := e.Value
	if d.Seq != e.Seq {
		own := *d
		own.Seq = e.Seq
		d = &own
	}
	st.upTo(d.At)
	st.board.Apply(d)
}

func (st *state) setAlarms() {
	list := make([]queries.Alarm, 0, len(st.alarms))
	for _, id := range slices.Sorted(maps.Keys(st.alarms)) {
		list = append(list, st.alarms[id])
	}
	st.watch.Set(list)
}

// look is the board at a time, with the alarms that are raised.
func (st *state) look(now time.Time) *queries.BoardAnswer {
	answer := st.board.At(now)
	answer.AsOf = st.facts
	answer.Alarms = st.watch.Look(answer)
	st.looked = answer.At
	return answer
}

// reader goes through one stream up to a goal.
type reader[T any] struct {
	cursor *feed.Cursor[T]
	goal   uint64
	batch  []feed.Entry[T]
}

// quiet is how long a reader short of its goal waits for the next entry before it
// looks whether there is one: what stood at the goal may have been deleted.
const quiet = 2 * time.Second

// peek is the next entry, nil when the goal is reached.
func (r *reader[T]) peek(ctx context.Context) (*feed.Entry[T], error) {
	for len(r.batch) == 0 {
		if r.cursor.After() >= r.goal {
			return nil, nil
		}
		wait, cancel := context.WithTimeout(ctx, quiet)
		var err error
		r.batch, err = r.cursor.Next(wait)
		cancel()
		if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			return nil, err
		}
	}
	if r.batch[0].Seq > r.goal {
		return nil, nil
	}
	return &r.batch[0], nil
}

func (r *reader[T]) take() { r.batch = r.batch[1:] }

// both reads the log and the settings side by side.
type both struct {
	facts    reader[*events.Decision]
	settings reader[Setting]
}

func (s *Service) from(st *state) *both {
	return &both{
		facts:    reader[*events.Decision]{cursor: s.deps.Feed.From(st.facts), goal: s.deps.Feed.Head()},
		settings: reader[Setting]{cursor: s.deps.Settings.From(st.settings), goal: s.deps.Settings.Head()},
	}
}

// next is what was stored first of what either has still to read: a fact, a
// setting, or neither at the end. A setting stored at the very time of a decision
// comes before it.
func (b *both) next(ctx context.Context) (*fact, *feed.Entry[Setting], error) {
	f, err := b.facts.peek(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := b.settings.peek(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c != nil && (f == nil || !c.Time.After(f.Time)) {
		return nil, c, nil
	}
	return f, nil, nil
}
