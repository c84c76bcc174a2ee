// Package graphtest is what the tests of Meta's channels share: samples with the
// statements they must become, forged requests, real payloads from outside, and
// the fuzzing of a whole signed envelope.
package graphtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// At is when samples are received.
var At = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Request signs a body as the inbox's app does.
func Request(inbox config.Inbox, body []byte) *channel.Request {
	return &channel.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/"}, Body: body, At: At,
		Header: http.Header{graph.SignatureHeader: {graph.Sign(inbox.Secrets[graph.AppSecret], body)}},
	}
}

// Golden compares what every file testdata/*.json becomes with
// testdata/golden/*.json.
func Golden(t *testing.T, r channel.Receiver, inbox config.Inbox) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, reply, err := r.Receive(inbox, Request(inbox, body))
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("status %d, %v", reply.Status, err)
			}
			for _, in := range got {
				in.Raw = nil // the sample itself
			}
			data, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, filepath.Join("testdata", "golden", filepath.Base(file)), append(data, '\n'))
		})
	}
}

// Refusals sends what nobody signed, and confirmations with wrong tokens.
func Refusals(t *testing.T, r channel.Receiver, inbox config.Inbox) {
	t.Helper()
	body := []byte(`{"object":"x","entry":[]}`)
	good := graph.Sign(inbox.Secrets[graph.AppSecret], body)
	sent := func(signature ...string) *channel.Request {
		req := Request(inbox, body)
		req.Header = http.Header{graph.SignatureHeader: signature}
		return req
	}
	changed := Request(inbox, body)
	changed.Body = append(bytes.Clone(body), ' ')
	for name, req := range map[string]*channel.Request{
		"changed": changed, "missing": sent(), "empty": sent(""), "cut": sent(good[:len(good)-2]), "prefix only": sent("sha256="),
		"no prefix": sent(strings.TrimPrefix(good, "sha256=")), "sha1": sent("sha1=" + good[7:47]), "two": sent(good, good),
		"no hexadecimal": sent("sha256=" + strings.Repeat("zz", 32)), "empty key": sent(graph.Sign("", body)),
	} {
		refused(t, name, r, inbox, req, http.StatusUnauthorized)
	}
	ask := func(query string) *channel.Request {
		return &channel.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}, At: At}
	}
	token := inbox.Secrets[graph.VerifyToken]
	for name, query := range map[string]string{
		"no query": "", "no token": "hub.mode=subscribe&hub.challenge=1", "wrong token": "hub.mode=subscribe&hub.challenge=1&hub.verify_token=x",
		"wrong mode": "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=" + token, "no challenge": "hub.mode=subscribe&hub.verify_token=" + token,
	} {
		refused(t, name, r, inbox, ask(query), http.StatusForbidden)
	}
	got, reply, err := r.Receive(inbox, ask("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="+token))
	if err != nil || len(got) != 0 || string(reply.Body) != "1158201444" || reply.Status != http.StatusOK {
		t.Errorf("a good confirmation: %d %q, %d statements, %v", reply.Status, reply.Body, len(got), err)
	}
	put := Request(inbox, body)
	put.Method = http.MethodPut
	refused(t, "put", r, inbox, put, http.StatusMethodNotAllowed)
}

func refused(t *testing.T, name string, r channel.Receiver, inbox config.Inbox, req *channel.Request, status int) {
	t.Helper()
	got, _, err := r.Receive(inbox, req)
	var refusal *channel.Refusal
	if !errors.As(err, &refusal) || refusal.Status != status || len(got) != 0 {
		t.Errorf("%s: %v, %d statements; want status %d", name, err, len(got), status)
	}
}

// Sound fails unless a statement could be published as it is.
func Sound(t testing.TB, in *events.Inbound) {
	t.Helper()
	if in.ProviderID == "" || len(in.ProviderID) > 1200 || in.Inbox == "" || in.Channel == "" || in.OccurredAt.IsZero() || in.ReceivedAt.IsZero() {
		t.Errorf("incomplete: type %s, id %q", in.Type, in.ProviderID)
	}
	if _, err := in.Encode(); err != nil {
		t.Errorf("does not encode: %v", err)
	}
	if in.Type == events.Unknown {
		if in.Raw == nil || len(in.Raw.Bytes) == 0 {
			t.Error("an unknown event without its bytes")
		}
		return
	}
	if in.Type != events.DeliveryReported && len(in.Sender.Points) == 0 {
		t.Errorf("%s without a sender", in.Type)
	}
	if in.Type == events.MessageReceived && (in.Message == nil || in.Message.Text == "" && len(in.Message.Attachments) == 0) {
		t.Error("a message that says nothing")
	}
	if len(in.Sender.Attributes) > 32 {
		t.Errorf("%d attributes", len(in.Sender.Attributes))
	}
	for name, value := range in.Sender.Attributes {
		if len(name) > 64 || len(value) > 512 {
			t.Errorf("attribute %q has %d bytes", name, len(value))
		}
	}
}

// Fuzz signs any bytes. Whatever they are, they are taken, become sound
// statements, and become the same ones again.
func Fuzz(f *testing.F, r channel.Receiver, inbox config.Inbox) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, data := range conformance.Garbage() {
		if len(data) < 1<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, _, err := r.Receive(inbox, Request(inbox, body))
		if err != nil || len(got) == 0 {
			t.Fatalf("%d statements, %v", len(got), err)
		}
		again, _, _ := r.Receive(inbox, Request(inbox, body))
		if len(again) != len(got) {
			t.Fatalf("%d statements, then %d", len(got), len(again))
		}
		for i := range got {
			Sound(t, got[i])
			if got[i].ProviderID != again[i].ProviderID || channel.ContentHash(got[i]) != channel.ContentHash(again[i]) {
				t.Fatalf("statement %d differs the second time", i)
			}
		}
	})
}

// Corpus reads every payload of an object under the folder root, which tests take
// from TRIBUTARY_CORPUS and which may be empty, and
// prints what became of those of each source. Nothing is refused and nothing is
// lost; inboxOf makes the inbox that a payload is meant for.
func Corpus(t *testing.T, root string, r channel.Receiver, object string, inboxOf func(payload []byte) config.Inbox) {
	t.Helper()
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: the samples of testdata alone were read")
		return
	}
	scores := map[string]*score{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		source, _, _ := strings.Cut(strings.TrimPrefix(path, root+string(filepath.Separator)), string(filepath.Separator))
		for _, payload := range payloads(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), object) {
			if scores[source] == nil {
				scores[source] = &score{}
			}
			scores[source].count(t, r, inboxOf(payload), payload, filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(scores) == 0 {
		t.Errorf("no payload of %s in the corpus", object)
	}
	for source, s := range scores {
		t.Logf("%s: %d payloads, %d statements recognised, %d kept raw %v, %d refused", source, s.payloads, s.known, s.raw, s.why, s.refused)
	}
}

type score struct {
	payloads, known, raw, refused int
	why                           []string
}

func (s *score) count(t *testing.T, r channel.Receiver, inbox config.Inbox, payload []byte, name string) {
	t.Helper()
	s.payloads++
	got, _, err := r.Receive(inbox, Request(inbox, payload))
	if err != nil || len(got) == 0 {
		s.refused++
		t.Errorf("%s: %d statements, %v", name, len(got), err)
	}
	for _, in := range got {
		Sound(t, in)
		if in.Type == events.Unknown {
			s.raw++
			s.why = append(s.why, name+" "+strings.Join(in.Flags[1:], ","))
			continue
		}
		s.known++
	}
}

// payloads are those of an object in a file that holds one, or many by name.
func payloads(data []byte, object string) [][]byte {
	var one struct {
		Object string          `json:"object"`
		Entry  json.RawMessage `json:"entry"`
	}
	if json.Unmarshal(data, &one) == nil && one.Object == object && one.Entry != nil {
		return [][]byte{data}
	}
	var many map[string]json.RawMessage
	if json.Unmarshal(data, &many) != nil {
		return nil
	}
	var out [][]byte
	for _, raw := range many {
		if json.Unmarshal(raw, &one) == nil && one.Object == object && one.Entry != nil {
			out = append(out, raw)
		}
		one.Object, one.Entry = "", nil
	}
	return out
}
