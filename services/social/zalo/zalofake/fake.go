// Package zalofake is a Zalo of our own, for tests and the simulation.
package zalofake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/zalo"
)

// The fake's app, its Official Account, and its secrets.
const (
	App    = "360846524940903967"
	OA     = "388613280878808645"
	Secret = "fake-oa-secret"
	Token  = "fake-access-token"
)

// AppSecret and Refresh are what the first token is renewed with.
const (
	AppSecret = "fake-app-secret"
	Refresh   = "fake-refresh-token"
)

// Life is how long an access token holds, in seconds as Zalo writes it.
const Life = "90000"

// Fake implements fake.Provider.
type Fake struct {
	server fake.Server

	mu      sync.Mutex // guards all below
	renewed int
}

// tokens are those that hold now.
func (f *Fake) tokens() (access, refresh string) {
	if f.renewed == 0 {
		return Token, Refresh
	}
	return fmt.Sprintf("%s-%d", Token, f.renewed), fmt.Sprintf("%s-%d", Refresh, f.renewed)
}

// renew exchanges a refresh token, once.
func (f *Fake) renew(w http.ResponseWriter, r *http.Request, body []byte) {
	_, refresh := f.tokens()
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Header.Get("secret_key") != AppSecret || form.Get("app_id") != App || form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != refresh {
		_, _ = w.Write([]byte(`{"error_name":"Invalid refresh token.","error_reason":"","error":-14014}`))
		return
	}
	f.renewed++
	access, refresh := f.tokens()
	_ = json.NewEncoder(w).Encode(map[string]string{"access_token": access, "refresh_token": refresh, "expires_in": Life})
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.server.Take, f.server.Refuse = f.take, refuse
	return f
}

// Kind is "zalo".
func (*Fake) Kind() string { return zalo.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is Zalo's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "app_id": App})
	if err != nil {
		panic(err) // plain values
	}
	return settings, map[string]string{"oa_secret_key": Secret, "access_token": Token}
}

// Say is a user's text.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return Sign(App, Secret, map[string]any{
		"app_id": App, "event_name": "user_send_text", "sender": map[string]string{"id": customer}, "recipient": map[string]string{"id": OA},
		"message": map[string]string{"text": text, "msg_id": fmt.Sprintf("%s-%d", customer, n)}, "timestamp": strconv.FormatInt(at.UnixMilli(), 10),
	})
}

// Echo is the event that tells of a message the fake took.
func (*Fake) Echo(sent fake.Sent, at time.Time) fake.Request {
	return Sign(App, Secret, map[string]any{
		"app_id": App, "event_name": "oa_send_text", "sender": map[string]string{"id": OA}, "recipient": map[string]string{"id": sent.To},
		"message": map[string]string{"text": sent.Text, "msg_id": sent.ID}, "timestamp": strconv.FormatInt(at.UnixMilli(), 10),
	})
}

// Sign makes the request for an event; its timestamp is a text.
func Sign(app, secret string, event map[string]any) fake.Request {
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // plain values
	}
	stamp, _ := event["timestamp"].(string)
	sum := sha256.Sum256([]byte(app + string(body) + stamp + secret))
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Zevent-Signature": {"mac=" + hex.EncodeToString(sum[:])}}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/v4/oa/access_token" {
		f.renew(w, r, body)
		return nil
	}
	if access, _ := f.tokens(); r.Header.Get("access_token") != access {
		answer(w, -216, "")
		return nil
	}
	if r.URL.Path == "/v2.0/oa/getoa" {
		answer(w, 0, "")
		return nil
	}
	if kind, ok := strings.CutPrefix(r.URL.Path, "/v2.0/oa/upload/"); ok {
		upload(w, kind, body)
		return nil
	}
	var said struct {
		To struct {
			ID string `json:"user_id"`
		} `json:"recipient"`
		Message struct {
			Text       string `json:"text"`
			Attachment *struct {
				Payload struct {
					Token    string `json:"token"`
					Elements []struct {
						URL string `json:"url"`
						ID  string `json:"attachment_id"`
					} `json:"elements"`
				} `json:"payload"`
			} `json:"attachment"`
		} `json:"message"`
	}
	switch {
	case r.URL.Path != "/v3.0/oa/message/cs" || json.Unmarshal(body, &said) != nil || said.To.ID == "" || said.Message.Text == "" && said.Message.Attachment == nil:
		answer(w, -201, "")
		return nil
	case said.To.ID == "silent":
		answer(w, -230, "")
		return nil
	}
	sent := &fake.Sent{ID: fmt.Sprintf("out%d", len(f.server.Sent())), To: said.To.ID, Text: said.Message.Text}
	if a := said.Message.Attachment; a != nil {
		name := a.Payload.Token
		for _, e := range a.Payload.Elements {
			name += e.URL + e.ID
		}
		sent.Files = []string{name}
	}
	answer(w, 0, sent.ID)
	return sent
}

func upload(w http.ResponseWriter, kind string, body []byte) {
	if !bytes.Contains(body, []byte(`name="file"; filename="`)) {
		answer(w, -201, "")
		return
	}
	data := map[string]string{"attachment_id": "uploaded-" + kind}
	if kind == "file" {
		data = map[string]string{"token": "uploaded-file"}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"error": 0, "message": "…", "data": data})
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		answer(w, -32, "")
	case fake.Dead:
		answer(w, -216, "")
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func answer(w http.ResponseWriter, code int, id string) {
	body := map[string]any{"error": code, "message": "…"}
	if id != "" {
		body["data"] = map[string]string{"message_id": id}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
