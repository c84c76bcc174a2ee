package vonagevoice_test

import (
	"errors"
	"io"
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
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice/vonagevoicefake"
)

var (
	_ channel.Tester      = (*vonagevoice.Adapter)(nil)
	_ channel.MediaSource = (*vonagevoice.Adapter)(nil)
	_ fake.Provider       = (*vonagevoicefake.Fake)(nil)
	_ callfake.Exchange   = (*vonagevoicefake.Fake)(nil)
)

func connected(t *testing.T) (*vonagevoice.Adapter, config.Inbox, *vonagevoicefake.Fake) {
	t.Helper()
	f := vonagevoicefake.New()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	client := provider.New()
	t.Cleanup(client.Close)
	a := vonagevoice.New(client)
	in := config.Inbox{ID: "in", Channel: vonagevoice.Kind, HookToken: "t"}
	in.Settings, in.Secrets = f.Settings(server.URL, "https://inbox.example/hooks/vonagevoice/t")
	if err := a.Check(&in); err != nil {
		t.Fatal(err)
	}
	return a, in, f
}

func TestTheApplicationIsTried(t *testing.T) {
	a, in, f := connected(t)
	if err := a.Test(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fake.Mode{fake.Down, fake.Dead, fake.Limited, fake.Broken, fake.Swallow} {
		f.Set(mode)
		if err := a.Test(t.Context(), in); err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
	f.Set(fake.Works)
	other := in
	other.Settings = []byte(strings.Replace(string(in.Settings), vonagevoicefake.Application, "another", 1))
	if err := a.Test(t.Context(), other); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("another application: %v", err)
	}
	if a.Test(t.Context(), inbox(t)) == nil || vonagevoice.New(nil).Test(t.Context(), in) == nil {
		t.Error("without an application, or without a client, Vonage was asked")
	}
}

func TestARecordingIsFetchedWithAToken(t *testing.T) {
	a, in, f := connected(t)
	call := callfake.Call{ID: "one", Direction: events.In, Customer: "+821012345678", Start: time.Now().Add(-time.Minute), Ring: time.Second, Talk: 9 * time.Second}
	var file events.Attachment
	for _, r := range f.Posts(call) {
		got, _, err := a.Receive(in, &channel.Request{Method: http.MethodPost, Header: r.Header, Body: r.Body, At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if s.Message != nil {
				file = s.Message.Attachments[0]
			}
		}
	}
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	m, err := a.OpenMedia(t.Context(), client, in, file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	if err := errors.Join(err, m.Body.Close()); err != nil || string(data) != vonagevoicefake.File {
		t.Errorf("%q, %v", data, err)
	}
	other := in
	other.Settings = []byte(strings.Replace(string(in.Settings), vonagevoicefake.Application, "another", 1))
	if _, err := a.OpenMedia(t.Context(), client, other, file); err == nil {
		t.Error("handed out to another application")
	}
}

func TestSettingsOfRecordingAreChecked(t *testing.T) {
	for name, settings := range map[string]string{
		"nowhere to be told": `{"record":true}`, "no key": `{"record":true,"public_url":"https://a.example/"}`, "half an application": `{"application_id":"a"}`,
		"plain http": `{"public_url":"http://a.example/"}`, "a user": `{"api_url":"https://u@a.example/"}`,
	} {
		in := config.Inbox{Channel: vonagevoice.Kind, Settings: []byte(settings), Secrets: map[string]string{"signature_secret": secret}}
		if vonagevoice.New(nil).Check(&in) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	in := config.Inbox{Channel: vonagevoice.Kind, Settings: []byte(`{"application_id":"a"}`), Secrets: map[string]string{"signature_secret": secret, "private_key": "none"}}
	if vonagevoice.New(nil).Check(&in) == nil {
		t.Error("a key that is none is taken")
	}
}

func TestConformanceAgainstTheFake(t *testing.T) {
	a, in, f := connected(t)
	none := in
	none.Secrets = map[string]string{"signature_secret": "", "private_key": in.Secrets["private_key"]}
	conformance.Run(t, conformance.Subject{Adapter: a, Inbox: in, NoSecret: &none, Receiving: &conformance.Receiving{
		// Not Signed: what carries no signature is asked for again with 503, as Vonage
		// repeats it signed; forgeries are refused in TestRefusalsAndWhatIsKept.
		HasTimes: true,
		Message:  func(n int) conformance.Call { return f.Say("mina", n, "", noon.Add(time.Duration(n)*time.Second)) },
		Unknown:  func() conformance.Call { return f.Post(map[string]any{"type": "quality"}) },
	}})
}
