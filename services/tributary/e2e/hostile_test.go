package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// target is what the hostile rows aim at.
type target struct {
	*rig.Inside
	admin      *rig.Agent
	hook, chat rig.Inbox
	talk       string
}

// TestHostile throws what no honest peer sends at every port of the whole
// program. Each row wants a clear refusal; after each the program is as it was:
// ready on both ports, with the one message it had.
func TestHostile(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	w := &target{Inside: in, admin: in.Admin(t)}
	w.hook = w.admin.Shop()
	w.chat = w.admin.Inbox("webchat", "site", map[string]any{"identity_secret": identitySecret})
	w.admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	in.Say(t, w.hook, rig.Said{ID: "m", Contact: rig.SaidBy{ID: "c"}, Text: "the one message"})
	w.talk = string(w.admin.AwaitConversations(1)[0].ID)
	rows := 0
	run := func(name string, row func(t *testing.T)) {
		rows++
		t.Run(name, func(t *testing.T) {
			row(t)
			w.Healthy(t)
		})
	}
	for _, r := range restRows(w) {
		run("rest/"+r.name, r.run(w))
	}
	for _, r := range hookRows() {
		if r.path == "" {
			r.path = w.hook.HookPath
		}
		run("hook/"+r.name, r.run(w))
	}
	for name, frame := range liveRows() {
		run("live/"+name, func(t *testing.T) { w.badFrame(t, "ws://"+w.HTTP+"/live?token="+w.admin.Token, "", frame) })
	}
	for name, frame := range chatRows() {
		run("chat/"+name, func(t *testing.T) {
			w.badFrame(t, "ws://"+w.HTTP+"/chat/"+w.chat.HookToken(), `{"type":"hello"}`, frame)
		})
	}
	for name, talk := range smtpRows() {
		run("smtp/"+name, func(t *testing.T) { w.badTalk(t, w.SMTP, talk) })
	}
	for name, bytes := range rawRows() {
		run("http/"+name, func(t *testing.T) { w.badTalk(t, w.HTTP, bytes) })
	}
	if rows < 90 {
		t.Errorf("only %d rows", rows)
	}
	if n := len(w.admin.AllMessages()); n != 1 {
		t.Errorf("there are %d messages, want the one", n)
	}
}

// row is a request and the statuses that are an answer to it.
type row struct {
	name, method, path, body string
	header                   []string
	want                     []int
}

func (r row) run(w *target) func(*testing.T) {
	return func(t *testing.T) {
		req, err := http.NewRequest(r.method, w.URL(r.path), strings.NewReader(r.body))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(r.header); i += 2 {
			req.Header.Set(r.header[i], r.header[i+1])
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		must(t, err)
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		for _, want := range r.want {
			if resp.StatusCode == want {
				if resp.StatusCode == http.StatusRequestHeaderFieldsTooLarge {
					return // said before any handler of ours sees the request
				}
				if !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") || !json.Valid(body) {
					t.Errorf("%d, but not as problem JSON: %s %.200s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
				}
				return
			}
		}
		t.Errorf("answered %d, want one of %v: %.300s", resp.StatusCode, r.want, body)
	}
}

func restRows(w *target) []row {
	auth := []string{"Authorization", "Bearer " + w.admin.Token}
	post := func(name, path, body string, want ...int) row {
		return row{name, http.MethodPost, "/api/v1" + path, body, auth, want}
	}
	get := func(name, path string, want ...int) row {
		return row{name, http.MethodGet, "/api/v1" + path, "", auth, want}
	}
	talk := "/conversations/" + w.talk
	anonymous := row{"nobody", http.MethodGet, "/api/v1/conversations", "", nil, []int{401}}
	forged := row{"forged token", http.MethodGet, "/api/v1/conversations", "", []string{"Authorization", "Bearer " + strings.Repeat("A", 43)}, []int{401}}
	long := row{"endless token", http.MethodGet, "/api/v1/conversations", "", []string{"Authorization", "Bearer " + strings.Repeat("A", 60_000)}, []int{401, 431}}
	cross := row{"from another site", http.MethodPost, "/api/v1/session", `{"email":"a@b.c","password":"x"}`, []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://evil.test"}, []int{403}}
	stale := post("version of nothing", talk+"/resolve", ``, 400, 422)
	stale.header = append([]string{"If-Match", "not a number"}, auth...)
	negative := post("version below nought", talk+"/resolve", ``, 400, 422)
	negative.header = append([]string{"If-Match", "-9223372036854775808"}, auth...)
	future := post("version of the future", talk+"/resolve", ``, 412)
	future.header = append([]string{"If-Match", "999999"}, auth...)
	return []row{
		anonymous, forged, long, cross, stale, negative, future,
		get("another's id", "/conversations/cv"+strings.Repeat("0", 26), 404), get("id of control characters", "/conversations/%00%01%02", 400, 404, 422),
		get("id of dots", "/conversations/..%2f..%2fetc%2fpasswd", 404), get("endless id", "/conversations/"+strings.Repeat("x", 5000), 404, 422),
		get("id of wildcards", "/conversations/*%3E.", 404), get("id that is not UTF-8", "/conversations/%ff%fe", 400, 404, 422),
		get("forged cursor", "/conversations?cursor=AAAA", 400, 422), get("cursor of bytes", "/conversations?cursor=%ff%00", 400, 422),
		get("endless cursor", "/conversations?cursor="+strings.Repeat("A", 5000), 400, 422), get("forged cursor of messages", talk+"/messages?cursor=zzzz", 400, 422),
		get("limit of nought", "/conversations?limit=0", 400, 422), get("limit without end", "/conversations?limit=999999999999999999999", 400, 422),
		get("unknown status", "/conversations?status=gone", 400, 422), get("unknown filter", "/conversations?drop=table", 400, 422),
		get("no such page", "/nothing", 404), {"wrong method", http.MethodDelete, "/api/v1/conversations", "", auth, []int{405}},
		post("no JSON", talk+"/messages", "{", 400, 422), post("JSON of another kind", talk+"/messages", "[]", 400, 422), post("null", talk+"/messages", "null", 400, 422),
		post("number for text", talk+"/messages", `{"text":1}`, 400, 422), post("empty text", talk+"/messages", `{"text":"  "}`, 400, 422),
		post("deep JSON", talk+"/messages", strings.Repeat("[", 100_000), 400, 413, 422), post("giant body", talk+"/messages", `{"text":"`+strings.Repeat("x", 1<<20)+`"}`, 413, 422),
		post("unknown field", talk+"/notes", `{"text":"x","admin":true}`, 400, 422), post("no road", talk+"/messages", `{"text":"x","channel":"email"}`, 400, 409, 422),
		post("unknown channel", talk+"/messages", `{"text":"x","channel":"../x"}`, 400, 409, 422), post("somebody else's file", talk+"/messages", `{"text":"x","attachments":[{"id":"x","name":"x","type":"x","hash":"`+strings.Repeat("a", 64)+`"}]}`, 400, 404, 422),
		post("assign to nobody known", talk+"/assign", `{"assignee":"ag-no-such"}`, 400, 404, 422), post("snooze into the past", talk+"/snooze", `{"until":"1999-01-01T00:00:00Z"}`, 400, 422),
		post("snooze for ever", talk+"/snooze", `{"until":"9999-01-01T00:00:00Z"}`, 400, 422), post("tag of markup", talk+"/tags", `{"add":["<script>"]}`, 400, 422),
		post("thousand tags", talk+"/tags", `{"add":["`+strings.Join(numbers(1000), `","`)+`"]}`, 400, 422), post("transfer to nowhere", talk+"/transfer", `{"queue":"no-such"}`, 400, 404, 422),
		post("merge with itself", "/contacts/ct0000/merge", `{"from":"ct0000"}`, 400, 404, 422), post("inbox of no channel", "/inboxes", `{"channel":"pigeon","name":"x","settings":{}}`, 422),
		post("inbox of wrong settings", "/inboxes", `{"channel":"webhook","name":"x","settings":{"auth":"nonne"}}`, 422), post("inbox without settings", "/inboxes", `{"channel":"email","name":"x"}`, 422),
		post("redrive nothing", "/dead/999999/redrive", ``, 404), post("redrive below nought", "/dead/-1/redrive", ``, 400, 422),
		post("agent of no role", "/agents", `{"name":"x","email":"x@y.z","role":"god","password":"12345678"}`, 422), post("agent with a short password", "/agents", `{"name":"x","email":"x@y.z","role":"agent","password":"1"}`, 422),
		post("outcome of nothing", "/messages/ms0/outcome", `{"conversation":"`+w.talk+`","outcome":"sent"}`, 400, 404, 409, 422),
		post("wrong password", "/session", `{"email":"root@example.test","password":"no"}`, 401), post("password of a megabyte", "/session", `{"email":"root@example.test","password":"`+strings.Repeat("p", 1<<20)+`"}`, 413, 422),
	}
}

func numbers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("t", i)
	}
	return out
}

func hookRows() []row {
	bad := func(name, body string, want ...int) row {
		return row{name, http.MethodPost, "", body, nil, append(want, 400, 422)}
	}
	return []row{
		{"forged path", http.MethodPost, "/hooks/webhook/AAAAAAAAAAAAAAAAAAAAAA", "{}", nil, []int{404}},
		{"path of another channel", http.MethodPost, "/hooks/email/AAAA", "{}", nil, []int{404}},
		{"endless path", http.MethodPost, "/hooks/webhook/" + strings.Repeat("A", 8000), "{}", nil, []int{404}},
		bad("nothing", ""), bad("no JSON", "{"), bad("bytes", "\x00\xff\xfe"), bad("array", "[]"), bad("number", "1"), bad("no id", `{"contact":{"id":"c"},"text":"x"}`),
		bad("no contact", `{"id":"1","text":"x"}`), bad("empty contact", `{"id":"1","contact":{},"text":"x"}`), bad("number for id", `{"id":1,"contact":{"id":"c"},"text":"x"}`),
		bad("endless id", `{"id":"`+strings.Repeat("i", 100_000)+`","contact":{"id":"c"},"text":"x"}`, 413), bad("bad time", `{"id":"1","contact":{"id":"c"},"text":"x","occurred_at":"yesterday"}`),
		bad("bad mail address", `{"id":"1","contact":{"email":"no address"},"text":"x"}`), bad("bad phone", `{"id":"1","contact":{"phone":"call me"},"text":"x"}`),
		bad("deep", strings.Repeat(`{"a":`, 50_000), 413), bad("giant", `{"id":"1","contact":{"id":"c"},"text":"`+strings.Repeat("x", 9<<20)+`"}`, 413),
		bad("file of another scheme", `{"id":"1","contact":{"id":"c"},"text":"x","attachments":[{"name":"x","type":"x","url":"file:///etc/passwd"}]}`),
		bad("many files", `{"id":"1","contact":{"id":"c"},"attachments":[`+strings.TrimSuffix(strings.Repeat(`{},`, 10_000), ",")+`]}`),
		bad("not UTF-8", "{\"id\":\"1\",\"contact\":{\"id\":\"c\"},\"text\":\"\xff\"}"),
	}
}

func liveRows() map[string]string {
	return map[string]string{
		"no JSON": "{", "array": "[]", "null": "null", "empty": "", "unknown type": `{"type":"drop"}`, "no id": `{"type":"subscribe","view":"all"}`,
		"unknown view": `{"type":"subscribe","id":"1","view":"theirs"}`, "forged cursor": `{"type":"subscribe","id":"1","view":"all","cursor":"AAAA"}`,
		"cursor of bytes": `{"type":"subscribe","id":"1","view":"all","cursor":"\u0000"}`, "another's conversation": `{"type":"subscribe","id":"1","view":"conversation","filter":{"conversation":"cv0"}}`,
		"command of dispatch": `{"type":"command","id":"1","name":"end_send","conversation":"x","body":{}}`, "command without a body": `{"type":"command","id":"1","name":"reply","conversation":"x"}`,
		"limit without end": `{"type":"subscribe","id":"1","view":"all","limit":999999}`, "endless id": `{"type":"subscribe","view":"all","id":"` + strings.Repeat("i", 1000) + `"}`,
		"number for type": `{"type":1}`,
	}
}

func chatRows() map[string]string {
	return map[string]string{
		"no JSON": "{", "unknown type": `{"type":"drop"}`, "second hello": `{"type":"hello"}`, "no client id": `{"type":"message","text":"x"}`,
		"client id of markup": `{"type":"message","client_id":"<x>","text":"x"}`, "empty text": `{"type":"message","client_id":"a","text":" "}`,
		"endless text":    `{"type":"message","client_id":"a","text":"` + strings.Repeat("x", 20_000) + `"}`,
		"number for text": `{"type":"message","client_id":"a","text":1}`, "array": "[]",
	}
}

// badFrame sends one frame on a fresh socket and wants an error frame, a refusal
// as a result, or a close with a code of the protocol.
func (w *target) badFrame(t *testing.T, url, hello, frame string) {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.Dial(url, nil)
	if resp != nil {
		_ = resp.Body.Close()
	}
	must(t, err)
	defer func() { _ = conn.Close() }()
	if hello != "" {
		must(t, conn.WriteMessage(websocket.TextMessage, []byte(hello)))
	}
	must(t, conn.WriteMessage(websocket.TextMessage, []byte(frame)))
	_ = conn.SetReadDeadline(time.Now().Add(rig.Patience))
	for {
		_, data, err := conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) && (closed.Code == live.CloseBadFrame || closed.Code == live.CloseTooLarge || closed.Code == live.CloseForbidden) {
			return
		}
		must(t, err)
		var f struct {
			Type   string
			Status int
		}
		must(t, json.Unmarshal(data, &f))
		if f.Type == "error" || f.Type == "result" && f.Status >= 400 && f.Status < 500 {
			return
		}
	}
}

func smtpRows() map[string]string {
	in := "EHLO x\r\nMAIL FROM:<a@b.test>\r\n"
	return map[string]string{
		"bytes": "\x00\xff\x16\x03\x01", "http": "GET / HTTP/1.1\r\n\r\n", "no greeting": "MAIL FROM:<a@b>\r\n", "bad sender": "EHLO x\r\nMAIL FROM:<<>>\r\n",
		"unknown mailbox": in + "RCPT TO:<nobody@example.com>\r\n", "no recipient": in + "DATA\r\n", "recipient of bytes": in + "RCPT TO:<\x00@\xff>\r\n",
		"endless command": "EHLO " + strings.Repeat("x", 1<<20), "many recipients": in + strings.Repeat("RCPT TO:<nobody@example.com>\r\n", 300),
		"cut within a mail": in + "RCPT TO:<help@example.com>\r\nDATA\r\nSubject: half", "command after command": strings.Repeat("NOOP\r\n", 2000) + "XX\r\n",
		"giant announced": "EHLO x\r\nMAIL FROM:<a@b.test> SIZE=99999999999\r\n", "negative size": "EHLO x\r\nMAIL FROM:<a@b.test> SIZE=-1\r\n",
		"login": "EHLO x\r\nAUTH PLAIN AAAA\r\n", "relay": in + "RCPT TO:<\"help@example.com\"@evil.test>\r\n",
	}
}

func rawRows() map[string]string {
	return map[string]string{
		"bytes": "\x16\x03\x01\x00\xff\xff", "no host": "GET / HTTP/1.1\r\n\r\n", "two lengths": "POST /hooks/webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"length and chunks": "POST /hooks/webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "endless header": "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2<<20),
		"half a request": "POST /hooks/webhook/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab", "half a header": "GET / HT", "bad chunk": "POST /hooks/webhook/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"half a socket": "GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
	}
}

// badTalk writes bytes to a port, stops writing, and wants the server to be done
// with it, with nothing that says success.
func (w *target) badTalk(t *testing.T, address, talk string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(rig.Patience))
	said := make(chan []byte, 1)
	go func() {
		// A reset is an answer, too.
		data, _ := io.ReadAll(conn)
		said <- data
	}()
	_, _ = io.Copy(conn, strings.NewReader(talk)) // the server may have hung up
	_ = conn.(*net.TCPConn).CloseWrite()
	data := rig.Receive(t, "the end of the talk", said)
	if bytes.Contains(data, []byte("HTTP/1.1 2")) || bytes.Contains(data, []byte("250 2.0.0 OK: queued")) {
		t.Errorf("the server says %.200q", data)
	}
}
