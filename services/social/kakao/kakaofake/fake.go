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
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
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
	return f.say(customer, n, text, nil, at)
}

// Press is a quick reply that was pressed under an answer: it says its message
// text, with its extra beside it.
func (f *Fake) Press(m fake.Sent, n int, button events.QuickReply, at time.Time) fake.Request {
	return f.say(m.To, n, button.Label, map[string]string{"pressed": button.Value}, at)
}

func (f *Fake) say(customer string, n int, text string, extra any, at time.Time) fake.Request {
	token := fmt.Sprintf("%s-%d-%d", customer, n, at.UnixNano())
	f.mu.Lock()
	f.open[token] = callback{customer, at.Add(time.Minute)}
	address := f.api + "/callback/" + token
	f.mu.Unlock()
	body, err := json.Marshal(map[string]any{
		"bot": map[string]string{"id": "fakebot", "name": "fake"}, "intent": map[string]string{"id": "i", "name": "fallback"},
		"action": map[string]any{"params": map[string]string{}, "clientExtra": extra}, "contexts": []any{},
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
	token, found := strings.CutPrefix(r.URL.Path, "/callback/")
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
			Quick []quickReply `json:"quickReplies"`
		} `json:"template"`
	}
	bad := json.Unmarshal(body, &said) != nil || said.Version != "2.0" || len(said.Template.Outputs) == 0 || len(said.Template.Outputs) > 3 || len(body) > 30<<10
	buttons, ok := buttons(said.Template.Quick)
	bad = bad || !ok
	f.mu.Lock()
	c, known := f.open[token]
	if !bad {
		delete(f.open, token)
	}
	f.mu.Unlock()
	if !found || !known || bad || time.Now().After(c.until) {
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
	return &fake.Sent{ID: "task-" + token, To: c.customer, Text: strings.Join(texts, "\n"), Files: pictures, Buttons: buttons}
}

type quickReply struct {
	Label  string `json:"label"`
	Action string `json:"action"`
	Says   string `json:"messageText"`
	Extra  struct {
		Pressed string `json:"pressed"`
	} `json:"extra"`
}

// buttons reads quick replies as Kakao does: at most ten, with labels of at most
// 14 characters that say something.
func buttons(replies []quickReply) (out []events.QuickReply, ok bool) {
	for _, q := range replies {
		if q.Label == "" || utf8.RuneCountInString(q.Label) > 14 || q.Action != "message" || q.Says == "" {
			return nil, false
		}
		out = append(out, events.QuickReply{Label: q.Says, Value: q.Extra.Pressed})
	}
	return out, len(replies) <= 10
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
