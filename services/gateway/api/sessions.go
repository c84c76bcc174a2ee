package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
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
	register(a, operation{http.MethodPost, "/me/password", "Change one's own password; every other session of the agent ends", access.Work, http.StatusNoContent}, a.changePassword)
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

type passwordRequest struct {
	Body struct {
		Current string `json:"current" maxLength:"1024" doc:"The present password"`
		New     string `json:"new" minLength:"8" maxLength:"1024"`
	}
}

// changePassword writes before it ends the other sessions: a sign-in with the old
// password that comes between finds that it has changed.
func (a *API) changePassword(ctx context.Context, in *passwordRequest) (*nothing, error) {
	session, b := who(ctx), in.Body
	if b.New == b.Current {
		return nil, refuse(http.StatusUnprocessableEntity, "the new password is the present one")
	}
	agent, rev, err := a.agent(string(session.Viewer.ID))
	if err != nil {
		return nil, err
	}
	if err := a.Auth.Confirm(ctx, a.Browser.IP(request(ctx)), agent.ID, b.Current); err != nil {
		return nil, err
	}
	if agent.Password, err = a.hash(ctx, b.New); err != nil {
		return nil, err
	}
	agent.UpdatedAt = a.Clock.Now()
	// The revision is that of the password which was confirmed.
	if _, err := a.Desk.Directory.Agents.Put(ctx, string(agent.ID), agent, &rev); err != nil {
		return nil, err
	}
	return nil, a.Auth.EndSessions(ctx, agent.ID, session.Key)
}

// hash makes the stored form of a password. The schema counts characters; what is
// longer in bytes could never be signed in with.
func (a *API) hash(ctx context.Context, password string) (string, error) {
	if len(password) > auth.MaxPassword {
		return "", refuse(http.StatusUnprocessableEntity, "a password has at most %d bytes", auth.MaxPassword)
	}
	return a.Auth.Hash(ctx, password)
}

func (a *API) profile(v *access.Viewer) me {
	agent, _, _ := a.Desk.Directory.Agents.Get(string(v.ID))
	teams := v.Teams
	if teams == nil {
		teams = []events.TeamID{}
	}
	return me{ID: v.ID, Name: v.Name, Email: agent.Email, Role: v.Role, Teams: teams, Zone: nameOf(a.Zone)}
}
