package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

type presenceBody struct {
	State   events.AgentState `json:"state" enum:"available,wrap-up,away,offline"`
	Reason  string            `json:"reason,omitempty" maxLength:"200"`
	Seconds int               `json:"seconds,omitempty" minimum:"0" maximum:"86400" doc:"Ends a wrap-up (after at most an hour) or an absence by itself: they are available then"`
	Until   *time.Time        `json:"until,omitempty" doc:"The same as a time, in the place of seconds"`
}

type presenceRequest struct {
	ID   string `path:"id" maxLength:"64" doc:"An agent's id, or me"`
	Body presenceBody
}

type agentRequest struct {
	ID string `path:"id" maxLength:"64" doc:"An agent's id, or me"`
}

type offerBody struct {
	Offer  events.OfferID `json:"offer" minLength:"1" maxLength:"64"`
	Accept bool           `json:"accept"`
	Reason string         `json:"reason,omitempty"`
}

// work are the ways in which conversations reach agents.
func (a *API) work() {
	register(a, operation{http.MethodGet, "/agents/{id}/presence", "Whether an agent takes new work", access.Work, 0},
		func(ctx context.Context, in *agentRequest) (*answer[*events.Presence], error) {
			return a.presence(ctx, in.ID, commands.SetPresenceBody{})
		})
	register(a, operation{http.MethodPut, "/agents/{id}/presence", "Say whether an agent takes new work", access.Work, 0},
		func(ctx context.Context, in *presenceRequest) (*answer[*events.Presence], error) {
			b := in.Body
			return a.presence(ctx, in.ID, commands.SetPresenceBody{State: b.State, Reason: b.Reason, Seconds: b.Seconds, Until: b.Until})
		})
	register(a, operation{http.MethodPost, "/conversations/{id}/offer", "Take what is offered, or let it go by", access.Work, 0},
		func(ctx context.Context, in *commandRequest[offerBody]) (*answer[done], error) {
			return a.do(ctx, commands.AnswerOffer, in.ID, in.IfMatch, in.Key, &commands.AnswerOfferBody{Offer: in.Body.Offer, Accept: in.Body.Accept, Reason: in.Body.Reason})
		})
	register(a, operation{http.MethodPost, "/next", "Take the first that waits in one's queues, whichever it is; 404 where nothing waits that one may take", access.Work, 0},
		func(ctx context.Context, _ *struct{}) (*answer[done], error) {
			viewer := who(ctx).Viewer
			result, err := a.Desk.DoOwn(ctx, viewer, desk.Command{Name: commands.TakeNext, Body: &struct{}{}})
			return a.done(viewer, result, err)
		})
	register(a, operation{http.MethodPost, "/conversations/{id}/priority", "Put ahead of others, or behind them", access.Work, 0},
		func(ctx context.Context, in *commandRequest[commands.PrioritiseBody]) (*answer[done], error) {
			return a.do(ctx, commands.Prioritise, in.ID, in.IfMatch, in.Key, &in.Body)
		})
}

// presence asks or says how an agent stands; of whom, see [access.Viewer.SeesPresence].
func (a *API) presence(ctx context.Context, id string, body commands.SetPresenceBody) (*answer[*events.Presence], error) {
	viewer := who(ctx).Viewer
	if id == "me" {
		id = string(viewer.ID)
	}
	agent, _, err := a.agent(id)
	if err != nil {
		return nil, err
	}
	if !viewer.SeesPresence(agent.ID, agent.Teams) {
		return nil, refuse(http.StatusForbidden, "only a supervisor of their teams may ask or say that of somebody else")
	}
	body.Agent = agent.ID
	result, err := a.Desk.DoOwn(ctx, viewer, desk.Command{Name: commands.SetPresence, Body: &body})
	if err != nil {
		return nil, err
	}
	return &answer[*events.Presence]{result.Presence}, nil
}
