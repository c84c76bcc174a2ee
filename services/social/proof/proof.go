// Package proof is what the tests of the social adapters share beside the
// conformance suite: an adapter before its provider's fake in each of the
// fake's moods, and frozen samples of what its provider posts. Only tests use
// it.
package proof

import (
	"bytes"
	"encoding/json"
	"errors"
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

// At is the moment at which samples are received.
var At = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// Inbox is an inbox that talks to the fake, checked by the adapter. The fake
// listens until the test ends.
func Inbox(t testing.TB, a channel.Adapter, f fake.Provider) config.Inbox {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	settings, secrets := f.Settings(server.URL, "http://127.0.0.1/hooks/"+a.Kind()+"/t")
	inbox := config.Inbox{ID: events.InboxID("in" + a.Kind()), Channel: a.Kind(), Name: a.Kind(), HookToken: "t", Settings: settings, Secrets: secrets}
	if err := a.Check(&inbox); err != nil {
		t.Fatalf("check: %v", err)
	}
	return inbox
}

// Request is a fake's request as the door would hand it on.
func Request(r fake.Request, at time.Time) *channel.Request {
	method := r.Method
	if method == "" {
		method = http.MethodPost
	}
	header := r.Header
	if header == nil {
		header = http.Header{}
	}
	return &channel.Request{Method: method, URL: &url.URL{Path: "/hooks/x/t", RawQuery: r.Query}, Header: header, Body: r.Body, At: at}
}

// Answer is an answer of ours to a point.
func Answer(id, text string, to events.Point, files ...events.Attachment) events.SendRequest {
	return events.SendRequest{
		Message: events.Message{ID: events.MessageID(id), Direction: events.Out, Kind: events.KindMessage, Text: text, Attachments: files, OccurredAt: At},
		Inbox:   "in", To: to, Attempt: 1, At: At,
	}
}

// Mood is what an attempt must come to while the fake behaves in one way.
type Mood struct {
	Mode    fake.Mode
	Outcome events.SendOutcome
	Suspend bool
	// Left is how many messages the provider has afterwards.
	Left int
}

// Moods sends one answer in each mood.
func Moods(t *testing.T, sender channel.Sender, f fake.Provider, to events.Point, moods ...Mood) {
	t.Helper()
	inbox := Inbox(t, sender, f)
	for i, m := range moods {
		f.State().Set(m.Mode)
		before := len(f.State().Sent())
		got, err := sender.Send(t.Context(), inbox, Answer(fmt.Sprintf("msmood%d", i), "an answer", to))
		if err != nil {
			got = events.SendResult{Outcome: events.Retry, Detail: err.Error()}
		}
		if got.Outcome != m.Outcome || got.Suspend != m.Suspend {
			t.Errorf("mode %d: %+v, want %q, suspend %v", m.Mode, got, m.Outcome, m.Suspend)
		}
		if left := len(f.State().Sent()) - before; left != m.Left {
			t.Errorf("mode %d: the provider has %d messages, want %d", m.Mode, left, m.Left)
		}
		for name, secret := range inbox.Secrets {
			if secret != "" && strings.Contains(got.Detail, secret) {
				t.Errorf("mode %d: the detail shows the secret %s", m.Mode, name)
			}
		}
	}
	f.State().Set(fake.Works)
}

// Facts are statements as readable JSON, for a golden file.
func Facts(t testing.TB, statements []*events.Inbound) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if statements == nil {
		statements = []*events.Inbound{}
	}
	if err := enc.Encode(statements); err != nil {
		t.Fatalf("statements do not encode: %v", err)
	}
	return out.Bytes()
}

// Samples are the files below testdata with this ending, by name without it.
func Samples(t testing.TB, ending string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "*"+ending))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	out := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ending)] = data
	}
	return out
}

// Score counts what became of a corpus.
type Score struct {
	Recognised, Raw, Refused int
	why                      []string
}

// Add counts one payload.
func (s *Score) Add(name string, statements []*events.Inbound, err error) {
	if err != nil {
		s.Refused++
		s.why = append(s.why, fmt.Sprintf("%s refused: %v", name, err))
		return
	}
	raw := 0
	for _, in := range statements {
		if in.Type == events.Unknown {
			raw++
			s.why = append(s.why, fmt.Sprintf("%s kept raw: %s %s", name, in.ProviderID, strings.Join(in.Flags, " ")))
		}
	}
	if raw == 0 {
		s.Recognised++
	} else {
		s.Raw++
	}
}

// Log prints the score line and the reasons.
func (s *Score) Log(t testing.TB, source string) {
	t.Helper()
	t.Logf("%s: %d recognised, %d with something kept raw, %d refused", source, s.Recognised, s.Raw, s.Refused)
	for _, line := range s.why {
		t.Log("  " + line)
	}
}

// Corpus has an adapter read every file that matches the pattern below root,
// prints the score, and fails where one is refused or none is there.
func Corpus(t *testing.T, root, pattern string, receive func(path string, body []byte) ([]*events.Inbound, error)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("the corpus has no %s: %v", pattern, err)
	}
	var score Score
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := receive(path, body)
		score.Add(filepath.Base(path), got, err)
	}
	score.Log(t, pattern)
	if score.Refused > 0 {
		t.Error("something that the provider sends was refused")
	}
}

// Fuzz has an adapter read anything under a valid signature: nothing may be
// lost to an error or end in a statement that cannot be stored.
func Fuzz(f *testing.F, seeds map[string][]byte, receive func(body []byte) ([]*events.Inbound, error)) {
	f.Helper()
	for _, body := range seeds {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := receive(body)
		if err != nil {
			t.Fatalf("an authentic body is lost: %v", err)
		}
		for _, in := range got {
			if _, err := in.Encode(); err != nil || in.ProviderID == "" || in.OccurredAt.IsZero() {
				t.Fatalf("statement cannot be stored: %v %+v", err, in)
			}
			if in.Type == events.Unknown && (in.Raw == nil || len(in.Raw.Bytes) == 0) {
				t.Fatalf("not kept raw: %+v", in)
			}
		}
	})
}

// Refused checks that each request is refused with the status and that nothing
// comes of it.
func Refused(t *testing.T, r channel.Receiver, inbox config.Inbox, status int, requests map[string]*channel.Request) {
	t.Helper()
	for name, req := range requests {
		var refusal *channel.Refusal
		got, _, err := r.Receive(inbox, req)
		if !errors.As(err, &refusal) || refusal.Status != status || got != nil {
			t.Errorf("%s: %d statements, %v, want status %d", name, len(got), err, status)
		}
	}
}
