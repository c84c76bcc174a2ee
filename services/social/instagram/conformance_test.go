package instagram_test

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
	"github.com/tributary-inbox/tributary/services/social/instagram"
	"github.com/tributary-inbox/tributary/services/social/instagram/instagramfake"
)

func inboxAt(f fake.Provider, api string) config.Inbox {
	settings, secrets := f.Settings(api, "")
	return config.Inbox{ID: "ininstagram", Channel: f.Kind(), HookToken: "t", Settings: settings, Secrets: secrets}
}

func TestConformance(t *testing.T) {
	client := provider.New()
	t.Cleanup(client.Close)
	adapter := instagram.New(client)
	f := instagramfake.New()
	at := time.Now().Add(-time.Hour)
	inbox := inboxAt(f, "http://127.0.0.1:1")
	bare := inbox
	bare.Secrets = map[string]string{"app_secret": " ", "access_token": "x"}
	item := func(n int) json.RawMessage {
		var e struct {
			Entry []struct {
				Messaging []json.RawMessage `json:"messaging"`
			} `json:"entry"`
		}
		if err := json.Unmarshal(f.Say("7001", n, "hello", at).Body, &e); err != nil {
			t.Fatal(err)
		}
		return e.Entry[0].Messaging[0]
	}
	message := func(n int) conformance.Call { return f.Say("7001", n, "hello", at) }
	conformance.Run(t, conformance.Subject{
		Adapter: adapter, Inbox: inbox, NoSecret: &bare,
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: message, Elsewhere: graphtest.Elsewhere(inbox, instagramfake.Account, message),
			Unknown: func() conformance.Call {
				return f.Tell(at, f.Item("7001", at, map[string]any{"game_play": map[string]any{"score": 1}}))
			},
			Batch: func(n int) conformance.Call {
				items := []any{item(0), json.RawMessage(`{"sender":{"id":[]},"message":7}`)}
				for i := 1; i < n; i++ {
					items = append(items, item(i))
				}
				return f.Tell(at, items...)
			},
		},
		Sending: &conformance.Sending{
			Inbox:  func(api string) config.Inbox { return inboxAt(f, api) },
			To:     events.Point{Kind: instagram.Kind, Value: "7001", Scope: instagramfake.Account, Trust: events.Proved},
			Accept: `{"recipient_id":"7001","message_id":"m_accepted"}`,
		},
	})
}

func TestFakeInEveryMode(t *testing.T) {
	f := instagramfake.New()
	f.State().Delay = time.Millisecond
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
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
		got := send(t, inboxAt(f, server.URL), events.Message{Text: "hello"}, "7001")
		if got.Outcome != want.Outcome || got.Suspend != want.Suspend {
			t.Errorf("mode %d: %s, suspend %v (%s); want %s, %v", mode, got.Outcome, got.Suspend, got.Detail, want.Outcome, want.Suspend)
		}
	}
}

func send(t *testing.T, inbox config.Inbox, m events.Message, to string) events.SendResult {
	t.Helper()
	client := provider.New()
	defer client.Close()
	if m.ID == "" {
		m.ID = "ms01jd3x8v7m6q0k2r5t9w4y1zab"
	}
	m.Direction, m.Kind = events.Out, events.KindMessage
	result, err := instagram.New(client).Send(t.Context(), inbox, events.SendRequest{
		Message: m, Inbox: inbox.ID, To: events.Point{Kind: instagram.Kind, Value: to, Scope: instagramfake.Account}, Attempt: 1, At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}
