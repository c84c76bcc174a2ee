// Package graphfake is what the fakes of Meta's channels share: accounts with a
// token, errors in the Graph API's form, signed envelopes, the Send API, and the
// edges of an app. It behaves as Meta documents it and is no part of the road.
package graphfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// Secrets of every fake account.
const (
	AppSecret   = "fake-app-secret"
	AccessToken = "fake-access-token"
	VerifyToken = "fake-verify-token"
)

// Secrets are those constants by the names of the settings.
func Secrets() map[string]string {
	return map[string]string{graph.AppSecret: AppSecret, graph.AccessToken: AccessToken, graph.VerifyToken: VerifyToken}
}

// Envelope is a signed request with one entry of an account, whose list holds
// the items.
func Envelope(object, account, list string, at time.Time, items ...any) fake.Request {
	body := encode(map[string]any{"object": object, "entry": []any{map[string]any{"id": account, "time": at.UnixMilli(), list: items}}})
	return Signed(body)
}

// Signed is a POST of a body with its signature.
func Signed(body []byte) fake.Request {
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, graph.SignatureHeader: {graph.Sign(AppSecret, body)}}}
}

// Challenge is the confirmation of a hook.
func Challenge(answer string) fake.Request {
	return fake.Request{Method: http.MethodGet, Query: "hub.mode=subscribe&hub.verify_token=" + VerifyToken + "&hub.challenge=" + answer}
}

// Fail answers with an error of the Graph API. A subcode of nought is left out.
func Fail(w http.ResponseWriter, status, code, subcode int, message string) {
	e := map[string]any{"message": fmt.Sprintf("(#%d) %s", code, message), "type": "OAuthException", "code": code, "fbtrace_id": "AFakeTraceOfNoMeaning"}
	if subcode != 0 {
		e["error_subcode"] = subcode
	}
	Answer(w, status, map[string]any{"error": e})
}

// Answer writes JSON.
func Answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(body))
}

// Authorized answers 190 to a call without the account's token, or without that
// of its app, and reports whether the call may go on.
func Authorized(w http.ResponseWriter, r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && (token == AccessToken || strings.HasSuffix(token, "|"+AppSecret)) {
		return true
	}
	Fail(w, http.StatusUnauthorized, 190, 0, "Invalid OAuth access token")
	return false
}

// Path is the path of a call without the version, in its parts.
func Path(r *http.Request) []string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) > 0 && strings.HasPrefix(parts[0], "v") {
		parts = parts[1:]
	}
	return parts
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // broken wiring: only plain values come here
	}
	return data
}

// Windows remembers customers whose window is closed. It may be used from many
// goroutines.
type Windows struct {
	mu   sync.Mutex
	them map[string]bool
}

// End ends the time in which a customer may be answered freely.
func (c *Windows) End(customer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.them == nil {
		c.them = map[string]bool{}
	}
	c.them[customer] = true
}

// Ended reports whether it has ended.
func (c *Windows) Ended(customer string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.them[customer]
}

// App remembers where an app reports to, as the edge {app}/subscriptions shows
// it.
type App struct {
	mu    sync.Mutex
	hooks map[string]string
}

// ServeHTTP lists and sets subscriptions.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Method == http.MethodGet {
		list := []any{}
		for object, hook := range a.hooks {
			list = append(list, map[string]any{"object": object, "callback_url": hook, "active": true})
		}
		Answer(w, http.StatusOK, map[string]any{"data": list})
		return
	}
	var s struct {
		Object   string `json:"object"`
		Callback string `json:"callback_url"`
		Token    string `json:"verify_token"`
		Fields   string `json:"fields"`
	}
	if json.Unmarshal(body, &s) != nil || s.Object == "" || s.Callback == "" || s.Token == "" || s.Fields == "" {
		Fail(w, http.StatusBadRequest, 100, 0, "Missing parameter")
		return
	}
	if a.hooks == nil {
		a.hooks = map[string]string{}
	}
	a.hooks[s.Object] = s.Callback
	Answer(w, http.StatusOK, map[string]any{"success": true})
}

// Hook is where the app reports a kind of object to.
func (a *App) Hook(object string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hooks[object]
}
