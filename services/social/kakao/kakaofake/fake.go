// Package kakaofake is a KakaoTalk chatbot of our own, for tests and the
// simulation: its customers speak through a skill, and it takes answers on
// callbacks, each once and within a minute.
package kakaofake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/kakao"
)

// Secret is the value of the header that the fake sends.
const Secret = "fake-skill-secret"

// Fake implements fake.Provider.
type Fake struct {
	server fake.Server

	mu   sync.Mutex // guards all below
	api  string
	open map[string]callback
}

type callback struct {
	customer string
	until    time.Time
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{open: map[string]callback{}}
	f.server.Take, f.server.Refuse = f.take, refuse
	return f
}

// Kind is "kakao".
func (*Fake) Kind() string { return kakao.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is where callbacks lead.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Settings of an inbox whose bot is the fake's; api is where callbacks lead from
// then on.
func (f *Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	f.mu.Lock()
	f.api = api
	f.mu.Unlock()
	return json.RawMessage(`{"allow_private":true,"bot_id":"fakebot"}`), map[string]string{"skill_secret": Secret}
}

// Say is an utterance with a callback of its own.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	token := fmt.Sprintf("%s-%d-%d", customer, n, at.UnixNano())
	f.mu.Lock()
	f.open[token] = callback{customer, at.Add(time.Minute)}
	address := f.api + "/callback/" + token
	f.mu.Unlock()
	body, err := json.Marshal(map[string]any{
		"bot": map[string]string{"id": "fakebot", "name": "fake"}, "intent": map[string]string{"id": "i", "name": "fallback"},
		"action": map[string]any{"params": map[string]string{}}, "contexts": []any{},
		"userRequest": map[string]any{
			"timezone": "Asia/Seoul", "utterance": text, "lang": "ko", "callbackUrl": address, "block": map[string]string{"id": "b", "name": "fallback"},
			"user": map[string]any{"id": customer, "type": "botUserKey", "properties": map[string]any{"plusfriendUserKey": "friend-" + customer, "isFriend": true}},
		},
	})
	if err != nil {
		panic(err) // plain values
	}
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Skill-Secret": {Secret}, "X-Request-Id": {token}}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	token, ok := strings.CutPrefix(r.URL.Path, "/callback/")
	var said struct {
		Version  string `json:"version"`
		Template struct {
			Outputs []struct {
				Text struct {
					Text string `json:"text"`
				} `json:"simpleText"`
				Image *struct {
					URL string `json:"imageUrl"`
				} `json:"simpleImage"`
			} `json:"outputs"`
		} `json:"template"`
	}
	bad := json.Unmarshal(body, &said) != nil || said.Version != "2.0" || len(said.Template.Outputs) == 0 || len(said.Template.Outputs) > 3
	f.mu.Lock()
	c, known := f.open[token]
	if !bad {
		delete(f.open, token)
	}
	f.mu.Unlock()
	if !ok || !known || bad || time.Now().After(c.until) {
		status(w, http.StatusBadRequest, "ERROR")
		return nil
	}
	var texts, pictures []string
	for _, o := range said.Template.Outputs {
		if o.Image != nil {
			pictures = append(pictures, o.Image.URL)
			continue
		}
		texts = append(texts, o.Text.Text)
	}
	status(w, http.StatusOK, "SUCCESS")
	return &fake.Sent{ID: "task-" + token, To: c.customer, Text: strings.Join(texts, "\n"), Files: pictures}
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "1")
		status(w, http.StatusTooManyRequests, "FAIL")
	case fake.Dead:
		status(w, http.StatusUnauthorized, "FAIL")
	default:
		status(w, http.StatusInternalServerError, "ERROR")
	}
}

func status(w http.ResponseWriter, code int, word string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"taskId": "task", "status": word, "message": "", "timestamp": time.Now().UnixMilli()})
}
