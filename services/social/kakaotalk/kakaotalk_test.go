package kakaotalk_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/kakaotalk"
	"github.com/tributary-inbox/tributary/services/social/kakaotalk/kakaotalkfake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver    = (*kakaotalk.Adapter)(nil)
	_ channel.MediaSource = (*kakaotalk.Adapter)(nil)
	_ fake.Provider       = (*kakaotalkfake.Fake)(nil)

	customer = events.Point{Kind: kakaotalk.Kind, Value: "uk1", Scope: "inkakaotalk", Trust: events.Stated}
)

func adapter(t testing.TB) *kakaotalk.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return kakaotalk.New(client)
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inkakaotalk", Channel: kakaotalk.Kind, HookToken: "tok", Settings: json.RawMessage(settings), Secrets: map[string]string{"client_id": "ci", "client_secret": "cs", "hook_secret": "hs"}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func TestConformance(t *testing.T) {
	h := http.Header{"X-Hook-Secret": {"hs"}}
	own := inboxWith(t, `{"sender_key":"sk","header":"X-Hook-Secret"}`)
	to := func(account string, n int) conformance.Call {
		return conformance.Call{Header: h, Body: fmt.Appendf(nil, `{"user_key":"uk1","session_id":"s","sender_key":%q,"time":%d,"serial_number":"m%d","message":"text %d"}`, account, 1772442000000+n, n, n)}
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  adapter(t),
		Inbox:    own,
		NoSecret: &config.Inbox{ID: "inkakaotalk", Channel: kakaotalk.Kind, Settings: json.RawMessage(`{"sender_key":"sk","header":"X-Hook-Secret"}`), Secrets: map[string]string{"client_id": "ci", "client_secret": "cs"}},
		Receiving: &conformance.Receiving{
			HasTimes:  true,
			Message:   func(n int) conformance.Call { return to("sk", n) },
			Elsewhere: proof.Elsewhere(t, own, map[string]any{"sender_key": "other"}, "hook_secret", true, func(n int) conformance.Call { return to("other", n) }),
			Unknown: func() conformance.Call {
				return conformance.Call{Header: h, Query: "call=rating", Body: []byte(`{"user_key":"uk1","sender_key":"sk","score":5}`)}
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true,"sender_key":"sk"}`, at))
			},
			Key: func(r *http.Request) string {
				var said struct {
					Serial string `json:"serial_number"`
				}
				data, err := io.ReadAll(r.Body)
				if err != nil || json.Unmarshal(data, &said) != nil {
					return ""
				}
				return said.Serial
			},
			To: customer, Accept: `{"code":0,"sessionId":"s"}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, `{"sender_key":"sk","app":"shop"}`)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, nil, "", wiretest.At))
	}, testkit.Golden)
}

// Who leaves the chat is told from a session that ran out, and both from who blocks us.
func TestWhoLeavesIsToldFromWhatRanOut(t *testing.T) {
	inbox, a := inboxWith(t, `{"sender_key":"sk"}`), adapter(t)
	for name, want := range map[string][2]string{"leave": {"left", "no"}, "end": {"ended", ""}, "auto_end": {"ended", ""}, "block": {"ended", "yes"}} {
		req := wiretest.Request([]byte(`{"user_key":"u"}`), nil, "call="+name, wiretest.At)
		req.URL.Path = inbox.HookPath()
		out, _, err := a.Receive(inbox, req)
		if err != nil || len(out) != 1 || out[0].Sender.Attributes["kakao_session"] != want[0] || out[0].Sender.Attributes["blocked"] != want[1] {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

func TestTheCallIsNamedByPathQueryOrBody(t *testing.T) {
	inbox, a := inboxWith(t, `{"sender_key":"sk"}`), adapter(t)
	for _, c := range []struct{ path, query, body string }{
		{inbox.HookPath() + "/expired_session", "", `{"user_key":"u"}`}, {inbox.HookPath(), "call=end", `{"user_key":"u"}`}, {inbox.HookPath(), "", `{"user_key":"u","event":"end"}`},
	} {
		req := wiretest.Request([]byte(c.body), nil, c.query, wiretest.At)
		req.URL.Path = c.path
		out, _, err := a.Receive(inbox, req)
		if err != nil || out[0].Type != events.ContactWasStated || out[0].Sender.Attributes["kakao_session"] != "ended" {
			t.Errorf("%+v: %+v, %v", c, out, err)
		}
	}
}

func TestAnotherDealersFields(t *testing.T) {
	inbox := inboxWith(t, `{"sender_key":"sk","fields":{"user":["from.key"],"text":["body.value"],"id":["no"],"time":["at"]}}`)
	out, _, err := adapter(t).Receive(inbox, wiretest.Request([]byte(`{"from":{"key":"k9"},"body":{"value":"안녕"},"no":12345678901234567890,"at":"1772442000000"}`), nil, "", wiretest.At))
	if err != nil || out[0].Type != events.MessageReceived || out[0].ProviderID != "12345678901234567890" || out[0].Sender.Points[0].Value != "k9" || out[0].OccurredAt.UnixMilli() != 1772442000000 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestRefusals(t *testing.T) {
	inbox, a := inboxWith(t, `{"sender_key":"sk","header":"X-Hook-Secret"}`), adapter(t)
	for name, value := range map[string][]string{"missing": nil, "empty": {""}, "truncated": {"h"}} {
		out, _, err := a.Receive(inbox, wiretest.Request([]byte(`{"user_key":"u","message":"x"}`), http.Header{"X-Hook-Secret": value}, "", wiretest.At))
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
	for _, settings := range []string{`{}`, `{"sender_key":"sk","senderkey":"x"}`, `{"sender_key":"sk","api_url":"http://dealer.example"}`} {
		inbox.Settings = json.RawMessage(settings)
		if a.Check(&inbox) == nil {
			t.Errorf("%s is taken", settings)
		}
	}
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	f := kakaotalkfake.New()
	sent := wiretest.Modes(t, adapter(t), f, customer, true, nil)
	if len(sent) != 3 || sent[0].Key != kakaotalk.Serial("msanswer0", 0) || len(sent[0].Key) != 30 {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestSessionsAndRepeats(t *testing.T) {
	f, a := kakaotalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	send := func(n int, text string) events.SendResult {
		got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, customer, n, text))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	long := strings.Repeat("가나다라마 ", 400)
	for range 2 {
		if got := send(1, long); got.Outcome != events.Sent || len(got.ProviderIDs) != 4 {
			t.Errorf("%+v", got)
		}
	}
	if sent := f.State().Sent(); len(sent) != 3 {
		t.Errorf("sent twice, the dealer has %d parts, want 3", len(sent))
	}
	f.End("uk1")
	if got := send(2, "끝난 뒤"); got.Code != events.CodeWindowClosed {
		t.Errorf("%+v", got)
	}
}

// The channel has no buttons that tell of a press, so a question is its text.
func TestQuickRepliesAreLeftToTheText(t *testing.T) {
	f, a := kakaotalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	said := f.Say(customer.Value, 1, "hi", wiretest.At) // opens what an answer goes into
	if _, _, err := a.Receive(inbox, wiretest.Request(said.Body, said.Header, said.Query, wiretest.At)); err != nil {
		t.Fatal(err)
	}
	req := wiretest.Answer(inbox, customer, 1, "How was it?")
	req.Message.QuickReplies = proof.Scale(5)
	got, err := a.Send(t.Context(), inbox, req)
	if sent := f.State().Sent(); err != nil || got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text != "How was it?" {
		t.Errorf("%+v, %v, sent %+v", got, err, f.State().Sent())
	}
}

func TestTheFakeSpeaks(t *testing.T) {
	if in := wiretest.Heard(t, adapter(t), kakaotalkfake.New()); in.Message.Thread != "session-customer-1" || in.Sender.Points[0].Trust != events.Proved {
		t.Errorf("%+v", in)
	}
}

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Add([]byte(`{"user_key":"u","type":"IM","content":"http://x"}`))
	inbox, a := inboxWith(f, `{"sender_key":"sk"}`), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, nil, "", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, reply)
		}
	})
}
