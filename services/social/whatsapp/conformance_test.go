package whatsapp_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
	"github.com/tributary-inbox/tributary/services/social/whatsapp/whatsappfake"
)

const messageID = "ms01jd3x8v7m6q0k2r5t9w4y1zab"

func inboxAt(api string) config.Inbox {
	settings, secrets := whatsappfake.New().Settings(api, "")
	return config.Inbox{ID: "inwhatsapp", Channel: whatsapp.Kind, HookToken: "t", Settings: settings, Secrets: secrets}
}

func newAdapter(t testing.TB) *whatsapp.Adapter {
	t.Helper()
	client := provider.New()
	t.Cleanup(client.Close)
	return whatsapp.New(client, nil)
}

func TestConformance(t *testing.T) {
	f := whatsappfake.New()
	at := time.Now().Add(-time.Hour)
	inbox := inboxAt("http://127.0.0.1:1")
	bare := inbox
	bare.Secrets = map[string]string{"app_secret": "", "access_token": "x"}
	message := func(n int) conformance.Call { return f.Say("821012345678", n, "안녕하세요", at) }
	conformance.Run(t, conformance.Subject{
		Adapter: newAdapter(t), Inbox: inbox, NoSecret: &bare,
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: message, Elsewhere: graphtest.Elsewhere(inbox, whatsappfake.Number, message),
			Unknown: func() conformance.Call {
				return f.Change("flows", at, "", map[string]any{"event": "ENDPOINT_ERROR_RATE"})
			},
			Batch: func(n int) conformance.Call {
				messages := []any{whatsappfake.Text("821012345678", 0, "안녕하세요", at), json.RawMessage(`{"id":{},"type":"text"}`)}
				for i := 1; i < n; i++ {
					messages = append(messages, whatsappfake.Text("821012345678", i, "안녕하세요", at))
				}
				return f.Tell(at, "821012345678", map[string]any{"messages": messages})
			},
		},
		Sending: &conformance.Sending{
			Inbox:  inboxAt,
			To:     events.Point{Kind: whatsapp.Kind, Value: "821012345678", Scope: whatsappfake.Number, Trust: events.Proved},
			Accept: `{"messaging_product":"whatsapp","contacts":[{"input":"821012345678","wa_id":"821012345678"}],"messages":[{"id":"wamid.accepted"}]}`,
		},
	})
}

func serve(t *testing.T) (*whatsappfake.Fake, config.Inbox) {
	t.Helper()
	f := whatsappfake.New()
	f.State().Delay = time.Millisecond
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, inboxAt(server.URL)
}

func send(t *testing.T, inbox config.Inbox, change func(*events.SendRequest)) events.SendResult {
	t.Helper()
	req := events.SendRequest{
		Message: events.Message{ID: messageID, Direction: events.Out, Kind: events.KindMessage, Text: "hello", Author: events.Author{Kind: "agent"}},
		Inbox:   inbox.ID, To: events.Point{Kind: whatsapp.Kind, Value: "821012345678", Scope: whatsappfake.Number}, Attempt: 1, At: time.Now(),
	}
	change(&req)
	result, err := newAdapter(t).Send(t.Context(), inbox, req)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestFakeInEveryMode(t *testing.T) {
	f, inbox := serve(t)
	for mode, want := range map[fake.Mode]events.SendResult{
		fake.Works:   {Outcome: events.Sent},
		fake.Slow:    {Outcome: events.Sent},
		fake.Down:    {Outcome: events.Unclear},
		fake.Garbage: {Outcome: events.Unclear},
		fake.Swallow: {Outcome: events.Unclear},
		fake.Limited: {Outcome: events.Retry},
		fake.Dead:    {Outcome: events.Retry, Suspend: true},
		fake.Broken:  {Outcome: events.Retry},
	} {
		f.State().Set(mode)
		got := send(t, inbox, func(*events.SendRequest) {})
		if got.Outcome != want.Outcome || got.Suspend != want.Suspend {
			t.Errorf("mode %d: %s, suspend %v (%s); want %s, %v", mode, got.Outcome, got.Suspend, got.Detail, want.Outcome, want.Suspend)
		}
	}
}
