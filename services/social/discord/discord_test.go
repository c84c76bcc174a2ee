package discord_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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
	"github.com/tributary-inbox/tributary/services/social/discord"
	"github.com/tributary-inbox/tributary/services/social/discord/discordfake"
	"github.com/tributary-inbox/tributary/services/social/proof"
)

func adapter(t testing.TB, blobs blob.Store) *discord.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return discord.New(client, blobs)
}

var ana = events.Point{Kind: discord.PointKind, Value: discordfake.User("ana"), Trust: events.Proved}

func TestConformance(t *testing.T) {
	f := discordfake.New()
	inbox := proof.Inbox(t, adapter(t, nil), f)
	_, secrets := f.Settings("", "")
	said := time.Now().Add(-time.Hour)
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t, nil), Inbox: inbox,
		NoSecret: &config.Inbox{ID: inbox.ID, Channel: discord.Kind, Settings: json.RawMessage(`{"public_key":""}`), Secrets: secrets},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return f.Say("ana", n, fmt.Sprint("text ", n), said) },
			Unknown: func() conformance.Call {
				return discordfake.Sign([]byte(`{"type":9,"id":"1441000000000000000"}`))
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(api string) config.Inbox {
				settings, secrets := f.Settings(api, "")
				return config.Inbox{ID: inbox.ID, Channel: discord.Kind, Settings: settings, Secrets: secrets}
			},
			Key: func(r *http.Request) string {
				var in struct {
					Nonce string `json:"nonce"`
				}
				if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
					return ""
				}
				return in.Nonce
			},
			To: ana, Accept: `{"id":"1500000000000000001"}`,
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t, nil), discordfake.New(), ana,
		proof.Mood{Mode: fake.Works, Outcome: events.Sent, Left: 1},
		proof.Mood{Mode: fake.Down, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Swallow, Outcome: events.Unclear, Left: 1},
		proof.Mood{Mode: fake.Garbage, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Limited, Outcome: events.Retry},
		proof.Mood{Mode: fake.Dead, Outcome: events.Retry, Suspend: true},
		proof.Mood{Mode: fake.Broken, Outcome: events.Unclear},
	)
}

// Opening a direct message channel shows nothing to anybody, so whatever goes
// wrong with it can be tried again.
func TestOpeningIsHarmless(t *testing.T) {
	for mode, want := range map[fake.Mode]events.SendResult{
		fake.Works: {Outcome: events.Sent}, fake.Down: {Outcome: events.Retry}, fake.Swallow: {Outcome: events.Retry}, fake.Garbage: {Outcome: events.Retry},
		fake.Limited: {Outcome: events.Retry, RetryAfter: 650 * time.Millisecond}, fake.Dead: {Outcome: events.Retry, Suspend: true}, fake.Broken: {Outcome: events.Retry},
	} {
		a, f := adapter(t, nil), discordfake.New()
		inbox := proof.Inbox(t, a, f)
		f.Set(mode)
		got, err := a.Send(t.Context(), inbox, proof.Answer("ms", "hi", ana))
		if err != nil || got.Outcome != want.Outcome || got.Suspend != want.Suspend || got.RetryAfter != want.RetryAfter || strings.Contains(got.Detail, discordfake.Token) {
			t.Errorf("mode %d: %+v, %v", mode, got, err)
		}
	}
}

func TestSamples(t *testing.T) {
	a := adapter(t, nil)
	inbox := proof.Inbox(t, a, discordfake.New())
	answers := map[string]string{"ping": `{"type":1}`, "autocomplete": `{"data":{"choices":[]},"type":8}`, "button": `{"type":6}`, "webhook_events_ping": "", "webhook_event": ""}
	for name, body := range proof.Samples(t, ".json") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, proof.Request(discordfake.Sign(body), proof.At))
			if err != nil || reply.Status/100 != 2 || reply.Body == nil {
				t.Fatalf("status %d, %v", reply.Status, err)
			}
			if want, ok := answers[name]; ok && string(reply.Body) != want {
				t.Errorf("answer %s, want %s", reply.Body, want)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

func TestVector(t *testing.T) {
	// Computed from the rule in discord-api-docs.
	settings := `{"public_key":"1695d66d7438fe18a53079705f40e7e63e2709e7ada87a10992f4f356b2d7ecd"}`
	inbox := config.Inbox{ID: "in", Channel: discord.Kind, Settings: json.RawMessage(settings)}
	req := func(body, signature string) *channel.Request {
		return proof.Request(fake.Request{Body: []byte(body), Header: http.Header{"X-Signature-Timestamp": {"1608597133"}, "X-Signature-Ed25519": {signature}}}, proof.At)
	}
	const signature = "212c3a13d20b98c4d7521d09874fa54ef9ec6870987659385c3e6da0b689f5ed45cdecbc8ce7cd41d641f2c8210ed6c517646906574d6188a3ef83b41577e40f"
	a := adapter(t, nil)
	_, reply, err := a.Receive(inbox, req(`{"type":1}`, signature))
	if err != nil || string(reply.Body) != `{"type":1}` {
		t.Errorf("%s, %v", reply.Body, err)
	}
	late := req(`{"type":1}`, signature)
	late.Header.Set("X-Signature-Timestamp", "1608597134")
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{
		"changed": req(`{"type":2}`, signature), "cut": req(`{"type":1}`, signature[:126]), "empty": req(`{"type":1}`, ""), "another time": late,
	})
	inbox.Settings = nil
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{"no key": req(`{"type":1}`, signature)})
}

func TestNonceMakesARepeatHarmless(t *testing.T) {
	// The first post arrives and its answer does not.
	f := discordfake.New()
	var posts atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/messages") && posts.Add(1) == 1 {
			f.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		f.ServeHTTP(w, r)
	}))
	defer server.Close()
	settings, secrets := f.Settings(server.URL, "")
	inbox := config.Inbox{ID: "in", Channel: discord.Kind, Settings: settings, Secrets: secrets}
	req := proof.Answer("ms1", "hi", ana)
	req.Thread.Key = discordfake.Channel
	got, err := adapter(t, nil).Send(t.Context(), inbox, req)
	if err != nil || got.Outcome != events.Sent || len(f.Sent()) != 1 || posts.Load() != 2 || got.ProviderIDs[0] != discordfake.Channel+":"+f.Sent()[0].ID {
		t.Errorf("%+v, %v: %d posts, %d messages", got, err, posts.Load(), len(f.Sent()))
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
	large := file
	large.Size = 11 << 20
	for name, c := range map[string]struct {
		to, key, text string
		files         []events.Attachment
		outcome       events.SendOutcome
		code          string
		ids           int
	}{
		"in a channel":           {"", discordfake.Channel, "hi", nil, events.Sent, "", 1},
		"long":                   {"", discordfake.Channel, strings.Repeat("word ", 900), nil, events.Sent, "", 3},
		"text and two files":     {"", discordfake.Channel, "see", []events.Attachment{file, file}, events.Sent, "", 2},
		"too large":              {"", discordfake.Channel, "see", []events.Attachment{large}, events.Rejected, events.CodeBadMedia, 0},
		"no bytes":               {"", discordfake.Channel, "", []events.Attachment{{ID: "x", URL: "https://x.example/a"}}, events.Rejected, events.CodeBadMedia, 0},
		"no access":              {"", discordfake.Closed, "hi", nil, events.Rejected, events.CodeBadAddress, 0},
		"no direct messages":     {discordfake.Silent, "", "hi", nil, events.Rejected, events.CodeOptedOut, 0},
		"an address that is not": {"ana", "", "hi", nil, events.Rejected, events.CodeBadAddress, 0},
		"a channel that is not":  {"", "../users", "hi", nil, events.Rejected, events.CodeBadAddress, 0},
		"nothing":                {"", discordfake.Channel, " ", nil, events.Rejected, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, f := adapter(t, blobs), discordfake.New()
			inbox := proof.Inbox(t, a, f)
			req := proof.Answer("ms1", c.text, events.Point{Value: c.to}, c.files...)
			req.Thread.Key = c.key
			got, err := a.Send(t.Context(), inbox, req)
			if err != nil || got.Outcome != c.outcome || got.Code != c.code || len(got.ProviderIDs) != c.ids || len(f.Sent()) != c.ids {
				t.Errorf("%+v, %v, sent %+v", got, err, f.Sent())
			}
		})
	}
}

func TestQuickReplies(t *testing.T) {
	a, f := adapter(t, nil), discordfake.New()
	pressed := proof.Buttons(t, a, f, ana, "")
	if to := pressed.Message; len(to.InReplyTo) != 1 || to.InReplyTo[0] != to.Thread+":"+f.Sent()[0].ID {
		t.Errorf("pressed under %q in %q, offered as %q", to.InReplyTo, to.Thread, f.Sent()[0].ID)
	}
	f.Say("ana", 1, "hi", time.Now())
	if in := proof.Buttons(t, a, f, ana, discordfake.Channel); in.Message.Thread != discordfake.Channel {
		t.Errorf("pressed in %q", in.Message.Thread)
	}
	inbox := proof.Inbox(t, a, f)
	req := proof.Answer("ms", "How did we do?", ana)
	req.Message.QuickReplies = []events.QuickReply{{Label: "1", Value: "same"}, {Label: "2", Value: "same"}}
	got, err := a.Send(t.Context(), inbox, req)
	if sent := f.Sent(); err != nil || got.Outcome != events.Sent || len(sent[len(sent)-1].Buttons) != 0 {
		t.Errorf("Discord refuses these, so the text goes alone: %+v, %v", got, err)
	}
}

func TestManage(t *testing.T) {
	a, f := adapter(t, nil), discordfake.New()
	inbox := proof.Inbox(t, a, f)
	for range 2 {
		if err := errors.Join(a.Test(t.Context(), inbox), a.Register(t.Context(), inbox, "https://shop.example/hooks/discord/t")); err != nil {
			t.Fatal(err)
		}
	}
	if endpoint, commands := f.Registered(); endpoint != "https://shop.example/hooks/discord/t" || commands != 1 {
		t.Errorf("endpoint %q, %d commands", endpoint, commands)
	}
	other := inbox
	other.Settings = json.RawMessage(strings.Replace(string(inbox.Settings), discordfake.PublicKey(), strings.Repeat("ab", 32), 1))
	if err := a.Test(t.Context(), other); err == nil {
		t.Error("the key of another application passes")
	}
	f.Set(fake.Dead)
	if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), discordfake.Token) {
		t.Errorf("a dead token: %v", err)
	}
}

func TestOpenMedia(t *testing.T) {
	a, f := adapter(t, nil), discordfake.New()
	inbox := proof.Inbox(t, a, f)
	var s discord.Settings
	if err := json.Unmarshal(inbox.Settings, &s); err != nil {
		t.Fatal(err)
	}
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	m, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: s.URL + "/files/1"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	_ = m.Body.Close()
	if err != nil || string(data) != discordfake.File {
		t.Errorf("%q, %v", data, err)
	}
	for _, address := range []string{s.URL + "/files/expired", "media:1", "file:///etc/passwd"} {
		if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: address}); !errors.Is(err, channel.ErrMediaGone) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	a := adapter(f, nil)
	inbox := proof.Inbox(f, a, discordfake.New())
	proof.Fuzz(f, proof.Samples(f, ".json"), func(body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(discordfake.Sign(body), proof.At))
		return got, err
	})
}
