package x_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
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
	"github.com/tributary-inbox/tributary/services/social/x"
	"github.com/tributary-inbox/tributary/services/social/x/xfake"
)

func adapter(t testing.TB) *x.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return x.New(client, nil)
}

var ana = events.Point{Kind: x.PointKind, Value: xfake.User("ana"), Trust: events.Proved}

func TestConformance(t *testing.T) {
	f := xfake.New()
	inbox := proof.Inbox(t, adapter(t), f)
	settings, secrets := f.Settings("http://127.0.0.1:1", "")
	secrets["consumer_secret"] = ""
	said := time.Now().Add(-time.Hour)
	event := func(n int) map[string]any { return xfake.Event("ana", n, fmt.Sprint("text ", n), said) }
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: inbox,
		NoSecret: &config.Inbox{ID: inbox.ID, Channel: x.Kind, Settings: settings, Secrets: secrets},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return xfake.Batch("ana", event(n)) },
			Elsewhere: proof.Elsewhere(t, inbox, map[string]any{"user_id": "9000"}, "consumer_secret", true, func(n int) conformance.Call {
				return xfake.Sign(bytes.ReplaceAll(xfake.Batch("ana", event(n)).Body, []byte(xfake.Self), []byte("9000")))
			}),
			Unknown: func() conformance.Call {
				return xfake.Sign([]byte(`{"for_user_id":"` + xfake.Self + `","follow_events":[{"type":"follow"}]}`))
			},
			Batch: func(n int) conformance.Call {
				items := []any{event(0), map[string]any{"type": "message_create", "id": 7}}
				for i := 1; i < n; i++ {
					items = append(items, event(i))
				}
				return xfake.Batch("ana", items...)
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(api string) config.Inbox {
				settings, secrets := f.Settings(api, "")
				return config.Inbox{ID: inbox.ID, Channel: x.Kind, Settings: settings, Secrets: secrets}
			},
			To: ana, Accept: `{"data":{"dm_conversation_id":"1-2","dm_event_id":"1900000000000000001"}}`,
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t), xfake.New(), ana,
		proof.Mood{Mode: fake.Works, Outcome: events.Sent, Left: 1},
		proof.Mood{Mode: fake.Down, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Swallow, Outcome: events.Unclear, Left: 1},
		proof.Mood{Mode: fake.Garbage, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Limited, Outcome: events.Retry},
		proof.Mood{Mode: fake.Dead, Outcome: events.Retry, Suspend: true},
		proof.Mood{Mode: fake.Broken, Outcome: events.Unclear},
	)
}

func TestSamples(t *testing.T) {
	a := adapter(t)
	inbox := proof.Inbox(t, a, xfake.New())
	for name, body := range proof.Samples(t, ".json") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, proof.Request(xfake.Sign(body), proof.At))
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("status %d, %v", reply.Status, err)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

func TestChallenge(t *testing.T) {
	a := adapter(t)
	inbox := proof.Inbox(t, a, xfake.New())
	ask := func(token string) *channel.Request {
		return proof.Request(fake.Request{Method: http.MethodGet, Query: url.Values{"crc_token": {token}}.Encode()}, proof.At)
	}
	// Computed from the rule in xdevplatform/docs.
	_, reply, err := a.Receive(inbox, ask("crc_token_value"))
	if err != nil || string(reply.Body) != `{"response_token":"sha256=fjWHvqibQE5TlTy7oxQHx4miKlsumjStzrgZsaEU8vQ="}` {
		t.Errorf("%s, %v", reply.Body, err)
	}
	// A body that could be signed as a challenge could be forged.
	proof.Refused(t, a, inbox, http.StatusBadRequest, map[string]*channel.Request{
		"a body": ask(`{"for_user_id":"1"}`), "an array": ask("[]"), "nothing": ask(""), "too long": ask(strings.Repeat("a", 257)),
	})
}

func TestRefusals(t *testing.T) {
	a, f := adapter(t), xfake.New()
	inbox := proof.Inbox(t, a, f)
	good := f.Say("ana", 1, "hi", proof.At).Header.Get("X-Twitter-Webhooks-Signature")
	with := func(signature ...string) *channel.Request {
		req := proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)
		req.Header["X-Twitter-Webhooks-Signature"] = signature
		return req
	}
	if _, _, err := a.Receive(inbox, with(good)); err != nil {
		t.Fatal(err)
	}
	changed := with(good)
	changed.Body = []byte(strings.Replace(string(changed.Body), "hi", "ho", 1))
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{
		"changed": changed, "missing": with(), "empty": with("sha256="), "cut": with(good[:30]), "unmarked": with(good[7:]),
	})
	inbox.Secrets = nil
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{"no secret": with(good)})
}

func TestToldTwice(t *testing.T) {
	// The same talk, told for both of its accounts to the hooks of both inboxes.
	a, f := adapter(t), xfake.New()
	ours := proof.Inbox(t, a, f)
	event := xfake.Event("ana", 1, "hi", proof.At)
	for forUser, want := range map[string]events.InboundType{xfake.Self: events.MessageReceived, xfake.User("ana"): events.Unknown} {
		body, err := json.Marshal(map[string]any{"for_user_id": forUser, "direct_message_events": []any{event}})
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := a.Receive(ours, proof.Request(xfake.Sign(body), proof.At))
		if err != nil || len(got) != 1 || got[0].Type != want {
			t.Errorf("for %s: %+v, %v", forUser, got, err)
		}
	}
}

func TestSend(t *testing.T) {
	a, f := adapter(t), xfake.New()
	inbox := proof.Inbox(t, a, f)
	for name, c := range map[string]struct {
		req     events.SendRequest
		outcome events.SendOutcome
		code    string
		ids     int
	}{
		"text":     {proof.Answer("m", "hi", ana), events.Sent, "", 1},
		"long":     {proof.Answer("m", strings.Repeat("word ", 3000), ana), events.Sent, "", 2},
		"closed":   {proof.Answer("m", "hi", events.Point{Value: xfake.Closed}), events.Rejected, events.CodeOptedOut, 0},
		"no id":    {proof.Answer("m", "hi", events.Point{Value: "../me"}), events.Rejected, events.CodeBadAddress, 0},
		"a file":   {proof.Answer("m", "hi", ana, events.Attachment{ID: "a"}), events.Rejected, events.CodeBadMedia, 0},
		"no words": {proof.Answer("m", "  ", ana), events.Rejected, "", 0},
	} {
		before := len(f.Sent())
		got, err := a.Send(t.Context(), inbox, c.req)
		if err != nil || got.Outcome != c.outcome || got.Code != c.code || len(got.ProviderIDs) != c.ids || len(f.Sent())-before != c.ids {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	f.Set(fake.Limited)
	// Its end is a second of the clock, not far away: a machine may sleep over it.
	testkit.Eventually(t, time.Minute, func() error {
		if got, err := a.Send(t.Context(), inbox, proof.Answer("m", "hi", ana)); err != nil || got.RetryAfter <= 0 || got.RetryAfter > 2*time.Second {
			return fmt.Errorf("the limit's end is not used: %+v, %v", got, err)
		}
		return nil
	})
}

func TestTestAndMedia(t *testing.T) {
	a, f := adapter(t), xfake.New()
	inbox := proof.Inbox(t, a, f)
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	var s x.Settings
	if err := json.Unmarshal(inbox.Settings, &s); err != nil {
		t.Fatal(err)
	}
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	m, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: s.URL + "/media/1"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	_ = m.Body.Close()
	if err != nil || string(data) != xfake.File {
		t.Errorf("%q, %v", data, err)
	}
	for _, address := range []string{s.URL + "/gone", "https://elsewhere.example/a.jpg", "media:1"} {
		if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: address}); !errors.Is(err, channel.ErrMediaGone) {
			t.Errorf("%s: %v", address, err)
		}
	}
	f.Set(fake.Dead)
	if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), "access-token") {
		t.Errorf("a dead token: %v", err)
	}
	other := inbox
	other.Settings = json.RawMessage(strings.Replace(string(inbox.Settings), xfake.Self, "12", 1))
	f.Set(fake.Works)
	if err := a.Test(t.Context(), other); err == nil {
		t.Error("the token of another account passes")
	}
	other.Settings = json.RawMessage(`{"user_id":"@shop"}`)
	if err := a.Check(&other); err == nil {
		t.Error("a name is taken for an id")
	}
}

func TestRegister(t *testing.T) {
	a, f := adapter(t), xfake.New()
	inbox := proof.Inbox(t, a, f)
	const hook = "https://in.example.com/hooks/x/t"
	for _, bad := range []string{"http://in.example.com/hooks/x/t", "https://in.example.com:8443/hooks/x/t", ":"} {
		if err := a.Register(t.Context(), inbox, bad); err == nil {
			t.Errorf("%s is registered", bad)
		}
	}
	// Done again it changes nothing; a second inbox of the app shares the webhook.
	for _, address := range []string{hook, hook, "https://in.example.com/hooks/x/second"} {
		err := a.Register(t.Context(), inbox, address)
		if at, n := f.Registered(); err != nil || len(at) != 1 || at[0] != hook || n != 1 {
			t.Errorf("%v: webhooks %q with %d accounts", err, at, n)
		}
	}
	f.Invalidate()
	if err := a.Register(t.Context(), inbox, hook); err != nil {
		t.Error(err)
	}
	if at, _ := f.Registered(); len(at) != 1 {
		t.Error("a webhook that failed its challenge is not challenged again")
	}
	if err := a.Register(t.Context(), inbox, "https://elsewhere.example.com/hooks/x/t"); err == nil {
		t.Error("another program's webhook counts as ours")
	}
	wrong := inbox
	wrong.Secrets = maps.Clone(inbox.Secrets)
	wrong.Secrets["consumer_secret"] = "very-wrong"
	if err := a.Register(t.Context(), wrong, hook); err == nil || strings.Contains(err.Error(), "very-wrong") {
		t.Errorf("a wrong secret: %v", err)
	}
	for _, m := range []fake.Mode{fake.Down, fake.Dead, fake.Garbage} {
		f.Set(m)
		if err := a.Register(t.Context(), inbox, hook); err == nil {
			t.Errorf("mode %d: registered", m)
		}
	}
}

func FuzzReceive(f *testing.F) {
	a := adapter(f)
	inbox := proof.Inbox(f, a, xfake.New())
	proof.Fuzz(f, proof.Samples(f, ".json"), func(body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(xfake.Sign(body), proof.At))
		return got, err
	})
}
