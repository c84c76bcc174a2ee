package instagram_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/instagram"
	"github.com/tributary-inbox/tributary/services/social/instagram/instagramfake"
)

func serve(t *testing.T) (*instagramfake.Fake, config.Inbox) {
	t.Helper()
	f := instagramfake.New()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, inboxAt(f, server.URL)
}

func answer(t *testing.T, inbox config.Inbox, m events.Message, thread events.Thread) events.SendResult {
	t.Helper()
	m.ID = "ms01jd3x8v7m6q0k2r5t9w4y1zab"
	result, err := receiver(t).Send(t.Context(), inbox, events.SendRequest{
		Message: m, Thread: thread, To: events.Point{Kind: instagram.Kind, Value: "7001", Scope: instagramfake.Account}, At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestTextIsCountedInBytes(t *testing.T) {
	f, inbox := serve(t)
	if got := answer(t, inbox, events.Message{Text: strings.Repeat("가", 600)}, events.Thread{}); got.Outcome != events.Sent {
		t.Fatalf("%+v", got)
	}
	if n := len(f.State().Sent()); n != 2 {
		t.Errorf("%d messages for 1800 bytes, want 2", n)
	}
}

// An answer to a comment is private unless the inbox says otherwise: what an
// agent writes to one customer is not for everybody.
func TestCommentsAreAnswered(t *testing.T) {
	f, inbox := serve(t)
	statements, _, err := receiver(t).Receive(inbox, graphtest.Request(inbox, f.Comment("7001", "179000", "17870001", "How much?", time.Now()).Body))
	if err != nil || len(statements) != 1 || statements[0].Message.Thread != "179000" {
		t.Fatalf("%+v, %v", statements, err)
	}
	thread := events.Thread{Key: "179000", References: []string{"aWdf_dm", statements[0].ProviderID, "aWdf_out"}}
	if got := answer(t, inbox, events.Message{Text: "10 000 won"}, thread); got.Outcome != events.Sent || !strings.HasPrefix(got.ProviderIDs[0], "m_out") {
		t.Errorf("in private: %+v", got)
	}
	public := inbox
	public.Settings = []byte(strings.Replace(string(inbox.Settings), "{", `{"public_replies":true,`, 1))
	if got := answer(t, public, events.Message{Text: "10 000 won"}, thread); got.Outcome != events.Sent {
		t.Errorf("for everybody: %+v", got)
	}
	if got := answer(t, inbox, events.Message{Text: "a direct message"}, events.Thread{References: thread.References}); got.Outcome != events.Sent {
		t.Errorf("direct: %+v", got)
	}
	var to []string
	for _, s := range f.State().Sent() {
		to = append(to, s.To)
	}
	if got := strings.Join(to, " "); got != "17870001 17870001 7001" {
		t.Errorf("sent to %s", got)
	}
	for name, m := range map[string]events.Message{
		events.CodeTooLong:  {Text: strings.Repeat("long ", 1000)},
		events.CodeBadMedia: {Text: "x", Attachments: []events.Attachment{{Type: "image/png", URL: "https://x.example/a.png"}}},
	} {
		for _, in := range []config.Inbox{inbox, public} {
			if got := answer(t, in, m, thread); got.Outcome != events.Rejected || got.Code != name {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

func TestLoginThroughAPage(t *testing.T) {
	f, inbox := serve(t)
	f.Own = "104000000000009"
	inbox.Settings = []byte(strings.Replace(string(inbox.Settings), "{", `{"page_id":"104000000000009",`, 1))
	if got := answer(t, inbox, events.Message{Text: "hello"}, events.Thread{}); got.Outcome != events.Sent {
		t.Errorf("send: %+v", got)
	}
	if err := receiver(t).Test(t.Context(), inbox); err != nil {
		t.Errorf("test: %v", err)
	}
	bare := inboxOf("17841400000000001")
	if err := receiver(t).Check(&bare); err != nil || !strings.Contains(string(bare.Settings), "https://graph.instagram.com") {
		t.Errorf("login by Instagram: %s, %v", bare.Settings, err)
	}
	bare.Settings = []byte(`{"account_id":"1","page_id":"2"}`)
	if err := receiver(t).Check(&bare); err != nil || !strings.Contains(string(bare.Settings), "https://graph.facebook.com") {
		t.Errorf("login by Facebook: %s, %v", bare.Settings, err)
	}
}

func TestOperatorsCalls(t *testing.T) {
	f, inbox := serve(t)
	if err := receiver(t).Test(t.Context(), inbox); err != nil {
		t.Errorf("test: %v", err)
	}
	for range 2 {
		if err := receiver(t).Register(t.Context(), inbox, "https://in.example.com/hooks/instagram/t"); err != nil {
			t.Fatalf("register: %v", err)
		}
	}
	if f.Hook("instagram") != "https://in.example.com/hooks/instagram/t" {
		t.Errorf("hook %q", f.Hook("instagram"))
	}
}

func TestFilesAreFetchedByTheirLink(t *testing.T) {
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token was sent to a file's host")
		}
		if r.URL.Path != "/a.jpg" {
			http.Error(w, "URL signature expired", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte("test"))
	}))
	t.Cleanup(host.Close)
	inbox, client := inboxOf(sampleAccount), provider.NewHTTP(true)
	media, err := receiver(t).OpenMedia(t.Context(), client, inbox, events.Attachment{URL: host.URL + "/a.jpg"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(media.Body)
	_ = media.Body.Close()
	if err != nil || string(data) != "test" || media.Type != "image/jpeg" {
		t.Errorf("%q, %+v, %v", data, media, err)
	}
	if _, err := receiver(t).OpenMedia(t.Context(), client, inbox, events.Attachment{URL: host.URL + "/old.jpg"}); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("an expired link: %v", err)
	}
	if hosts := receiver(t).MediaHosts(inbox); !slices.Contains(hosts, ".fbcdn.net") || slices.Contains(hosts, "127.0.0.1") {
		t.Errorf("hosts %q", hosts)
	}
}
