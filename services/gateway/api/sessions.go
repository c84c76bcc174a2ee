package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

type me struct {
	ID    events.AgentID  `json:"id"`
	Name  string          `json:"name"`
	Email string          `json:"email"`
	Role  config.Role     `json:"role"`
	Teams []events.TeamID `json:"teams"`
	Zone  string          `json:"zone,omitempty" doc:"The house's time zone, in which a day begins; missing where it has no name"`
}

type signInRequest struct {
	Body struct {
		Email    string `json:"email" maxLength:"320"`
		Password string `json:"password" maxLength:"1024"`
	}
}

type signInAnswer struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expires_at"`
		Agent     me        `json:"agent"`
	}
}

type signOutAnswer struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) sessions() {
	register(a, operation{http.MethodPost, "/session", "Sign in", access.Open, http.StatusOK}, a.signIn)
	register(a, operation{http.MethodDelete, "/session", "Sign out", access.Work, http.StatusNoContent}, a.signOut)
	register(a, operation{http.MethodGet, "/me", "Who is signed in", access.Work, 0}, a.me)
}

func (a *API) signIn(ctx context.Context, in *signInRequest) (*signInAnswer, error) {
	r := request(ctx)
	token, session, err := a.Auth.SignIn(ctx, a.Browser.IP(r), in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, err
	}
	out := &signInAnswer{SetCookie: a.Browser.SetCookie(r, token)}
	out.Body.Token, out.Body.ExpiresAt = token, session.ExpiresAt
	out.Body.Agent = a.profile(session.Viewer)
	return out, nil
}

func (a *API) signOut(ctx context.Context, _ *struct{}) (*signOutAnswer, error) {
	if err := a.Auth.SignOut(ctx, who(ctx).Key); err != nil {
		return nil, err
	}
	return &signOutAnswer{SetCookie: a.Browser.ClearCookie(request(ctx))}, nil
}

func (a *API) me(ctx context.Context, _ *struct{}) (*answer[me], error) {
	return &answer[me]{a.profile(who(ctx).Viewer)}, nil
}

func (a *API) profile(v *access.Viewer) me {
	agent, _, _ := a.Desk.Directory.Agents.Get(string(v.ID))
	teams := v.Teams
	if teams == nil {
		teams = []events.TeamID{}
	}
	return me{ID: v.ID, Name: v.Name, Email: agent.Email, Role: v.Role, Teams: teams, Zone: nameOf(a.Zone)}
}
