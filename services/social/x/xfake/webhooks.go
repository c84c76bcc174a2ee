package xfake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Bearer is the token of the app.
const Bearer = "AAAA-app-only"

// Webhooks are the app's webhooks and who is subscribed to them. It may be used
// from many goroutines.
type Webhooks struct {
	mu         sync.Mutex // guards all below
	list       []hook
	subscribed map[string]bool
}

type hook struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	Valid bool   `json:"valid"`
}

// Invalidate marks every webhook as one that failed its challenge.
func (h *Webhooks) Invalidate() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.list {
		h.list[i].Valid = false
	}
}

// Registered lists the addresses of webhooks that hold, and how many of them the
// account is subscribed to.
func (h *Webhooks) Registered() (addresses []string, subscriptions int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.list {
		if w.Valid {
			addresses = append(addresses, w.URL)
		}
	}
	return addresses, len(h.subscribed)
}

// serve answers what is about webhooks; false for any other path.
func (h *Webhooks) serve(w http.ResponseWriter, r *http.Request, body []byte) bool {
	id, subscribe := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/subscriptions/all"), "/2/account_activity/webhooks/")
	switch {
	case r.URL.Path == "/oauth2/token":
		if r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(Key+":"+Secret)) || string(body) != "grant_type=client_credentials" {
			problem(w, http.StatusForbidden, "Forbidden", "Unable to verify your credentials")
			return true
		}
		_, _ = fmt.Fprintf(w, `{"token_type":"bearer","access_token":%q}`, Bearer)
	case strings.HasPrefix(r.URL.Path, "/2/webhooks"):
		if r.Header.Get("Authorization") != "Bearer "+Bearer {
			problem(w, http.StatusForbidden, "Unsupported Authentication", "Authenticating with OAuth 1.0a User Context is forbidden for this endpoint.")
			return true
		}
		h.manage(w, r, body)
	case subscribe && strings.HasPrefix(r.Header.Get("Authorization"), "OAuth "):
		h.subscribe(w, r, id)
	default:
		return false
	}
	return true
}

func (h *Webhooks) manage(w http.ResponseWriter, r *http.Request, body []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := strings.TrimPrefix(r.URL.Path, "/2/webhooks/")
	switch r.Method {
	case http.MethodGet:
		_ = json.NewEncoder(w).Encode(map[string]any{"data": h.list})
	case http.MethodPost:
		var in hook
		if json.Unmarshal(body, &in) != nil || !strings.HasPrefix(in.URL, "https://") || len(h.list) > 0 {
			problem(w, http.StatusBadRequest, "WebhookConfigException", "Too many resources already created.")
			return
		}
		in.ID, in.Valid = "1146654567674912769", true
		h.list = append(h.list, in)
		_ = json.NewEncoder(w).Encode(in)
	case http.MethodPut:
		for i := range h.list {
			if h.list[i].ID == id {
				h.list[i].Valid = true
				_, _ = w.Write([]byte(`{"data":{"attempted":true}}`))
				return
			}
		}
		problem(w, http.StatusNotFound, "Not Found Error", "Not found")
	}
}

func (h *Webhooks) subscribe(w http.ResponseWriter, r *http.Request, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.list) == 0 || h.list[0].ID != id || r.Method == http.MethodPost && h.subscribed[id] {
		problem(w, http.StatusBadRequest, "DuplicateSubscriptionFailed", "Subscription already exists, or no such webhook.")
		return
	}
	if r.Method == http.MethodPost {
		if h.subscribed == nil {
			h.subscribed = map[string]bool{}
		}
		h.subscribed[id] = true
	}
	_, _ = fmt.Fprintf(w, `{"data":{"subscribed":%v}}`, h.subscribed[id])
}
