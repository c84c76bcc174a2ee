package line_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/line"
	"github.com/tributary-inbox/tributary/services/social/line/linefake"
	"github.com/tributary-inbox/tributary/services/social/proof"
)

// LINE wants a small picture beside each file: the picture itself where it is
// small, else the one that whoever serves our files makes.
func TestFilesHavePreviews(t *testing.T) {
	const at = "https://inbox.example.com/files/t/a"
	ours := func(kind string, size int64) events.Attachment {
		return events.Attachment{ID: "1", Type: kind, Size: size, Hash: strings.Repeat("0", 64), URL: at}
	}
	type message struct{ Type, OriginalContentURL, PreviewImageURL string }
	for name, c := range map[string]struct {
		file events.Attachment
		want message
	}{
		"small picture":     {ours("image/jpeg", 1_000_000), message{"image", at, at}},
		"large picture":     {ours("image/png", 1_000_001), message{"image", at, at + "?preview"}},
		"their own picture": {events.Attachment{Type: "image/png", Size: 2_000_000, URL: at}, message{"image", at, at}},
		"film":              {ours("video/mp4", 30_000_000), message{"video", at, at + "?preview"}},
		"too large":         {ours("image/png", 10_000_001), message{}},
		"their own film":    {events.Attachment{Type: "video/mp4", Size: 1000, URL: at}, message{}},
		"moving picture":    {ours("image/gif", 1000), message{}},
		"sound":             {ours("audio/mp4", 1000), message{}},
		"no address":        {events.Attachment{Type: "image/png", Hash: strings.Repeat("0", 64)}, message{}},
		"a folder's name":   {events.Attachment{Type: "image/png", URL: "file:///etc/passwd"}, message{}},
	} {
		t.Run(name, func(t *testing.T) {
			var asked struct{ Messages []message }
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
					t.Error(err)
				}
				_, _ = w.Write([]byte(`{"sentMessages":[{"id":"1"}]}`))
			}))
			defer api.Close()
			settings, secrets := linefake.New().Settings(api.URL, "")
			inbox := config.Inbox{ID: "in", Channel: line.Kind, Settings: settings, Secrets: secrets}
			got, err := adapter(t).Send(t.Context(), inbox, proof.Answer("m", "", user("ana"), c.file))
			if err != nil {
				t.Fatal(err)
			}
			if c.want == (message{}) {
				if got.Outcome != events.Rejected || got.Code != events.CodeBadMedia || len(asked.Messages) != 0 {
					t.Errorf("%+v, and LINE was asked for %+v", got, asked)
				}
				return
			}
			if got.Outcome != events.Sent || len(asked.Messages) != 1 || asked.Messages[0] != c.want {
				t.Errorf("%+v, and LINE was asked for %+v, want %+v", got, asked.Messages, c.want)
			}
		})
	}
}
