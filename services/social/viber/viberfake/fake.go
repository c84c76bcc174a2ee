// Package viberfake is a Viber of our own, for tests and the simulation.
package viberfake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/viber"
)

// Token is the bot's.
const Token = "fake-viber-token"

// Fake implements fake.Provider.
type Fake struct {
	server   fake.Server
	tracking sync.Map // of each message by its id
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.server.Take, f.server.Refuse = f.take, refuse
	return f
}

// Kind is "viber".
func (*Fake) Kind() string { return viber.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is Viber's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true})
	if err != nil {
		panic(err) // plain values
	}
	return settings, map[string]string{"auth_token": Token}
}

// Say is a subscriber's text.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return signed(map[string]any{
		"event": "message", "timestamp": at.UnixMilli(), "message_token": number(customer, n), "silent": false,
		"sender": map[string]any{"id": customer, "name": "손님", "language": "ko", "country": "KR", "api_version": 10}, "message": map[string]string{"type": "text", "text": text},
	})
}

// Seen is the callback for a message that the fake took.
func (*Fake) Seen(sent fake.Sent, at time.Time) fake.Request {
	return signed(map[string]any{"event": "seen", "timestamp": at.UnixMilli(), "message_token": json.Number(sent.ID), "user_id": sent.To})
}

func signed(event map[string]any) fake.Request {
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // plain values
	}
	mac := hmac.New(sha256.New, []byte(Token))
	mac.Write(body)
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Viber-Content-Signature": {hex.EncodeToString(mac.Sum(nil))}}}
}

// number is a token of 63 bits, another for each customer and n.
func number(customer string, n int) uint64 {
	sum := sha256.Sum256([]byte(customer + "/" + strconv.Itoa(n)))
	var out uint64
	for _, b := range sum[:8] {
		out = out<<8 | uint64(b)
	}
	return out>>1 | 1<<62
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var said struct {
		Receiver string `json:"receiver"`
		Type     string `json:"type"`
		Text     string `json:"text"`
		Media    string `json:"media"`
		URL      string `json:"url"`
		Sender   struct {
			Name string `json:"name"`
		} `json:"sender"`
		Tracking string    `json:"tracking_data"`
		Keyboard *keyboard `json:"keyboard"`
	}
	switch {
	case r.Header.Get("X-Viber-Auth-Token") != Token:
		answer(w, 2, nil)
		return nil
	case json.Unmarshal(body, &said) != nil:
		answer(w, 3, nil)
		return nil
	case r.URL.Path == "/pa/get_account_info", r.URL.Path == "/pa/set_webhook" && said.URL != "":
		answer(w, 0, nil)
		return nil
	case r.URL.Path != "/pa/send_message" || said.Sender.Name == "" || said.Type == "" || said.Type == "text" && said.Text == "":
		answer(w, 3, nil)
		return nil
	case len([]rune(said.Tracking)) > 4000 || !said.Keyboard.taken():
		answer(w, 3, nil)
		return nil
	case said.Receiver == "gone":
		answer(w, 6, nil)
		return nil
	}
	token := number("out", len(f.server.Sent()))
	answer(w, 0, token)
	sent := &fake.Sent{ID: strconv.FormatUint(token, 10), To: said.Receiver, Text: said.Text, Buttons: said.Keyboard.buttons()}
	f.tracking.Store(sent.ID, said.Tracking)
	if said.Media != "" {
		sent.Files = []string{said.Media}
	}
	return sent
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		answer(w, 12, nil)
	case fake.Dead:
		answer(w, 2, nil)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func answer(w http.ResponseWriter, status int, token any) {
	body := map[string]any{"status": status, "status_message": "…"}
	if token != nil {
		body["message_token"] = token
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
