package callchannel

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

const (
	// maxStated bounds the statements that share one publish.
	maxStated = 128
	// keepStated is how long a stated call is remembered with its legs, so that
	// a late one adds to it.
	keepStated  = 90 * 24 * time.Hour
	forgetEvery = 24 * time.Hour
	// retryFirst and retryMost are the pauses while the log cannot store.
	retryFirst = 250 * time.Millisecond
	retryMost  = 15 * time.Second
)

// state publishes the calls that are due until ctx ends. Between a publish and
// the note of it a crash states a call twice, with one id and one content.
func (s *Service) state(ctx context.Context) {
	pause := retryFirst
	forgotten := time.Time{}
	for ctx.Err() == nil {
		if now := s.deps.Now(); now.Sub(forgotten) >= forgetEvery {
			forgotten = now
			if _, err := s.store.forget(now.Add(-keepStated)); err != nil {
				s.deps.Log.Error().Err(err).Msg("old calls not forgotten")
			}
		}
		next, more, err := s.stateSome(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.deps.Log.Warn().Err(err).Msg("calls not stated yet")
			rest(ctx, pause, nil)
			pause = min(2*pause, retryMost)
			continue
		case more:
			pause = retryFirst
			continue
		}
		pause = retryFirst
		rest(ctx, next, s.store.wake)
	}
}

// rest waits for a time to pass, for ctx, or for word through wake (nil: none).
func rest(ctx context.Context, wait time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

// stateSome states what is due now and says how long nothing else will be.
func (s *Service) stateSome(ctx context.Context) (next time.Duration, more bool, err error) {
	now := s.deps.Now()
	due, at, err := s.store.ripe(now, maxStated)
	if err != nil {
		return 0, false, err
	}
	next = forgetEvery
	if !at.IsZero() {
		next = max(at.Sub(now), 0)
	}
	if len(due) == 0 {
		return next, false, nil
	}
	stated := map[string]string{}
	var statements []*events.Inbound
	for _, r := range due {
		in := s.statement(r, now)
		if in == nil {
			continue
		}
		hash := channel.ContentHash(in)
		if hash == r.last {
			continue
		}
		in.Content = hash
		stated[string(r.key)] = hash
		statements = append(statements, in)
	}
	slices.SortStableFunc(statements, func(a, b *events.Inbound) int { return a.OccurredAt.Compare(b.OccurredAt) })
	if err := s.publish(ctx, statements); err != nil {
		return 0, false, err
	}
	return next, true, s.store.settled(due, stated)
}

// statement is nil for a call within the house and for one of an inbox that is
// no more.
func (s *Service) statement(r ripe, now time.Time) *events.Inbound {
	inbox, ok := s.deps.Inboxes.ByID(r.inbox())
	if !ok {
		return nil
	}
	return exchange.Statement(inbox, exchange.Region(inbox), calls.FoldAll(r.legs), now)
}

// publish states all; where the log will never take one, the others are stated
// all the same, and that one without its raw form.
func (s *Service) publish(ctx context.Context, statements []*events.Inbound) error {
	if len(statements) == 0 {
		return nil
	}
	err := s.deps.Publisher.Publish(ctx, statements...)
	var refusal *channel.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	for _, in := range statements {
		err := s.deps.Publisher.Publish(ctx, in)
		if errors.As(err, &refusal) {
			in.Raw, in.Message = nil, nil
			err = s.deps.Publisher.Publish(ctx, in)
		}
		if errors.As(err, &refusal) {
			s.deps.Log.Error().Str("inbox", string(in.Inbox)).Str("reason", refusal.Reason).Msg("the log never takes this call")
			s.deps.Health.Failed(ctx, in.Inbox, "a call could not be stored: "+refusal.Reason)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}
