// Package navertalkfake is a Naver TalkTalk of our own, for tests and the
// simulation.
package navertalkfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
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
	return say(customer, n, map[string]string{"text": text, "inputType": "typing"})
}

// Press is a quick button that the user of a message pressed.
func (*Fake) Press(m fake.Sent, n int, button events.QuickReply, _ time.Time) fake.Request {
	return say(m.To, n, map[string]string{"text": button.Label, "code": button.Value, "inputType": "button"})
}

func say(user string, n int, content map[string]string) fake.Request {
	body, err := json.Marshal(map[string]any{
		"event": "send", "user": user, "partner": fmt.Sprintf("wc%d", n), "textContent": content, "options": map[string]bool{"mobile": true},
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
			Text  string `json:"text"`
			Quick struct {
				Buttons []button `json:"buttonList"`
			} `json:"quickReply"`
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
	var buttons []events.QuickReply
	if said.Text != nil {
		var ok bool
		if buttons, ok = read(said.Text.Quick.Buttons); !ok {
			answer(w, "02")
			return nil
		}
	}
	answer(w, "00")
	switch {
	case said.Text != nil:
		return &fake.Sent{To: said.User, Text: said.Text.Text, Buttons: buttons}
	case said.Image != nil:
		return &fake.Sent{To: said.User, Files: []string{said.Image.URL}}
	}
	return nil
}

type button struct {
	Type string `json:"type"`
	Data struct {
		Title string `json:"title"`
		Code  string `json:"code"`
	} `json:"data"`
}

// read takes quick buttons as Naver does: at most ten, titles of at most ten
// characters, codes of at most a thousand.
func read(list []button) (out []events.QuickReply, ok bool) {
	for _, b := range list {
		title := utf8.RuneCountInString(b.Data.Title)
		if b.Type != "TEXT" || title == 0 || title > 10 || utf8.RuneCountInString(b.Data.Code) > 1000 {
			return nil, false
		}
		out = append(out, events.QuickReply{Label: b.Data.Title, Value: b.Data.Code})
	}
	return out, len(list) <= 10
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
