package slack_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/slack"
	"github.com/tributary-inbox/tributary/services/social/slack/slackfake"
)

func adapter(t testing.TB, blobs blob.Store) *slack.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return slack.New(client, blobs)
}

var ana = events.Point{Kind: slack.PointKind, Value: slackfake.User("ana"), Scope: slackfake.Team, Trust: events.Proved}

const jsonType = "application/json"

func TestConformance(t *testing.T) {
	f := slackfake.New()
	inbox := proof.Inbox(t, adapter(t, nil), f)
	settings, secrets := f.Settings("https://slack.com/api", "")
	secrets["signing_secret"] = ""
	said := time.Now().Add(-time.Hour)
	inbox = proof.With(t, inbox, map[string]any{"team_id": slackfake.Team})
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t, nil), Inbox: inbox,
		NoSecret: &config.Inbox{ID: inbox.ID, Channel: slack.Kind, Settings: settings, Secrets: secrets},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return f.Say("ana", n, fmt.Sprint("text ", n), said) },
			Elsewhere: proof.Elsewhere(t, inbox, map[string]any{"team_id": "T0OTHER"}, "signing_secret", true, func(n int) conformance.Call {
				body := f.Say("ana", n, fmt.Sprint("text ", n), said).Body
				return slackfake.Sign(bytes.ReplaceAll(body, []byte(slackfake.Team), []byte("T0OTHER")), jsonType, time.Now())
			}),
			Unknown: func() conformance.Call {
				return slackfake.Sign([]byte(`{"type":"event_callback","team_id":"T1","event_id":"Ev1","event":{"type":"team_join"}}`), jsonType, time.Now())
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(api string) config.Inbox {
				settings, secrets := f.Settings(api, "")
				return config.Inbox{ID: inbox.ID, Channel: slack.Kind, Settings: settings, Secrets: secrets}
			},
			To: ana, Accept: `{"ok":true,"channel":"D1","ts":"1763630000.000100"}`,
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t, nil), slackfake.New(), ana,
		proof.Mood{Mode: fake.Works, Outcome: events.Sent, Left: 1},
		proof.Mood{Mode: fake.Down, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Swallow, Outcome: events.Unclear, Left: 1},
		proof.Mood{Mode: fake.Garbage, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Limited, Outcome: events.Retry},
		proof.Mood{Mode: fake.Dead, Outcome: events.Retry, Suspend: true},
		proof.Mood{Mode: fake.Broken, Outcome: events.Unclear},
	)
}

func TestSamples(t *testing.T) {
	a := adapter(t, nil)
	inbox := proof.Inbox(t, a, slackfake.New())
	for name, body := range proof.Samples(t, ".json") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, proof.Request(slackfake.Sign(body, jsonType, proof.At), proof.At))
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("status %d, %v", reply.Status, err)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

const formType = "application/x-www-form-urlencoded"

// The body of python-slack-sdk's signature test.
const commandBody = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"

func TestVectorOfTheSDK(t *testing.T) {
	a := adapter(t, nil)
	inbox := proof.Inbox(t, a, slackfake.New())
	req := proof.Request(fake.Request{Body: []byte(commandBody), Header: http.Header{
		"Content-Type": {formType}, "X-Slack-Request-Timestamp": {"1531420618"},
		"X-Slack-Signature": {"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"},
	}}, time.Unix(1531420618, 0).Add(4*time.Minute))
	got, _, err := a.Receive(inbox, req)
	if err != nil || len(got) != 1 || got[0].Message == nil || got[0].Message.Text != "/webhook-collect" || got[0].Sender.Name != "roadrunner" || got[0].Message.Thread != "G8PSS9T3V" {
		t.Fatalf("%+v, %v", got, err)
	}
	req.At = req.At.Add(2 * time.Minute)
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{"six minutes later": req})
}

func TestRefusals(t *testing.T) {
	a, f := adapter(t, nil), slackfake.New()
	inbox := proof.Inbox(t, a, f)
	make := func(change func(*channel.Request)) *channel.Request {
		req := proof.Request(f.Say("ana", 1, "hi", proof.At), time.Now())
		if change != nil {
			change(req)
		}
		return req
	}
	if _, _, err := a.Receive(inbox, make(nil)); err != nil {
		t.Fatal(err)
	}
	signature := make(nil).Header.Get("X-Slack-Signature")
	requests := map[string]*channel.Request{
		"changed":   make(func(r *channel.Request) { r.Body = bytes.Replace(r.Body, []byte("hi"), []byte("ho"), 1) }),
		"missing":   make(func(r *channel.Request) { r.Header.Del("X-Slack-Signature") }),
		"empty":     make(func(r *channel.Request) { r.Header.Set("X-Slack-Signature", "v0=") }),
		"cut":       make(func(r *channel.Request) { r.Header.Set("X-Slack-Signature", signature[:20]) }),
		"unmarked":  make(func(r *channel.Request) { r.Header.Set("X-Slack-Signature", signature[3:]) }),
		"no time":   make(func(r *channel.Request) { r.Header.Del("X-Slack-Request-Timestamp") }),
		"old":       make(func(r *channel.Request) { r.At = r.At.Add(301 * time.Second) }),
		"to come":   make(func(r *channel.Request) { r.At = r.At.Add(-302 * time.Second) }),
		"not a hex": make(func(r *channel.Request) { r.Header.Set("X-Slack-Signature", "v0=zz"+hex.EncodeToString([]byte("x"))) }),
	}
	proof.Refused(t, a, inbox, http.StatusUnauthorized, requests)
	inbox.Secrets = nil
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{"no secret": make(nil)})
}

func TestChallengeAndRedelivery(t *testing.T) {
	a, f := adapter(t, nil), slackfake.New()
	inbox := proof.Inbox(t, a, f)
	got, reply, err := a.Receive(inbox, proof.Request(slackfake.Sign([]byte(`{"type":"url_verification","challenge":"3eZbrw1aB"}`), jsonType, proof.At), proof.At))
	if err != nil || got != nil || string(reply.Body) != "3eZbrw1aB" {
		t.Errorf("%+v %s %v", got, reply.Body, err)
	}
	first, _, _ := a.Receive(inbox, proof.Request(f.Say("ana", 1, "hi", proof.At), time.Now()))
	req := proof.Request(f.Say("ana", 1, "hi", proof.At), time.Now())
	req.Header.Set("X-Slack-Retry-Num", "1")
	req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	again, _, err := a.Receive(inbox, req)
	if err != nil || channel.EventID(first[0]) != channel.EventID(again[0]) || channel.ContentHash(first[0]) != channel.ContentHash(again[0]) {
		t.Errorf("a redelivered event is another one: %+v %v", again, err)
	}
}

func TestButton(t *testing.T) {
	payload := `{"type":"block_actions","trigger_id":"12.34","team":{"id":"T1"},"user":{"id":"U1","name":"ana"},"channel":{"id":"C1"},
		"message":{"ts":"1763630000.000100","text":"What next?"},"actions":[{"type":"button","text":{"text":"Track &amp; trace"},"value":"track","action_ts":"1763630060.000200"}]}`
	a := adapter(t, nil)
	inbox := proof.Inbox(t, a, slackfake.New())
	got, _, err := a.Receive(inbox, proof.Request(slackfake.Sign([]byte("payload="+url.QueryEscape(payload)), formType, proof.At), proof.At))
	if err != nil || len(got) != 1 || got[0].Message == nil || got[0].Message.Text != "Track & trace" || got[0].Message.Pressed != "track" || got[0].Message.Thread != "C1:1763630000.000100" || got[0].Message.InReplyTo[0] != "C1:1763630000.000100" || got[0].OccurredAt.Unix() != 1763630060 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A list has the value of the line that was chosen, a day its date and no value.
func TestOtherActions(t *testing.T) {
	a := adapter(t, nil)
	inbox := proof.Inbox(t, a, slackfake.New())
	for action, want := range map[string][2]string{
		`{"type":"static_select","selected_option":{"text":{"text":"Seoul"},"value":"s"}}`: {"Seoul", "s"},
		`{"type":"datepicker","selected_date":"2026-11-22"}`:                               {"2026-11-22", ""},
		`{"text":{"text":"One"},"value":"1"},{"text":{"text":"Two"},"value":"2"}`:          {"One\nTwo", ""},
	} {
		body := "payload=" + url.QueryEscape(`{"type":"block_actions","trigger_id":"12.34","team":{"id":"T1"},"user":{"id":"U1"},"actions":[`+action+`]}`)
		got, _, err := a.Receive(inbox, proof.Request(slackfake.Sign([]byte(body), formType, proof.At), proof.At))
		if err != nil || len(got) != 1 || got[0].Message == nil || got[0].Message.Text != want[0] || got[0].Message.Pressed != want[1] || len(got[0].Flags) != 1 {
			t.Errorf("%s: %+v, %v", action, got, err)
		}
	}
}

func TestQuickReplies(t *testing.T) {
	a, f := adapter(t, nil), slackfake.New()
	pressed := proof.Buttons(t, a, f, ana, "")
	if m := pressed.Message; len(m.InReplyTo) != 1 || m.InReplyTo[0] != f.Sent()[0].ID || m.Thread != slackfake.Direct("ana") {
		t.Errorf("pressed under %q in %q, offered as %q", m.InReplyTo, m.Thread, f.Sent()[0].ID)
	}
	inbox := proof.Inbox(t, a, f)
	send := func(text, label string) fake.Sent {
		req := proof.Answer("ms", text, ana)
		req.Message.QuickReplies = []events.QuickReply{{Label: label, Value: "v"}, {Label: "no", Value: "w"}}
		got, err := a.Send(t.Context(), inbox, req)
		if err != nil || got.Outcome != events.Sent {
			t.Fatalf("%+v, %v", got, err)
		}
		sent := f.Sent()
		return sent[len(sent)-1]
	}
	// Where there are blocks, the text is read out and not shown: all of it must
	// stand in the blocks too, whose bound counts the escaped form.
	text := strings.Repeat("&", 3999)
	on := send(text, "R & D")
	if shown := f.Shown(on.ID); strings.Count(shown, "&amp;") != 3999 || len(on.Buttons) != 2 {
		t.Errorf("%d signs are shown over %d buttons", strings.Count(shown, "&amp;"), len(on.Buttons))
	}
	got, _, err := a.Receive(inbox, proof.Request(f.Press(on, 9, on.Buttons[0], proof.At), time.Now()))
	if err != nil || got[0].Message.Text != "R & D" || got[0].Message.Pressed != "v" {
		t.Errorf("%+v, %v", got[0].Message, err)
	}
	if on := send("How did we do?", ""); len(on.Buttons) != 0 || on.Text != "How did we do?" {
		t.Errorf("Slack refuses a button on which nothing stands, so the text goes alone: %+v", on)
	}
}

func TestSend(t *testing.T) {
	server := testkit.NATS(t)
	blobs, err := blob.Open(t.Context(), server.Conn(t), events.BlobBucket, 1, server.Commit)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := blobs.Put(t.Context(), strings.NewReader("a file of ours"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	file := events.Attachment{ID: "a", Name: "a.pdf", Type: "application/pdf", Hash: ref.Hash, Size: ref.Size}
	for name, c := range map[string]struct {
		text, key string
		files     []events.Attachment
		outcome   events.SendOutcome
		code      string
		to        []string
	}{
		"in the thread":          {"a < b & c", "C0HELP:1763630000.000100", nil, events.Sent, "", []string{"C0HELP:1763630000.000100"}},
		"to a user":              {"hi", "", nil, events.Sent, "", []string{ana.Value}},
		"long":                   {strings.Repeat("word ", 1500), "D1", nil, events.Sent, "", []string{"D1", "D1"}},
		"file to a thread":       {"see", "C0HELP:1763630000.000100", []events.Attachment{file}, events.Sent, "", []string{"C0HELP:1763630000.000100", "C0HELP"}},
		"file to a user":         {"", "", []events.Attachment{file}, events.Sent, "", []string{slackfake.Direct("ana")}},
		"file without bytes":     {"", "D1", []events.Attachment{{ID: "x", URL: "https://x.example/a"}}, events.Rejected, events.CodeBadMedia, nil},
		"bytes that are gone":    {"", "D1", []events.Attachment{{ID: "x", Hash: strings.Repeat("0", 64)}}, events.Rejected, events.CodeBadMedia, nil},
		"a text, then no file":   {"see", "D1", []events.Attachment{{ID: "x"}}, events.Unclear, events.CodeBadMedia, []string{"D1"}},
		"archived":               {"hi", slackfake.Archived, nil, events.Rejected, events.CodeBadAddress, nil},
		"a channel that is none": {"hi", "CNONE:1.1", nil, events.Rejected, events.CodeBadAddress, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, f := adapter(t, blobs), slackfake.New()
			inbox := proof.Inbox(t, a, f)
			req := proof.Answer("ms1", c.text, ana, c.files...)
			req.Thread.Key = c.key
			got, err := a.Send(t.Context(), inbox, req)
			if err != nil || got.Outcome != c.outcome || got.Code != c.code || len(got.ProviderIDs) != len(c.to) {
				t.Errorf("%+v, %v", got, err)
			}
			var to []string
			for _, s := range f.Sent() {
				to = append(to, s.To)
				if strings.Contains(s.Text, "<") || strings.Contains(s.Text, "& ") {
					t.Errorf("text is not escaped: %s", s.Text)
				}
			}
			if fmt.Sprint(to) != fmt.Sprint(c.to) {
				t.Errorf("sent to %q, want %q", to, c.to)
			}
			if len(c.files) > 0 && c.outcome == events.Sent && f.Uploaded.Load() != ref.Size {
				t.Errorf("%d bytes uploaded", f.Uploaded.Load())
			}
		})
	}
}

func TestOpenMediaAndTest(t *testing.T) {
	a, f := adapter(t, nil), slackfake.New()
	inbox := proof.Inbox(t, a, f)
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	m, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:F1"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	_ = m.Body.Close()
	if err != nil || string(data) != slackfake.File {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:Fgone"}); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a deleted file: %v", err)
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:Fhtml"}); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a sign-in page: %v", err)
	}
	inbox.Settings = json.RawMessage(strings.Replace(string(inbox.Settings), "127.0.0.1", "localhost", 1))
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:F1"}); err != nil {
		t.Errorf("under the interface's own name: %v", err)
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Error(err)
	}
	if err := a.Test(t.Context(), proof.With(t, inbox, map[string]any{"team_id": "T0OTHER"})); err == nil {
		t.Error("the token of another workspace passes")
	}
	f.Set(fake.Dead)
	if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), slackfake.Token) {
		t.Errorf("a dead token: %v", err)
	}
	bad := inbox
	bad.Settings = json.RawMessage(`{"api_url":"http://slack.example"}`)
	if err := a.Check(&bad); err == nil {
		t.Error("plain http is taken")
	}
}

func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: no corpus to read")
		return
	}
	a := adapter(t, nil)
	inbox := proof.Inbox(t, a, slackfake.New())
	for _, pattern := range []string{
		"slackapi__java-slack-sdk/json-logs/samples/events/*.json", "opsdroid__opsdroid/opsdroid/connector/slack/tests/responses/payload_*.json",
		"microsoft__botbuilder-dotnet/tests/Adapters/Microsoft.Bot.Builder.Adapters.Slack.Tests/Files/*",
	} {
		proof.Corpus(t, root, pattern, func(path string, body []byte) ([]*events.Inbound, error) {
			kind := jsonType
			if strings.HasSuffix(path, ".txt") {
				kind = formType
			}
			got, _, err := a.Receive(inbox, proof.Request(slackfake.Sign(filled(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), kind, proof.At), proof.At))
			return got, err
		})
	}
}

// filled puts something where a sample of shapes has empty strings, and names
// its callback.
func filled(body []byte) []byte {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil || doc["event_id"] != "" {
		return body
	}
	var fill func(node any) any
	fill = func(node any) any {
		switch n := node.(type) {
		case string:
			if n == "" {
				return "X1"
			}
		case []any:
			for i := range n {
				n[i] = fill(n[i])
			}
		case map[string]any:
			for name := range n {
				n[name] = fill(n[name])
			}
		}
		return node
	}
	fill(doc)
	doc["type"] = "event_callback"
	out, err := json.Marshal(doc)
	if err != nil {
		return body
	}
	return out
}

func FuzzReceive(f *testing.F) {
	a := adapter(f, nil)
	inbox := proof.Inbox(f, a, slackfake.New())
	seeds := proof.Samples(f, ".json")
	seeds["command"] = []byte(commandBody)
	seeds["press"] = slackfake.New().Press(fake.Sent{ID: "D1:1.000001", To: "D1"}, 1, proof.Scale(1)[0], proof.At).Body
	proof.Fuzz(f, seeds, func(body []byte) ([]*events.Inbound, error) {
		kind := jsonType
		if !bytes.HasPrefix(body, []byte("{")) {
			kind = formType
		}
		got, _, err := a.Receive(inbox, proof.Request(slackfake.Sign(body, kind, proof.At), proof.At))
		return got, err
	})
}
