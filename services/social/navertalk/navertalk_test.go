package navertalk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/navertalk"
	"github.com/tributary-inbox/tributary/services/social/navertalk/navertalkfake"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver    = (*navertalk.Adapter)(nil)
	_ channel.Sender      = (*navertalk.Adapter)(nil)
	_ channel.MediaSource = (*navertalk.Adapter)(nil)
	_ fake.Provider       = (*navertalkfake.Fake)(nil)

	user = events.Point{Kind: navertalk.Kind, Value: "user-1", Scope: "innavertalk", Trust: events.Stated}
)

func adapter(t testing.TB) *navertalk.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return navertalk.New(client)
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "innavertalk", Channel: navertalk.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"authorization": "ct_1"}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

// still is the adapter with the clock standing: ids hold the second of arrival,
// and a test must not depend on when a second ends.
type still struct {
	*navertalk.Adapter
	at time.Time
}

func (s still) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	req.At = s.at
	return s.Adapter.Receive(inbox, req)
}

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Adapter:  still{adapter(t), time.Now()},
		Inbox:    inboxWith(t, `{}`),
		NoSecret: &config.Inbox{ID: "innavertalk", Channel: navertalk.Kind, Secrets: map[string]string{"authorization": " "}},
		Receiving: &conformance.Receiving{
			Message: func(n int) conformance.Call {
				return conformance.Call{Body: fmt.Appendf(nil, `{"event":"send","user":"user-1","textContent":{"text":"text %d","inputType":"typing"}}`, n)}
			},
			Unknown: func() conformance.Call {
				return conformance.Call{Body: []byte(`{"event":"newThing","user":"user-1"}`)}
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(at string) config.Inbox {
				return inboxWith(t, fmt.Sprintf(`{"api_url":%q,"allow_private":true}`, at))
			},
			To: user, Accept: `{"success":true,"resultCode":"00"}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, `{"source_id":10007}`)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, nil, "", wiretest.At))
	}, testkit.Golden)
}

func TestTheSameWordsLaterAreAnotherMessage(t *testing.T) {
	inbox, a := inboxWith(t, `{}`), adapter(t)
	id := func(at time.Time) string {
		out, _, err := a.Receive(inbox, wiretest.Request([]byte(`{"event":"send","user":"u","textContent":{"text":"네"}}`), nil, "", at))
		if err != nil {
			t.Fatal(err)
		}
		return out[0].ProviderID
	}
	if id(wiretest.At) == id(wiretest.At.Add(3*time.Second)) {
		t.Error("two messages have one id: the second would be lost")
	}
	if id(wiretest.At) != id(wiretest.At.Add(300*time.Millisecond)) {
		t.Error("the same request within a second is two messages")
	}
}

func TestOnlyNaverMayPostWhereAskedFor(t *testing.T) {
	inbox, a := inboxWith(t, `{"check_ip":true}`), adapter(t)
	for remote, want := range map[string]bool{"211.249.40.5:999": true, "[::ffff:220.230.168.31]:1": true, "211.249.40.32:1": false, "8.8.8.8:1": false, "": false} {
		req := wiretest.Request([]byte(`{"event":"leave","user":"u"}`), nil, "", wiretest.At)
		req.Remote = remote
		out, _, err := a.Receive(inbox, req)
		if want && (err != nil || len(out) != 1) {
			t.Errorf("%s: refused: %v", remote, err)
		} else if !want {
			wiretest.Refused(t, remote, http.StatusForbidden, out, err)
		}
	}
}

func TestPaymentsAreApprovedOnlyWhereTaken(t *testing.T) {
	body := []byte(`{"event":"pay_complete","user":"u","options":{"paymentResult":{"code":"Success"}}}`)
	for settings, want := range map[string]int{`{}`: http.StatusForbidden, `{"pay":true}`: http.StatusOK} {
		out, reply, err := adapter(t).Receive(inboxWith(t, settings), wiretest.Request(body, nil, "", wiretest.At))
		if err != nil || reply.Status != want || len(out) != 1 || out[0].Type != events.Unknown {
			t.Errorf("%s: status %d, error %v", settings, reply.Status, err)
		}
	}
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	sent := wiretest.Modes(t, adapter(t), navertalkfake.New(), user, false, nil)
	if len(sent) != 3 || sent[0].To != "user-1" || sent[0].Text != "answer" {
		t.Errorf("the provider has %+v", sent)
	}
}

func TestAnEchoSettlesWhatWasSent(t *testing.T) {
	f, a := navertalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	f.State().Set(fake.Swallow)
	got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, user, 1, "hello"))
	if err != nil || got.Outcome != events.Unclear {
		t.Fatalf("%+v, %v", got, err)
	}
	echo := []byte(`{"event":"echo","echoedEvent":"send","user":"user-1","textContent":{"text":"hello"},"options":{"sourceId":10007}}`)
	out, _, err := a.Receive(inbox, wiretest.Request(echo, nil, "", time.Now()))
	if err != nil || out[0].Type != events.DeliveryReported || out[0].Delivery.Message != "msanswer1" || out[0].Delivery.Status != events.StatusSent {
		t.Errorf("%+v, %v", out[0], err)
	}
	out, _, err = a.Receive(inbox, wiretest.Request(echo, nil, "", time.Now()))
	if err != nil || out[0].Type != events.MessageReceived || out[0].Direction != events.Out {
		t.Errorf("said a second time it is somebody else's: %+v, %v", out[0], err)
	}
}

func TestPicturesGoOutAndOtherFilesDoNot(t *testing.T) {
	f, a := navertalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	req := wiretest.Answer(inbox, user, 1, "see")
	req.Message.Attachments = []events.Attachment{{ID: "1", Type: "image/png", URL: "https://cdn.example/a.png"}}
	if got, err := a.Send(t.Context(), inbox, req); err != nil || got.Outcome != events.Sent || len(f.State().Sent()) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	req.Message.Attachments[0].Type = "application/pdf"
	if got, _ := a.Send(t.Context(), inbox, req); got.Code != events.CodeBadMedia || len(f.State().Sent()) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestTheFakeSpeaks(t *testing.T) { wiretest.Heard(t, adapter(t), navertalkfake.New()) }

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Add([]byte(`{"event":"profile","user":"u","options":{"result":"WITHDRAW"}}`))
	inbox, a := inboxWith(f, `{}`), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, _, err := a.Receive(inbox, wiretest.Request(body, nil, "", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, channel.Reply{})
		}
	})
}
