// Package navertalkfake is a Naver TalkTalk of our own, for tests and the
// simulation.
package navertalkfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/navertalk"
)

// Token is what the fake takes as authorization.
const Token = "ct_fake-token"

// Fake implements fake.Provider.
type Fake struct{ server fake.Server }

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.server.Take, f.server.Refuse = take, refuse
	return f
}

// Repeats reports false: Naver tells everything once, whatever it is answered, and
// gives no ids by which a repetition could be known.
func (*Fake) Repeats() bool { return false }

// Kind is "navertalk".
func (*Fake) Kind() string { return navertalk.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is Naver's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true})
	if err != nil {
		panic(err) // two plain values
	}
	return settings, map[string]string{"authorization": Token}
}

// Say is a text that a user typed. Naver sends no id and no time: n only makes
// two requests differ, in a field that carries no meaning.
func (*Fake) Say(customer string, n int, text string, _ time.Time) fake.Request {
	body, err := json.Marshal(map[string]any{
		"event": "send", "user": customer, "partner": fmt.Sprintf("wc%d", n),
		"textContent": map[string]string{"text": text, "inputType": "typing"}, "options": map[string]bool{"mobile": true},
	})
	if err != nil {
		panic(err) // plain values
	}
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json;charset=UTF-8"}}}
}

func take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var said struct {
		Event string `json:"event"`
		User  string `json:"user"`
		Text  *struct {
			Text string `json:"text"`
		} `json:"textContent"`
		Image *struct {
			URL string `json:"imageUrl"`
		} `json:"imageContent"`
	}
	switch {
	case r.Header.Get("Authorization") != Token:
		answer(w, "01")
		return nil
	case r.URL.Path != "/chatbot/v1/event" || json.Unmarshal(body, &said) != nil || said.Event != "send" || said.User == "":
		answer(w, "02")
		return nil
	}
	answer(w, "00")
	switch {
	case said.Text != nil:
		return &fake.Sent{To: said.User, Text: said.Text.Text}
	case said.Image != nil:
		return &fake.Sent{To: said.User, Files: []string{said.Image.URL}}
	}
	return nil
}

// refuse answers 200 with a code, as Naver does; only its gateway limits by
// status.
func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.WriteHeader(http.StatusTooManyRequests)
	case fake.Dead:
		answer(w, "01")
	default:
		answer(w, "99")
	}
}

func answer(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(map[string]any{"success": code == "00", "resultCode": code})
}
