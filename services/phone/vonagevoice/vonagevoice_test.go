package vonagevoice_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice"
)

var (
	_ exchange.Poster  = (*vonagevoice.Adapter)(nil)
	_ channel.Receiver = (*vonagevoice.Adapter)(nil)

	noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
)

const secret = "a signature secret"

func inbox(t testing.TB) config.Inbox {
	t.Helper()
	in := config.Inbox{ID: "in", Channel: vonagevoice.Kind, Settings: json.RawMessage(`{"greeting":"hello","connect":"+821000000009"}`), Secrets: map[string]string{"signature_secret": secret}}
	if err := vonagevoice.New(nil).Check(&in); err != nil {
		t.Fatal(err)
	}
	return in
}

func post(body string) *channel.Request {
	claims := signature.VonageClaims{IssuedAt: json.Number(fmt.Sprint(noon.Unix())), Issuer: "Vonage"}
	return &channel.Request{Method: http.MethodPost, URL: &url.URL{}, Body: []byte(body), At: noon, Header: http.Header{"Authorization": {signature.SignVonage(secret, claims, []byte(body))}}}
}

func told(leg, direction, to, status string, from, length int) *channel.Request {
	at := func(s int) string { return noon.Add(time.Duration(s) * time.Second).Format(time.RFC3339) }
	return post(fmt.Sprintf(`{"uuid":%q,"conversation_uuid":"CON-1","from":"821012345678","to":%q,"direction":%q,"status":%q,"timestamp":%q,"start_time":%q,"end_time":%q,"duration":"%d"}`,
		leg, to, direction, status, at(from+length), at(from), at(from+length), length))
}

func TestStories(t *testing.T) {
	began := post(`{"uuid":"l1","conversation_uuid":"CON-1","from":"821012345678","to":"447700900001"}`)
	over := told("l1", "inbound", "447700900001", "completed", 0, 60)
	agent := func(status string) *channel.Request { return told("l2", "outbound", "821000000009", status, 10, 40) }
	for name, c := range map[string]struct {
		posts     []*channel.Request
		outcome   string
		talk      int
		direction events.Direction
	}{
		"answered":        {[]*channel.Request{began, told("l2", "outbound", "821000000009", "ringing", 5, 0), agent("completed"), over}, "answered", 40, events.In},
		"in any order":    {[]*channel.Request{over, agent("completed"), began}, "answered", 40, events.In},
		"nobody took it":  {[]*channel.Request{began, agent("unanswered"), over}, "missed", 0, events.In},
		"busy":            {[]*channel.Request{began, agent("busy"), over}, "busy", 0, events.In},
		"only a greeting": {[]*channel.Request{began, over}, "missed", 0, events.In},
		"we called":       {[]*channel.Request{told("l3", "outbound", "821012345678", "completed", 0, 20)}, "answered", 20, events.Out},
	} {
		var legs []calls.Leg
		for _, req := range c.posts {
			got, kept, reply, err := vonagevoice.New(nil).ReceiveLegs(inbox(t), req)
			if err != nil || len(kept) > 0 || reply.Status != http.StatusOK {
				t.Fatalf("%s: %+v, %v", name, kept, err)
			}
			legs = calls.Merge(legs, got...)
		}
		f := calls.FoldAll(legs)
		if f.Call.Outcome != c.outcome || f.Call.TalkS != c.talk || f.Call.Direction != c.direction || f.Call.From != "+821012345678" || f.Closed != (c.direction == events.In) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	_, _, reply, err := vonagevoice.New(nil).ReceiveLegs(inbox(t), began)
	if err != nil || !json.Valid(reply.Body) || !strings.Contains(string(reply.Body), `"number":"821000000009"`) || !strings.Contains(string(reply.Body), `"text":"hello"`) {
		t.Errorf("%s, %v", reply.Body, err)
	}
}

func TestRefusalsAndWhatIsKept(t *testing.T) {
	status := func(change func(*channel.Request)) int {
		req := told("l1", "inbound", "447700900001", "completed", 0, 60)
		change(req)
		_, _, _, err := vonagevoice.New(nil).ReceiveLegs(inbox(t), req)
		var refusal *channel.Refusal
		if !errors.As(err, &refusal) {
			return 0
		}
		return refusal.Status
	}
	for want, change := range map[int]func(*channel.Request){
		http.StatusServiceUnavailable: func(r *channel.Request) { r.Header = http.Header{} },
		http.StatusUnauthorized:       func(r *channel.Request) { r.Body = append(r.Body, ' ') },
		http.StatusMethodNotAllowed:   func(r *channel.Request) { r.Method = http.MethodGet },
	} {
		if got := status(change); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
	for _, body := range []string{`{}`, `[1]`, `{"uuid":"l1","conversation_uuid":"c","status":"pondering"}`} {
		legs, kept, _, err := vonagevoice.New(nil).ReceiveLegs(inbox(t), post(body))
		if err != nil || len(legs) != 0 || len(kept) != 1 || string(kept[0].Raw.Bytes) != body {
			t.Errorf("%s: %+v, %+v, %v", body, legs, kept, err)
		}
	}
	none := inbox(t)
	none.Secrets = map[string]string{"signature_secret": ""}
	if vonagevoice.New(nil).Check(&none) == nil {
		t.Error("an empty secret is taken")
	}
}

func FuzzReceive(f *testing.F) {
	in := inbox(f)
	f.Add(`{"uuid":"l1","conversation_uuid":"c","status":"completed","duration":"3"}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, _, err := vonagevoice.New(nil).Receive(in, post(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if _, err := s.Encode(); err != nil || s.ProviderID == "" {
				t.Fatalf("%+v %v", s, err)
			}
		}
	})
}
