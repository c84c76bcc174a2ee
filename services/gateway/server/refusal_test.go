package server

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/gateway/api"
)

// refused sends a body in a language and gives the problem and the headers.
func (c *client) refused(method, path, body, language string) (api.Problem, *http.Response) {
	c.t.Helper()
	path = c.g.url + "/api/v1" + path
	req, err := http.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	must(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", language)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.web.Do(req)
	must(c.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(c.t, err)
	var p api.Problem
	if err := json.Unmarshal(data, &p); err != nil || p.Status != resp.StatusCode {
		c.t.Fatalf("%s %s: %d is no problem: %s", method, path, resp.StatusCode, data)
	}
	return p, resp
}

func hangul(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 })
}

// To see it fail, have faultOf return what encoding/json says, or nothing of a field
// that is missing.
func TestARefusalNamesTheFieldAndNeverItsValue(t *testing.T) {
	g := startGateway(t, newPlant(t))
	admin := g.admin(t)
	for name, c := range map[string]struct{ method, path, body, where, says string }{
		"missing":             {"POST", "/agents", `{"name":"A","role":"agent","password":"hunter2-hunter2"}`, "body.email", "email"},
		"unknown":             {"POST", "/teams", `{"name":"A","nmae":"hunter2"}`, "body.nmae", "nmae"},
		"mistyped":            {"POST", "/teams", `{"name":7777777}`, "body.name", "string"},
		"too short":           {"POST", "/agents", `{"name":"A","role":"agent","email":"a@b.test","password":"hunter2"}`, "body.password", "8"},
		"number too large":    {"POST", "/agents", `{"name":"A","role":"agent","email":"a@b.test","password":"hunter2-hunter2","capacity":9e99}`, "body.capacity", ""},
		"below":               {"POST", "/hours", `{"name":"A","week":{"monday":[{"from":"hunter2","until":"x"}]}}`, "body.week.monday[0].until", "the field to"},
		"unknown below":       {"POST", "/rules", `{"name":"A","hunter":"hunter2"}`, "body.hunter", "hunter"},
		"not JSON":            {"POST", "/teams", `{"name":"hunter2"`, "body", "JSON"},
		"another's merge":     {"POST", "/contacts/x/merge", `{}`, "body.from", "from"},
		"a query's parameter": {"GET", "/conversations?limit=hunter2", ``, "query.limit", "integer"},
	} {
		p, resp := admin.refused(c.method, c.path, c.body, "en")
		where := slices.ContainsFunc(p.Errors, func(f api.Fault) bool {
			return f.Location == c.where || c.where != "body" && strings.HasPrefix(f.Location, c.where)
		})
		if resp.StatusCode/100 != 4 || !where || !strings.Contains(p.Detail, c.says) || !strings.Contains(p.Detail, p.Errors[0].Message) {
			t.Errorf("%s: %+v", name, p)
		}
		if whole, _ := json.Marshal(p); strings.Contains(string(whole), "hunter2") || strings.Contains(string(whole), "7777777") {
			t.Errorf("%s: the value is repeated: %s", name, whole)
		}
	}
}

// To see it fail, serve a route around the guard, or take a sentence out of the
// catalogue that one of the routes says.
func TestEveryRouteRefusesInKorean(t *testing.T) {
	g := startGateway(t, newPlant(t))
	admin := g.admin(t)
	agent, stranger := admin.agent("a@example.test", config.RoleAgent), g.anonymous(t)
	seen := 0
	for _, route := range slices.Sorted(maps.Keys(needs)) {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nobody", "{seq}", "1", "{message}", "nothing", "{attachment}", "none", "{macro}", "none", "{canned}", "none").Replace(path)
		for _, c := range []*client{stranger, agent, admin} {
			if route == "DELETE /session" && c != stranger {
				continue
			}
			for _, body := range []string{`{}`, `[]`, `{"nobody knows":1}`, `{`} {
				if resp := c.answer(method, path, body); resp != nil {
					seen++
					c.isKorean(route, *resp)
				}
			}
		}
	}
	if seen < 500 {
		t.Errorf("only %d refusals were seen", seen)
	}
}

type told struct {
	status   int
	language string
	vary     []string
	body     []byte
}

// answer is a refusal in Korean, nil where nothing was refused.
func (c *client) answer(method, path, body string) *told {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.g.url+"/api/v1"+path, strings.NewReader(body))
	must(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.web.Do(req)
	must(c.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(c.t, err)
	if resp.StatusCode < 400 {
		return nil
	}
	return &told{resp.StatusCode, resp.Header.Get("Content-Language"), resp.Header.Values("Vary"), data}
}

func (c *client) isKorean(route string, r told) {
	c.t.Helper()
	var p api.Problem
	if err := json.Unmarshal(r.body, &p); err != nil || p.Status != r.status {
		c.t.Errorf("%s: %d is no problem: %s", route, r.status, r.body)
		return
	}
	korean := hangul(p.Title) && hangul(p.Detail)
	for _, f := range p.Errors {
		korean = korean && hangul(f.Message)
	}
	if !korean || r.language != "ko" || !slices.Contains(r.vary, "Accept-Language") {
		c.t.Errorf("%s: %s %v: %s", route, r.language, r.vary, r.body)
	}
}

func TestARefusalIsEnglishUnlessAskedOtherwise(t *testing.T) {
	g := startGateway(t, newPlant(t))
	admin := g.admin(t)
	for _, language := range []string{"", "en", "fr, de;q=0.5", "en-GB, ko;q=0.9", "*"} {
		p, resp := admin.refused(http.MethodGet, "/teamz", "", language)
		if p.Title != "Not Found" || p.Detail != "there is nothing at this address" || resp.Header.Get("Content-Language") != "en" || resp.Header.Get("Vary") != "Accept-Language" {
			t.Errorf("%q: %+v %v", language, p, resp.Header)
		}
	}
	// What is no refusal is in no language.
	if resp := admin.call(http.MethodGet, "/me", nil, http.StatusOK, nil); resp.Header.Get("Content-Language") != "" {
		t.Errorf("an answer has a language: %v", resp.Header)
	}
}
