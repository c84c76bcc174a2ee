package whatsapp_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
	"github.com/tributary-inbox/tributary/services/social/whatsapp/whatsappfake"
)

func TestAStatusBringsOurIDBack(t *testing.T) {
	f, inbox := serve(t)
	got := send(t, inbox, func(r *events.SendRequest) { r.Message.Text = strings.Repeat("긴 글 ", 1500) })
	sent := f.State().Sent()
	if got.Outcome != events.Sent || len(sent) != 2 || len(got.ProviderIDs) != 2 {
		t.Fatalf("%+v, %d parts", got, len(sent))
	}
	for i, want := range []events.Status{events.StatusSending, events.StatusDelivered} {
		body := f.Status(sent[i], "delivered", time.Now()).Body
		statements, _, err := receiver(t).Receive(inbox, graphtest.Request(inbox, body))
		if err != nil || len(statements) != 1 {
			t.Fatalf("%d statements, %v", len(statements), err)
		}
		if d := statements[0].Delivery; d.Message != messageID || d.Status != want || d.ProviderIDs[0] != got.ProviderIDs[i] {
			t.Errorf("part %d: %+v, want %s", i+1, d, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	var seen map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = nil
		if err := json.NewDecoder(r.Body).Decode(&seen); err != nil || r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.x"}]}`)
	}))
	t.Cleanup(server.Close)
	inbox := inboxAt(server.URL)
	for name, c := range map[string]struct {
		to    events.Point
		key   string
		field string
		value string
		kind  string
	}{
		"number":  {events.Point{Kind: "whatsapp", Value: "821012345678", Scope: whatsappfake.Number}, "", "to", "821012345678", "individual"},
		"phone":   {events.Point{Kind: "phone", Value: "+821012345678"}, "", "to", "821012345678", "individual"},
		"user id": {events.Point{Kind: "whatsapp", Value: "US.13491208655302741918", Scope: whatsappfake.Number}, "", "recipient", "US.13491208655302741918", "individual"},
		"group":   {events.Point{Kind: "whatsapp", Value: "821012345678"}, "120363@g.us", "to", "120363@g.us", "group"},
	} {
		got := send(t, inbox, func(r *events.SendRequest) {
			r.To, r.Thread.Key, r.Message.InReplyTo = c.to, c.key, []string{"wamid.question"}
		})
		if got.Outcome != events.Sent || seen[c.field] != c.value || seen["recipient_type"] != c.kind {
			t.Errorf("%s: %+v, sent to %v %v as %v", name, got, seen["to"], seen["recipient"], seen["recipient_type"])
		}
		if answered, _ := seen["context"].(map[string]any); answered["message_id"] != "wamid.question" {
			t.Errorf("%s: context %v", name, seen["context"])
		}
	}
	for _, bad := range []events.Point{{Kind: "whatsapp", Value: "821012345678", Scope: "another"}, {Kind: "email", Value: "a@example.com"}, {Kind: "whatsapp", Value: "x"}} {
		if got := send(t, inbox, func(r *events.SendRequest) { r.To = bad }); got.Code != events.CodeBadAddress {
			t.Errorf("%+v: %+v", bad, got)
		}
	}
}

func TestRefusedMessages(t *testing.T) {
	f, inbox := serve(t)
	f.End("821012345678")
	if got := send(t, inbox, func(*events.SendRequest) {}); got.Outcome != events.Rejected || got.Code != events.CodeWindowClosed {
		t.Errorf("outside the window: %+v", got)
	}
	if got := send(t, inbox, func(r *events.SendRequest) {
		r.Message.Template = &events.Template{Name: "shipped", Language: "ko", Params: map[string]string{"1": "Kim", "2": "tomorrow"}}
	}); got.Outcome != events.Sent || f.State().Sent()[0].Template != "shipped" {
		t.Errorf("a template outside the window: %+v", got)
	}
	for name, c := range map[string]struct {
		template events.Template
		code     string
	}{
		"unknown":     {events.Template{Name: "no_such_template", Language: "ko"}, events.CodeBadTemplate},
		"no language": {events.Template{Name: "x"}, events.CodeBadTemplate},
		"a gap":       {events.Template{Name: "x", Language: "ko", Params: map[string]string{"1": "a", "3": "b"}}, events.CodeBadTemplate},
		"mixed":       {events.Template{Name: "x", Language: "ko", Params: map[string]string{"1": "a", "name": "b"}}, events.CodeBadTemplate},
		"button":      {events.Template{Name: "x", Language: "ko", Params: map[string]string{"button.x": "a"}}, events.CodeBadTemplate},
	} {
		if got := send(t, inbox, func(r *events.SendRequest) { r.Message.Template = &c.template }); got.Outcome != events.Rejected || got.Code != c.code {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := send(t, inbox, func(r *events.SendRequest) { r.To.Value = whatsappfake.Unreachable }); got.Code != events.CodeBadAddress {
		t.Errorf("unreachable: %+v", got)
	}
	if got := send(t, inbox, func(r *events.SendRequest) {
		r.Message.Text, r.Message.Attachments = "", []events.Attachment{{Name: "a", Type: "image/png"}}
	}); got.Code != events.CodeBadMedia {
		t.Errorf("a file without bytes: %+v", got)
	}
}

// What goes out for a template is compared whole: a place that is filled wrongly
// reaches a customer.
func TestTemplateComponents(t *testing.T) {
	var seen struct {
		Template json.RawMessage `json:"template"`
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if json.NewDecoder(r.Body).Decode(&seen) == nil {
			_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.x"}]}`)
		}
	}))
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		params map[string]string
		want   string
	}{
		"none":    {nil, `{"name":"n","language":{"code":"ko"}}`},
		"numbers": {map[string]string{"2": "b", "1": "a"}, `{"name":"n","language":{"code":"ko"},"components":[{"type":"body","parameters":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`},
		"names":   {map[string]string{"who": "Kim", "document": "D-1"}, `{"name":"n","language":{"code":"ko"},"components":[{"type":"body","parameters":[{"type":"text","parameter_name":"document","text":"D-1"},{"type":"text","parameter_name":"who","text":"Kim"}]}]}`},
		"all": {map[string]string{"header.image": "https://x.example/a.jpg", "1": "a", "button.1": "track"},
			`{"name":"n","language":{"code":"ko"},"components":[{"type":"header","parameters":[{"type":"image","image":{"link":"https://x.example/a.jpg"}}]},{"type":"body","parameters":[{"type":"text","text":"a"}]},{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"track"}]}]}`},
	} {
		got := send(t, inboxAt(server.URL), func(r *events.SendRequest) {
			r.Message.Template = &events.Template{Name: "n", Language: "ko", Params: c.params}
		})
		if got.Outcome != events.Sent || string(seen.Template) != c.want {
			t.Errorf("%s: %+v\n got %s\nwant %s", name, got, seen.Template, c.want)
		}
	}
}

func TestTemplatesAreListed(t *testing.T) {
	f, inbox := serve(t)
	body := func(text string) any { return map[string]any{"type": "BODY", "text": text} }
	f.Approve(
		map[string]any{"name": "shipped", "language": "ko", "status": "APPROVED", "components": []any{
			map[string]any{"type": "HEADER", "format": "IMAGE"}, body("{{1}}님, {{2}} 도착합니다."),
			map[string]any{"type": "BUTTONS", "buttons": []any{map[string]any{"type": "QUICK_REPLY"}, map[string]any{"type": "URL", "url": "https://x.example/{{1}}"}}},
		}},
		map[string]any{"name": "waiting", "language": "ko", "status": "PENDING", "components": []any{body("x")}},
		map[string]any{"name": "named", "language": "en_US", "status": "APPROVED", "components": []any{body("Hello {{first_name}}")}},
	)
	got, err := receiver(t).Templates(t.Context(), inbox)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d templates, %v", len(got), err)
	}
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"shipped","language":"ko","params":{"1":"","2":"","button.1":"","header.image":""},"text":"{{1}}님, {{2}} 도착합니다."},{"name":"named","language":"en_US","params":{"first_name":""},"text":"Hello {{first_name}}"}]`
	if string(data) != want {
		t.Errorf("got %s\nwant %s", data, want)
	}
	inbox.Settings = json.RawMessage(`{"phone_number_id":"1"}`)
	if _, err := receiver(t).Templates(t.Context(), inbox); err == nil {
		t.Error("templates without a business account")
	}
}

func TestFilesGoOutUnderTheirText(t *testing.T) {
	f, inbox := serve(t)
	server := testkit.NATS(t)
	blobs, err := blob.Open(t.Context(), server.Conn(t), "blobs", 1, server.Commit)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := blobs.Put(t.Context(), strings.NewReader("a file"), 100)
	if err != nil {
		t.Fatal(err)
	}
	client := provider.New()
	t.Cleanup(client.Close)
	got, err := whatsapp.New(client, blobs).Send(t.Context(), inbox, events.SendRequest{
		Message: events.Message{ID: messageID, Text: "your receipt", Attachments: []events.Attachment{
			{ID: "1", Name: "영수증.pdf", Type: "application/pdf", Hash: ref.Hash, Size: ref.Size},
			{ID: "2", Name: "a.png", Type: "image/png", URL: "https://files.example.com/a.png"},
		}},
		To: events.Point{Kind: "phone", Value: "+821012345678"}, At: time.Now(),
	})
	sent := f.State().Sent()
	if err != nil || got.Outcome != events.Sent || len(sent) != 2 {
		t.Fatalf("%+v, %v, %d messages", got, err, len(sent))
	}
	if sent[0].Text != "your receipt" || sent[1].Text != "" || sent[1].Files[0] != "https://files.example.com/a.png" {
		t.Errorf("%+v", sent)
	}
}

func TestMedia(t *testing.T) {
	f, inbox := serve(t)
	f.Keep("1001", "image/jpeg", "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", []byte("test"))
	adapter, client := receiver(t), provider.NewHTTP(true)
	open := func(url string) (channel.Media, error) {
		return adapter.OpenMedia(t.Context(), client, inbox, events.Attachment{ID: "1", Name: "a.jpg", URL: url})
	}
	media, err := open("media:1001")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(media.Body)
	_ = media.Body.Close()
	if err != nil || string(data) != "test" || media.Size != 4 || media.Type != "image/jpeg" || media.Name != "a.jpg" ||
		media.SHA256 != "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" {
		t.Errorf("%q, %+v, %v", data, media, err)
	}
	for _, gone := range []string{"media:404", "media:../me", "media:", "https://evil.example/a"} {
		if _, err := open(gone); !errors.Is(err, channel.ErrMediaGone) {
			t.Errorf("%s: %v", gone, err)
		}
	}
	f.State().Set(fake.Limited)
	if _, err := open("media:1001"); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("too many calls: %v, want another try", err)
	}
}

// The token must not follow a link to a host that is not the provider's.
func TestTokenStaysWithTheProvider(t *testing.T) {
	evil := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("called with authorization %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(evil.Close)
	link := strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"url": link + "/a"})
	}))
	t.Cleanup(api.Close)
	_, err := receiver(t).OpenMedia(t.Context(), provider.NewHTTP(true), inboxAt(api.URL), events.Attachment{URL: "media:1"})
	if !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("%v", err)
	}
}

func TestOperatorsCalls(t *testing.T) {
	f, inbox := serve(t)
	adapter := receiver(t)
	if err := adapter.Test(t.Context(), inbox); err != nil {
		t.Errorf("test: %v", err)
	}
	for range 2 {
		if err := adapter.Register(t.Context(), inbox, "https://in.example.com/hooks/whatsapp/t"); err != nil {
			t.Fatalf("register: %v", err)
		}
	}
	if f.Hook() != "https://in.example.com/hooks/whatsapp/t" {
		t.Errorf("hook %q", f.Hook())
	}
	inbox.Secrets = map[string]string{"app_secret": "x", "access_token": "dead", "verify_token": "y"}
	if err := adapter.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), "dead") {
		t.Errorf("a dead token: %v", err)
	}
	if err := adapter.Register(t.Context(), inbox, "https://x"); err == nil {
		t.Error("registered with a dead token")
	}
}
