// Package wiretest is what the tests of those adapters share that use package
// wire: samples in and facts out, and a sender held against its provider's
// misbehaviour. Only tests import it.
package wiretest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// At is when the samples arrive.
var At = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

// Request is a POST of a body that arrives at a moment; query has no question
// mark.
func Request(body []byte, header http.Header, query string, at time.Time) *channel.Request {
	if header == nil {
		header = http.Header{}
	}
	return &channel.Request{Method: http.MethodPost, URL: &url.URL{Path: "/hooks/x/y", RawQuery: query}, Header: header, Body: body, Remote: "198.51.100.7:40000", At: at}
}

// Golden sends every sample of testdata through receive and compares the
// statements, without their raw form, with testdata/golden by means of compare,
// which is testkit.Golden.
func Golden(t *testing.T, pattern string, receive func(body []byte) ([]*events.Inbound, channel.Reply, error), compare func(t testing.TB, path string, got []byte)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			statements, reply, err := receive(body)
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			compare(t, filepath.Join("testdata", "golden", name+".json"), Facts(t, statements, reply))
		})
	}
}

// Facts writes statements down, without the raw form, so that they can be read
// and compared.
func Facts(t testing.TB, statements []*events.Inbound, reply channel.Reply) []byte {
	t.Helper()
	var out bytes.Buffer
	status := reply.Status
	if status == 0 {
		status = http.StatusAccepted
	}
	fmt.Fprintf(&out, "reply %d %q\n", status, reply.Body)
	for _, in := range statements {
		if in.Raw == nil || len(in.Raw.Bytes) == 0 || in.ProviderID == "" {
			t.Errorf("statement without raw form or id: %+v", in)
		}
		shown := *in
		shown.Raw = nil
		data, err := json.MarshalIndent(shown, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// Refused checks that a request is refused with the status.
func Refused(t *testing.T, name string, status int, statements []*events.Inbound, err error) {
	t.Helper()
	refusal, ok := err.(*channel.Refusal)
	if !ok || refusal.Status != status || len(statements) != 0 {
		t.Errorf("%s: %d statements, error %v; want refusal %d", name, len(statements), err, status)
	}
}

// Modes sends one message while the provider behaves in each way it can, and
// checks how the attempt ends. Safe says that the provider takes a message twice
// without harm. It returns what the provider has in the end.
func Modes(t *testing.T, sender channel.Sender, p fake.Provider, to events.Point, safe bool, change func(*events.SendRequest)) []fake.Sent {
	t.Helper()
	server := httptest.NewServer(p)
	defer server.Close()
	inbox := Inbox(t, sender, p, server.URL)
	maybe := []events.SendOutcome{events.Unclear}
	if safe {
		maybe = []events.SendOutcome{events.Retry}
	}
	for i, c := range []struct {
		mode fake.Mode
		want []events.SendOutcome
	}{
		{fake.Works, []events.SendOutcome{events.Sent}}, {fake.Down, maybe}, {fake.Garbage, []events.SendOutcome{events.Unclear, events.Sent, maybe[0]}},
		{fake.Swallow, maybe}, {fake.Limited, []events.SendOutcome{events.Retry}}, {fake.Dead, []events.SendOutcome{events.Retry}},
		{fake.Broken, []events.SendOutcome{maybe[0], events.Retry}}, {fake.Works, []events.SendOutcome{events.Sent}},
	} {
		p.State().Set(c.mode)
		req := Answer(inbox, to, i, "answer")
		if change != nil {
			change(&req)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		got, err := sender.Send(ctx, inbox, req)
		cancel()
		if err != nil {
			t.Fatalf("mode %d: %v", c.mode, err)
		}
		ok := false
		for _, w := range c.want {
			ok = ok || got.Outcome == w
		}
		if !ok {
			t.Errorf("mode %d: outcome %q (%s), want one of %v", c.mode, got.Outcome, got.Detail, c.want)
		}
		if (c.mode == fake.Dead) != got.Suspend {
			t.Errorf("mode %d: suspend %v (%s)", c.mode, got.Suspend, got.Detail)
		}
		for _, secret := range inbox.Secrets {
			if secret != "" && strings.Contains(got.Detail, secret) {
				t.Errorf("mode %d: the detail holds a secret", c.mode)
			}
		}
	}
	return p.State().Sent()
}

// Inbox is one that talks to the fake at api.
func Inbox(t testing.TB, a channel.Adapter, p fake.Provider, api string) config.Inbox {
	t.Helper()
	settings, secrets := p.Settings(api, "http://127.0.0.1/hooks/"+p.Kind()+"/hook")
	inbox := config.Inbox{ID: "in" + events.InboxID(p.Kind()), Channel: p.Kind(), HookToken: "hook", Settings: settings, Secrets: secrets}
	if err := a.Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

// Answer is an agent's n-th message.
func Answer(inbox config.Inbox, to events.Point, n int, text string) events.SendRequest {
	return events.SendRequest{
		Message: events.Message{ID: events.MessageID(fmt.Sprintf("msanswer%d", n)), Direction: events.Out, Kind: events.KindMessage, Text: text, OccurredAt: time.Now()},
		Inbox:   inbox.ID, To: to, Attempt: 1, At: time.Now(),
	}
}

// Heard reads what a fake's customer says through the adapter and checks that it
// is one message of that customer.
func Heard(t *testing.T, a channel.Receiver, p fake.Provider) *events.Inbound {
	t.Helper()
	inbox := Inbox(t, a, p, "http://127.0.0.1:1")
	now := time.Now()
	said := p.Say("customer-1", 3, "배송은 언제 오나요?", now)
	req := Request(said.Body, said.Header, said.Query, now)
	if said.Method != "" {
		req.Method = said.Method
	}
	statements, _, err := a.Receive(inbox, req)
	if err != nil || len(statements) != 1 {
		t.Fatalf("%d statements, error %v", len(statements), err)
	}
	in := statements[0]
	if in.Type != events.MessageReceived || in.Message.Text != "배송은 언제 오나요?" || len(in.Sender.Points) == 0 {
		t.Fatalf("not a message: %+v", in)
	}
	return in
}
