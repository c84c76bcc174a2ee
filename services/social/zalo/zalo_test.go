package zalo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
	"github.com/tributary-inbox/tributary/services/social/zalo"
	"github.com/tributary-inbox/tributary/services/social/zalo/zalofake"
)

var (
	_ channel.Receiver    = (*zalo.Adapter)(nil)
	_ channel.Tester      = (*zalo.Adapter)(nil)
	_ channel.Renewer     = (*zalo.Adapter)(nil)
	_ channel.MediaSource = (*zalo.Adapter)(nil)
	_ fake.Provider       = (*zalofake.Fake)(nil)

	customer = events.Point{Kind: zalo.Kind, Value: "u1", Scope: "inzalo", Trust: events.Proved}
)

const (
	app      = "360846524940903967"
	secret   = "OA_SECRET"
	settings = `{"app_id":"360846524940903967"}`
)

func adapter(t testing.TB) *zalo.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return zalo.New(client, wiretest.Blobs{})
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inzalo", Channel: zalo.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"oa_secret_key": secret, "access_token": "at"}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

// signed signs a body whose timestamp the test knows, independently of how the
// adapter finds it.
func signed(body []byte, stamp string) http.Header {
	sum := sha256.Sum256([]byte(app + string(body) + stamp + secret))
	return http.Header{"X-Zevent-Signature": {"mac=" + hex.EncodeToString(sum[:])}}
}

func stampOf(body []byte) string {
	var doc struct {
		Time json.RawMessage `json:"timestamp"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return ""
	}
	return strings.Trim(string(doc.Time), `"`)
}

// The vector was computed from the documented rule.
func TestVector(t *testing.T) {
	body := []byte(`{"app_id":"360846524940903967","sender":{"id":"246845883529197922"},"recipient":{"id":"388613280878808645"},"event_name":"user_send_text","message":{"text":"xin chao","msg_id":"96d3cdf3af150460909"},"timestamp":"154390853474"}`)
	const want = "mac=2e239abcd0b3e8aa80c64de55fca94e41879a9b89b03790582acd88815535172"
	if !zalo.Verify(app, secret, want, body) {
		t.Fatal("the vector does not hold")
	}
	a, inbox := adapter(t), inboxWith(t, settings)
	for name, value := range map[string]string{"missing": "", "empty": "mac=", "truncated": want[:66], "without its name": want[4:], "odd": want[:67]} {
		out, _, err := a.Receive(inbox, wiretest.Request(body, http.Header{"X-Zevent-Signature": {value}}, "", wiretest.At))
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
	sum := sha256.Sum256([]byte(app + string(body) + "154390853474"))
	if zalo.Verify(app, "", "mac="+hex.EncodeToString(sum[:]), body) {
		t.Error("an empty secret verifies")
	}
}

func TestConformance(t *testing.T) {
	call := func(body, stamp string) conformance.Call {
		return conformance.Call{Body: []byte(body), Header: signed([]byte(body), stamp)}
	}
	to := func(account string, n int) conformance.Call {
		stamp := fmt.Sprint(1772442000000 + n)
		return call(fmt.Sprintf(`{"event_name":"user_send_text","sender":{"id":"u1"},"recipient":{"id":%q},"message":{"msg_id":"m%d","text":"text %d"},"timestamp":%q}`, account, n, n, stamp), stamp)
	}
	own := inboxWith(t, `{"app_id":"360846524940903967","oa_id":"388613280878808645"}`)
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: own,
		NoSecret: &config.Inbox{ID: "inzalo", Channel: zalo.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"oa_secret_key": "", "access_token": "at"}},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message:   func(n int) conformance.Call { return to("388613280878808645", n) },
			Unknown:   func() conformance.Call { return call(`{"event_name":"new","timestamp":17}`, "17") },
			Elsewhere: proof.Elsewhere(t, own, map[string]any{"oa_id": "77"}, "oa_secret_key", true, func(n int) conformance.Call { return to("77", n) }),
		},
	})
	conformance.Run(t, conformance.Subject{
		Adapter:  adapter(t),
		Inbox:    inboxWith(t, settings),
		NoSecret: &config.Inbox{ID: "inzalo", Channel: zalo.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"oa_secret_key": "", "access_token": "at"}},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call {
				stamp := fmt.Sprint(1772442000000 + n)
				return call(fmt.Sprintf(`{"event_name":"user_send_text","sender":{"id":"u1"},"message":{"msg_id":"m%d","text":"text %d"},"timestamp":%q}`, n, n, stamp), stamp)
			},
			Unknown: func() conformance.Call { return call(`{"event_name":"new","timestamp":17}`, "17") },
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true,"app_id":"1"}`, at))
			},
			To: customer, Accept: `{"error":0,"message":"Success","data":{"message_id":"o1","user_id":"u1"}}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, settings)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, signed(body, stampOf(body)), "", wiretest.At))
	}, testkit.Golden)
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	sent := wiretest.Modes(t, adapter(t), zalofake.New(), customer, false, nil)
	if len(sent) != 3 || sent[0].To != "u1" || sent[0].Text != "answer" {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestFilesEchoesAndCredentials(t *testing.T) {
	f, a := zalofake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	req := wiretest.Answer(inbox, customer, 1, "see")
	req.Message.Attachments = []events.Attachment{{ID: "1", Type: "image/png", Size: 9, URL: "https://cdn.example/a.png"}}
	got, err := a.Send(t.Context(), inbox, req)
	sent := f.State().Sent()
	if err != nil || got.Outcome != events.Sent || len(sent) != 2 || len(sent[1].Files) != 1 {
		t.Fatalf("%+v, %v, %+v", got, err, sent)
	}
	echo := f.Echo(sent[0], time.Now())
	out, _, err := a.Receive(inbox, wiretest.Request(echo.Body, echo.Header, "", time.Now()))
	if err != nil || out[0].Direction != events.Out || out[0].ProviderID != got.ProviderIDs[0] || out[0].Sender.Points[0].Value != "u1" {
		t.Errorf("%+v, %v", out, err)
	}
	req.Message.Text = ""
	req.Message.Attachments = []events.Attachment{wiretest.Blob("a.pdf", "application/pdf"), wiretest.Blob("b.gif", "image/gif"), wiretest.Blob("c.png", "image/png")}
	if got, err := a.Send(t.Context(), inbox, req); err != nil || got.Outcome != events.Sent {
		t.Errorf("%+v, %v", got, err)
	}
	for i, want := range []string{"uploaded-file", "uploaded-gif", "uploaded-image"} {
		if sent := f.State().Sent(); len(sent) != 5 || sent[2+i].Files[0] != want {
			t.Errorf("file %d: %+v", i, sent)
		}
	}
	req.Message.Attachments[0].Type = "video/mp4"
	if got, _ := a.Send(t.Context(), inbox, req); got.Code != events.CodeBadMedia {
		t.Errorf("%+v", got)
	}
	silent := wiretest.Answer(inbox, customer, 2, "x")
	silent.To.Value = "silent"
	if got, _ := a.Send(t.Context(), inbox, silent); got.Code != events.CodeWindowClosed {
		t.Errorf("%+v", got)
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	inbox.Secrets["access_token"] = "wrong"
	if a.Test(t.Context(), inbox) == nil {
		t.Error("wrong credentials pass")
	}
}

func TestTheFakeSpeaks(t *testing.T) { wiretest.Heard(t, adapter(t), zalofake.New()) }

func TestTokensAreRenewed(t *testing.T) {
	a, f := adapter(t), zalofake.New()
	inbox := proof.Inbox(t, a, f)
	if _, ok := a.RenewAt(inbox); ok {
		t.Error("there is nothing to renew with")
	}
	inbox.Secrets["refresh_token"] = zalofake.Refresh
	if err := a.Check(&inbox); err == nil {
		t.Error("a refresh token without the app's secret is taken")
	}
	inbox.Secrets["app_secret"] = zalofake.AppSecret
	if at, ok := a.RenewAt(inbox); !ok || !at.IsZero() || a.Check(&inbox) != nil {
		t.Fatalf("due %v, %v", at, ok)
	}
	secrets, again, err := a.Renew(t.Context(), inbox)
	if err != nil || secrets["access_token"] == zalofake.Token || secrets["refresh_token"] == zalofake.Refresh || secrets["oa_secret_key"] != zalofake.Secret {
		t.Fatalf("%v, %v", secrets, err)
	}
	if in := time.Until(again); in < 18*time.Hour || in > 19*time.Hour {
		t.Errorf("the next is due in %v", in)
	}
	if err := a.Test(t.Context(), inbox); err == nil {
		t.Error("the old token still holds")
	}
	if _, _, err := a.Renew(t.Context(), inbox); !errors.Is(err, channel.ErrRenewal) || strings.Contains(err.Error(), zalofake.Refresh) {
		t.Errorf("a refresh token that was used: %v", err)
	}
	inbox.Secrets = secrets
	next, err := a.Postpone(inbox, again)
	if at, ok := a.RenewAt(next); err != nil || !ok || at.Sub(again).Abs() > time.Second || a.Check(&next) != nil || a.Test(t.Context(), next) != nil {
		t.Errorf("due %v, %v", at, err)
	}
	f.State().Set(fake.Broken)
	if _, _, err := a.Renew(t.Context(), next); err == nil || errors.Is(err, channel.ErrRenewal) {
		t.Errorf("while Zalo is broken: %v", err)
	}
}

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Add([]byte(`{"event_name":"user_seen_message","sender":{"id":"u"},"message":{"msg_ids":["a"]},"timestamp":1}`))
	inbox, a := inboxWith(f, settings), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, signed(body, stampOf(body)), "", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, reply)
		}
	})
}
