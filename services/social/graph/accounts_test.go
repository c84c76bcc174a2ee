package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/instagram"
	"github.com/tributary-inbox/tributary/services/social/messenger"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
)

// app is the directory of a Meta app's inboxes, and keeps what is published.
type app struct {
	inboxes []config.Inbox
	kept    []*events.Inbound
	fails   error
}

func (a *app) ByID(events.InboxID) (config.Inbox, bool) { return config.Inbox{}, false }

func (a *app) ByHook(kind, token string) (config.Inbox, bool) {
	at := slices.IndexFunc(a.inboxes, func(in config.Inbox) bool { return in.Channel == kind && in.HookToken == token })
	if at < 0 {
		return config.Inbox{}, false
	}
	return a.inboxes[at], true
}

func (a *app) List(kind string) (out []config.Inbox) {
	for _, in := range a.inboxes {
		if in.Channel == kind {
			out = append(out, in)
		}
	}
	return out
}

func (a *app) Publish(_ context.Context, in ...*events.Inbound) error {
	if a.fails != nil {
		return a.fails
	}
	a.kept = append(a.kept, in...)
	return nil
}

func (a *app) post(t *testing.T, hook, secret, body string) *httptest.ResponseRecorder {
	t.Helper()
	door := channel.NewHooks(channel.Hooks{Inboxes: a, Publisher: a}, nil, messenger.New(nil, nil), instagram.New(nil), whatsapp.New(nil, nil))
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}/{inbox}", door)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, hook, strings.NewReader(body))
	req.Header.Set(graph.SignatureHeader, graph.Sign(secret, []byte(body)))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, req)
	return w
}

func of(kind, id, account, secret string) config.Inbox {
	return config.Inbox{
		ID: events.InboxID(id), Channel: kind, HookToken: id, Settings: json.RawMessage(account),
		Secrets: map[string]string{"app_secret": secret, "access_token": "t", "verify_token": "v"},
	}
}

const three = `{"object":"page","entry":[
 {"id":"1","time":1767322445000,"messaging":[{"sender":{"id":"c1"},"recipient":{"id":"1"},"timestamp":1767322445000,"message":{"mid":"m1","text":"to the first page"}}]},
 {"id":"2","time":1767322446000,"messaging":[{"sender":{"id":"c1"},"recipient":{"id":"2"},"timestamp":1767322446000,"message":{"mid":"m2","text":"to the second page"}},
  {"sender":{"id":"c2"},"recipient":{"id":"2"},"timestamp":1767322447000,"read":{"watermark":1767322446000}}]},
 {"id":"3","time":1767322448000,"messaging":[{"sender":{"id":"c1"},"recipient":{"id":"3"},"timestamp":1767322448000,"message":{"mid":"m3","text":"to a page that nobody has here"}}]}]}`

// One batch about three pages: each inbox gets its own, and what nobody has is
// kept where it came, and says whose it is.
func TestOneAppManyPages(t *testing.T) {
	a := &app{inboxes: []config.Inbox{of("messenger", "ina", `{"page_id":"1"}`, "s"), of("messenger", "inb", `{"page_id":"2"}`, "s")}}
	if w := a.post(t, "/hooks/messenger/ina", "s", three); w.Code != 200 || w.Body.String() != "EVENT_RECEIVED" {
		t.Fatalf("status %d %s", w.Code, w.Body)
	}
	var got []string
	for _, in := range a.kept {
		scope := ""
		if len(in.Sender.Points) > 0 {
			scope = in.Sender.Points[0].Scope
		}
		got = append(got, strings.Join([]string{string(in.Inbox), string(in.Type), scope, strings.Join(in.Flags, " ")}, "|"))
	}
	want := []string{"ina|message.received|1|", "ina|unknown||derived-id foreign-account account:messenger/3", "inb|message.received|2|", "inb|delivery.reported|2|"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if id := a.kept[2].ProviderID; id != "m2" {
		t.Errorf("provider id %q", id)
	}
	// The same over the other page's hook is the same.
	first := a.kept
	a.kept = nil
	a.post(t, "/hooks/messenger/inb", "s", three)
	ids := func(list []*events.Inbound) (out []string) {
		for _, in := range list {
			if in.Type != events.Unknown {
				out = append(out, channel.EventID(in)+channel.ContentHash(in))
			}
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(ids(first), ids(a.kept)) {
		t.Errorf("%v by one hook, %v by the other", ids(first), ids(a.kept))
	}
}

// Nothing is acknowledged while a part of the batch is not in the log.
func TestBatchIsAcknowledgedWhole(t *testing.T) {
	a := &app{inboxes: []config.Inbox{of("messenger", "ina", `{"page_id":"1"}`, "s"), of("messenger", "inb", `{"page_id":"2"}`, "s")}, fails: channel.ErrUnavailable}
	if w := a.post(t, "/hooks/messenger/ina", "s", three); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d", w.Code)
	}
}

// Whoever knows the secret of one inbox can say nothing in the name of an inbox
// with another.
func TestSecretOfOneInboxIsNoneOfAnother(t *testing.T) {
	victim := of("messenger", "invictim", `{"page_id":"2"}`, "the victim's own")
	a := &app{inboxes: []config.Inbox{of("messenger", "inattacker", `{"page_id":"1"}`, "s"), victim}}
	if w := a.post(t, "/hooks/messenger/inattacker", "s", three); w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	for _, in := range a.kept {
		if in.Inbox != "inattacker" || in.Type != events.Unknown && in.Message.Text != "to the first page" {
			t.Errorf("%s got %s", in.Inbox, in.Type)
		}
	}
	if len(a.kept) != 4 {
		t.Errorf("%d statements, want all four", len(a.kept))
	}
	if w := a.post(t, "/hooks/messenger/invictim", "s", three); w.Code != 401 {
		t.Errorf("the victim's own hook answered %d", w.Code)
	}
}

// Page, Instagram and WhatsApp are objects of one app, which may have them all
// post to one address.
func TestOneHookForEveryObject(t *testing.T) {
	a := &app{inboxes: []config.Inbox{
		of("messenger", "inpage", `{"page_id":"1"}`, "s"), of("instagram", "ingram", `{"account_id":"17841"}`, "s"), of("whatsapp", "innumber", `{"phone_number_id":"555"}`, "s"),
	}}
	for _, c := range []struct{ inbox, body, kind string }{
		{"ingram", `{"object":"instagram","entry":[{"id":"17841","time":1767322445,"messaging":[{"sender":{"id":"c"},"recipient":{"id":"17841"},"timestamp":1767322445000,"message":{"mid":"g","text":"hello"}}]}]}`, "instagram"},
		{"innumber", `{"object":"whatsapp_business_account","entry":[{"id":"9","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"555"},"contacts":[{"wa_id":"4915112345678"}],"messages":[{"from":"4915112345678","id":"wamid.1","timestamp":"1767322445","type":"text","text":{"body":"hello"}}]}}]}]}`, "whatsapp"},
		{"inpage", `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"c"},"recipient":{"id":"1"},"timestamp":1767322445000,"message":{"mid":"p","text":"hello"}}]}]}`, "messenger"},
	} {
		for _, hook := range []string{"/hooks/messenger/inpage", "/hooks/instagram/ingram", "/hooks/whatsapp/innumber"} {
			a.kept = nil
			if w := a.post(t, hook, "s", c.body); w.Code != 200 {
				t.Errorf("%s by %s: status %d", c.inbox, hook, w.Code)
			}
			if len(a.kept) != 1 || string(a.kept[0].Inbox) != c.inbox || a.kept[0].Channel != c.kind || a.kept[0].Type != events.MessageReceived {
				t.Errorf("%s by %s: %d statements, %+v", c.inbox, hook, len(a.kept), a.kept[0])
			}
		}
	}
}
