package wechat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/wechat"
	"github.com/tributary-inbox/tributary/services/social/wechat/wechatfake"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver    = (*wechat.Adapter)(nil)
	_ channel.Tester      = (*wechat.Adapter)(nil)
	_ channel.MediaSource = (*wechat.Adapter)(nil)
	_ fake.Presser        = (*wechatfake.Fake)(nil)

	customer = events.Point{Kind: wechat.Kind, Value: "oUser1", Scope: "inwechat", Trust: events.Proved}
)

const token = wechatfake.Token

func adapter(t testing.TB) *wechat.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return wechat.New(client, wiretest.Blobs{})
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inwechat", Channel: wechat.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"token": token, "app_secret": "as", "encoding_aes_key": wechatfake.AESKey}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func query(at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return url.Values{"timestamp": {stamp}, "nonce": {"n1"}, "signature": {wechat.Signature(token, stamp, "n1")}}.Encode()
}

// The signature was computed with openssl from the documented rule.
func TestSignature(t *testing.T) {
	if got := wechat.Signature(token, "1772443800", "1320562132"); got != "4833d9ef1c1ff1720a551c44f45d264914075d2f" {
		t.Errorf("got %s", got)
	}
}

func TestConformance(t *testing.T) {
	call := func(body string) conformance.Call {
		return conformance.Call{Query: query(time.Now()), Body: []byte(body)}
	}
	const settings = `{"app_id":"wx1"}`
	conformance.Run(t, conformance.Subject{
		Adapter:  adapter(t),
		Inbox:    inboxWith(t, settings),
		NoSecret: &config.Inbox{ID: "inwechat", Channel: wechat.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"token": "", "app_secret": "as"}},
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message: func(n int) conformance.Call {
				return call(fmt.Sprintf(`<xml><FromUserName>oUser1</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>text %d</Content><MsgId>%d</MsgId></xml>`, 1772442000+n, n, 6054768590064713728+n))
			},
			Unknown: func() conformance.Call {
				return call(`<xml><FromUserName>oUser1</FromUserName><CreateTime>1772442000</CreateTime><MsgType>hologram</MsgType></xml>`)
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true,"app_id":"wx1"}`, at))
			},
			To: customer, Accept: `{"access_token":"t","expires_in":7200,"errcode":0,"errmsg":"ok"}`,
		},
	})
}

// In secure mode the signature covers the body, though it stands in the query.
func TestSecureMode(t *testing.T) {
	inbox, a := inboxWith(t, `{"app_id":"wxfakeaccount","secure":true}`), adapter(t)
	body := []byte(`<xml><FromUserName>oUser1</FromUserName><CreateTime>1772442000</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>`)
	receive := func(body []byte, query string) ([]*events.Inbound, error) {
		out, _, err := a.Receive(inbox, wiretest.Request(body, nil, query, wiretest.At))
		return out, err
	}
	good := wechatfake.Seal(token, wechatfake.AESKey, "wxfakeaccount", body, wiretest.At)
	out, err := receive(good.Body, good.Query)
	if err != nil || out[0].Type != events.MessageReceived || out[0].Message.Text != "hi" || out[0].Sender.Points[0].Trust != events.Proved {
		t.Fatalf("%+v, %v", out, err)
	}
	changed := []byte(strings.Replace(string(good.Body), "CDATA[", "CDATA[A", 2))
	q, err := url.ParseQuery(good.Query)
	if err != nil {
		t.Fatal(err)
	}
	without := func(name, value string) string {
		c := url.Values{}
		for k, v := range q {
			c[k] = v
		}
		c.Set(name, value)
		return c.Encode()
	}
	for name, c := range map[string]struct {
		body  []byte
		query string
	}{
		"changed body": {changed, good.Query}, "plain body": {body, query(wiretest.At)}, "missing": {good.Body, without("msg_signature", "")},
		"truncated": {good.Body, without("msg_signature", q.Get("msg_signature")[:38])}, "no hexadecimal": {good.Body, without("msg_signature", strings.Repeat("z", 40))}, "no time": {good.Body, without("timestamp", "")},
	} {
		out, err := receive(c.body, c.query)
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
	for name, at := range map[string]time.Time{"old": wiretest.At.Add(-11 * time.Minute), "of the future": wiretest.At.Add(11 * time.Minute)} {
		c := wechatfake.Seal(token, wechatfake.AESKey, "wxfakeaccount", body, at)
		out, err := receive(c.Body, c.Query)
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
	for name, c := range map[string]fake.Request{
		"another key":     wechatfake.Seal(token, strings.ToUpper(wechatfake.AESKey[:42])+"A", "wxfakeaccount", body, wiretest.At),
		"another account": wechatfake.Seal(token, wechatfake.AESKey, "wxother", body, wiretest.At),
	} {
		out, err := receive(c.Body, c.Query)
		if err != nil || len(out) != 1 || out[0].Type != events.Unknown {
			t.Errorf("%s: not kept: %+v, %v", name, out, err)
		}
	}
}

func TestTheCheckOfAnAddress(t *testing.T) {
	inbox, a := inboxWith(t, `{"app_id":"wx1"}`), adapter(t)
	req := wiretest.Request(nil, nil, query(wiretest.At)+"&echostr=5838", wiretest.At)
	req.Method = http.MethodGet
	out, reply, err := a.Receive(inbox, req)
	if err != nil || len(out) != 0 || string(reply.Body) != "5838" {
		t.Errorf("%q, %v", reply.Body, err)
	}
	req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "nonce=n1", "nonce=n2", 1)
	out, _, err = a.Receive(inbox, req)
	wiretest.Refused(t, "another nonce", http.StatusUnauthorized, out, err)
	inbox.Secrets = map[string]string{"token": ""}
	stamp := strconv.FormatInt(wiretest.At.Unix(), 10)
	req.URL.RawQuery = url.Values{"timestamp": {stamp}, "nonce": {"n"}, "signature": {wechat.Signature("", stamp, "n")}}.Encode()
	out, _, err = a.Receive(inbox, req)
	wiretest.Refused(t, "an empty token", http.StatusUnauthorized, out, err)
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, `{"app_id":"wx1"}`)
	wiretest.Golden(t, "*.xml", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, nil, query(wiretest.At), wiretest.At))
	}, testkit.Golden)
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	f, a := wechatfake.New(), adapter(t)
	sent := wiretest.Modes(t, a, f, customer, false, nil)
	if len(sent) != 3 || sent[0].To != "oUser1" || sent[0].Text != "answer" {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestADeadTokenIsReplacedOnce(t *testing.T) {
	f, a := wechatfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	for n := range 3 {
		if got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, customer, n, "hello")); err != nil || got.Outcome != events.Sent {
			t.Fatalf("%+v, %v", got, err)
		}
		f.Expire()
	}
	if n := len(f.State().Sent()); n != 3 {
		t.Errorf("%d messages arrived, want 3", n)
	}
	silent := wiretest.Answer(inbox, customer, 9, "x")
	silent.To.Value = "silent"
	if got, _ := a.Send(t.Context(), inbox, silent); got.Code != events.CodeWindowClosed {
		t.Errorf("%+v", got)
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	inbox.Secrets["app_secret"] = "wrong"
	if a.Test(t.Context(), inbox) == nil {
		t.Error("wrong credentials pass")
	}
	if got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, customer, 10, "x")); err != nil || !got.Suspend || got.Outcome != events.Retry {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMedia(t *testing.T) {
	f, a := wechatfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	media, err := a.OpenMedia(t.Context(), server.Client(), inbox, events.Attachment{URL: "media:voice-1"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(media.Body)
	if err != nil || string(data) != "#!AMR\n" || media.Type != "audio/amr" {
		t.Errorf("%q, %s, %v", data, media.Type, err)
	}
	if err := media.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := a.OpenMedia(t.Context(), server.Client(), inbox, events.Attachment{URL: "media:gone"}); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("got %v", err)
	}
	f.Expire()
	if _, err := a.OpenMedia(t.Context(), server.Client(), inbox, events.Attachment{URL: "media:voice-1"}); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a dead token costs one attempt and not the file: %v", err)
	}
	media, err = a.OpenMedia(t.Context(), server.Client(), inbox, events.Attachment{URL: "media:voice-1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := media.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestFilesAreUploaded(t *testing.T) {
	f, a := wechatfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	req := wiretest.Answer(inbox, customer, 1, "see")
	req.Message.Attachments = []events.Attachment{wiretest.Blob("a.png", "image/png")}
	for range 2 {
		if got, err := a.Send(t.Context(), inbox, req); err != nil || got.Outcome != events.Sent {
			t.Fatalf("%+v, %v", got, err)
		}
		f.Expire()
	}
	if sent := f.State().Sent(); len(sent) != 4 || sent[1].Files[0] != "uploaded-image" {
		t.Errorf("%+v", sent)
	}
	req.Message.Text = ""
	req.Message.Attachments[0].Hash = ""
	if got, _ := a.Send(t.Context(), inbox, req); got.Code != events.CodeBadMedia {
		t.Errorf("%+v", got)
	}
	req.Message.Attachments[0].Type = "application/pdf"
	if got, _ := a.Send(t.Context(), inbox, req); got.Code != events.CodeBadMedia {
		t.Errorf("%+v", got)
	}
}

func TestQuickReplies(t *testing.T) {
	a, f := adapter(t), wechatfake.New()
	proof.Buttons(t, a, f, customer, "")
	inbox := proof.Inbox(t, a, f)
	send := func(text, value string) fake.Sent {
		req := wiretest.Answer(inbox, customer, 1, text)
		req.Message.QuickReplies = []events.QuickReply{{Label: "满意", Value: value}}
		got, err := a.Send(t.Context(), inbox, req)
		sent := f.State().Sent()
		if err != nil || got.Outcome != events.Sent {
			t.Fatalf("%+v, %v", got, err)
		}
		return sent[len(sent)-1]
	}
	if s := send(strings.Repeat("x", 2042), "sv1:5"); len(s.Buttons) != 1 {
		t.Errorf("what just fits offers %+v", s.Buttons)
	}
	if s := send(strings.Repeat("x", 2043), "sv1:5"); len(s.Buttons) != 0 || len(s.Text) != 2043 {
		t.Errorf("a text that leaves no room offers %+v under %d bytes", s.Buttons, len(s.Text))
	}
	if s := send("1 < 5 & \"6\" > 2", "sv1:5"); s.Text != "1 < 5 & \"6\" > 2" || len(s.Buttons) != 1 {
		t.Errorf("the user reads %q", s.Text)
	}
	if s := send("您满意吗？", ""); len(s.Buttons) != 0 || s.Text != "您满意吗？" {
		t.Errorf("a menu that is refused: %+v", s)
	}
}

func TestTheFakeSpeaks(t *testing.T) { wiretest.Heard(t, adapter(t), wechatfake.New()) }

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 && len(body) > 0 {
			f.Add(body)
		}
	}
	f.Add([]byte(`<xml><FromUserName>o</FromUserName><MsgType>text</MsgType><Content>a</Content><bizmsgmenuid>b</bizmsgmenuid></xml>`))
	inbox, a := inboxWith(f, `{"app_id":"wx1"}`), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, nil, query(wiretest.At), wiretest.At))
		if err == nil && len(body) > 0 {
			wiretest.Facts(t, out, reply)
		}
		sealed := wechatfake.Seal(token, wechatfake.AESKey, "wx1", body, wiretest.At)
		if _, _, err := a.Receive(inbox, wiretest.Request(sealed.Body, nil, sealed.Query, wiretest.At)); err != nil {
			t.Errorf("a sealed body is refused: %v", err)
		}
	})
}
