// Package kakaotalkfake is a dealer of consultation talk in Happytalk's shape,
// for tests and the simulation. A session opens when its customer speaks.
package kakaotalkfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/kakaotalk"
)

// SenderKey is the fake's Kakao channel; the credentials follow.
const (
	SenderKey    = "fakesenderkeyfakesenderkeyfakesenderkey0"
	ClientID     = "fake-client"
	ClientSecret = "fake-client-secret"
	HookSecret   = "fake-hook-secret"
)

// Fake implements fake.Provider.
type Fake struct {
	server fake.Server

	mu    sync.Mutex // guards ended
	ended map[string]bool
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{ended: map[string]bool{}}
	f.server.Take = f.take
	return f
}

// Kind is "kakaotalk".
func (*Fake) Kind() string { return kakaotalk.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is the dealer's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// End closes a customer's session: nothing can be written into it until they
// speak again.
func (f *Fake) End(customer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[customer] = true
}

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "sender_key": SenderKey, "header": "X-Hook-Secret"})
	if err != nil {
		panic(err) // plain values
	}
	return settings, map[string]string{"client_id": ClientID, "client_secret": ClientSecret, "hook_secret": HookSecret}
}

// Say is a customer's text in their session.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	f.mu.Lock()
	delete(f.ended, customer)
	f.mu.Unlock()
	body, err := json.Marshal(map[string]any{
		"user_key": customer, "sender_key": SenderKey, "session_id": "session-" + customer, "serial_number": fmt.Sprintf("%s-%d", customer, n),
		"time": at.UnixMilli(), "message_type": "TX", "message": text,
	})
	if err != nil {
		panic(err) // plain values
	}
	return fake.Request{Query: "call=message", Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Hook-Secret": {HookSecret}}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var said struct {
		User   string `json:"user_key"`
		Sender string `json:"sender_key"`
		Serial string `json:"serial_number"`
		Type   string `json:"message_type"`
		Text   string `json:"message"`
	}
	f.mu.Lock()
	bad := json.Unmarshal(body, &said) != nil
	ended := f.ended[said.User]
	f.mu.Unlock()
	switch {
	case r.Header.Get("HT-Client-Id") != ClientID || r.Header.Get("HT-Client-Secret") != ClientSecret:
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	case bad || r.URL.Path != "/v1/chat/write" || said.Sender != SenderKey || said.Type != "TX" || len(said.Serial) > 30 || len([]rune(said.Text)) > 1000:
		answer(w, 400, "invalid parameter")
		return nil
	case ended:
		answer(w, 404, "no session")
		return nil
	}
	if _, known := f.server.Known(said.Serial); known {
		answer(w, 409, "duplicated serial_number")
		return nil
	}
	answer(w, 0, "success")
	return &fake.Sent{ID: said.Serial, Key: said.Serial, To: said.User, Text: said.Text}
}

func answer(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message, "sessionId": "session"})
}
