// Package linefake is the Messaging API as one official account sees it: reply
// tokens that work once, pushes with retry keys, content, and signed events.
package linefake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Secret and Token are those of the fake's only channel.
const (
	Secret = "8c570fa6dd201bb328f1c1eac23a96d8"
	Token  = "long-lived-channel-access-token"
)

// File is what every file of the fake holds.
const File = "bytes of a file"

// StaleToken is a reply token that has expired.
const StaleToken = "rt-stale"

// Unreachable is the name of a host that LINE cannot post to.
const Unreachable = "unreachable.example"

// Exhausted is a user to whom a push meets the end of the month's quota.
const Exhausted = "Uexhausted"

// Fake is the provider.
type Fake struct {
	fake.Server
	last atomic.Int64
	hook atomic.Value
	// Off is the switch "use webhook" of the console, switched off.
	Off atomic.Bool

	mu   sync.Mutex // guards all below
	used map[string]bool
	got  map[string]string // which user has a message that was sent as a reply
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{used: map[string]bool{StaleToken: true}, got: map[string]string{}}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "line".
func (*Fake) Kind() string { return "line" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox before the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, _ := json.Marshal(map[string]any{"api_url": api, "allow_private": true})
	return settings, map[string]string{"channel_secret": Secret, "channel_access_token": Token}
}

// User is a customer's user id.
func User(customer string) string {
	sum := sha256.Sum256([]byte(customer))
	return "U" + hex.EncodeToString(sum[:16])
}

// Event is a text message event.
func Event(customer string, n int, text string, at time.Time) map[string]any {
	return map[string]any{
		"type": "message", "mode": "active", "timestamp": at.UnixMilli(), "source": map[string]any{"type": "user", "userId": User(customer)},
		"webhookEventId": fmt.Sprintf("01HZZ%021d", n), "deliveryContext": map[string]any{"isRedelivery": false},
		"replyToken": fmt.Sprintf("rt-%s-%d", customer, n),
		"message":    map[string]any{"id": strconv.Itoa(500_000_000 + n), "type": "text", "text": text, "quoteToken": "q"},
	}
}

// Say is a webhook with one text message.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return Batch(Event(customer, n, text, at))
}

// Batch is a webhook with several events.
func Batch(events ...any) fake.Request {
	if events == nil {
		events = []any{}
	}
	body, _ := json.Marshal(map[string]any{"destination": "Ubot", "events": events})
	return Sign(body)
}

// Sign makes a request of a body.
func Sign(body []byte) fake.Request {
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write(body)
	return fake.Request{Header: http.Header{"Content-Type": {"application/json"}, "X-Line-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}, Body: body}
}

// Webhook is the address that was registered last.
func (f *Fake) Webhook() string {
	address, _ := f.hook.Load().(string)
	return address
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if r.Header.Get("Authorization") != "Bearer "+Token {
		problem(w, http.StatusUnauthorized, "Authentication failed. Confirm that the access token in the authorization header is valid.")
		return nil
	}
	switch path := r.URL.Path; {
	case path == "/v2/bot/message/reply":
		return f.reply(w, r, body)
	case path == "/v2/bot/message/push":
		return f.push(w, r, body)
	case path == "/v2/bot/info":
		_, _ = io.WriteString(w, `{"userId":"Ubot","basicId":"@shop","chatMode":"bot"}`)
	case path == "/v2/bot/channel/webhook/endpoint" && r.Method == http.MethodGet:
		if f.Webhook() == "" {
			problem(w, http.StatusNotFound, "Webhook endpoint not found")
			return nil
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"endpoint": f.Webhook(), "active": !f.Off.Load()})
	case path == "/v2/bot/channel/webhook/test":
		var in struct {
			Endpoint string `json:"endpoint"`
		}
		_ = json.Unmarshal(body, &in) // nothing given: the address that is known
		if in.Endpoint == "" {
			in.Endpoint = f.Webhook()
		}
		if strings.Contains(in.Endpoint, Unreachable) {
			_, _ = io.WriteString(w, `{"success":false,"statusCode":0,"reason":"COULD_NOT_CONNECT","detail":"TLS handshake failure"}`)
			return nil
		}
		_, _ = io.WriteString(w, `{"success":true,"statusCode":200,"reason":"OK","detail":"200"}`)
	case path == "/v2/bot/channel/webhook/endpoint":
		var in struct {
			Endpoint string `json:"endpoint"`
		}
		if json.Unmarshal(body, &in) != nil || r.Method != http.MethodPut {
			problem(w, http.StatusBadRequest, "Invalid webhook endpoint URL")
			return nil
		}
		f.hook.Store(in.Endpoint)
		_, _ = io.WriteString(w, `{}`)
	case strings.HasPrefix(path, "/v2/bot/message/gone/"):
		problem(w, http.StatusGone, "Not found")
	case strings.HasSuffix(path, "/content/transcoding"):
		state := "succeeded"
		if strings.Contains(path, "/slow/") {
			state = "processing"
		}
		_, _ = io.WriteString(w, `{"status":"`+state+`"}`)
	case strings.HasSuffix(path, "/content"):
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = io.WriteString(w, File)
	default:
		problem(w, http.StatusNotFound, "Not found")
	}
	return nil
}

type outgoing struct {
	ReplyToken string `json:"replyToken"`
	To         string `json:"to"`
	Messages   []struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Original string `json:"originalContentUrl"`
		Preview  string `json:"previewImageUrl"`
		Quick    quick  `json:"quickReply"`
	} `json:"messages"`
}

func (f *Fake) reply(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var in outgoing
	if json.Unmarshal(body, &in) != nil || r.Header.Get("X-Line-Retry-Key") != "" || len(in.Messages) == 0 || len(in.Messages) > 5 {
		problem(w, http.StatusBadRequest, "The request body has 1 error(s)")
		return nil
	}
	if !in.shown() {
		problem(w, http.StatusBadRequest, "A message (messages[0]) in the request body is invalid")
		return nil
	}
	f.mu.Lock()
	void := f.used[in.ReplyToken] || !strings.HasPrefix(in.ReplyToken, "rt-")
	f.used[in.ReplyToken] = true
	f.mu.Unlock()
	if void {
		problem(w, http.StatusBadRequest, "Invalid reply token")
		return nil
	}
	in.To = "reply"
	out := f.sent(w, in, "")
	f.mu.Lock()
	f.got[out.ID] = holder(in.ReplyToken)
	f.mu.Unlock()
	return out
}

func (f *Fake) push(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var in outgoing
	key := r.Header.Get("X-Line-Retry-Key")
	switch {
	case json.Unmarshal(body, &in) != nil || len(in.Messages) == 0 || len(in.Messages) > 5:
		problem(w, http.StatusBadRequest, "The request body has 1 error(s)")
	case in.To == "" || strings.ContainsAny(in.To[:1], "0123456789"):
		problem(w, http.StatusBadRequest, "The property, 'to', in the request body is invalid (line: -, column: -)")
	case !in.shown():
		problem(w, http.StatusBadRequest, "A message (messages[0]) in the request body is invalid")
	case in.To == Exhausted:
		problem(w, http.StatusTooManyRequests, "You have reached your monthly limit.")
	default:
		if before, ok := f.Known(key); ok {
			w.Header().Set("X-Line-Accepted-Request-Id", "before")
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprintf(w, `{"message":"The retry key is already accepted","sentMessages":[{"id":%q}]}`, before.ID)
			return nil
		}
		return f.sent(w, in, key)
	}
	return nil
}

func (f *Fake) sent(w http.ResponseWriter, in outgoing, key string) *fake.Sent {
	out := &fake.Sent{Key: key, To: in.To}
	var ids []map[string]string
	var texts []string
	for _, m := range in.Messages {
		id := strconv.FormatInt(900_000+f.last.Add(1), 10)
		ids = append(ids, map[string]string{"id": id, "quoteToken": "q" + id})
		if m.Text != "" {
			texts = append(texts, m.Text)
		}
		if m.Original != "" {
			out.Files = append(out.Files, m.Original, m.Preview)
		}
		if out.ID == "" {
			out.ID = id
		}
	}
	out.Text, out.Buttons = strings.Join(texts, "\n"), in.Messages[len(in.Messages)-1].Quick.buttons()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"sentMessages": ids})
	return out
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		problem(w, http.StatusTooManyRequests, "The API rate limit has been exceeded. Try again later.")
	case fake.Dead:
		problem(w, http.StatusUnauthorized, "Authentication failed. Confirm that the access token in the authorization header is valid.")
	default:
		problem(w, http.StatusInternalServerError, "Internal server error")
	}
}

func problem(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
