// Package slackfake is Slack's Web API as one app in one workspace sees it:
// posting, uploading in three steps, files, and signed events.
package slackfake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Secret and Token are those of the fake's only app; Team, App and Bot name it.
const (
	Secret = "8f742231b10e8888abcd99yyyzzz85a5"
	Token  = "xoxb-1-2-three"
	Team   = "T0WORKSPACE"
	App    = "A0TRIBUTARY"
	Bot    = "B0TRIBUTARY"
)

// File is what every file of the fake holds.
const File = "bytes of a file"

// Archived is a channel that takes nothing any more.
const Archived = "C0ARCHIVED"

// Fake is the provider.
type Fake struct {
	fake.Server
	last atomic.Int64
	// shown is what the blocks of each message say, by its id.
	shown sync.Map
	// Uploaded is the number of bytes that were put to upload addresses.
	Uploaded atomic.Int64
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "slack".
func (*Fake) Kind() string { return "slack" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox before the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, _ := json.Marshal(map[string]any{"api_url": api, "allow_private": true})
	return settings, map[string]string{"signing_secret": Secret, "bot_token": Token}
}

// User is a customer's user id, and Direct their talk with the app.
func User(customer string) string {
	sum := sha256.Sum256([]byte(customer))
	return "U" + strings.ToUpper(hex.EncodeToString(sum[:5]))
}

// Direct is the channel id of a customer's direct messages.
func Direct(customer string) string { return "D" + User(customer)[1:] }

// Say is an event with a direct message. The message has the moment's time; the
// signature is made now, as a provider signs when it delivers.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	body, _ := json.Marshal(map[string]any{
		"type": "event_callback", "team_id": Team, "api_app_id": App, "event_id": fmt.Sprintf("Ev%08d", n), "event_time": at.Unix(),
		"event": map[string]any{
			"type": "message", "channel": Direct(customer), "channel_type": "im", "user": User(customer), "text": text,
			"ts": fmt.Sprintf("%d.%06d", at.Unix(), n), "client_msg_id": fmt.Sprintf("c-%d", n),
		},
	})
	return Sign(body, "application/json", time.Now())
}

// Sign makes a request of a body, signed at a moment.
func Sign(body []byte, kind string, at time.Time) fake.Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(Secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	return fake.Request{Body: body, Header: http.Header{
		"Content-Type": {kind}, "X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}}
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if r.URL.Path == "/upload" {
		f.Uploaded.Add(int64(len(body)))
		_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(body)))
		return nil
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		problem(w, "invalid_auth")
		return nil
	}
	root := "http://" + r.Host
	switch r.URL.Path {
	case "/chat.postMessage":
		return f.post(w, body)
	case "/conversations.open":
		var in struct {
			Users string `json:"users"`
		}
		_ = json.Unmarshal(body, &in)
		answer(w, map[string]any{"channel": map[string]any{"id": "D" + strings.TrimPrefix(in.Users, "U")}})
	case "/files.getUploadURLExternal":
		fields, err := url.ParseQuery(string(body))
		if err != nil || fields.Get("filename") == "" || fields.Get("length") == "" {
			problem(w, "invalid_arguments")
			return nil
		}
		answer(w, map[string]any{"upload_url": root + "/upload", "file_id": fmt.Sprintf("F%06d", f.last.Add(1))})
	case "/files.completeUploadExternal":
		return complete(w, body)
	case "/files.info":
		fields, _ := url.ParseQuery(string(body))
		if id := fields.Get("file"); id == "Fgone" {
			problem(w, "file_deleted")
		} else {
			answer(w, map[string]any{"file": map[string]any{"id": id, "name": "a.txt", "mimetype": "image/png", "url_private_download": root + "/files/" + id}})
		}
	case "/files/Fhtml":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html>sign in")
	case "/files/F1":
		w.Header().Set("Content-Type", "image/png")
		_, _ = io.WriteString(w, File)
	case "/auth.test":
		answer(w, map[string]any{"user_id": "U0BOT", "bot_id": Bot, "team_id": Team})
	default:
		problem(w, "unknown_method")
	}
	return nil
}

func (f *Fake) post(w http.ResponseWriter, body []byte) *fake.Sent {
	var in struct {
		Channel string  `json:"channel"`
		Text    string  `json:"text"`
		Thread  string  `json:"thread_ts"`
		Blocks  []block `json:"blocks"`
	}
	switch {
	case json.Unmarshal(body, &in) != nil || in.Text == "":
		problem(w, "no_text")
		return nil
	case !taken(in.Blocks):
		problem(w, "invalid_blocks")
		return nil
	case in.Channel == "" || in.Channel == "CNONE":
		problem(w, "channel_not_found")
		return nil
	case in.Channel == Archived:
		problem(w, "is_archived")
		return nil
	}
	where := in.Channel
	if strings.HasPrefix(where, "U") {
		where = "D" + where[1:]
	}
	ts := fmt.Sprintf("%d.%06d", time.Now().Unix(), f.last.Add(1))
	answer(w, map[string]any{"channel": where, "ts": ts})
	f.shown.Store(where+":"+ts, said(in.Blocks))
	to := in.Channel
	if in.Thread != "" {
		to += ":" + in.Thread
	}
	return &fake.Sent{ID: where + ":" + ts, To: to, Text: in.Text, Buttons: buttons(in.Blocks)}
}

func complete(w http.ResponseWriter, body []byte) *fake.Sent {
	var in struct {
		Files []struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"files"`
		Channel string `json:"channel_id"`
		Thread  string `json:"thread_ts"`
	}
	if json.Unmarshal(body, &in) != nil || len(in.Files) == 0 || strings.HasPrefix(in.Channel, "U") {
		problem(w, "invalid_channel")
		return nil
	}
	answer(w, map[string]any{"files": in.Files})
	return &fake.Sent{ID: in.Files[0].ID, To: in.Channel, Files: []string{in.Files[0].Title}}
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
		problem(w, "ratelimited")
	case fake.Dead:
		problem(w, "token_revoked")
	default:
		problem(w, "internal_error")
	}
}

func answer(w http.ResponseWriter, fields map[string]any) {
	fields["ok"] = true
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(fields)
}

func problem(w http.ResponseWriter, word string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": word})
}
