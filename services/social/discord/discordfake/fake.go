// Package discordfake is Discord's HTTP API as one application sees it: posting
// with nonces, direct messages, the application itself, and signed interactions.
package discordfake

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Token and Application are those of the fake's only application.
const (
	Token       = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"
	Application = "845027738276462632"
)

// Channel is where commands are used; Closed takes no posts, and Silent is a
// user who takes no direct messages.
const (
	Channel = "772908445358620702"
	Closed  = "500010000000000001"
	Silent  = "500070000000000007"
)

// File is what every file of the fake holds.
const File = "bytes of a file"

var private = ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, fake"))

// PublicKey is the application's, in hexadecimal.
func PublicKey() string { return hex.EncodeToString(private.Public().(ed25519.PublicKey)) }

// Fake is the provider.
type Fake struct {
	fake.Server
	last atomic.Int64

	mu       sync.Mutex // guards all below
	endpoint string
	commands map[string]bool
	speaker  string // who used a command last
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{commands: map[string]bool{}}
	f.Take, f.Refuse = f.take, refuse
	f.last.Store(1_500_000_000_000_000_000)
	return f
}

// Kind is "discord".
func (*Fake) Kind() string { return "discord" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox before the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, _ := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "public_key": PublicKey()})
	return settings, map[string]string{"bot_token": Token}
}

// Snowflake is the n-th id of a moment.
func Snowflake(at time.Time, n int) string {
	return strconv.FormatInt((at.UnixMilli()-1420070400000)<<22|int64(n), 10)
}

// User is a customer's user id.
func User(customer string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(customer))
	return strconv.FormatInt(80_000_000_000_000_000+int64(h.Sum32()), 10)
}

// Say is the command /support in a server's channel.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	f.mu.Lock()
	f.speaker = User(customer)
	f.mu.Unlock()
	body, _ := json.Marshal(map[string]any{
		"application_id": Application, "id": Snowflake(at, n), "type": 2, "version": 1, "token": "t", "channel_id": Channel, "guild_id": "772904309264089089", "locale": "en-GB",
		"member": map[string]any{"user": map[string]any{"id": User(customer), "username": customer, "global_name": customer}},
		"data":   map[string]any{"id": "1", "name": "support", "type": 1, "options": []map[string]any{{"type": 3, "name": "message", "value": text}}},
	})
	return Sign(body)
}

// Sign makes a request of a body.
func Sign(body []byte) fake.Request {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	signature := ed25519.Sign(private, append([]byte(stamp), body...))
	return fake.Request{Body: body, Header: http.Header{
		"Content-Type": {"application/json"}, "X-Signature-Timestamp": {stamp}, "X-Signature-Ed25519": {hex.EncodeToString(signature)},
	}}
}

// Registered is the interactions endpoint and how many commands there are.
func (f *Fake) Registered() (endpoint string, commands int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.endpoint, len(f.commands)
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if strings.HasPrefix(r.URL.Path, "/files/") {
		if strings.HasSuffix(r.URL.Path, "/expired") {
			w.WriteHeader(http.StatusForbidden)
			return nil
		}
		_, _ = io.WriteString(w, File)
		return nil
	}
	if r.Header.Get("Authorization") != "Bot "+Token {
		problem(w, http.StatusUnauthorized, 0, "401: Unauthorized")
		return nil
	}
	where, isPost := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/channels/"), "/messages")
	switch {
	case isPost && r.Method == http.MethodPost:
		return f.post(w, r, where, body)
	case r.URL.Path == "/users/@me/channels":
		var in struct {
			Recipient string `json:"recipient_id"`
		}
		_ = json.Unmarshal(body, &in)
		id := "9" + strings.TrimPrefix(in.Recipient, "8")
		if in.Recipient == Silent {
			id = Silent
		}
		answer(w, map[string]any{"id": id, "type": 1})
	case r.URL.Path == "/applications/@me":
		f.application(w, r, body)
	case r.URL.Path == "/applications/"+Application+"/commands":
		var in struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(body, &in)
		f.mu.Lock()
		f.commands[in.Name] = true
		f.mu.Unlock()
		answer(w, map[string]any{"id": "1", "name": in.Name})
	default:
		problem(w, http.StatusNotFound, 0, "404: Not Found")
	}
	return nil
}

func (f *Fake) application(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Method == http.MethodPatch {
		var in struct {
			Endpoint string `json:"interactions_endpoint_url"`
		}
		_ = json.Unmarshal(body, &in)
		f.mu.Lock()
		f.endpoint = in.Endpoint
		f.mu.Unlock()
	}
	answer(w, map[string]any{"id": Application, "verify_key": PublicKey()})
}

func (f *Fake) post(w http.ResponseWriter, r *http.Request, where string, body []byte) *fake.Sent {
	message, files := read(r, body)
	var in struct {
		Content string `json:"content"`
		Nonce   string `json:"nonce"`
		Enforce bool   `json:"enforce_nonce"`
		Rows    []row  `json:"components"`
	}
	switch {
	case json.Unmarshal(message, &in) != nil || in.Content == "" && len(files) == 0:
		problem(w, http.StatusBadRequest, 50006, "Cannot send an empty message")
		return nil
	case len([]rune(in.Content)) > 2000 || len(in.Nonce) > 25 || !taken(in.Rows):
		problem(w, http.StatusBadRequest, 50035, "Invalid Form Body")
		return nil
	case where == Closed:
		problem(w, http.StatusForbidden, 50001, "Missing Access")
		return nil
	case where == Silent:
		problem(w, http.StatusForbidden, 50007, "Cannot send messages to this user")
		return nil
	}
	if before, ok := f.Known(in.Nonce); ok && in.Enforce {
		answer(w, map[string]any{"id": before.ID, "channel_id": where})
		return nil
	}
	id := strconv.FormatInt(f.last.Add(1), 10)
	answer(w, map[string]any{"id": id, "channel_id": where, "content": in.Content})
	return &fake.Sent{ID: id, Key: in.Nonce, To: where, Text: in.Content, Files: files, Buttons: buttons(in.Rows)}
}

func read(r *http.Request, body []byte) (message []byte, files []string) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return body, nil
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		return nil, nil
	}
	defer func() { _ = form.RemoveAll() }()
	for _, list := range form.File {
		for _, h := range list {
			files = append(files, h.Filename)
		}
	}
	if len(form.Value["payload_json"]) > 0 {
		message = []byte(form.Value["payload_json"][0])
	}
	return message, files
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = fmt.Fprint(w, `{"message":"You are being rate limited.","retry_after":0.65,"global":false}`)
	case fake.Dead:
		problem(w, http.StatusUnauthorized, 0, "401: Unauthorized")
	default:
		problem(w, http.StatusInternalServerError, 0, "500: Internal Server Error")
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func problem(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": message})
}
