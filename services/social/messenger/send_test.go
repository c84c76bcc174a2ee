package messenger_test

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
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/messenger"
	"github.com/tributary-inbox/tributary/services/social/messenger/messengerfake"
)

func serve(t *testing.T) (*messengerfake.Fake, config.Inbox) {
	t.Helper()
	f := messengerfake.New()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, inboxAt(f, server.URL)
}

func TestLongTextLeavesInParts(t *testing.T) {
	f, inbox := serve(t)
	got := send(t, inbox, events.Message{Text: strings.Repeat("가나다 ", 1000)}, "7001")
	sent := f.State().Sent()
	if got.Outcome != events.Sent || len(sent) != 2 || len(got.ProviderIDs) != 2 || got.ProviderIDs[0] != sent[0].ID {
		t.Fatalf("%+v, %d messages", got, len(sent))
	}
}

func TestHumanAgentTag(t *testing.T) {
	f, inbox := serve(t)
	f.End("7001")
	person, machine := events.Author{Kind: "agent"}, events.Author{Kind: "bot"}
	if got := send(t, inbox, events.Message{Text: "one" + strings.Repeat(" more", 500), Author: person}, "7001"); got.Outcome != events.Sent {
		t.Fatalf("a person after a day: %+v", got)
	}
	for _, s := range f.State().Sent() {
		if s.Template != "HUMAN_AGENT" {
			t.Errorf("a part went out without the tag: %q", s.Template)
		}
	}
	if got := send(t, inbox, events.Message{Text: "hi", Author: machine}, "7001"); got.Outcome != events.Rejected || got.Code != events.CodeWindowClosed {
		t.Errorf("a machine after a day: %+v", got)
	}
	f.MayTag = false
	if got := send(t, inbox, events.Message{Text: "hi", Author: person}, "7001"); got.Code != events.CodeWindowClosed {
		t.Errorf("a person whose page may not: %+v", got)
	}
}

func TestRefusedMessages(t *testing.T) {
	_, inbox := serve(t)
	for name, c := range map[string]struct {
		message events.Message
		to      string
		code    string
	}{
		"nobody":         {events.Message{Text: "hi"}, graphfake.NoSuchPerson, events.CodeBadAddress},
		"no address":     {events.Message{Text: "hi"}, "", events.CodeBadAddress},
		"empty":          {events.Message{}, "7001", ""},
		"template":       {events.Message{Template: &events.Template{Name: "x"}}, "7001", events.CodeBadTemplate},
		"file of nobody": {events.Message{Attachments: []events.Attachment{{Name: "a", Type: "image/png", Hash: strings.Repeat("0", 64)}}}, "7001", events.CodeBadMedia},
	} {
		if got := send(t, inbox, c.message, c.to); got.Outcome != events.Rejected || got.Code != c.code {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestFilesByLinkAndByUpload(t *testing.T) {
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
	got, err := messenger.New(client, blobs).Send(t.Context(), inbox, events.SendRequest{
		Message: events.Message{ID: "ms01jd3x8v7m6q0k2r5t9w4y1zab", Text: "two files", Attachments: []events.Attachment{
			{ID: "1", Name: "a.png", Type: "image/png", URL: "https://files.example.com/a.png"},
			{ID: "2", Name: "b\"\r\n.pdf", Type: "application/pdf", Hash: ref.Hash, Size: ref.Size},
		}},
		To: events.Point{Kind: messenger.Kind, Value: "7001"}, At: time.Now(),
	})
	if err != nil || got.Outcome != events.Sent || len(got.ProviderIDs) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	sent := f.State().Sent()
	if sent[1].Files[0] != "https://files.example.com/a.png" || sent[2].Files[0] == "" {
		t.Errorf("files %q, %q", sent[1].Files, sent[2].Files)
	}
}

// A part that fails after another arrived is for a person to look at: sending it
// all again would repeat the first.
func TestHalfAMessageIsUnclear(t *testing.T) {
	f, inbox := serve(t)
	got := send(t, inbox, events.Message{Text: "first", Attachments: []events.Attachment{{Name: "a", Type: "image/png"}}}, "7001")
	if got.Outcome != events.Unclear || len(got.ProviderIDs) != 1 || got.ProviderIDs[0] != f.State().Sent()[0].ID {
		t.Errorf("%+v", got)
	}
}

// The echo of a send whose answer nobody saw settles it.
func TestEchoSettlesAnUnclearSend(t *testing.T) {
	f, inbox := serve(t)
	f.State().Set(fake.Swallow)
	got := send(t, inbox, events.Message{Text: "hello"}, "7001")
	if got.Outcome != events.Unclear {
		t.Fatalf("%+v", got)
	}
	echo := f.Echo(f.State().Sent()[0], graph.Mark("ms01jd3x8v7m6q0k2r5t9w4y1zab", 1, 1))
	statements, _, err := receiver(t).Receive(inbox, graphtest.Request(inbox, echo.Body))
	if err != nil || len(statements) != 1 {
		t.Fatalf("%d statements, %v", len(statements), err)
	}
	if d := statements[0].Delivery; d == nil || d.Message != "ms01jd3x8v7m6q0k2r5t9w4y1zab" || d.Status != events.StatusSent {
		t.Errorf("%+v", statements[0])
	}
}

func TestOperatorsCalls(t *testing.T) {
	f, inbox := serve(t)
	adapter := receiver(t)
	if err := adapter.Test(t.Context(), inbox); err != nil {
		t.Errorf("test: %v", err)
	}
	for range 2 {
		if err := adapter.Register(t.Context(), inbox, "https://in.example.com/hooks/messenger/t"); err != nil {
			t.Fatalf("register: %v", err)
		}
	}
	if got := f.Hook("page"); got != "https://in.example.com/hooks/messenger/t" {
		t.Errorf("hook %q", got)
	}
	const second = "https://in.example.com/hooks/messenger/second"
	if err := adapter.Register(t.Context(), inbox, second); err != nil || f.Hook("page") != second {
		t.Errorf("another inbox of the same program: %v, hook %q", err, f.Hook("page"))
	}
	if err := adapter.Register(t.Context(), inbox, "https://elsewhere.example.com/hooks/messenger/t"); err == nil {
		t.Error("the hook of other pages was overwritten")
	}
	f.State().Set(fake.Dead)
	err := adapter.Test(t.Context(), inbox)
	if err == nil || strings.Contains(err.Error(), graphfake.AccessToken) {
		t.Errorf("a dead token: %v", err)
	}
	f.State().Set(fake.Garbage)
	if err := adapter.Test(t.Context(), inbox); err == nil {
		t.Error("garbage passes for a page")
	}
}

func TestCheck(t *testing.T) {
	_, inbox := serve(t)
	for name, settings := range map[string]string{"unknown field": `{"page_id":"1","page":"2"}`, "no page": `{}`, "path": `{"page_id":"1/../2"}`, "http": `{"page_id":"1","api_url":"http://x"}`} {
		bad := inbox
		bad.Settings = []byte(settings)
		if err := receiver(t).Check(&bad); err == nil {
			t.Errorf("%s is taken", name)
		}
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
