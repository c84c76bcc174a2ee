// Package channeltalkfake is a Channel Talk of our own, for tests and the
// simulation.
package channeltalkfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/channeltalk"
)

// The credentials of the fake.
const (
	Key    = "fake-access-key"
	Secret = "fake-access-secret"
	Token  = "fake-webhook-token"
)

// Fake implements fake.Provider. A user's chat is named chat- and the user's id.
type Fake struct{ server fake.Server }

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.server.Take, f.server.Refuse = f.take, refuse
	return f
}

// Kind is "channeltalk".
func (*Fake) Kind() string { return channeltalk.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is Channel Talk's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "bot_name": "상담"})
	if err != nil {
		panic(err) // plain values
	}
	return settings, map[string]string{"access_key": Key, "access_secret": Secret, "webhook_token": Token}
}

// Say is a user's message in their chat.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return hook(map[string]any{
		"id": fmt.Sprintf("msg-%s-%d", customer, n), "channelId": "1", "chatType": "userChat", "chatId": "chat-" + customer, "personType": "user", "personId": customer,
		"createdAt": at.UnixMilli(), "version": n, "plainText": text, "blocks": []any{map[string]string{"type": "text", "value": text}},
	}, customer)
}

// Echo is the webhook that tells of a message the fake took.
func (*Fake) Echo(sent fake.Sent, at time.Time) fake.Request {
	return hook(map[string]any{
		"id": sent.ID, "channelId": "1", "chatType": "userChat", "chatId": "chat-" + sent.To, "personType": "bot", "personId": "bot-1", "requestId": sent.Key,
		"createdAt": at.UnixMilli(), "plainText": sent.Text, "blocks": []any{map[string]string{"type": "text", "value": sent.Text}},
	}, sent.To)
}

func hook(entity map[string]any, customer string) fake.Request {
	body, err := json.Marshal(map[string]any{"event": "push", "type": "message", "entity": entity, "refers": map[string]any{"user": map[string]string{"id": customer, "name": "손님"}}})
	if err != nil {
		panic(err) // plain values
	}
	return fake.Request{Query: "token=" + url.QueryEscape(Token), Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if r.Header.Get("X-Access-Key") != Key || r.Header.Get("X-Access-Secret") != Secret {
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/open/v5/"), "/")
	switch {
	case r.Method == http.MethodGet && path[0] == "channel":
		answer(w, map[string]any{"channel": map[string]string{"id": "1"}})
		return nil
	case len(path) == 3 && path[0] == "users" && path[2] == "user-chats":
		answer(w, map[string]any{"userChat": map[string]string{"id": "chat-" + path[1]}})
		return nil
	case len(path) != 3 || path[0] != "user-chats" || path[2] != "messages" || !strings.HasPrefix(path[1], "chat-"):
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	var said struct {
		RequestID string `json:"requestId"`
		Blocks    []struct {
			Type  string `json:"type"`
			Value string `json:"value"`
		} `json:"blocks"`
	}
	if json.Unmarshal(body, &said) != nil || len(said.Blocks) == 0 || r.URL.Query().Get("botName") == "" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return nil
	}
	id := fmt.Sprintf("msg-out-%d", len(f.server.Sent()))
	answer(w, map[string]any{"message": map[string]string{"id": id, "chatId": path[1], "requestId": said.RequestID}})
	return &fake.Sent{ID: id, Key: said.RequestID, To: strings.TrimPrefix(path[1], "chat-"), Text: said.Blocks[0].Value}
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("X-Ratelimit-Reset", fmt.Sprint(time.Now().Add(3*time.Second).Unix()))
		w.WriteHeader(http.StatusTooManyRequests)
	case fake.Dead:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
