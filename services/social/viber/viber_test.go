package viber_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	"github.com/tributary-inbox/tributary/services/social/viber"
	"github.com/tributary-inbox/tributary/services/social/viber/viberfake"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver    = (*viber.Adapter)(nil)
	_ channel.Tester      = (*viber.Adapter)(nil)
	_ channel.Registrar   = (*viber.Adapter)(nil)
	_ channel.MediaSource = (*viber.Adapter)(nil)
	_ fake.Presser        = (*viberfake.Fake)(nil)

	customer = events.Point{Kind: viber.Kind, Value: "u1", Scope: "inviber", Trust: events.Proved}
)

const token = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"

func adapter(t testing.TB) *viber.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return viber.New(client)
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inviber", Channel: viber.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"auth_token": token}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func signed(body []byte) http.Header {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write(body)
	return http.Header{"X-Viber-Content-Signature": {hex.EncodeToString(mac.Sum(nil))}}
}

// The vector is that of viber-bot-python's tests.
func TestVector(t *testing.T) {
	body := []byte(`{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}`)
	const want = "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef"
	if !viber.Verify(token, want, body) {
		t.Fatal("the vector does not hold")
	}
	out, reply, err := adapter(t).Receive(inboxWith(t, `{}`), wiretest.Request(body, http.Header{"X-Viber-Content-Signature": {want}}, "", wiretest.At))
	if err != nil || len(out) != 0 || reply.Status != http.StatusOK {
		t.Errorf("%+v, %+v, %v", out, reply, err)
	}
	for name, value := range map[string]string{"missing": "", "truncated": want[:62], "odd": want[:63], "of zeros": strings.Repeat("0", 64), "no hexadecimal": strings.Repeat("x", 64)} {
		out, _, err := adapter(t).Receive(inboxWith(t, `{}`), wiretest.Request(body, http.Header{"X-Viber-Content-Signature": {value}}, "", wiretest.At))
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
	mac := hmac.New(sha256.New, nil)
	mac.Write(body)
	if viber.Verify("", hex.EncodeToString(mac.Sum(nil)), body) {
		t.Error("an empty token verifies")
	}
}

func TestConformance(t *testing.T) {
	call := func(body string) conformance.Call {
		return conformance.Call{Body: []byte(body), Header: signed([]byte(body))}
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  adapter(t),
		Inbox:    inboxWith(t, `{}`),
		NoSecret: &config.Inbox{ID: "inviber", Channel: viber.Kind, Secrets: map[string]string{"auth_token": ""}},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call {
				return call(fmt.Sprintf(`{"event":"message","timestamp":%d,"message_token":%d,"sender":{"id":"u1"},"message":{"type":"text","text":"text %d"}}`, 1772442000000+n, 4912661846655238145+n, n))
			},
			Unknown: func() conformance.Call { return call(`{"event":"new","message_token":1}`) },
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true}`, at))
			},
			To: customer, Accept: `{"status":0,"message_token":4912661846655238145}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, `{}`)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, signed(body), "", wiretest.At))
	}, testkit.Golden)
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	sent := wiretest.Modes(t, adapter(t), viberfake.New(), customer, false, nil)
	if len(sent) != 3 || sent[0].To != "u1" || sent[0].Text != "answer" {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestFilesReceiptsAndCredentials(t *testing.T) {
	f, a := viberfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	req := wiretest.Answer(inbox, customer, 1, "see")
	req.Message.Attachments = []events.Attachment{{ID: "1", Name: "a.pdf", Type: "application/pdf", Size: 9, URL: "https://cdn.example/a.pdf"}}
	got, err := a.Send(t.Context(), inbox, req)
	sent := f.State().Sent()
	if err != nil || got.Outcome != events.Sent || len(sent) != 2 || sent[1].Files[0] != "https://cdn.example/a.pdf" {
		t.Fatalf("%+v, %v, %+v", got, err, sent)
	}
	seen := f.Seen(sent[0], time.Now())
	out, _, err := a.Receive(inbox, wiretest.Request(seen.Body, seen.Header, "", time.Now()))
	if err != nil || out[0].Delivery == nil || out[0].Delivery.ProviderIDs[0] != got.ProviderIDs[0] || out[0].Delivery.Status != events.StatusRead {
		t.Errorf("%+v, %v", out, err)
	}
	req.Message.Attachments[0].URL = "media:1"
	if got, _ := a.Send(t.Context(), inbox, req); got.Code != events.CodeBadMedia {
		t.Errorf("%+v", got)
	}
	gone := wiretest.Answer(inbox, customer, 2, "x")
	gone.To.Value = "gone"
	if got, _ := a.Send(t.Context(), inbox, gone); got.Code != events.CodeOptedOut {
		t.Errorf("%+v", got)
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	if err := a.Register(t.Context(), inbox, "https://in.example/hooks/viber/x"); err != nil {
		t.Error(err)
	}
	inbox.Secrets["auth_token"] = "wrong"
	if a.Test(t.Context(), inbox) == nil {
		t.Error("wrong credentials pass")
	}
}

func TestQuickReplies(t *testing.T) {
	a, f := adapter(t), viberfake.New()
	proof.Buttons(t, a, f, customer, "")
	inbox := proof.Inbox(t, a, f)
	req := wiretest.Answer(inbox, customer, 1, "see")
	req.Message.QuickReplies = []events.QuickReply{{Label: "A & B <c>", Value: `quo"ted`}}
	req.Message.Attachments = []events.Attachment{{ID: "1", Type: "image/jpeg", Size: 9, URL: "https://cdn.example/a.jpg"}}
	for text, want := range map[string]int{"see": 1, "": 0} {
		req.Message.Text = text
		got, err := a.Send(t.Context(), inbox, req)
		sent := f.State().Sent()
		if last := sent[len(sent)-1]; err != nil || got.Outcome != events.Sent || len(last.Files) != 1 || len(last.Buttons) != want {
			t.Errorf("%q: the keyboard of the newest message is the one that is shown: %+v, %v, %+v", text, got, err, last)
		} else if want > 0 && last.Buttons[0].Label != "A & B <c>" {
			t.Errorf("the button says %q", last.Buttons[0].Label)
		}
	}
}

// Whoever says something else than what stands on a button has pressed none.
func TestPresses(t *testing.T) {
	inbox, a := inboxWith(t, `{}`), adapter(t)
	for message, want := range map[string]string{
		`{"type":"text","text":"Good","tracking_data":"{\"quick\":[[\"Good\",\"sv1:4\"],[\"Bad\",\"sv1:1\"]]}"}`: "sv1:4",
		`{"type":"text","text":"Bad","tracking_data":"{\"quick\":[[\"Good\",\"sv1:4\"],[\"Bad\",\"sv1:1\"]]}"}`:  "sv1:1",
		`{"type":"text","text":"Good question","tracking_data":"{\"quick\":[[\"Good\",\"sv1:4\"]]}"}`:            "",
		`{"type":"text","text":"Good"}`:                                                                                      "",
		`{"type":"text","text":"Good","tracking_data":"an operator's own"}`:                                                  "",
		`{"type":"text","text":"Good","tracking_data":{"quick":[["Good","sv1:4"]]}}`:                                         "",
		`{"type":"picture","text":"Good","media":"https://dl.viber.com/a","tracking_data":"{\"quick\":[[\"Good\",\"v\"]]}"}`: "",
	} {
		body := []byte(`{"event":"message","timestamp":1772442000000,"message_token":7,"sender":{"id":"u1"},"message":` + message + `}`)
		out, _, err := a.Receive(inbox, wiretest.Request(body, signed(body), "", wiretest.At))
		if err != nil || len(out) != 1 || out[0].Message == nil || out[0].Message.Pressed != want || (len(out[0].Flags) > 0) != (want != "") {
			t.Errorf("%s: %+v, %v", message, out, err)
		}
	}
}

func TestTheFakeSpeaks(t *testing.T) {
	if in := wiretest.Heard(t, adapter(t), viberfake.New()); in.Sender.Attributes["country"] != "KR" || in.ProviderID == "" {
		t.Errorf("%+v", in)
	}
}

// Payloads that others wrote for their own parsers, where the machine has them.
func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the samples of this package are read")
		return
	}
	paths, err := filepath.Glob(filepath.Join(root, "Viber__*", "tests", "api", "test_data", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no payloads: %v", err)
	}
	recognised, raw, rejected := 0, 0, 0
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out, _, err := adapter(t).Receive(inboxWith(t, `{}`), wiretest.Request(body, signed(body), "", wiretest.At))
		switch {
		case err != nil || len(out) == 0:
			rejected++
			t.Errorf("%s: rejected: %v", filepath.Base(path), err)
		case out[0].Type == events.Unknown:
			raw++
		default:
			recognised++
		}
	}
	t.Logf("viber-bot-python: %d recognised, %d kept raw, %d rejected", recognised, raw, rejected)
}

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Add([]byte(`{"event":"message","message_token":7,"sender":{"id":"u"},"message":{"type":"text","text":"a","tracking_data":"{\"quick\":[[\"a\",\"b\"]]}"}}`))
	inbox, a := inboxWith(f, `{}`), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, signed(body), "", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, reply)
		}
	})
}
