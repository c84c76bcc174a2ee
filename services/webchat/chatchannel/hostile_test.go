package chatchannel

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/projection"
)

// Each row is a frame after a good hello, and the answer it gets: the code of
// an error frame, a type, or a close code. Afterwards the chat still works.
func TestHostileFrames(t *testing.T) {
	h := newHouse(t)
	for _, row := range []struct {
		name, frame string
		binary      bool
		want        string
	}{
		{name: "nothing", frame: "", want: "bad-frame"},
		{name: "not json", frame: "hello", want: "bad-frame"},
		{name: "null", frame: "null", want: "bad-frame"},
		{name: "array", frame: "[]", want: "bad-frame"},
		{name: "number", frame: "7", want: "bad-frame"},
		{name: "no type", frame: "{}", want: "bad-frame"},
		{name: "type is a number", frame: `{"type":1}`, want: "bad-frame"},
		{name: "type is null", frame: `{"type":null}`, want: "bad-frame"},
		{name: "cut", frame: `{"type":"message"`, want: "bad-frame"},
		{name: "two documents", frame: `{"type":"ping"}{"type":"ping"}`, want: "bad-frame"},
		{name: "deep", frame: strings.Repeat(`{"type":`, 7000), want: "bad-frame"},
		{name: "negative place", frame: `{"type":"older","before":-1}`, want: "bad-frame"},
		{name: "place too large", frame: `{"type":"older","before":18446744073709551616}`, want: "bad-frame"},
		{name: "place with a fraction", frame: `{"type":"older","before":1.5}`, want: "bad-frame"},
		{name: "unknown type", frame: `{"type":"drop table"}`, want: "unknown-frame"},
		{name: "server's type", frame: `{"type":"welcome","visitor":"x"}`, want: "unknown-frame"},
		{name: "second hello", frame: `{"type":"hello"}`, want: "hello-twice"},
		{name: "older without a place", frame: `{"type":"older"}`, want: "bad-frame"},
		{name: "older far ahead", frame: `{"type":"older","before":18446744073709551615}`, want: "older"},
		{name: "no client id", frame: `{"type":"message","text":"x"}`, want: "bad-client-id"},
		{name: "client id with a blank", frame: `{"type":"message","client_id":"a b","text":"x"}`, want: "bad-client-id"},
		{name: "client id with a wildcard", frame: `{"type":"message","client_id":"a.*","text":"x"}`, want: "bad-client-id"},
		{name: "client id too long", frame: `{"type":"message","client_id":"` + strings.Repeat("a", 65) + `","text":"x"}`, want: "bad-client-id"},
		{name: "client id is an object", frame: `{"type":"message","client_id":{},"text":"x"}`, want: "bad-frame"},
		{name: "no text", frame: `{"type":"message","client_id":"a"}`, want: "empty"},
		{name: "blank text", frame: `{"type":"message","client_id":"a","text":" \n\t "}`, want: "empty"},
		{name: "control characters only", frame: `{"type":"message","client_id":"a","text":"\u0000\u0007"}`, want: "empty"},
		{name: "text too long", frame: `{"type":"message","client_id":"a","text":"` + strings.Repeat("한", 4001) + `"}`, want: "too-long"},
		{name: "longest text", frame: `{"type":"message","client_id":"long","text":"` + strings.Repeat("한", 4000) + `"}`, want: "ack"},
		{name: "lone surrogate", frame: `{"type":"message","client_id":"sur","text":"\ud800x"}`, want: "ack"},
		{name: "markup", frame: `{"type":"message","client_id":"html","text":"<script>alert(1)</script>"}`, want: "ack"},
		{name: "unknown field", frame: `{"type":"message","client_id":"more","text":"x","future":{"a":[1]}}`, want: "ack"},
		{name: "end without a client id", frame: `{"type":"end"}`, want: "bad-client-id"},
		{name: "end under the mark of another", frame: `{"type":"end","client_id":"end:a"}`, want: "bad-client-id"},
		{name: "end of nothing", frame: `{"type":"end","client_id":"a","text":"x","id":"ms1"}`, want: "ack"},
		{name: "name twice", frame: `{"type":"ping","type":"ping"}`, want: "pong"},
		{name: "receipt for a long id", frame: `{"type":"seen","id":"` + strings.Repeat("m", 5000) + `"}`, want: ""},
		{name: "receipt without an id", frame: `{"type":"seen"}`, want: ""},
		{name: "typing without a talk", frame: `{"type":"typing","on":true}`, want: ""},
		{name: "not utf-8", frame: "{\"type\":\"message\",\"client_id\":\"a\",\"text\":\"\xff\"}", want: "close 1007"},
		{name: "binary", frame: `{"type":"ping"}`, binary: true, want: "close 1003"},
		{name: "too large", frame: `{"type":"message","client_id":"a","text":"` + strings.Repeat("x", MaxFrame) + `"}`, want: "close 1009"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := h.visitor()
			v.h = &house{t: t, server: h.server}
			v.connect()
			kind := websocket.TextMessage
			if row.binary {
				kind = websocket.BinaryMessage
			}
			if err := v.ws.WriteMessage(kind, []byte(row.frame)); err != nil {
				t.Fatal(err)
			}
			if row.want != "ack" { // an ack may come after a later pong
				v.send(map[string]any{"type": "ping"})
			}
			if got := v.firstWord(); got != row.want {
				t.Errorf("answer %q, want %q", got, row.want)
			}
		})
	}
	v := h.visitor()
	v.connect()
	v.say("still", "works")
}

// firstWord reads one answer: an error's code, a frame's type, a close code, or
// "" where the ping after it was answered first.
func (v *visitor) firstWord() string {
	for {
		f, _, err := v.read()
		var c *websocket.CloseError
		switch {
		case errors.As(err, &c):
			return "close " + json.Number(rune3(c.Code)).String()
		case err != nil:
			return err.Error()
		case f["type"] == "error":
			return f["code"].(string)
		case f["type"] == "pong":
			if f2, _, err := v.peek(); err == nil && f2["type"] == "pong" {
				return "pong"
			}
			return ""
		case f["type"] == "message":
		default:
			return f["type"].(string)
		}
	}
}

func rune3(n int) string {
	return string([]byte{byte('0' + n/1000%10), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

// peek asks for one more pong, so that two of them tell that the frame itself
// was answered with one.
func (v *visitor) peek() (map[string]any, []byte, error) {
	if err := v.ws.WriteJSON(map[string]any{"type": "older", "before": 1}); err != nil {
		return nil, nil, err
	}
	return v.read()
}

func TestFiveBadFramesEndIt(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.dial()
	for range maxBad {
		v.send(map[string]any{"type": "message"})
	}
	var f Failure
	v.until("error", &f)
	if code := v.closeCode(); f.Code != "hello-first" || code != 4400 {
		t.Errorf("%q, close %d", f.Code, code)
	}
}

func TestHostileHello(t *testing.T) {
	h := newHouse(t)
	long := strings.Repeat("x", 10_000)
	for name, hello := range map[string]map[string]any{
		"token is text":       {"visitor": "hello"},
		"token too long":      {"visitor": "v1." + long + "." + long},
		"token of nobody":     {"visitor": "v1." + strings.Repeat("A", 43) + ".00112233445566778899aabbccddeeff"},
		"token without a tag": {"visitor": "v1." + strings.Repeat("A", 43)},
		"place far ahead":     {"after": uint64(1) << 52},
		"long name":           {"name": long, "email": long, "lang": long, "page": "https://x/" + long},
		"email is a header":   {"email": "a@b.c>\r\nBcc: d@e.f"},
		"page is a script":    {"page": "javascript:alert(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			v := h.visitor()
			v.h = &house{t: t, server: h.server}
			v.hello = hello
			if w := v.connect(); !w.Fresh || len(w.Lines) != 0 || !strings.HasPrefix(w.Visitor, tokenPrefix) {
				t.Errorf("welcome %+v", w)
			}
			v.say("a", "hi")
		})
	}
}

func TestHandshakes(t *testing.T) {
	h := newHouse(t)
	h.inboxes.set(func(in *config.Inbox) {
		in.Settings = json.RawMessage(`{"origins":["https://shop.example","http://localhost:3000"]}`)
	})
	address := "ws" + strings.TrimPrefix(h.server.URL, "http") + "/chat/"
	host := strings.TrimPrefix(h.server.URL, "http://")
	for _, row := range []struct {
		name, inbox, origin string
		want                int
	}{
		{"a shop's page", "tok", "https://shop.example", 101},
		{"case does not matter", "tok", "HTTPS://Shop.Example", 101},
		{"a program", "tok", "", 101},
		{"our own page", "tok", "http://" + host, 101},
		{"another site", "tok", "https://evil.example", 403},
		{"a longer name", "tok", "https://shop.example.evil.example", 403},
		{"another scheme", "tok", "http://shop.example", 403},
		{"another port", "tok", "http://localhost:3001", 403},
		{"null", "tok", "null", 403},
		{"no such inbox", "nope", "https://shop.example", 404},
		{"a path", "..%2f", "https://shop.example", 404},
	} {
		header := http.Header{}
		if row.origin != "" {
			header.Set("Origin", row.origin)
		}
		c, resp, err := websocket.DefaultDialer.Dial(address+row.inbox, header)
		if resp == nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if resp.StatusCode != row.want {
			t.Errorf("%s: status %d, want %d", row.name, resp.StatusCode, row.want)
		}
		if c != nil {
			_ = c.Close()
		}
	}
	resp, err := http.Get(h.server.URL + "/chat/tok")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("no websocket: status %d", resp.StatusCode)
	}
}

func TestDemo(t *testing.T) {
	h := newHouse(t)
	do := func(method, path, body string, header ...string) (int, string, http.Header) {
		t.Helper()
		req, err := http.NewRequest(method, h.server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var b strings.Builder
		buf := make([]byte, 64<<10)
		for {
			n, err := resp.Body.Read(buf)
			b.Write(buf[:n])
			if err != nil {
				break
			}
		}
		return resp.StatusCode, b.String(), resp.Header
	}
	status, page, header := do("GET", "/demo/tok", "")
	if status != 200 || !strings.Contains(page, `data-inbox="tok"`) || !strings.Contains(page, "Demo.") || !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("demo page: %d %s", status, header)
	}
	if strings.Contains(page, identityKey) {
		t.Error("the secret stands in the page")
	}
	status, body, _ := do("POST", "/demo/tok/identity", `{"user_id":"c-1"}`)
	if status != 200 || !strings.Contains(body, SignUser(identityKey, "c-1")) {
		t.Errorf("identity: %d %s", status, body)
	}
	for _, row := range []struct {
		name   string
		status int
		method string
		path   string
		body   string
		header []string
	}{
		{"another site asks", 403, "POST", "/demo/tok/identity", `{"user_id":"c-1"}`, []string{"Sec-Fetch-Site", "cross-site"}},
		{"through a proxy", 403, "POST", "/demo/tok/identity", `{"user_id":"c-1"}`, []string{"X-Forwarded-For", "203.0.113.9"}},
		{"page through a proxy", 403, "GET", "/demo/tok", "", []string{"Forwarded", "for=203.0.113.9"}},
		{"no user", 400, "POST", "/demo/tok/identity", `{}`, nil},
		{"not json", 400, "POST", "/demo/tok/identity", `user_id=1`, nil},
		{"too long", 400, "POST", "/demo/tok/identity", `{"user_id":"` + strings.Repeat("x", 300) + `"}`, nil},
		{"huge", 400, "POST", "/demo/tok/identity", `{"user_id":"` + strings.Repeat("x", 9000) + `"}`, nil},
		{"no inbox", 404, "GET", "/demo/none", "", nil},
		{"script", 200, "GET", "/demo/tok/demo.js", "", nil},
		{"style", 200, "GET", "/demo/tok/demo.css", "", nil},
		{"widget", 200, "GET", "/widget.js", "", nil},
	} {
		if status, _, _ := do(row.method, row.path, row.body, row.header...); status != row.status {
			t.Errorf("%s: status %d, want %d", row.name, status, row.status)
		}
	}
	_, _, header = do("GET", "/widget.js", "", "Accept-Encoding", "identity")
	if status, _, _ := do("GET", "/widget.js", "", "Accept-Encoding", "identity", "If-None-Match", header.Get("ETag")); status != 304 || header.Get("ETag") == "" {
		t.Errorf("widget again: status %d", status)
	}
	h.inboxes.set(func(in *config.Inbox) { in.Settings = json.RawMessage(`{}`) })
	for _, path := range []string{"/demo/tok", "/demo/tok/demo.js"} {
		if status, _, _ := do("GET", path, ""); status != 404 {
			t.Errorf("%s of an inbox without a demo: status %d", path, status)
		}
	}
	if status, _, _ := do("POST", "/demo/tok/identity", `{"user_id":"c-1"}`); status != 404 {
		t.Errorf("identity of an inbox without a demo: status %d", status)
	}
}

func TestSettings(t *testing.T) {
	for settings, good := range map[string]bool{
		``: true, `{}`: true, `{"title":"x","max_text":10}`: true, `{"origins":["https://a.example:8443"]}`: true,
		`[]`: false, `{"titel":"x"}`: false, `{"max_text":-1}`: false, `{"max_text":20000}`: false, `{"origins":["a.example"]}`: false,
		`{"origins":["https://a.example/path"]}`: false, `{"color":"red"}`: false, `{"color":"#a1b2c3"}`: true,
		`{"identity_secret":""}`: false, `{"identity_secret":"short"}`: false, `{"identity_secret":5}`: false,
	} {
		in := config.Inbox{ID: "i", Channel: Kind, Settings: json.RawMessage(settings)}
		err := check(&in)
		if (err == nil) != good {
			t.Errorf("%s: %v", settings, err)
		}
		if err == nil && len(in.Secrets[secretName]) < minSecret {
			t.Errorf("%s: no secret was made", settings)
		}
	}
}

// P6: the file is derived. Break it: let apply skip an entry now and then.
func TestFileIsRebuilt(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	p := v.point()
	for i := range 5 {
		v.say("c"+rune3(i), "said")
	}
	v.end("c" + rune3(0))
	v.say("after", "said")
	rapid.Check(t, func(rt *rapid.T) {
		h.decide(answer(rapid.StringMatching(`[a-z]{6}`).Draw(rt, "id"), p))
		h.fact(events.NewFact(&events.MessageEdited{Message: events.MessageID("ms" + rapid.StringMatching(`[a-z]`).Draw(rt, "edited")), Text: "x"}))
	})
	hash := func() string {
		t.Helper()
		if err := h.svc.store.WaitFor(t.Context(), h.facts.DurableSeq()); err != nil {
			t.Fatal(err)
		}
		sum, err := bolt.Hash(h.svc.store.db.DB, projection.Bucket)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	before := hash()
	h.stop()
	if err := bolt.Remove(filepath.Join(h.dir, FileName)); err != nil {
		t.Fatal(err)
	}
	h.open()
	if after := hash(); after != before {
		t.Errorf("hash %s, before %s", after, before)
	}
}

func FuzzDecodeFrame(f *testing.F) {
	for _, s := range []string{`{"type":"hello","after":1}`, `{"type":"message","client_id":"a","text":"x"}`, `{"type":"end","client_id":"a"}`, `{"type":1}`, "null", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := DecodeFrame(data)
		if err != nil {
			return
		}
		if frame.Type == "" {
			t.Error("a frame without a type")
		}
		if text := cleanText(frame.Text); cleanText(text) != text {
			t.Errorf("cleaning %q twice changes it", frame.Text)
		}
		if l := shortLine(frame.Name, 20); len(l) > 20 || strings.ContainsAny(l, "\n\r") {
			t.Errorf("line %q", l)
		}
	})
}

func FuzzToken(f *testing.F) {
	in := config.Inbox{ID: "i", Secrets: map[string]string{secretName: identityKey}}
	good := readToken(in, "", "")
	f.Add(good.text(in, ""), "")
	f.Add(good.text(in, "c-1"), "c-1")
	f.Add("v1..", "x")
	f.Fuzz(func(t *testing.T, given, user string) {
		token := readToken(in, given, user)
		if again := readToken(in, token.text(in, user), user); again.fresh || again.random != token.random {
			t.Error("a token of ours is not taken")
		}
		if user != "" {
			if other := readToken(in, token.text(in, user), user+"x"); !other.fresh {
				t.Error("a bound token serves somebody else")
			}
		}
	})
}
