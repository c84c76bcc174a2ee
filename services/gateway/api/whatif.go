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
		Day      string                `json:"day,omitempty" format:"date" doc:"A whole day of the house, as 2026-11-22; in place of from and to"`
		From     *time.Time            `json:"from,omitempty" doc:"Needed where no day is named"`
		To       *time.Time            `json:"to,omitempty" doc:"The same time of the next day in the house's zone when it is missing; never later than now"`
		Agents   int                   `json:"agents,omitempty" minimum:"-500" maximum:"500" doc:"How many more, or fewer"`
		Team     events.TeamID         `json:"team,omitempty" maxLength:"64" doc:"Whose agents; of all when it is missing"`
		Capacity int                   `json:"capacity,omitempty" minimum:"0" maximum:"10000" doc:"Everybody's"`
		Queues   []draft[config.Queue] `json:"queues,omitempty" maxItems:"100" doc:"Whole, as they are today but for what is to be changed: only the fields that differ from today's take the place of those of that day"`
		Today    []events.QueueID      `json:"today,omitempty" maxItems:"100" doc:"Queues that are played as they are set today, with what else is asked of them, and not as they were"`
		Without  []events.SkillID      `json:"without,omitempty" maxItems:"20" doc:"Skills that nothing needs, whoever asks for them"`
		Target   int                   `json:"target,omitempty" minimum:"0" maximum:"86400" doc:"What counts as in time, in seconds; 60 when it is missing"`
	}
}

func (a *API) whatIf(ctx context.Context, in *whatIfRequest) (*answer[queries.WhatIfAnswer], error) {
	b := &in.Body
	from, to, err := a.replayed(b.Day, b.From, b.To)
	if err != nil {
		return nil, err
	}
	q := queries.WhatIf{From: from, To: to, Agents: b.Agents, Team: b.Team, Capacity: b.Capacity, Target: b.Target}
	q.Scope = who(ctx).Viewer.Reports()
	if now := a.Clock.Now().UTC(); q.To.After(now) {
		q.To = now
	}
	q.Today, q.Without = b.Today, b.Without
	for i := range b.Queues {
		q.Queues = append(q.Queues, b.Queues[i].value)
	}
	out, err := ask.At[queries.WhatIfAnswer](ctx, a.Desk.Ask, events.WhatIfSubject, q, whatIfWait)
	if err != nil {
		return nil, err
	}
	return &answer[queries.WhatIfAnswer]{*out}, nil
}

// replayed is the span that is asked for: a day of the house, or from one moment to
// another.
func (a *API) replayed(day string, from, to *time.Time) (time.Time, time.Time, error) {
	switch {
	case day != "" && (from != nil || to != nil):
		return time.Time{}, time.Time{}, refuse(http.StatusUnprocessableEntity, "name a day, or say from when to when, not both")
	case day != "":
		begin, err := time.ParseInLocation(time.DateOnly, day, a.Zone)
		if err != nil {
			return time.Time{}, time.Time{}, refuse(http.StatusUnprocessableEntity, "a day is written as 2026-11-22")
		}
		return begin.UTC(), begin.AddDate(0, 0, 1).UTC(), nil
	case from == nil:
		return time.Time{}, time.Time{}, refuse(http.StatusUnprocessableEntity, "name a day, or say from when")
	case to == nil:
		return from.UTC(), from.In(a.Zone).AddDate(0, 0, 1).UTC(), nil
	}
	return from.UTC(), to.UTC(), nil
}
