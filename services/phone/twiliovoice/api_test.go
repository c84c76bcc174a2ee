package twiliovoice_test

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
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice/twiliovoicefake"
)

var (
	_ channel.Tester    = (*twiliovoice.Adapter)(nil)
	_ channel.Registrar = (*twiliovoice.Adapter)(nil)
	_ fake.Provider     = (*twiliovoicefake.Fake)(nil)
	_ callfake.Exchange = (*twiliovoicefake.Fake)(nil)
)

func connected(t *testing.T) (*twiliovoice.Adapter, config.Inbox, *twiliovoicefake.Fake) {
	t.Helper()
	f := twiliovoicefake.New()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	client := provider.New()
	t.Cleanup(client.Close)
	a := twiliovoice.New(client)
	in := config.Inbox{ID: "in", Channel: twiliovoice.Kind, HookToken: "t"}
	in.Settings, in.Secrets = f.Settings(server.URL, hook)
	if err := a.Check(&in); err != nil {
		t.Fatal(err)
	}
	return a, in, f
}

func TestTheAccountIsTriedAndTheNumberLed(t *testing.T) {
	a, in, f := connected(t)
	for range 2 {
		if err := errors.Join(a.Test(t.Context(), in), a.Register(t.Context(), in, hook)); err != nil {
			t.Fatal(err)
		}
	}
	if f.Led() != hook {
		t.Errorf("calls are led to %q", f.Led())
	}
	if a.Register(t.Context(), in, "https://elsewhere.example/hook") == nil {
		t.Error("led to an address that no signature would hold for")
	}
	other := in
	other.Settings = []byte(strings.Replace(string(in.Settings), twiliovoicefake.Number, "+15005550007", 1))
	if a.Register(t.Context(), other, hook) == nil {
		t.Error("a number that the account does not have is led")
	}
	for _, mode := range []fake.Mode{fake.Down, fake.Dead, fake.Garbage, fake.Limited, fake.Broken, fake.Swallow} {
		f.Set(mode)
		for _, err := range []error{a.Test(t.Context(), in), a.Register(t.Context(), in, hook)} {
			if err == nil || strings.Contains(err.Error(), twiliovoicefake.Token) {
				t.Errorf("mode %d: %v", mode, err)
			}
		}
	}
	f.Set(fake.Works)
	in.Secrets = map[string]string{"auth_token": "another"}
	if err := a.Test(t.Context(), in); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("another token: %v", err)
	}
}

// A recording is told of a moment before it is there, and only the account gets
// it.
func TestARecordingIsFetchedOnceItIsThere(t *testing.T) {
	a, in, f := connected(t)
	call := callfake.Call{ID: "one", Direction: events.In, Customer: "+821012345678", Start: noon, Ring: time.Second, Talk: 9 * time.Second}
	var file events.Attachment
	for _, r := range f.Callbacks(call) {
		req := conformanceRequest(t, r)
		got, _, err := a.Receive(in, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if s.Message != nil {
				file = s.Message.Attachments[0]
			}
		}
	}
	if file.URL == "" {
		t.Fatal("no recording is told of")
	}
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	if _, err := a.OpenMedia(t.Context(), client, in, file); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("at first: %v", err)
	}
	m, err := a.OpenMedia(t.Context(), client, in, file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	if err := errors.Join(err, m.Body.Close()); err != nil || string(data) != twiliovoicefake.File || m.Type != "audio/mpeg" {
		t.Errorf("%q of type %s, %v", data, m.Type, err)
	}
	in.Secrets = map[string]string{"auth_token": "another"}
	if _, err := a.OpenMedia(t.Context(), client, in, file); err == nil {
		t.Error("handed out to somebody else")
	}
}

func conformanceRequest(t *testing.T, r fake.Request) *channel.Request {
	t.Helper()
	req, err := r.Request(t.Context(), hook)
	if err != nil {
		t.Fatal(err)
	}
	return &channel.Request{Method: http.MethodPost, URL: req.URL, Header: r.Header, Body: r.Body, At: noon}
}

func TestConformanceAgainstTheFake(t *testing.T) {
	a, in, f := connected(t)
	none := in
	none.Secrets = map[string]string{"auth_token": ""}
	conformance.Run(t, conformance.Subject{Adapter: a, Inbox: in, NoSecret: &none, Receiving: &conformance.Receiving{
		Signed: true, HasTimes: true,
		Message: func(n int) conformance.Call { return f.Say("mina", n, "Mina", noon.Add(time.Duration(n)*time.Second)) },
	}})
}
