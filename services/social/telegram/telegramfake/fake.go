// Package telegramfake is the Bot API as one bot sees it: it takes messages and
// files, gives files back, and writes Updates.
package telegramfake

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"bytes"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Token and Secret are those of the fake's only bot.
const (
	Token  = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
	Secret = "hook-secret_1"
)

// File is what every file of the fake holds.
const File = "bytes of a file"

// Blocked is a chat that has blocked the bot, Unknown one that never was, and
// Moved a group that has become the supergroup MovedTo.
const (
	Blocked int64 = 403403
	Unknown int64 = 404404
	Moved   int64 = -400
	MovedTo int64 = -1001234567890
)

// Fake is the provider.
type Fake struct {
	fake.Server
	last atomic.Int64
	hook atomic.Pointer[url.Values]
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "telegram".
func (*Fake) Kind() string { return "telegram" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox before the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, _ := json.Marshal(map[string]any{"api_url": api, "allow_private": true})
	return settings, map[string]string{"bot_token": Token, "secret_token": Secret}
}

// Chat is the id of a customer's private chat.
func Chat(customer string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(customer))
	return 1_000_000_000_000 + int64(h.Sum32())
}

// Say is an Update with a text message in a private chat.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	id := Chat(customer)
	person := map[string]any{"id": id, "first_name": customer, "is_bot": false}
	body, _ := json.Marshal(map[string]any{
		"update_id": 700_000_000 + n,
		"message": map[string]any{
			"message_id": 1000 + n, "date": at.Unix(), "text": text, "from": person,
			"chat": map[string]any{"id": id, "first_name": customer, "type": "private"},
		},
	})
	return Sign(body)
}

// Sign makes a request of an Update.
func Sign(body []byte) fake.Request {
	return fake.Request{Header: http.Header{"Content-Type": {"application/json"}, "X-Telegram-Bot-Api-Secret-Token": {Secret}}, Body: body}
}

// Webhook are the fields of the last setWebhook; nil before the first.
func (f *Fake) Webhook() url.Values {
	if v := f.hook.Load(); v != nil {
		return *v
	}
	return nil
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if strings.HasPrefix(r.URL.Path, "/file/bot"+Token+"/") {
		_, _ = io.WriteString(w, File)
		return nil
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+Token+"/")
	if !ok {
		problem(w, http.StatusNotFound, "Not Found", nil)
		return nil
	}
	fields, files := read(r, body)
	switch method {
	case "getMe":
		result(w, map[string]any{"id": 110201543, "is_bot": true, "first_name": "Shop"})
	case "setWebhook":
		f.hook.Store(&fields)
		result(w, true)
	case "getFile":
		id := r.URL.Query().Get("file_id")
		if id == "gone" {
			problem(w, http.StatusBadRequest, "Bad Request: wrong file_id or the file is temporarily unavailable", nil)
			return nil
		}
		result(w, map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": len(File), "file_path": "documents/" + id + ".bin"})
	case "sendMessage", "sendPhoto", "sendDocument", "sendVideo", "sendAudio":
		return f.send(w, method, fields, files)
	default:
		problem(w, http.StatusNotFound, "Not Found: method not found", nil)
	}
	return nil
}

func (f *Fake) send(w http.ResponseWriter, method string, fields url.Values, files []string) *fake.Sent {
	chat, err := strconv.ParseInt(fields.Get("chat_id"), 10, 64)
	text := fields.Get("text")
	switch {
	case err != nil || chat == Unknown:
		problem(w, http.StatusBadRequest, "Bad Request: chat not found", nil)
		return nil
	case chat == Blocked:
		problem(w, http.StatusForbidden, "Forbidden: bot was blocked by the user", nil)
		return nil
	case chat == Moved:
		problem(w, http.StatusBadRequest, "Bad Request: group chat was upgraded to a supergroup chat", map[string]any{"migrate_to_chat_id": MovedTo})
		return nil
	case method == "sendMessage" && text == "":
		problem(w, http.StatusBadRequest, "Bad Request: message text is empty", nil)
		return nil
	case len([]rune(text)) > 4096:
		problem(w, http.StatusBadRequest, "Bad Request: message is too long", nil)
		return nil
	case method != "sendMessage":
		text = fields.Get("caption")
		for _, name := range []string{"photo", "document", "video", "audio"} {
			if fields.Get(name) != "" {
				files = append(files, fields.Get(name))
			}
		}
		if len(files) == 0 {
			problem(w, http.StatusBadRequest, "Bad Request: there is no file in the request", nil)
			return nil
		}
	}
	buttons, refusal := keyboard(fields.Get("reply_markup"))
	if refusal != "" {
		problem(w, http.StatusBadRequest, "Bad Request: "+refusal, nil)
		return nil
	}
	id := f.last.Add(1)
	result(w, map[string]any{"message_id": id, "date": time.Now().Unix(), "text": text, "chat": map[string]any{"id": chat, "type": "private"}})
	return &fake.Sent{ID: fmt.Sprintf("%d:%d", chat, id), To: fields.Get("chat_id"), Text: text, Files: files, Buttons: buttons}
}

// read takes a form of either kind. Files are listed by name.
func read(r *http.Request, body []byte) (url.Values, []string) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		values, _ := url.ParseQuery(string(body))
		return values, nil
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		return url.Values{}, nil
	}
	defer func() { _ = form.RemoveAll() }()
	var files []string
	for _, list := range form.File {
		for _, h := range list {
			files = append(files, h.Filename)
		}
	}
	return form.Value, files
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		problem(w, http.StatusTooManyRequests, "Too Many Requests: retry after 3", map[string]any{"retry_after": 3})
	case fake.Dead:
		problem(w, http.StatusUnauthorized, "Unauthorized", nil)
	default:
		problem(w, http.StatusInternalServerError, "Internal Server Error", nil)
	}
}

func result(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": v})
}

func problem(w http.ResponseWriter, code int, description string, parameters map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	answer := map[string]any{"ok": false, "error_code": code, "description": description}
	if parameters != nil {
		answer["parameters"] = parameters
	}
	_ = json.NewEncoder(w).Encode(answer)
}
