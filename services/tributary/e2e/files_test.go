package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/line/linefake"
	"github.com/tributary-inbox/tributary/services/social/vonage/vonagefake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

// front is what stands before the program in the open: TLS under a public name.
type front struct {
	*httptest.Server
	behind atomic.Value // host and port
}

func openFront(t *testing.T) *front {
	t.Helper()
	f := &front{}
	f.Server = httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: f.behind.Load().(string)})
	}})
	t.Cleanup(f.Close)
	return f
}

func photo(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range 64 * 48 {
		m.Set(i%64, i/64, color.RGBA{uint8(i), uint8(i / 64), 0x80, 0xff})
	}
	var out bytes.Buffer
	must(t, jpeg.Encode(&out, m, nil))
	return out.Bytes()
}

// answerWith uploads a file and answers with it.
func answerWith(t *testing.T, admin *rig.Agent, c events.ConversationID, on, text, name string, data []byte) events.Message {
	t.Helper()
	var up events.Attachment
	admin.Call(http.MethodPost, "/attachments?name="+url.QueryEscape(name), data, http.StatusCreated, &up)
	var out struct{ Message *events.Message }
	admin.Call(http.MethodPost, "/conversations/"+string(c)+"/messages", map[string]any{
		"text": text, "channel": on, "attachments": []events.Attachment{up}, "client_id": "f-" + on + "-" + name,
	}, http.StatusCreated, &out)
	return *out.Message
}

// TestFilesReachEveryProvider sends a picture on every channel. Where the provider
// takes uploads it has the bytes; where it fetches files it fetches them from the
// program's public address; where it takes none the agent is told.
//
// To see it fail: in pkg/channel Outbox.send, leave out the call of link.
func TestFilesReachEveryProvider(t *testing.T) {
	t.Parallel() // it mostly waits
	open := openFront(t)
	settings := rig.Settings(t.TempDir())
	settings.PublicURL = open.URL
	in := rig.Run(t, settings)
	open.behind.Store(in.HTTP)
	admin := in.Admin(t)
	picture := photo(t)
	for _, p := range fakes.All() {
		if fakes.Mute(p.Kind()) || fakes.OneWay(p.Kind()) {
			continue
		}
		t.Run(p.Kind(), func(t *testing.T) {
			p.State().Client = open.Client()
			l := openLine(t, &in.Server, admin, p)
			asked, said := "have you a picture, "+p.Kind()+"?", time.Now().Add(-time.Second)
			call := l.Say("customer-1", 1, asked, said)
			if p.Kind() == "vonage" { // a text message carries no files
				call = vonagefake.SignBytes(bytes.Replace(call.Body, []byte(`"sms"`), []byte(`"whatsapp"`), 1), said)
			}
			l.post(t, call)
			c := find(t, admin, asked)
			sent := answerWith(t, admin, c.ID, p.Kind(), "here, by "+p.Kind(), "사진 1.jpg", picture)
			if channel.LimitsOf(p.Kind()).Files == channel.NoFiles {
				m := admin.AwaitStatus(c.ID, sent.ID, events.StatusFailed)
				if m.StatusDetail == "" {
					t.Error("the agent is not told why")
				}
				t.Logf("no files: %s", m.StatusDetail)
				return
			}
			admin.AwaitStatus(c.ID, sent.ID, events.StatusSent)
			var files []string
			var fetched []fake.Fetched
			for _, s := range l.State().Sent() {
				files, fetched = append(files, s.Files...), append(fetched, s.Fetched...)
			}
			if len(files) == 0 {
				t.Fatal("the provider has no file")
			}
			for _, f := range fetched {
				if f.Status != http.StatusOK || f.Type != "image/jpeg" || !bytes.Equal(f.Bytes, picture) || !strings.HasPrefix(f.URL, open.URL+"/files/") {
					t.Errorf("the provider fetched %d, %s, %d bytes", f.Status, f.Type, len(f.Bytes))
				}
			}
			if byLink := channel.LimitsOf(p.Kind()).Files == channel.ByLink; byLink != (len(fetched) > 0) {
				t.Errorf("files go %s, and %d were fetched", channel.LimitsOf(p.Kind()).Files, len(fetched))
			}
			t.Logf("by %s: %d", channel.LimitsOf(p.Kind()).Files, len(files))
		})
	}
}

// Without a public https address nothing is offered, and what is sent all the same
// comes back with the reason.
func TestFilesWithoutAPublicAddress(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	var channels struct {
		Items []struct {
			Kind   string
			Limits *struct {
				Files       string
				Attachments int
			}
		}
	}
	admin.Call(http.MethodGet, "/channels", nil, http.StatusOK, &channels)
	seen := 0
	for _, c := range channels.Items {
		if c.Limits == nil {
			continue
		}
		seen++
		if offered := c.Limits.Attachments >= 0; offered != (c.Limits.Files == "upload") {
			t.Errorf("%s: files go by %s and %d are offered", c.Kind, c.Limits.Files, c.Limits.Attachments)
		}
	}
	if seen < 18 {
		t.Errorf("%d channels have limits", seen)
	}
	l := openLine(t, &in.Server, admin, linefake.New())
	l.say(t, "customer-1", 1, "have you a picture?", time.Now().Add(-time.Second))
	c := find(t, admin, "have you a picture?")
	sent := answerWith(t, admin, c.ID, "line", "here", "a.jpg", photo(t))
	m := admin.AwaitStatus(c.ID, sent.ID, events.StatusFailed)
	if !strings.Contains(m.StatusDetail, "public https address") || len(l.State().Sent()) != 0 {
		t.Errorf("%q, and %d messages reached the customer", m.StatusDetail, len(l.State().Sent()))
	}
}

// TestFilesReachAShopsOwnServer answers on a webhook inbox: the receiver fetches
// the file from the address that stands in the answer.
func TestFilesReachAShopsOwnServer(t *testing.T) {
	open, receiver := openFront(t), rig.NewReceiver(t)
	settings := rig.Settings(t.TempDir())
	settings.PublicURL = open.URL
	in := rig.Run(t, settings)
	open.behind.Store(in.HTTP)
	admin := in.Admin(t)
	shop := admin.Inbox("webhook", "shop", map[string]any{"profile": "plain", "auth": "none", "reply_url": receiver.URL, "allow_private": true})
	in.Say(t, shop, rig.Said{ID: "1", Contact: rig.SaidBy{ID: "c"}, Text: "the invoice, please"})
	answerWith(t, admin, find(t, admin, "the invoice, please").ID, "webhook", "here", "invoice.pdf", []byte("%PDF-1.7\n"))
	var said struct {
		Data struct{ Attachments []events.Attachment }
	}
	must(t, json.Unmarshal(rig.Receive(t, "the answer", receiver.Posts).Body, &said))
	if len(said.Data.Attachments) != 1 {
		t.Fatalf("the answer has %d files", len(said.Data.Attachments))
	}
	res, err := open.Client().Get(said.Data.Attachments[0].URL)
	must(t, err)
	got, err := io.ReadAll(res.Body)
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || string(got) != "%PDF-1.7\n" || res.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%d %s %q", res.StatusCode, res.Header.Get("Content-Type"), got)
	}
}

// TestAFileThatIsTakenBackIsGone has a customer send a picture and take it back:
// who could look at it before cannot any more.
func TestAFileThatIsTakenBackIsGone(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	l := openLine(t, &in.Server, admin, linefake.New())
	said := time.Now().Add(-time.Second)
	event := linefake.Event("ana", 1, "", said)
	event["message"] = map[string]any{"id": "500000001", "type": "image", "contentProvider": map[string]string{"type": "line"}}
	l.post(t, linefake.Batch(event))
	var at string
	var c events.Conversation
	rig.Eventually(t, func() error {
		for _, c = range admin.Conversations() {
			for _, m := range admin.Messages(c.ID) {
				for _, a := range m.Attachments {
					if a.Hash != "" {
						at = "/conversations/" + string(c.ID) + "/messages/" + string(m.ID) + "/attachments/" + url.PathEscape(a.ID)
						return nil
					}
				}
			}
		}
		return fmt.Errorf("the picture is not fetched yet")
	})
	got, err := admin.Try(http.MethodGet, at, nil)
	must(t, err)
	if got.Status != http.StatusOK || string(got.Body) != linefake.File {
		t.Fatalf("the picture: %d, %q", got.Status, got.Body)
	}
	stranger := admin.Colleague("stranger@example.com", "agent")
	team := admin.Named("/teams", "Elsewhere", nil)
	admin.Call(http.MethodPost, "/conversations/"+string(c.ID)+"/transfer", map[string]any{"team": team}, http.StatusOK, nil)
	stranger.Call(http.MethodGet, at, nil, http.StatusNotFound, nil)

	unsend := linefake.Event("ana", 2, "", said.Add(time.Second))
	delete(unsend, "message")
	delete(unsend, "replyToken")
	unsend["type"], unsend["unsend"] = "unsend", map[string]string{"messageId": "500000001"}
	l.post(t, linefake.Batch(unsend))
	rig.Eventually(t, func() error {
		got, err := admin.Try(http.MethodGet, at, nil)
		if err == nil && got.Status != http.StatusNotFound {
			err = fmt.Errorf("it is still there: %d", got.Status)
		}
		return err
	})
}

// post has the provider tell something.
func (l *line) post(t *testing.T, call fake.Request) {
	t.Helper()
	l.in.Told(t, l.inbox, call)
}

// TestAVisitorGetsTheFilesOfTheirTalk sends a file over the web chat: the visitor
// fetches it without a session, when it comes and when they come back; another
// visitor never hears of it.
func TestAVisitorGetsTheFilesOfTheirTalk(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	inbox := admin.Inbox("webchat", "shop", map[string]any{})
	visitor, other := in.Visit(t, inbox, rig.Hello{}), in.Visit(t, inbox, rig.Hello{})
	visitor.Say("v1", "the terms, please")
	other.Say("o1", "hello from elsewhere")
	c := find(t, admin, "the terms, please")
	answerWith(t, admin, c.ID, "webchat", "here they are", "terms.txt", []byte("terms and conditions"))
	line := visitor.AwaitLine("here they are")
	again := in.Visit(t, inbox, rig.Hello{Visitor: visitor.Token})
	for what, frame := range map[string]rig.ChatFrame{"as it came": line, "from the past": again.Past[len(again.Past)-1]} {
		if len(frame.Attachments) != 1 || frame.Attachments[0].Hash != "" || !strings.HasPrefix(frame.Attachments[0].URL, "//"+in.HTTP+"/files/") {
			t.Fatalf("%s: %+v", what, frame.Attachments)
		}
		res, err := http.Get("http:" + frame.Attachments[0].URL)
		must(t, err)
		got, err := io.ReadAll(res.Body)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || string(got) != "terms and conditions" {
			t.Errorf("%s: %d %q", what, res.StatusCode, got)
		}
	}
	admin.Reply(find(t, admin, "hello from elsewhere").ID, "webchat", "hello back", "o-1")
	data, err := json.Marshal(other.AwaitLine("hello back"))
	must(t, err)
	if bytes.Contains(data, []byte("/files/")) {
		t.Errorf("another visitor got %s", data)
	}
}
