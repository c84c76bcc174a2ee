package boardservice

import (
	"context"
	"errors"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

var (
	// ErrFuture is the answer to a time that is still to come.
	ErrFuture = errors.New("the board of a time that is still to come is not known")
	// ErrBefore is the answer to a time before the first decision of the log.
	ErrBefore = errors.New("the log begins only after that time")
)

// Replaying looks for alarms every look of the log's time, over the last span of it
// or as long as the longest alarm holds back.
const (
	lookEvery = 10 * time.Second
	lookSpan  = time.Hour
)

// past replays. One replay runs at a time.
type past struct {
	turn  chan struct{} // has room for one: who has put something in replays
	first time.Time     // the log begins; zero while nobody has asked
	// state stands at asked or, where a replay was broken off, before; the next
	// question about a later time goes on from it. It is dropped when it was not
	// asked for a while.
	state *state
	asked time.Time
	used  time.Time
}

// keepPast is how long the newest replay is held for the next question.
const keepPast = 2 * time.Minute

// Past is the board as it stood at a time, under the settings of that time: that of
// all decisions before the first that was made later. Alarms are those of then; one
// whose threshold was crossed longer ago than it holds back, and more than an hour,
// may show a later time of crossing. It fails with [ErrFuture], [ErrBefore], ctx's
// error, or one of the log's.
func (s *Service) Past(ctx context.Context, at time.Time) (*queries.BoardAnswer, error) {
	if at.After(s.deps.Clock.Now()) {
		return nil, ErrFuture
	}
	select {
	case s.past.turn <- struct{}{}:
		defer func() { <-s.past.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p := &s.past
	if err := s.begins(ctx); err != nil {
		return nil, err
	}
	if at.Before(p.first) {
		return nil, ErrBefore
	}
	if p.state == nil || p.asked.After(at) || p.state.at.After(at) {
		p.state = s.before(ctx, at)
	}
	p.asked, p.used = at, s.deps.Clock.Now()
	s.deps.Clock.AfterFunc(keepPast, s.forgetPast)
	if err := s.replay(ctx, p.state, at); err != nil {
		return nil, err
	}
	s.computed.Inc()
	answer := p.state.look(at)
	answer.Minutes = p.state.board.Minutes(at, queries.BoardHour)
	return answer, nil
}

// forgetPast lets go of a replay that nobody has asked about for a while.
func (s *Service) forgetPast() {
	select {
	case s.past.turn <- struct{}{}:
	default:
		return // it is being asked about
	}
	if s.deps.Clock.Now().Sub(s.past.used) >= keepPast {
		s.past.state = nil
	}
	<-s.past.turn
}

// begins finds out when the log begins. The caller has the turn.
func (s *Service) begins(ctx context.Context) error {
	if !s.past.first.IsZero() {
		return nil
	}
	if s.deps.Feed.Head() == 0 {
		return ErrBefore
	}
	entries, err := s.deps.Feed.From(0).Next(ctx)
	if err != nil {
		return err
	}
	s.past.first = entries[0].Time
	if d := entries[0].Value; d != nil {
		s.past.first = d.At
	}
	return nil
}

// before is the newest board on disk that stands at a time or before it.
func (s *Service) before(ctx context.Context, at time.Time) *state {
	files, err := s.shelf.list()
	if err != nil {
		s.deps.Logger.Warn().Err(err).Msg("boards on disk not used")
	}
	for _, f := range files {
		if f.at.After(at) {
			continue
		}
		if st, err := s.shelf.open(s.deps.Zone, f); err == nil && s.ours(ctx, st) {
			return st
		}
	}
	return newState(s.deps.Zone)
}

// replay brings a state to a time. Where ctx ends it early, the state stands at an
// earlier one and can be brought on.
func (s *Service) replay(ctx context.Context, st *state, at time.Time) error {
	read := s.from(st)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, c, err := read.next(ctx)
		if err != nil {
			return err
		}
		switch {
		case f != nil && f.Value != nil && f.Value.At.After(at), c != nil && c.Time.After(at):
			// Settings stored after a decision of a later time are later too.
			st.watchUntil(at, at)
			return nil
		case f != nil:
			if f.Value != nil {
				st.watchUntil(f.Value.At, at)
			}
			s.pass(st)
			st.fact(f)
			read.facts.take()
		case c != nil:
			st.watchUntil(c.Time, at)
			st.setting(c)
			read.settings.take()
		default:
			st.watchUntil(at, at)
			return nil
		}
	}
}

// pass keeps a board on a long way through the past, which is shorter the next time.
func (s *Service) pass(st *state) {
	if st.facts < st.kept+s.deps.near/2 {
		return
	}
	if err := s.shelf.put(st.copy()); err != nil {
		s.deps.Logger.Warn().Err(err).Msg("board of the past not kept")
	}
}

// watchUntil has the watch see the boards before a time, as it would have then.
func (st *state) watchUntil(t, end time.Time) {
	if len(st.alarms) == 0 {
		return
	}
	span := lookSpan
	for _, a := range st.alarms {
		span = max(span, time.Duration(a.For)*time.Second+lookEvery)
	}
	next := st.looked.Add(lookEvery)
	if earliest := end.Add(-span); next.Before(earliest) {
		next = earliest
	}
	if next.Before(st.at) {
		next = st.at
	}
	for ; next.Before(t); next = next.Add(lookEvery) {
		st.look(next)
	}
}
