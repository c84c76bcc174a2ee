package server

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// needs says for every operation who may do it. The test fails when an operation
// is served that the table does not name, or lets in a role that it must not.
var needs = map[string]access.Action{
	"POST /session": access.Open, "DELETE /session": access.Work, "GET /me": access.Work, "POST /me/password": access.Work,
	"GET /conversations": access.Work, "GET /conversations/{id}": access.Work, "GET /conversations/{id}/messages": access.Work,
	"GET /counters": access.Work, "POST /conversations/{id}/messages": access.Work, "POST /conversations/{id}/notes": access.Work,
	"POST /conversations/{id}/assign": access.Work, "POST /conversations/{id}/transfer": access.Work, "POST /conversations/{id}/tags": access.Work,
	"POST /conversations/{id}/snooze": access.Work, "POST /conversations/{id}/resolve": access.Work, "POST /conversations/{id}/reopen": access.Work,
	"POST /conversations/{id}/read": access.Work, "POST /messages/{id}/outcome": access.Work,
	"GET /contacts/{id}": access.Work, "GET /contacts/{id}/timeline": access.Work, "PATCH /contacts/{id}": access.Work,
	"POST /contacts/{id}/merge": access.Work, "POST /contacts/{id}/unmerge": access.Work, "POST /contacts/{id}/suggestions/dismiss": access.Work,
	"GET /inboxes": access.Work, "GET /inboxes/{id}": access.Work, "POST /inboxes": access.Administer, "PATCH /inboxes/{id}": access.Administer,
	"DELETE /inboxes/{id}": access.Administer, "POST /inboxes/{id}/test": access.Administer,
	"GET /channels": access.Work, "POST /inboxes/{id}/connect": access.Administer, "GET /inboxes/{id}/templates": access.Work,
	"GET /inboxes/{id}/health": access.Supervise, "POST /inboxes/{id}/resume": access.Administer, "GET /inboxes/{id}/events": access.Administer, "GET /inboxes/{id}/events/{seq}": access.Administer,
	"POST /inboxes/{id}/import": access.Administer, "POST /entries": access.Work,
	"POST /conversations/{id}/callback": access.Work, "POST /callbacks/{id}/close": access.Work,
	"POST /conversations/{id}/priority": access.Work, "POST /conversations/{id}/offer": access.Work, "POST /next": access.Work,
	"GET /agents/{id}/presence": access.Work, "PUT /agents/{id}/presence": access.Work,
	"GET /agents": access.Work, "GET /agents/{id}": access.Work, "POST /agents": access.Administer, "PATCH /agents/{id}": access.Administer,
	"GET /teams": access.Work, "POST /teams": access.Administer, "PATCH /teams/{id}": access.Administer, "DELETE /teams/{id}": access.Administer,
	"GET /queues": access.Work, "POST /queues": access.Administer, "PATCH /queues/{id}": access.Administer, "DELETE /queues/{id}": access.Administer,
	"GET /board": access.Work, "GET /board/conversations": access.Work,
	"GET /reports": access.Work, "GET /reports/{metric}/conversations": access.Work, "GET /retention": access.Administer, "GET /retention/customers": access.Administer,
	"GET /books": access.Supervise, "GET /dead": access.Administer, "POST /dead/{seq}/redrive": access.Administer,
	"POST /attachments": access.Work, "GET /conversations/{id}/messages/{message}/attachments/{attachment}": access.Work,
	"POST /file-links/revoke": access.Administer,
	"POST /rules/dry-run":     access.Administer, "GET /rules/health": access.Supervise, "POST /what-if": access.Supervise,
	"POST /expressions/check": access.Work, "POST /conversations/{id}/macros/{macro}": access.Work, "POST /conversations/{id}/canned/{canned}": access.Work,
	"GET /workload": access.Work, "PUT /workload": access.Administer,
}

func init() {
	for _, path := range []string{"skills", "hours", "policies", "routes", "rules", "macros", "canned", "segments", "surveys", "alarms"} {
		needs["GET /"+path], needs["GET /"+path+"/{id}"] = access.Work, access.Work
		if path == "routes" || path == "rules" || path == "alarms" {
			needs["GET /"+path], needs["GET /"+path+"/{id}"] = access.Supervise, access.Supervise
		}
		needs["POST /"+path], needs["PUT /"+path+"/{id}"], needs["DELETE /"+path+"/{id}"] = access.Administer, access.Administer, access.Administer
	}
}

func TestEveryRouteAndEveryRole(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	who := map[config.Role]*client{
		"": g.anonymous(t), config.RoleAdministrator: admin,
		config.RoleAgent: admin.agent("a@example.test", config.RoleAgent), config.RoleSupervisor: admin.agent("s@example.test", config.RoleSupervisor),
	}
	served := map[string]bool{}
	for path, item := range g.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete, "PUT": item.Put} {
			if op != nil {
				served[method+" "+strings.TrimPrefix(path, "/api/v1")] = true
			}
		}
	}
	for route := range served {
		if _, ok := needs[route]; !ok {
			t.Errorf("%s is served and the table does not say for whom", route)
		}
	}
	for route, action := range needs {
		if !served[route] {
			t.Errorf("%s is in the table and is not served", route)
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nobody", "{seq}", "1", "{message}", "nothing", "{attachment}", "none", "{macro}", "none", "{canned}", "none").Replace(path)
		for role, c := range who {
			if route == "DELETE /session" && role != "" {
				continue // it would end the session that the other rows need
			}
			status := c.status(method, path)
			switch {
			case access.May(role, action):
				if status == 403 || status == 401 && action != access.Open || status >= 500 {
					t.Errorf("%s as %q: %d", route, role, status)
				}
			case role == "" && status != 401:
				t.Errorf("%s without a token: %d, want 401", route, status)
			case role != "" && status != 403:
				t.Errorf("%s as %q: %d, want 403", route, role, status)
			}
		}
	}
}

// What plays the whole log again, and by what customers are sorted, is not for
// everybody who works. To see it fail, ask for nothing more than Work in showBoard, or
// leave cut out of the segments.
func TestThePastAndExpressionsAreForSupervisors(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	agent, boss := admin.agent("a@example.test", config.RoleAgent), admin.agent("s@example.test", config.RoleSupervisor)
	p.says("bd1", 5, 1)
	for c, want := range map[*client]int{agent: http.StatusForbidden, boss: http.StatusOK, admin: http.StatusOK} {
		if got := c.status(http.MethodGet, "/board?at=2026-11-22T09:00:00Z"); got != want {
			t.Errorf("the past as %s: %d, want %d", c.id, got, want)
		}
		if got := c.status(http.MethodGet, "/board"); got != http.StatusOK {
			t.Errorf("the present as %s: %d", c.id, got)
		}
	}
	var made config.Segment
	admin.call(http.MethodPost, "/segments", map[string]any{"name": "VIP", "when": `contact.name == "x"`}, http.StatusCreated, &made)
	for c, want := range map[*client]string{agent: "", boss: made.When, admin: made.When} {
		var all struct{ Items []config.Segment }
		c.call(http.MethodGet, "/segments", nil, http.StatusOK, &all)
		var one config.Segment
		c.call(http.MethodGet, "/segments/"+string(made.ID), nil, http.StatusOK, &one)
		for _, got := range append(all.Items, one) {
			if got.Name != "VIP" || got.When != want || made.When == "" {
				t.Errorf("%s is shown %+v", c.id, got)
			}
		}
	}
}

// status sends an empty object, which most operations refuse only after they
// have let the caller in.
func (c *client) status(method, path string) int {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.g.url+"/api/v1"+path, strings.NewReader("{}"))
	must(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.web.Do(req)
	must(c.t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	must(c.t, err)
	return resp.StatusCode
}
