package x_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/x"
	"github.com/tributary-inbox/tributary/services/social/x/xfake"
)

// Pictures are uploaded before anything is said, one stands with the last text,
// and each of the others is a message of its own.
func TestPictures(t *testing.T) {
	nats := testkit.NATS(t)
	blobs, err := blob.Open(t.Context(), nats.Conn(t), "blobs", 1, nats.Commit)
	if err != nil {
		t.Fatal(err)
	}
	store := func(id string, data []byte) events.Attachment {
		ref, err := blobs.Put(t.Context(), bytes.NewReader(data), 10<<20)
		if err != nil {
			t.Fatal(err)
		}
		return events.Attachment{ID: id, Name: id, Type: "image/png", Size: ref.Size, Hash: ref.Hash}
	}
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	good, bad := store("1", drawn.Bytes()), store("2", []byte("no picture at all"))
	large, gone, film := store("3", make([]byte, 5<<20+1)), events.Attachment{ID: "4", Type: "image/png", Hash: strings.Repeat("0", 64)}, good
	film.Type = "video/mp4"
	bytesOf := drawn.String()
	for name, c := range map[string]struct {
		text  string
		files []events.Attachment
		mode  fake.Mode
		want  events.SendOutcome
		code  string
		sent  []fake.Sent
	}{
		"with a text":          {"see", []events.Attachment{good}, fake.Works, events.Sent, "", []fake.Sent{{Text: "see", Files: []string{bytesOf}}}},
		"alone":                {"", []events.Attachment{good}, fake.Works, events.Sent, "", []fake.Sent{{Files: []string{bytesOf}}}},
		"two":                  {"see", []events.Attachment{good, good}, fake.Works, events.Sent, "", []fake.Sent{{Text: "see", Files: []string{bytesOf}}, {Files: []string{bytesOf}}}},
		"X takes it for none":  {"see", []events.Attachment{good, bad}, fake.Works, events.Rejected, events.CodeBadMedia, nil},
		"too large":            {"see", []events.Attachment{large}, fake.Works, events.Rejected, events.CodeBadMedia, nil},
		"bytes that are gone":  {"see", []events.Attachment{gone}, fake.Works, events.Rejected, events.CodeBadMedia, nil},
		"a film":               {"see", []events.Attachment{film}, fake.Works, events.Rejected, events.CodeBadMedia, nil},
		"nothing":              {" ", nil, fake.Works, events.Rejected, "", nil},
		"X hears and is mute":  {"see", []events.Attachment{good}, fake.Swallow, events.Retry, "", nil},
		"X says nothing known": {"see", []events.Attachment{good}, fake.Garbage, events.Retry, "", nil},
		"X is broken":          {"see", []events.Attachment{good}, fake.Broken, events.Retry, "", nil},
		"the token is dead":    {"see", []events.Attachment{good}, fake.Dead, events.Retry, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := xfake.New()
			server := httptest.NewServer(http.HandlerFunc(f.ServeHTTP))
			defer server.Close()
			client := provider.New()
			defer client.Close()
			f.State().Set(c.mode)
			settings, secrets := f.Settings(server.URL, "")
			inbox := config.Inbox{ID: "in", Channel: x.Kind, Settings: settings, Secrets: secrets}
			got, err := x.New(client, blobs).Send(t.Context(), inbox, proof.Answer("m", c.text, ana, c.files...))
			if err != nil || got.Outcome != c.want || got.Code != c.code || got.Suspend != (c.mode == fake.Dead) {
				t.Fatalf("%+v, %v", got, err)
			}
			sent := f.State().Sent()
			if len(sent) != len(c.sent) || c.want == events.Sent && len(got.ProviderIDs) != len(sent) {
				t.Fatalf("%d messages were sent, want %d: %+v", len(sent), len(c.sent), got)
			}
			for i, s := range sent {
				if s.Text != c.sent[i].Text || strings.Join(s.Files, "|") != strings.Join(c.sent[i].Files, "|") {
					t.Errorf("message %d has the text %q and %d files", i, s.Text, len(s.Files))
				}
			}
		})
	}
}
