package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

type teamBody struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
}

func (a *API) teams() {
	register(a, operation{http.MethodGet, "/teams", "List teams", access.Work, 0}, a.listTeams)
	register(a, operation{http.MethodPost, "/teams", "Make a team", access.Administer, http.StatusCreated}, a.makeTeam)
	register(a, operation{http.MethodPatch, "/teams/{id}", "Rename a team", access.Administer, 0}, a.changeTeam)
	register(a, operation{http.MethodDelete, "/teams/{id}", "Take away a team that nothing names", access.Administer, http.StatusNoContent}, a.removeTeam)
}

func (a *API) listTeams(context.Context, *struct{}) (*answer[list[config.Team]], error) {
	out := list[config.Team]{Items: []config.Team{}}
	for _, item := range a.Desk.Directory.Teams.All() {
		out.Items = append(out.Items, item.Value)
	}
	return &answer[list[config.Team]]{out}, nil
}

func (a *API) makeTeam(ctx context.Context, in *bodyRequest[teamBody]) (*answer[config.Team], error) {
	now := a.Clock.Now()
	team := config.Team{ID: events.TeamID(id.NewAt("tm", now)), Name: in.Body.Name, CreatedAt: now}
	if err := tidy(&team.Name); err != nil {
		return nil, err
	}
	if _, err := a.Desk.Directory.Teams.Put(ctx, string(team.ID), team, new(uint64)); err != nil {
		return nil, err
	}
	return &answer[config.Team]{team}, nil
}

func (a *API) changeTeam(ctx context.Context, in *patchRequest[teamBody]) (*answer[config.Team], error) {
	team, rev, ok := a.Desk.Directory.Teams.Get(in.ID)
	if !ok {
		return nil, refuse(http.StatusNotFound, "there is no such team")
	}
	team.Name = in.Body.Name
	if err := tidy(&team.Name); err != nil {
		return nil, err
	}
	if _, err := a.Desk.Directory.Teams.Put(ctx, in.ID, team, &rev); err != nil {
		return nil, err
	}
	return &answer[config.Team]{team}, nil
}

func (a *API) removeTeam(ctx context.Context, in *idRequest) (*nothing, error) {
	d, team := a.Desk.Directory, events.TeamID(in.ID)
	if _, _, ok := d.Teams.Get(in.ID); !ok {
		return nil, refuse(http.StatusNotFound, "there is no such team")
	}
	for _, item := range d.Agents.All() {
		if slices.Contains(item.Value.Teams, team) {
			return nil, refuse(http.StatusConflict, "the team has agents")
		}
	}
	for _, item := range d.Queues.All() {
		if slices.Contains(item.Value.Teams, team) {
			return nil, refuse(http.StatusConflict, "the team takes from a queue")
		}
	}
	for _, item := range d.Inboxes.All() {
		if item.Value.Team == team {
			return nil, refuse(http.StatusConflict, "an inbox gives to the team")
		}
	}
	if err := a.placeUsed("", team); err != nil {
		return nil, err
	}
	return nil, d.Teams.Delete(ctx, in.ID)
}
