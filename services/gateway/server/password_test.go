package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
)

const newPassword = "another-long-password"

// To see it fail, leave out EndSessions, or end the session that asked.
func TestAnAgentChangesTheirOwnPassword(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	here := admin.agent("a@example.test", config.RoleAgent)
	there := g.signIn(t, "a@example.test", adminPassword)
	open := dial(t, g, there.token)
	own := dial(t, g, here.token)

	var problem struct{ Code string }
	here.call(http.MethodPost, "/me/password", map[string]string{"current": "not-my-password", "new": newPassword}, http.StatusUnprocessableEntity, &problem)
	if problem.Code != "wrong_password" {
		t.Errorf("a wrong password is %q", problem.Code)
	}
	here.call(http.MethodPost, "/me/password", map[string]string{"current": adminPassword, "new": "short"}, http.StatusUnprocessableEntity, nil)
	here.call(http.MethodPost, "/me/password", map[string]string{"current": adminPassword, "new": adminPassword}, http.StatusUnprocessableEntity, nil)
	there.call(http.MethodGet, "/me", nil, http.StatusOK, nil)

	here.call(http.MethodPost, "/me/password", map[string]string{"current": adminPassword, "new": newPassword}, http.StatusNoContent, nil)
	there.call(http.MethodGet, "/me", nil, http.StatusUnauthorized, nil)
	if code := open.closed(); code != 4401 {
		t.Errorf("the other socket is closed with %d", code)
	}
	here.call(http.MethodGet, "/me", nil, http.StatusOK, nil)
	own.send(`{"type":"ping","id":"still here"}`)
	own.read("pong")
	admin.call(http.MethodGet, "/me", nil, http.StatusOK, nil)

	anybody := g.anonymous(t)
	anybody.call(http.MethodPost, "/session", map[string]string{"email": "a@example.test", "password": adminPassword}, http.StatusUnauthorized, nil)
	anybody.call(http.MethodPost, "/session", map[string]string{"email": "a@example.test", "password": newPassword}, http.StatusOK, nil)
	if strings.Contains(p.logs.String(), newPassword) {
		t.Error("the password stands in the log")
	}
}
