// Package xfake is X as one account sees it: direct messages sent by API v2,
// files, and signed account activity.
package xfake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Key and Secret are the consumer's, Self the account, and Closed a user who takes
// no messages from it.
const (
	Key    = "consumer-key"
	Secret = "consumer_secret"
	Self   = "4337869213"
	Closed = "403"
)

// File is what every file of the fake holds.
const File = "bytes of a file"

// Fake is the provider.
type Fake struct {
	fake.Server
	Webhooks
	last atomic.Int64
	// uploads are the pictures that stand in no message yet, by id.
	uploads sync.Map
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.Take, f.Refuse = f.take, refuse
	f.last.Store(1_900_000_000_000_000_000)
	return f
}

// Kind is "x".
func (*Fake) Kind() string { return "x" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox before the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, _ := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "user_id": Self})
	return settings, map[string]string{"consumer_key": Key, "consumer_secret": Secret, "access_token": "access-token", "access_token_secret": "access-token-secret"}
}

// User is a customer's user id.
func User(customer string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(customer))
	return strconv.FormatInt(3_000_000_000+int64(h.Sum32()), 10)
}

// Event is a direct message to the account.
func Event(customer string, n int, text string, at time.Time) map[string]any {
	return map[string]any{
		"type": "message_create", "id": strconv.Itoa(954_491_830_116_155_396 + n), "created_timestamp": strconv.FormatInt(at.UnixMilli(), 10),
		"message_create": map[string]any{
			"target": map[string]any{"recipient_id": Self}, "sender_id": User(customer),
			"message_data": map[string]any{"text": text, "entities": map[string]any{"urls": []any{}}},
		},
	}
}

// Say is account activity with one direct message.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return Batch(customer, Event(customer, n, text, at))
}

// Press is account activity with an option of a quick reply that the receiver of a
// message picked. X takes no options from API v2: another program offered it.
func (*Fake) Press(m fake.Sent, n int, button events.QuickReply, at time.Time) fake.Request {
	event := Event("", n, button.Label, at)
	create := event["message_create"].(map[string]any)
	create["sender_id"] = m.To
	create["message_data"].(map[string]any)["quick_reply_response"] = map[string]any{"type": "options", "metadata": button.Value}
	return Batch("", event)
}

// Batch is account activity with several events.
func Batch(customer string, events ...any) fake.Request {
	body, _ := json.Marshal(map[string]any{
		"for_user_id": Self, "direct_message_events": events,
		"users": map[string]any{User(customer): map[string]any{"id": User(customer), "name": customer, "screen_name": customer}},
	})
	return Sign(body)
}

// Sign makes a request of a body.
func Sign(body []byte) fake.Request {
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write(body)
	return fake.Request{Body: body, Header: http.Header{
		"Content-Type": {"application/json"}, "X-Twitter-Webhooks-Signature": {"sha256=" + base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if f.Webhooks.serve(w, r, body) {
		return nil
	}
	auth := r.Header.Get("Authorization")
	if !strings.HasPrefix(auth, "OAuth ") || !strings.Contains(auth, `oauth_token="access-token"`) || !strings.Contains(auth, `oauth_signature="`) {
		problem(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
		return nil
	}
	to, isMessage := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/messages"), "/2/dm_conversations/with/")
	switch {
	case isMessage:
		var in struct {
			Text  string `json:"text"`
			Files []struct {
				ID string `json:"media_id"`
			} `json:"attachments"`
		}
		var files []string
		if json.Unmarshal(body, &in) == nil && len(in.Files) == 1 {
			if picture, ok := f.uploads.LoadAndDelete(in.Files[0].ID); ok { // an id is for one message
				files = []string{picture.(string)}
			}
		}
		if in.Text == "" && len(files) == 0 || len(files) != len(in.Files) {
			problem(w, http.StatusBadRequest, "Invalid Request", "One or more parameters to your request was invalid.")
			return nil
		}
		if to == Closed {
			problem(w, http.StatusForbidden, "Forbidden", "You cannot send messages to this user.")
			return nil
		}
		id := strconv.FormatInt(f.last.Add(1), 10)
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"data":{"dm_conversation_id":"%s-%s","dm_event_id":%q}}`, to, Self, id)
		return &fake.Sent{ID: id, To: to, Text: in.Text, Files: files}
	case r.URL.Path == "/2/media/upload":
		f.upload(w, r, body)
	case r.URL.Path == "/2/users/me":
		_, _ = fmt.Fprintf(w, `{"data":{"id":%q,"name":"Shop","username":"shop"}}`, Self)
	case r.URL.Path == "/media/1":
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = io.WriteString(w, File)
	default:
		problem(w, http.StatusNotFound, "Not Found Error", "Not found")
	}
	return nil
}

// upload takes a picture for a direct message in one piece.
func (f *Fake) upload(w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	file, _, err := r.FormFile("media")
	if err != nil || r.FormValue("media_category") != "dm_image" {
		problem(w, http.StatusBadRequest, "Invalid Request", "One or more parameters to your request was invalid.")
		return
	}
	data, err := io.ReadAll(file)
	if kind := http.DetectContentType(data); err != nil || kind != "image/jpeg" && kind != "image/png" && kind != "image/webp" {
		problem(w, http.StatusBadRequest, "Invalid Request", "media type unrecognized.")
		return
	}
	id := strconv.FormatInt(f.last.Add(1), 10)
	f.uploads.Store(id, string(data))
	_, _ = fmt.Fprintf(w, `{"data":{"id":%q,"media_key":"3_%s","size":%d,"expires_after_secs":86400}}`, id, id, len(data))
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(2*time.Second).Unix(), 10))
		problem(w, http.StatusTooManyRequests, "Too Many Requests", "Too Many Requests")
	case fake.Dead:
		problem(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
	default:
		problem(w, http.StatusInternalServerError, "Internal Error", "Something is broken")
	}
}

func problem(w http.ResponseWriter, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": title, "detail": detail, "status": status, "type": "about:blank"})
}
