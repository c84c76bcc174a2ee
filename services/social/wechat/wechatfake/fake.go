// Package wechatfake is a WeChat of our own, for tests and the simulation. Its
// requests are in secure mode.
package wechatfake

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/wechat"
)

// The fake's account and its secrets. AESKey is 43 characters, as WeChat shows
// it.
const (
	App    = "wxfakeaccount"
	Token  = "faketoken"
	Secret = "fake-app-secret"
	AESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA"
)

// Fake implements fake.Provider.
type Fake struct {
	server fake.Server
	issued atomic.Int64
	dead   atomic.Bool
}

// New makes a fake that works.
func New() *Fake {
	f := &Fake{}
	f.server.Take, f.server.Refuse = f.take, f.refuse
	return f
}

// Kind is "wechat".
func (*Fake) Kind() string { return wechat.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.server }

// ServeHTTP is WeChat's side.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// Expire makes the access token in use a dead one; the next that is asked for is
// good.
func (f *Fake) Expire() { f.dead.Store(true) }

// Settings of an inbox that talks to the fake.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	settings, err := json.Marshal(map[string]any{"api_url": api, "allow_private": true, "app_id": App, "secure": true})
	if err != nil {
		panic(err) // plain values
	}
	return settings, map[string]string{"token": Token, "app_secret": Secret, "encoding_aes_key": AESKey}
}

// Say is a user's text.
func (*Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
		panic(err) // a buffer takes everything
	}
	body := fmt.Sprintf("<xml><ToUserName>gh_fake</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId></xml>", customer, at.Unix(), escaped.String(), 6054768590064713728+int64(n))
	return Seal(Token, AESKey, App, []byte(body), at)
}

// Seal makes the request of secure mode that carries an XML body.
func Seal(token, aesKey, app string, body []byte, at time.Time) fake.Request {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		panic(err) // a key of the test's
	}
	data := make([]byte, 20, len(body)+64)
	if _, err := rand.Read(data[:16]); err != nil {
		panic(err) // the system has no random numbers
	}
	binary.BigEndian.PutUint32(data[16:], uint32(len(body)))
	data = append(append(data, body...), app...)
	pad := 32 - len(data)%32
	data = append(data, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // as above
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(data, data)
	text := base64.StdEncoding.EncodeToString(data)
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), "1320562132"
	query := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {wechat.Signature(token, stamp, nonce)}, "msg_signature": {wechat.Signature(token, stamp, nonce, text)}, "encrypt_type": {"aes"}}
	return fake.Request{
		Query: query.Encode(), Header: http.Header{"Content-Type": {"text/xml"}},
		Body: []byte("<xml><ToUserName><![CDATA[gh_fake]]></ToUserName><Encrypt><![CDATA[" + text + "]]></Encrypt></xml>"),
	}
}

func (f *Fake) current() string { return fmt.Sprintf("token-%d", f.issued.Load()) }

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	switch {
	case r.URL.Path == "/cgi-bin/stable_token":
		f.issue(w, body)
		return nil
	case r.URL.Query().Get("access_token") != f.current() || f.dead.Load():
		answer(w, 40001)
		return nil
	case r.URL.Path == "/cgi-bin/media/upload":
		if !bytes.Contains(body, []byte(`name="media"; filename="`)) || r.URL.Query().Get("type") == "" {
			answer(w, 41005)
			return nil
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"type": r.URL.Query().Get("type"), "media_id": "uploaded-" + r.URL.Query().Get("type"), "created_at": time.Now().Unix()})
		return nil
	case r.URL.Path == "/cgi-bin/media/get":
		if id := r.URL.Query().Get("media_id"); !strings.HasPrefix(id, "voice") {
			answer(w, 40007)
			return nil
		}
		w.Header().Set("Content-Type", "audio/amr")
		_, _ = w.Write([]byte("#!AMR\n"))
		return nil
	}
	var said struct {
		To   string `json:"touser"`
		Type string `json:"msgtype"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
		Image struct {
			ID string `json:"media_id"`
		} `json:"image"`
		Menu menu `json:"msgmenu"`
	}
	body = bytes.ReplaceAll(body, []byte(`\u`), []byte(`\\u`)) // WeChat shows escapes as they stand
	bad := r.URL.Path != "/cgi-bin/message/custom/send" || json.Unmarshal(body, &said) != nil
	switch {
	case bad, said.Type == "text" && said.Text.Content == "", said.Type == "image" && said.Image.ID == "", said.Type != "text" && said.Type != "image" && said.Type != "msgmenu":
		answer(w, 47001)
		return nil
	case said.Type == "msgmenu" && !said.Menu.taken():
		answer(w, 40097)
		return nil
	case len(said.Text.Content)+said.Menu.size() > 2048:
		answer(w, 45002)
		return nil
	case said.To == "silent":
		answer(w, 45015)
		return nil
	}
	answer(w, 0)
	sent := &fake.Sent{ID: fmt.Sprint(len(f.server.Sent())), To: said.To, Text: cmp.Or(said.Text.Content, said.Menu.Head), Buttons: said.Menu.buttons()}
	if said.Image.ID != "" {
		sent.Files = []string{said.Image.ID}
	}
	return sent
}

func (f *Fake) issue(w http.ResponseWriter, body []byte) {
	var said struct {
		App    string `json:"appid"`
		Secret string `json:"secret"`
	}
	if json.Unmarshal(body, &said) != nil || said.App != App || said.Secret != Secret {
		answer(w, 40125)
		return
	}
	f.issued.Add(1)
	f.dead.Store(false)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": f.current(), "expires_in": 7200})
}

func (f *Fake) refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		answer(w, 45011)
	case fake.Dead:
		answer(w, 40001)
	default:
		answer(w, -1)
	}
}

func answer(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"errcode": code, "errmsg": "…"})
}
