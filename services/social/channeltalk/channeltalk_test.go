package channeltalk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/channeltalk"
	"github.com/tributary-inbox/tributary/services/social/channeltalk/channeltalkfake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver    = (*channeltalk.Adapter)(nil)
	_ channel.Tester      = (*channeltalk.Adapter)(nil)
	_ channel.MediaSource = (*channeltalk.Adapter)(nil)
	_ fake.Provider       = (*channeltalkfake.Fake)(nil)

	customer = events.Point{Kind: channeltalk.Kind, Value: "u1", Scope: "inchanneltalk", Trust: events.Proved}
)

func adapter(t testing.TB) *channeltalk.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return channeltalk.New(client)
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inchanneltalk", Channel: channeltalk.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"access_key": "ak", "access_secret": "as", "webhook_token": "tok+en"}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

// threaded is the adapter whose answers stand in a chat.
type threaded struct{ *channeltalk.Adapter }

func (a threaded) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	req.Thread.Key = "c1"
	return a.Adapter.Send(ctx, inbox, req)
}

func TestConformance(t *testing.T) {
	call := func(body string) conformance.Call {
		return conformance.Call{Query: "token=tok%2Ben", Body: []byte(body)}
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  threaded{adapter(t)},
		Inbox:    inboxWith(t, `{}`),
		NoSecret: &config.Inbox{ID: "inchanneltalk", Channel: channeltalk.Kind, Secrets: map[string]string{"access_key": "ak", "access_secret": "as", "webhook_token": ""}},
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message: func(n int) conformance.Call {
				return call(fmt.Sprintf(`{"event":"push","type":"message","entity":{"id":"m%d","chatType":"userChat","chatId":"c1","personType":"user","personId":"u1","createdAt":%d,"plainText":"text %d"}}`, n, 1772442000000+n, n))
			},
			Unknown: func() conformance.Call { return call(`{"event":"push","type":"somethingNew","entity":{}}`) },
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true}`, at))
			},
			To: customer, Accept: `{"message":{"id":"out-1"}}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, `{}`)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, nil, "token=tok%2Ben", wiretest.At))
	}, testkit.Golden)
}

func TestRefusals(t *testing.T) {
	inbox, a := inboxWith(t, `{}`), adapter(t)
	for _, query := range []string{"", "token=", "token=tok", "token=tok%2Ben+", "TOKEN=tok%2Ben"} {
		out, _, err := a.Receive(inbox, wiretest.Request([]byte(`{}`), nil, query, wiretest.At))
		wiretest.Refused(t, query, http.StatusUnauthorized, out, err)
	}
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	sent := wiretest.Modes(t, adapter(t), channeltalkfake.New(), customer, false, func(r *events.SendRequest) { r.Thread.Key = "chat-u1" })
	if len(sent) != 3 || sent[0].To != "u1" || sent[0].Text != "answer" {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestAnAnswerWithoutAChatOpensOneAndItsEchoIsKnown(t *testing.T) {
	f, a := channeltalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, customer, 1, "hello"))
	sent := f.State().Sent()
	if err != nil || got.Outcome != events.Sent || len(sent) != 1 || sent[0].To != "u1" || got.ProviderIDs[0] != sent[0].ID {
		t.Fatalf("%+v, %v, %+v", got, err, sent)
	}
	echo := f.Echo(sent[0], wiretest.At)
	out, _, err := a.Receive(inbox, wiretest.Request(echo.Body, echo.Header, echo.Query, wiretest.At))
	if err != nil || out[0].Type != events.DeliveryReported || out[0].Delivery.Message != "msanswer1" {
		t.Errorf("%+v, %v", out, err)
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	inbox.Secrets["access_secret"] = "wrong"
	if a.Test(t.Context(), inbox) == nil {
		t.Error("wrong credentials pass")
	}
}

// The channel has no buttons that tell of a press, so a question is its text.
func TestQuickRepliesAreLeftToTheText(t *testing.T) {
	f, a := channeltalkfake.New(), adapter(t)
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
	if in := wiretest.Heard(t, adapter(t), channeltalkfake.New()); in.Message.Thread != "chat-customer-1" || in.Sender.Name != "손님" {
		t.Errorf("%+v", in)
	}
}

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Add([]byte(`{"type":"message","entity":{"id":"m","chatType":"userChat","chatId":"c","personType":"user","personId":"u","blocks":[{"type":"text","value":"x","blocks":[{}]}]}}`))
	inbox, a := inboxWith(f, `{}`), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, nil, "token=tok%2Ben", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, reply)
		}
	})
}
