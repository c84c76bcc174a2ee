package work

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// tally is how the rules are doing. It may be used from any goroutine.
type tally struct {
	actions *prometheus.CounterVec
	passed  *prometheus.CounterVec
	lag     prometheus.GaugeFunc

	mu    sync.Mutex // guards rules
	rules map[events.RuleID]*queries.RuleHealth
}

// What became of an action.
const (
	resultDone    = "done"
	resultRefused = "refused"
	resultHeld    = "held"    // a reply that would answer a machine, or come too soon
	resultFailed  = "failed"  // the expression could not be asked
	resultStopped = "stopped" // by the loop guard
)

func newTally(lag func() time.Duration) *tally {
	return &tally{
		actions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_rule_actions_total", Help: "What became of the actions of rules: done, refused, held, failed, stopped."}, []string{"rule", "result"}),
		passed:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_rule_passed_total", Help: "Decisions that no rule was asked about: late (older than a day), chain (as many rules led there as may)."}, []string{"reason"}),
		lag: prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tributary_rule_lag_seconds", Help: "Age of the oldest decision that rules have not settled yet."}, func() float64 {
			return lag().Seconds()
		}),
		rules: map[events.RuleID]*queries.RuleHealth{},
	}
}

func (t *tally) register(r prometheus.Registerer) { r.MustRegister(t.actions, t.passed, t.lag) }

// count notes what became of an action; err is empty unless something went wrong.
func (t *tally) count(rule events.RuleID, result, err string, at time.Time) {
	t.actions.WithLabelValues(string(rule), result).Inc()
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.rules[rule]
	if h == nil {
		h = &queries.RuleHealth{Rule: rule}
		t.rules[rule] = h
	}
	switch result {
	case resultDone:
		h.Acted++
	case resultRefused:
		h.Refused++
	case resultHeld:
		h.Held++
	case resultFailed:
		h.Failed++
	}
	if err != "" {
		h.LastError, h.LastAt = err, &at
	}
}

// health is a copy of all, in no order.
func (t *tally) health() []queries.RuleHealth {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]queries.RuleHealth, 0, len(t.rules))
	for _, h := range t.rules {
		out = append(out, *h)
	}
	return out
}
