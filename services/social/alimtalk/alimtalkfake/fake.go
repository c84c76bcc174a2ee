// Package alimtalkfake is a Solapi of our own, for tests and the simulation. It
// knows one template.
package alimtalkfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/alimtalk"
)

// The credentials of the fake, and the template it has approved.
const (
	Key        = "FAKEKEY"
	Secret     = "FAKESECRET"
	HookSecret = "fake-hook-secret"
	Template   = "TPLSHIPPED"
)

// Fake implements fake.Provider.
type Fake struct{ server fake.Server }

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.server.Take, f.server.Refuse = f.take, refuse
	return f
}

// Kind is "alimtalk".
func (*Fake) Kind() string { return alimtalk.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is Solapi's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "pf_id": "KA01PF", "from": "02-555-0100"})
	if err != nil {
		panic(err) // plain values
	}
	return settings, map[string]string{"api_key": Key, "api_secret": Secret, "hook_secret": HookSecret}
}

// Say is a report, because nobody can answer an Alimtalk: the n-th message the
// fake took has arrived. The text is not used.
func (f *Fake) Say(customer string, n int, _ string, at time.Time) fake.Request {
	item := map[string]any{"messageId": fmt.Sprintf("M4V%d", n), "to": customer, "statusCode": "4000", "dateReported": at.UTC().Format(time.RFC3339)}
	if sent := f.server.Sent(); n >= 0 && n < len(sent) {
		item["messageId"], item["customFields"] = sent[n].ID, map[string]string{"message": sent[n].Key}
	}
	body, err := json.Marshal([]any{item})
	if err != nil {
		panic(err) // plain values
	}
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Solapi-Secret": {HookSecret}}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if !signed(r.Header.Get("Authorization")) {
		fault(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return nil
	}
	switch r.URL.Path {
	case "/cash/v1/balance":
		answer(w, http.StatusOK, map[string]any{"balance": 1000, "point": 0})
		return nil
	case "/kakao/v2/templates":
		answer(w, http.StatusOK, map[string]any{"templateList": []any{
			map[string]any{"templateId": Template, "name": "shipped", "content": "#{name}님, 상품이 발송되었습니다.", "status": "APPROVED", "variables": []any{map[string]string{"name": "#{name}"}}},
			map[string]any{"templateId": "TPLNEW", "content": "…", "status": "INSPECTING"},
		}})
		return nil
	case "/messages/v4/send-many/detail":
		return f.send(w, body)
	}
	fault(w, http.StatusNotFound, "ResourceNotFound")
	return nil
}

func (f *Fake) send(w http.ResponseWriter, body []byte) *fake.Sent {
	var said struct {
		Messages []struct {
			To     string            `json:"to"`
			Type   string            `json:"type"`
			Custom map[string]string `json:"customFields"`
			Kakao  struct {
				Template  string            `json:"templateId"`
				Variables map[string]string `json:"variables"`
			} `json:"kakaoOptions"`
		} `json:"messages"`
	}
	if json.Unmarshal(body, &said) != nil || len(said.Messages) != 1 || said.Messages[0].Type != "ATA" {
		fault(w, http.StatusBadRequest, "ValidationError")
		return nil
	}
	m := said.Messages[0]
	_, named := m.Kakao.Variables["#{name}"]
	if m.Kakao.Template != Template || !named {
		answer(w, http.StatusOK, map[string]any{"failedMessageList": []any{map[string]string{"to": m.To, "statusCode": "1034", "statusMessage": "template"}}, "messageList": []any{}})
		return nil
	}
	id := fmt.Sprintf("M4V%d", len(f.server.Sent()))
	answer(w, http.StatusOK, map[string]any{
		"failedMessageList": []any{}, "groupInfo": map[string]string{"groupId": "G4V" + id},
		"messageList": []any{map[string]string{"messageId": id, "statusCode": "2000", "to": m.To}},
	})
	return &fake.Sent{ID: id, Key: m.Custom["message"], To: m.To, Template: m.Kakao.Template, Text: m.Kakao.Variables["#{name}"]}
}

func signed(header string) bool {
	parts := map[string]string{}
	for item := range strings.SplitSeq(strings.TrimPrefix(header, "HMAC-SHA256 "), ", ") {
		name, value, _ := strings.Cut(item, "=")
		parts[name] = value
	}
	at, err := time.Parse(time.RFC3339, parts["date"])
	return err == nil && time.Since(at).Abs() < 15*time.Minute && len(parts["salt"]) >= 12 && header == alimtalk.Authorization(Key, Secret, parts["date"], parts["salt"])
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "1")
		fault(w, http.StatusTooManyRequests, "TooManyRequests")
	case fake.Dead:
		fault(w, http.StatusForbidden, "InvalidAPIKey")
	default:
		fault(w, http.StatusInternalServerError, "InternalError")
	}
}

func fault(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"errorCode": code, "errorMessage": "no"})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
