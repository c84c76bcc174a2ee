package alimtalk_test

import (
	"context"
	"encoding/json"
	"fmt"
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
	"github.com/tributary-inbox/tributary/services/social/alimtalk"
	"github.com/tributary-inbox/tributary/services/social/alimtalk/alimtalkfake"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver  = (*alimtalk.Adapter)(nil)
	_ channel.Templater = (*alimtalk.Adapter)(nil)
	_ channel.Tester    = (*alimtalk.Adapter)(nil)
	_ fake.Provider     = (*alimtalkfake.Fake)(nil)

	number = events.Point{Kind: "phone", Value: "+821098765432", Trust: events.Stated}
)

const settings = `{"pf_id":"KA01PF","from":"02-555-0100"}`

func adapter(t testing.TB) *alimtalk.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return alimtalk.New(client)
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inalimtalk", Channel: alimtalk.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"api_key": "KEY9", "api_secret": "S3", "hook_secret": "hs"}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func shipped(req *events.SendRequest) {
	req.Message.Template = &events.Template{Name: alimtalkfake.Template, Params: map[string]string{"name": "김"}}
}

// templated is the adapter to whom every message is a template.
type templated struct{ *alimtalk.Adapter }

func (a templated) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	shipped(&req)
	return a.Adapter.Send(ctx, inbox, req)
}

func TestConformance(t *testing.T) {
	call := func(body string) conformance.Call {
		return conformance.Call{Header: http.Header{"X-Solapi-Secret": {"hs"}}, Body: []byte(body)}
	}
	report := func(n int) string {
		return fmt.Sprintf(`{"messageId":"M%d","to":"01098765432","statusCode":"4000","dateReported":"2026-03-02T09:29:58.000Z"}`, n)
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  templated{adapter(t)},
		Inbox:    inboxWith(t, settings),
		NoSecret: &config.Inbox{ID: "inalimtalk", Channel: alimtalk.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"api_key": "KEY9", "api_secret": "S"}},
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message:  func(n int) conformance.Call { return call("[" + report(n) + "]") },
			Unknown:  func() conformance.Call { return call(`[{"something":"new"}]`) },
			Batch: func(n int) conformance.Call {
				body := "[" + report(0) + `,{"messageId":{}}`
				for i := 1; i < n; i++ {
					body += "," + report(i)
				}
				return call(body + "]")
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true,"pf_id":"KA01PF","from":"02-555-0100"}`, at))
			},
			To: number, Accept: `{"failedMessageList":[],"groupInfo":{"groupId":"G"},"messageList":[{"messageId":"M1","statusCode":"2000"}]}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, settings)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, http.Header{"X-Toast-Webhook-Signature": {"hs"}}, "", wiretest.At))
	}, testkit.Golden)
}

func TestRefusals(t *testing.T) {
	inbox, a := inboxWith(t, settings), adapter(t)
	for name, h := range map[string]http.Header{
		"missing": {}, "empty": {"X-Solapi-Secret": {""}}, "truncated": {"X-Solapi-Secret": {"h"}}, "empty of the other dealer": {"X-Toast-Webhook-Signature": {""}},
	} {
		out, _, err := a.Receive(inbox, wiretest.Request([]byte(`[]`), h, "", wiretest.At))
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
}

func TestARequestOfTooManyIsKeptWhole(t *testing.T) {
	body := []byte("[" + strings.Repeat(`{"messageId":"M","statusCode":"4000"},`, 10_000) + `{}]`)
	out, _, err := adapter(t).Receive(inboxWith(t, settings), wiretest.Request(body, http.Header{"X-Solapi-Secret": {"hs"}}, "", wiretest.At))
	if err != nil || len(out) != 1 || out[0].Type != events.Unknown || len(out[0].Raw.Bytes) != len(body) {
		t.Errorf("%d statements, %v", len(out), err)
	}
}

// The signature was computed with openssl from the rule: HMAC-SHA256 of date
// and salt under the secret, in hexadecimal.
func TestAuthorization(t *testing.T) {
	const want = "HMAC-SHA256 apiKey=K, date=2026-03-02T09:30:00.000Z, salt=0123456789abcdef, signature=4b1a6ebc97cf00527e8b943a2c3aa61e091f4a5d5b13bf0108b14d307f45cd9f"
	if got := alimtalk.Authorization("K", "S3", "2026-03-02T09:30:00.000Z", "0123456789abcdef"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	sent := wiretest.Modes(t, adapter(t), alimtalkfake.New(), number, false, shipped)
	if len(sent) != 3 || sent[0].To != "01098765432" || sent[0].Template != alimtalkfake.Template || sent[0].Text != "김" {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestRejections(t *testing.T) {
	f, a := alimtalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	for code, change := range map[string]func(*events.SendRequest){
		events.CodeWindowClosed: func(r *events.SendRequest) { r.Message.Template = nil },
		events.CodeBadTemplate:  func(r *events.SendRequest) { r.Message.Template.Name = "TPLNEW" },
		events.CodeBadAddress:   func(r *events.SendRequest) { r.To.Value = "+14155550100" },
		events.CodeBadMedia:     func(r *events.SendRequest) { r.Message.Attachments = []events.Attachment{{ID: "1"}} },
	} {
		req := wiretest.Answer(inbox, number, 1, "")
		shipped(&req)
		change(&req)
		got, err := a.Send(t.Context(), inbox, req)
		if err != nil || got.Outcome != events.Rejected || got.Code != code {
			t.Errorf("%s: %+v, %v", code, got, err)
		}
	}
	if n := len(f.State().Sent()); n != 0 {
		t.Errorf("%d messages left", n)
	}
}

func TestTemplatesAndCredentials(t *testing.T) {
	f, a := alimtalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	list, err := a.Templates(t.Context(), inbox)
	if err != nil || len(list) != 1 || list[0].Name != alimtalkfake.Template || len(list[0].Params) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	inbox.Secrets["api_secret"] = "wrong"
	if err := a.Test(t.Context(), inbox); err == nil {
		t.Error("wrong credentials pass")
	}
}

func TestAReportNamesTheMessage(t *testing.T) {
	f, a := alimtalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	f.State().Set(fake.Swallow)
	req := wiretest.Answer(inbox, number, 7, "")
	shipped(&req)
	if got, err := a.Send(t.Context(), inbox, req); err != nil || got.Outcome != events.Unclear {
		t.Fatalf("%+v, %v", got, err)
	}
	said := f.Say("01098765432", 0, "", wiretest.At)
	out, _, err := a.Receive(inbox, wiretest.Request(said.Body, said.Header, "", wiretest.At))
	if err != nil || out[0].Delivery == nil || out[0].Delivery.Message != "msanswer7" || out[0].Delivery.Status != events.StatusDelivered {
		t.Errorf("%+v, %v", out, err)
	}
}

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	inbox, a := inboxWith(f, settings), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, http.Header{"X-Solapi-Secret": {"hs"}}, "", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, reply)
		}
	})
}
