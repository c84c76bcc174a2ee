package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// whatIfWait is longer than the router gives itself.
const whatIfWait = 30 * time.Second

// pastDays registers what plays the past again.
func (a *API) pastDays() {
	register(a, operation{http.MethodPost, "/what-if", "How a past span would have gone with other people or other rules", access.Supervise, 0}, a.whatIf)
}

type whatIfRequest struct {
	Body struct {
		From     time.Time             `json:"from"`
		To       *time.Time            `json:"to,omitempty" doc:"A day later when it is missing; never later than now"`
		Agents   int                   `json:"agents,omitempty" minimum:"-500" maximum:"500" doc:"How many more, or fewer"`
		Team     events.TeamID         `json:"team,omitempty" maxLength:"64" doc:"Whose agents; of all when it is missing"`
		Capacity int                   `json:"capacity,omitempty" minimum:"0" maximum:"10000" doc:"Everybody's"`
		Queues   []draft[config.Queue] `json:"queues,omitempty" maxItems:"100" doc:"Whole, in place of those with their ids"`
		Target   int                   `json:"target,omitempty" minimum:"0" maximum:"86400" doc:"What counts as in time, in seconds; 60 when it is missing"`
	}
}

func (a *API) whatIf(ctx context.Context, in *whatIfRequest) (*answer[queries.WhatIfAnswer], error) {
	b := &in.Body
	q := queries.WhatIf{From: b.From.UTC(), To: b.From.UTC().Add(24 * time.Hour), Agents: b.Agents, Team: b.Team, Capacity: b.Capacity, Target: b.Target}
	q.Scope = who(ctx).Viewer.Reports()
	if b.To != nil {
		q.To = b.To.UTC()
	}
	if now := a.Clock.Now().UTC(); q.To.After(now) {
		q.To = now
	}
	for i := range b.Queues {
		q.Queues = append(q.Queues, b.Queues[i].value)
	}
	out, err := ask.At[queries.WhatIfAnswer](ctx, a.Desk.Ask, events.WhatIfSubject, q, whatIfWait)
	if err != nil {
		return nil, err
	}
	return &answer[queries.WhatIfAnswer]{*out}, nil
}
