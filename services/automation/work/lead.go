package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// standing by: lookFor is how long an answer is waited for; missing unanswered
// looks mean that the other is gone although its connection is not.
const (
	lookFor = 500 * time.Millisecond
	missing = 4
)

// presence is what the process that acts says of itself: its name, and its place
// in the log, from which another one would go on.
type presence struct {
	Name  string `json:"name"`
	Place uint64 `json:"place"`
}

// takeTurns stands by until nobody else acts, acts until ctx ends or another turns
// out to act as well, and so on.
func (s *Service) takeTurns(ctx context.Context) error {
	for {
		if err := s.standBy(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		s.leads.Set(1)
		err := s.act(ctx)
		s.leads.Set(0)
		if err != nil || ctx.Err() != nil {
			return err
		}
		s.deps.Logger.Warn().Msg("another process acts on rules; this one stands by")
	}
}

// standBy returns when no other process acts, or ctx has ended. What the other says
// of its place is where this one would begin.
func (s *Service) standBy(ctx context.Context) error {
	for unanswered := 0; ; {
		other, nobody, err := s.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			unanswered = 0 // no connection: neither can the other be seen, nor anything be done
		case other != nil:
			unanswered = 0
			s.rules.follow(other.Place)
			s.ready.Set()
		case nobody || unanswered >= missing:
			return nil
		default:
			unanswered++
		}
		if !s.rest(ctx) {
			return nil
		}
	}
}

func (s *Service) rest(ctx context.Context) bool {
	t := s.deps.Clock.NewTimer(s.deps.Look)
	defer t.Stop()
	select {
	case <-t.C():
		return true
	case <-ctx.Done():
		return false
	}
}

// look asks who acts. nobody is set when the server knows that no process listens;
// no answer at all is neither.
func (s *Service) look(ctx context.Context) (other *presence, nobody bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	m, err := s.deps.NC.RequestWithContext(ctx, events.AutomationPresentSubject, []byte(s.name))
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, true, nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("look for another automation: %w", err)
	}
	other = new(presence)
	if err := json.Unmarshal(m.Data, other); err != nil || other.Name == "" {
		return nil, false, nil
	}
	return other, false, nil
}

// act does every duty until ctx ends, one of them fails, or a process whose name
// comes first acts too: then it returns nil. It answers those who look.
func (s *Service) act(ctx context.Context) error {
	here, err := s.deps.NC.Subscribe(events.AutomationPresentSubject, func(m *nats.Msg) {
		if string(m.Data) == s.name {
			return // whoever looks for others does not find itself
		}
		if data, err := json.Marshal(presence{s.name, s.rules.place()}); err == nil {
			_ = m.Respond(data) // whoever looks will look again
		}
	})
	if err == nil {
		err = s.deps.NC.Flush()
	}
	if err != nil {
		return fmt.Errorf("say that this process acts: %w", err)
	}
	defer func() { _ = here.Unsubscribe() }()
	health, err := s.tellHealth()
	if err != nil {
		return fmt.Errorf("tell how rules are doing: %w", err)
	}
	defer func() { _ = health.Unsubscribe() }()
	acting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var busy sync.WaitGroup
	duties := append([]Duty{{"rules", s.rules.run}}, s.deps.Lead...)
	for _, d := range duties {
		busy.Go(func() {
			if err := d.Run(acting); err != nil && acting.Err() == nil {
				cancel(fmt.Errorf("automation: %s: %w", d.Name, err))
			}
		})
	}
	s.ready.Set()
	s.stepAside(acting, cancel)
	busy.Wait()
	if err := context.Cause(acting); !errors.Is(err, errStepAside) && ctx.Err() == nil {
		return err
	}
	return nil
}

var errStepAside = errors.New("another process acts")

// stepAside ends acting when another process acts too and its name comes first: of
// two that took over at the same moment one stays.
func (s *Service) stepAside(ctx context.Context, cancel context.CancelCauseFunc) {
	for s.rest(ctx) {
		if other, _, err := s.look(ctx); err == nil && other != nil && other.Name < s.name {
			cancel(errStepAside)
		}
	}
}
