package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

const (
	// usualPast is how much of the past a dry run covers where nothing is said.
	usualPast = 7 * 24 * time.Hour
	// rehearsalWait is longer than the automation gives itself.
	rehearsalWait = 20 * time.Second
)

// rehearsals registers what tells of rules: what one would have done, and how those
// in force are doing.
func (a *API) rehearsals() {
	register(a, operation{http.MethodPost, "/rules/dry-run", "What a rule would have done in the past, without doing it", access.Administer, 0}, a.dryRun)
	register(a, operation{http.MethodGet, "/rules/health", "How the rules are doing since the automation began", access.Supervise, 0}, a.rulesHealth)
}

type dryRunRequest struct {
	Body struct {
		Rule draft[config.Rule] `json:"rule"`
		From *time.Time         `json:"from,omitempty" doc:"A week before the end when it is missing"`
		To   *time.Time         `json:"to,omitempty" doc:"Now when it is missing"`
	}
}

// unmadeRule is the id of a rule that is tried before it is made.
const unmadeRule = "runew"

func (a *API) dryRun(ctx context.Context, in *dryRunRequest) (*answer[queries.DryRunAnswer], error) {
	rule := in.Body.Rule.value
	if rule.ID == "" {
		rule.ID = unmadeRule
	}
	if err := rule.Check(); err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%s", err.Error())
	}
	if err := compiles(config.KindRule, rule.When); err != nil {
		return nil, err
	}
	q := queries.DryRun{Rule: rule, To: a.Clock.Now()}
	if in.Body.To != nil {
		q.To = in.Body.To.UTC()
	}
	q.From = q.To.Add(-usualPast)
	if in.Body.From != nil {
		q.From = in.Body.From.UTC()
	}
	out, err := ask.At[queries.DryRunAnswer](ctx, a.Desk.Ask, events.DryRunSubject, q, rehearsalWait)
	if err != nil {
		return nil, err
	}
	return &answer[queries.DryRunAnswer]{*out}, nil
}

func (a *API) rulesHealth(ctx context.Context, _ *struct{}) (*answer[queries.RulesAnswer], error) {
	out, err := ask.At[queries.RulesAnswer](ctx, a.Desk.Ask, events.RulesSubject, struct{}{}, rehearsalWait)
	var p *ask.Problem
	if errors.As(err, &p) && p.Status == http.StatusServiceUnavailable {
		return &answer[queries.RulesAnswer]{queries.RulesAnswer{Rules: []queries.RuleHealth{}}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &answer[queries.RulesAnswer]{*out}, nil
}
