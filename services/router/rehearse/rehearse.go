// Package rehearse answers how the past would have gone with other people or other
// rules: it reads a span of the log, plays it (package whatif) as it was and as it
// is asked, and answers on events.WhatIfSubject.
//
// The settings come from the history of their bucket: who worked, with which skills
// and how much room, and the queues, hours, policies and weights, as they stood when
// the span began and as they were changed within it. Of each the bucket keeps 64
// values (see kv.Past); before the oldest of them that one holds.
//
// Of the facts it reads a week before the span, so that who waited and who had what at its
// beginning is known; what stood untouched for longer is not. It holds nothing
// between two questions, decides nothing, and runs in every router, also in one
// that stands by; one question is answered at a time, within a bounded time, beside
// whatever the router does.
package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/router/whatif"
)

const (
	// before is how much of the log is read before the span.
	before = 7 * 24 * time.Hour
	// readFor and playFor bound one answer; what is beyond is left out, or refused.
	readFor, playFor = 12 * time.Second, 12 * time.Second
	// maxStays bounds the waitings of one answer, the week before counted in.
	maxStays = 400_000
	// queued is how many questions wait for their turn.
	queued = 8
)

// Deps is what answering needs. The caller owns all of it and stops the service
// first.
type Deps struct {
	NC    *nats.Conn
	Facts *feed.Feed[*events.Decision]
	Log   *eventlog.Log // finds where a time stands; nothing is appended
	// Settings is the bucket of settings with its history; see [DecodeSetting].
	Settings *feed.Feed[kv.Change[Setting]]
	Logger   zerolog.Logger
	// ReadFor bounds the reading of one answer; 12 s when nought.
	ReadFor time.Duration
}

// New makes the service.
func New(d Deps) run.Service {
	if d.ReadFor == 0 {
		d.ReadFor = readFor
	}
	s := &service{d}
	return run.Func(s.run)
}

type service struct{ deps Deps }

type answer = queries.Answer[queries.WhatIfAnswer]

func refusal(code, detail string) *answer {
	return &answer{Problem: &queries.Problem{Code: code, Detail: detail}}
}

func (s *service) run(ctx context.Context, ready func()) error {
	questions := make(chan *nats.Msg, queued)
	sub, err := s.deps.NC.QueueSubscribe(events.WhatIfSubject, "router", func(m *nats.Msg) {
		select {
		case questions <- m:
		default:
			s.respond(m, refusal("unavailable", "others ask too, try again"))
		}
	})
	if err != nil {
		return fmt.Errorf("listen for questions about the past: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := s.deps.NC.Flush(); err != nil {
		return fmt.Errorf("listen for questions about the past: %w", err)
	}
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-questions:
			s.respond(m, s.answer(ctx, m.Data))
		}
	}
}

func (s *service) respond(m *nats.Msg, a *answer) {
	data, err := json.Marshal(a)
	if err == nil {
		err = m.Respond(data)
	}
	if err != nil {
		s.deps.Logger.Warn().Err(err).Msg("answer a question about the past")
	}
}

func (s *service) answer(ctx context.Context, question []byte) (out *answer) {
	defer func() {
		if p := recover(); p != nil {
			s.deps.Logger.Error().Str("panic", fmt.Sprintf("%T", p)).Bytes("stack", debug.Stack()).Msg("a question about the past stumbled")
			out = refusal("invalid", "the question cannot be answered")
		}
	}()
	var q queries.WhatIf
	if err := json.Unmarshal(question, &q); err != nil {
		return refusal("invalid", "the question cannot be read")
	}
	past, err := s.settings(ctx)
	if err != nil {
		s.deps.Logger.Warn().Err(err).Msg("the settings of the past cannot be read")
		return refusal("unavailable", "the settings of that time cannot be read now, try again")
	}
	world := past.world(q.From.UTC(), q.To.UTC())
	if err := whatif.Check(&q, world); err != nil {
		return refusal("invalid", err.Error())
	}
	day, partial, err := s.read(ctx, q.From.UTC(), q.To.UTC())
	switch {
	case errors.Is(err, errTooMuch):
		return refusal("invalid", "too much happened in that span; ask about a shorter one")
	case err != nil:
		s.deps.Logger.Warn().Err(err).Msg("the past cannot be read")
		return refusal("unavailable", "the log cannot be read now, try again")
	case !day.From.Before(day.To):
		return refusal("unavailable", "the log before that span is too long to read in time")
	}
	return s.play(ctx, &q, day, world, partial)
}

// play puts the three runs side by side.
func (s *service) play(ctx context.Context, q *queries.WhatIf, day whatif.Day, world whatif.World, partial bool) *answer {
	target := q.Target
	if target == 0 {
		target = queries.DefaultWhatIfTarget
	}
	within := time.Duration(target) * time.Second
	ctx, cancel := context.WithTimeout(ctx, playFor)
	defer cancel()
	stop := func() bool { return ctx.Err() != nil }
	unchanged, ok := whatif.Simulate(&day, world, stop)
	if !ok {
		return refusal("unavailable", "that span takes too long to play; ask about a shorter one")
	}
	day2, world2, err := whatif.Changed(q, day, world)
	if err != nil {
		s.deps.Logger.Error().Err(err).Msg("a changed queue cannot be read")
		return refusal("invalid", "the change cannot be read")
	}
	changed, ok := whatif.Simulate(&day2, world2, stop)
	if !ok {
		return refusal("unavailable", "that span takes too long to play; ask about a shorter one")
	}
	was := whatif.Was(&day, world).Within(q.Scope)
	unchanged, changed = unchanged.Within(q.Scope), changed.Within(q.Scope)
	return &answer{OK: &queries.WhatIfAnswer{
		From: day.From, To: day.To, Target: target, Partial: partial,
		Was: was.Run(within), Unchanged: unchanged.Run(within), Changed: changed.Run(within),
		Assumptions: whatif.Assumptions, Assumed: whatif.Assumed, Step: int(whatif.Step(day.From, day.To) / time.Second),
	}}
}
