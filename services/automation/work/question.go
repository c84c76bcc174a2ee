package work

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// maxDryRuns is how many questions about the past are answered at a time: each
// keeps a processor busy.
const maxDryRuns = 2

// answerQuestions answers dry runs for as long as then runs.
func (s *Service) answerQuestions(ctx context.Context, then func() error) error {
	asking, cancel := context.WithCancel(ctx)
	var busy sync.WaitGroup
	defer busy.Wait()
	defer cancel()
	room := make(chan struct{}, maxDryRuns)
	sub, err := s.deps.NC.QueueSubscribe(events.DryRunSubject, "automation", func(m *nats.Msg) {
		select {
		case room <- struct{}{}:
		default:
			respond(m, queries.Answer[queries.DryRunAnswer]{Problem: &queries.Problem{Code: "unavailable", Detail: "other dry runs are under way, try again"}})
			return
		}
		busy.Go(func() {
			defer func() { <-room }()
			respond(m, s.dryRun(asking, m.Data))
		})
	})
	if err != nil {
		return fmt.Errorf("listen for dry runs: %w", err)
	}
	err = then()
	// Nothing is begun once the subscription is gone, so nothing is added to busy
	// while it is waited for.
	closed := make(chan struct{})
	sub.SetClosedHandler(func(string) { close(closed) })
	if sub.Drain() == nil {
		select {
		case <-closed:
		case <-time.After(time.Second): // the connection is gone, and with it whoever asks
		}
	}
	return err
}

// tellHealth answers how the rules are doing, for as long as this process acts.
func (s *Service) tellHealth() (*nats.Subscription, error) {
	return s.deps.NC.Subscribe(events.RulesSubject, func(m *nats.Msg) {
		out := queries.RulesAnswer{Running: true, Lag: s.rules.lag().Milliseconds(), Rules: s.rules.tally.health()}
		slices.SortFunc(out.Rules, func(a, b queries.RuleHealth) int { return strings.Compare(string(a.Rule), string(b.Rule)) })
		respond(m, queries.Answer[queries.RulesAnswer]{OK: &out})
	})
}

// respond answers; whoever asked and is gone cannot be told.
func respond[T any](m *nats.Msg, answer queries.Answer[T]) {
	if data, err := json.Marshal(answer); err == nil {
		_ = m.Respond(data)
	}
}
