package vonagefake

import (
	"encoding/json"
	"net/http"
)

// APISecret is that of the account.
const APISecret = "fake-api-secret"

// Hook puts an address into the application's settings by hand.
func (f *Fake) Hook(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	hook := map[string]any{"address": address, "http_method": "POST"}
	f.app = map[string]any{
		"name": "shop", "keys": map[string]any{"public_key": "pem"},
		"capabilities": map[string]any{
			"messages": map[string]any{"version": "v1", "webhooks": map[string]any{"inbound_url": hook, "status_url": hook}},
			"voice":    map[string]any{"webhooks": map[string]any{"answer_url": map[string]any{"address": "https://voice.example.org/answer"}}},
		},
	}
}

// Application is the settings of the application as they are now.
func (f *Fake) Application() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, _ := json.Marshal(f.app) // plain values
	return string(data)
}

func (f *Fake) manage(w http.ResponseWriter, r *http.Request, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	user, password, _ := r.BasicAuth()
	var in map[string]any
	switch {
	case user != Account || password != APISecret:
		fail(w, http.StatusUnauthorized, "unauthorized")
		return
	case r.URL.Path != "/v2/applications/"+Application:
		fail(w, http.StatusNotFound, "not-found")
		return
	case r.Method == http.MethodPut:
		if json.Unmarshal(body, &in) != nil || in["name"] == nil || in["id"] != nil {
			fail(w, http.StatusBadRequest, "validation")
			return
		}
		f.app = in
	}
	out := map[string]any{"id": Application, "_links": map[string]any{}}
	for name, value := range f.app {
		out[name] = value
	}
	say(w, http.StatusOK, out)
}
