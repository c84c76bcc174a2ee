package line_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/line"
	"github.com/tributary-inbox/tributary/services/social/line/linefake"
	"github.com/tributary-inbox/tributary/services/social/proof"
)

func adapter(t testing.TB) *line.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return line.New(client)
}

func user(name string) events.Point {
	return events.Point{Kind: line.PointKind, Value: linefake.User(name), Scope: "inline", Trust: events.Proved}
}

func TestConformance(t *testing.T) {
	f := linefake.New()
	inbox := proof.Inbox(t, adapter(t), f)
	settings, secrets := f.Settings("https://api.line.me", "")
	secrets["channel_secret"] = ""
	said := time.Now().Add(-time.Hour)
	event := func(n int) map[string]any {
		return linefake.Event("ana", n, fmt.Sprint("text ", n), said.Add(time.Duration(n)*time.Second))
	}
	const own, other = "U00000000000000000000000000000001", "U00000000000000000000000000000002"
	named := proof.With(t, inbox, map[string]any{"bot_user_id": own})
	to := func(account string, n int) conformance.Call {
		body, err := json.Marshal(map[string]any{"destination": account, "events": []any{event(n)}})
		if err != nil {
			t.Fatal(err)
		}
		return linefake.Sign(body)
	}
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: named,
		NoSecret: &config.Inbox{ID: inbox.ID, Channel: line.Kind, Settings: settings, Secrets: secrets},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true, Message: func(n int) conformance.Call { return to(own, n) },
			Elsewhere: proof.Elsewhere(t, inbox, map[string]any{"bot_user_id": other}, "channel_secret", true, func(n int) conformance.Call { return to(other, n) }),
		},
	})
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: inbox,
		NoSecret: &config.Inbox{ID: inbox.ID, Channel: line.Kind, Settings: settings, Secrets: secrets},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return linefake.Batch(event(n)) },
			Unknown: func() conformance.Call {
				return linefake.Batch(map[string]any{"type": "beacon", "source": map[string]string{"type": "user", "userId": "U1"}})
			},
			Batch: func(n int) conformance.Call {
				items := []any{event(0), map[string]any{"type": "message", "message": []int{}}}
				for i := 1; i < n; i++ {
					items = append(items, event(i))
				}
				return linefake.Batch(items...)
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(api string) config.Inbox {
				settings, secrets := f.Settings(api, "")
				return config.Inbox{ID: inbox.ID, Channel: line.Kind, Settings: settings, Secrets: secrets}
			},
			Key: func(r *http.Request) string { return r.Header.Get("X-Line-Retry-Key") },
			To:  user("ana"), Accept: `{"sentMessages":[{"id":"461230966842064897"}]}`,
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t), linefake.New(), user("ana"),
		proof.Mood{Mode: fake.Works, Outcome: events.Sent, Left: 1},
		proof.Mood{Mode: fake.Down, Outcome: events.Retry},
		proof.Mood{Mode: fake.Swallow, Outcome: events.Retry, Left: 1},
		proof.Mood{Mode: fake.Garbage, Outcome: events.Retry},
		proof.Mood{Mode: fake.Limited, Outcome: events.Retry},
		proof.Mood{Mode: fake.Dead, Outcome: events.Retry, Suspend: true},
		proof.Mood{Mode: fake.Broken, Outcome: events.Retry},
	)
}

func TestSamples(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	for name, body := range proof.Samples(t, ".json") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, proof.Request(linefake.Sign(body), proof.At))
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("status %d, %v", reply.Status, err)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

func TestVectorOfTheSDK(t *testing.T) {
	// line-bot-sdk-python, tests/test_webhook.py
	inbox := config.Inbox{ID: "in", Channel: line.Kind, Secrets: map[string]string{"channel_secret": "channel_secret"}}
	req := proof.Request(fake.Request{Header: http.Header{"X-Line-Signature": {"/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="}}, Body: []byte("bodybodybodybody")}, proof.At)
	got, _, err := adapter(t).Receive(inbox, req)
	if err != nil || len(got) != 1 || got[0].Type != events.Unknown {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	with := func(signature ...string) *channel.Request {
		req := proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)
		req.Header["X-Line-Signature"] = signature
		return req
	}
	good := with(f.Say("ana", 1, "hi", proof.At).Header.Get("X-Line-Signature"))
	if _, _, err := a.Receive(inbox, good); err != nil {
		t.Fatal(err)
	}
	changed := with(good.Header.Get("X-Line-Signature"))
	changed.Body = append([]byte{}, good.Body...)
	changed.Body[20] ^= 1
	proof.Refused(t, a, inbox, http.StatusBadRequest, map[string]*channel.Request{
		"changed": changed, "missing": with(), "empty": with(""), "cut": with(good.Header.Get("X-Line-Signature")[:20]), "no base64": with("=x="),
	})
	inbox.Secrets = nil
	proof.Refused(t, a, inbox, http.StatusBadRequest, map[string]*channel.Request{"no secret at all": good})
}

func TestCheck(t *testing.T) {
	_, secrets := linefake.New().Settings("", "")
	for text, want := range map[string]string{
		``: "", `{"provider":"p1","push_only":true}`: "", `{"chanel":"x"}`: "unknown field", `{"api_url":"http://x.example"}`: "https",
		`{"data_url":"http://x.example"}`: "https", `{} {}`: "more than one",
	} {
		in := config.Inbox{Channel: line.Kind, Settings: json.RawMessage(text), Secrets: secrets}
		if err := adapter(t).Check(&in); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := adapter(t).Check(&config.Inbox{Secrets: map[string]string{"channel_secret": "s"}}); err == nil {
		t.Error("an inbox without a token is taken")
	}
}

// hear has the customer say something now, so that a reply token is at hand.
func hear(t *testing.T, a *line.Adapter, inbox config.Inbox, n int, change func(map[string]any)) {
	t.Helper()
	now := time.Now()
	event := linefake.Event("ana", n, "hi", now)
	if change != nil {
		change(event)
	}
	if _, _, err := a.Receive(inbox, proof.Request(linefake.Batch(event), now)); err != nil {
		t.Fatal(err)
	}
}

func TestReplyBeforePush(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	n := 0
	send := func(change func(*events.SendRequest)) events.SendResult {
		n++
		req := proof.Answer(fmt.Sprint("ms", n), fmt.Sprint("answer ", n), user("ana"))
		if change != nil {
			change(&req)
		}
		got, err := a.Send(t.Context(), inbox, req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	road := func() string { s := f.Sent(); return s[len(s)-1].To }
	ana := linefake.User("ana")

	hear(t, a, inbox, 1, nil)
	if got := send(nil); got.Outcome != events.Sent || road() != "reply" || len(got.ProviderIDs) != 1 {
		t.Errorf("a fresh token is not used: %+v by %s", got, road())
	}
	if got := send(nil); got.Outcome != events.Sent || road() != ana {
		t.Errorf("a token is used twice: %+v by %s", got, road())
	}
	hear(t, a, inbox, 2, func(e map[string]any) { e["replyToken"] = linefake.StaleToken })
	if got := send(nil); got.Outcome != events.Sent || road() != ana {
		t.Errorf("a void token: %+v by %s", got, road())
	}
	hear(t, a, inbox, 3, func(e map[string]any) { e["timestamp"] = time.Now().Add(-2 * time.Minute).UnixMilli() })
	if send(nil); road() != ana {
		t.Error("an old token is used")
	}
	hear(t, a, inbox, 4, func(e map[string]any) { e["mode"] = "standby" })
	if send(nil); road() != ana {
		t.Error("a token of a standby event is used")
	}
	hear(t, a, inbox, 5, nil)
	if send(func(r *events.SendRequest) { r.Attempt = 2 }); road() != ana {
		t.Error("a second attempt replies, and could say it twice")
	}
	hear(t, a, inbox, 6, nil)
	for range 2 { // each of the two events has a token, and one answer each is free
		if got := send(nil); got.Outcome != events.Sent || road() != "reply" {
			t.Errorf("a token is left, and the answer is %+v by %s", got, road())
		}
	}
	hear(t, a, inbox, 7, nil)
	f.Set(fake.Swallow)
	if got := send(nil); got.Outcome != events.Unclear {
		t.Errorf("a reply without an answer is %q", got.Outcome)
	}
	if got := send(nil); got.Outcome != events.Retry {
		t.Errorf("a push without an answer is %q", got.Outcome)
	}
	f.Set(fake.Works)
	n-- // the same message once more: LINE has it already
	before := len(f.Sent())
	if got := send(nil); got.Outcome != events.Sent || len(f.Sent()) != before || len(got.ProviderIDs) != 1 {
		t.Errorf("a repeated push: %+v, %d messages more", got, len(f.Sent())-before)
	}
}

func TestSend(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	photo := events.Attachment{ID: "a", Type: "image/png", URL: "https://shop.example/p.png"}
	for name, c := range map[string]struct {
		req     events.SendRequest
		outcome events.SendOutcome
		code    string
		sent    int
		ids     int
	}{
		"text and image in one call": {proof.Answer("m1", "look", user("ana"), photo), events.Sent, "", 1, 2},
		"seven messages, two calls":  {proof.Answer("m2", strings.Repeat("あいうえお。", 5500), user("ana")), events.Sent, "", 2, 7},
		"a file LINE cannot show":    {proof.Answer("m3", "look", user("ana"), events.Attachment{Type: "application/pdf", URL: "https://x.example/a.pdf"}), events.Rejected, events.CodeBadMedia, 0, 0},
		"an image without address":   {proof.Answer("m4", "", user("ana"), events.Attachment{Type: "image/png", Hash: "00"}), events.Rejected, events.CodeBadMedia, 0, 0},
		"the month's quota":          {proof.Answer("m5", "hi", events.Point{Value: linefake.Exhausted}), events.Rejected, events.CodeQuota, 0, 0},
		"an address that is none":    {proof.Answer("m6", "hi", events.Point{Value: "123"}), events.Rejected, events.CodeBadAddress, 0, 0},
		"nothing":                    {proof.Answer("m7", "", user("ana")), events.Rejected, "", 0, 0},
	} {
		before := len(f.Sent())
		got, err := a.Send(t.Context(), inbox, c.req)
		if err != nil || got.Outcome != c.outcome || got.Code != c.code || len(f.Sent())-before != c.sent || len(got.ProviderIDs) != c.ids {
			t.Errorf("%s: %+v, %v, %d calls", name, got, err, len(f.Sent())-before)
		}
	}
	if a.SafeToRepeat(inbox) {
		t.Error("an inbox that replies promises to repeat without harm")
	}
	inbox.Settings = json.RawMessage(`{"push_only":true}`)
	if !a.SafeToRepeat(inbox) {
		t.Error("an inbox that only pushes does not")
	}
}

func TestQuickReplies(t *testing.T) {
	a, f := adapter(t), linefake.New()
	proof.Buttons(t, a, f, user("ana"), "")
	inbox := proof.Inbox(t, a, f)
	send := func(text string, replies []events.QuickReply, files ...events.Attachment) fake.Sent {
		t.Helper()
		req := proof.Answer(fmt.Sprint("ms", len(f.Sent())), text, user("ana"), files...)
		req.Message.QuickReplies = replies
		got, err := a.Send(t.Context(), inbox, req)
		if err != nil || got.Outcome != events.Sent {
			t.Fatalf("%+v, %v", got, err)
		}
		sent := f.Sent()
		return sent[len(sent)-1]
	}
	photo := events.Attachment{ID: "a", Type: "image/png", URL: "https://shop.example/p.png"}
	if s := send("look", proof.Scale(2), photo); len(s.Buttons) != 2 {
		t.Errorf("LINE shows the buttons of the last message only, and it has %+v", s)
	}
	if s := send("", proof.Scale(2), photo); len(s.Buttons) != 0 {
		t.Errorf("a picture without words offers %+v", s.Buttons)
	}
	wide := []events.QuickReply{{Label: strings.Repeat("😀", 20), Value: "v"}}
	if s := send("how many?", wide); len(s.Buttons) != 0 || s.Text != "how many?" {
		t.Errorf("LINE counts in UTF-16 and refuses 40, so the text goes alone: %+v", s)
	}
	before := len(f.Sent())
	send(strings.Repeat("あいうえお。", 5500), proof.Scale(2)) // seven messages in two calls
	if calls := f.Sent()[before:]; len(calls) != 2 || len(calls[0].Buttons) != 0 || len(calls[1].Buttons) != 2 {
		t.Errorf("of %d calls the first offers %+v", len(calls), calls[0].Buttons)
	}
	hear(t, a, inbox, 1, nil)
	if s := send("for nothing", proof.Scale(2)); s.To != "reply" || len(s.Buttons) != 2 {
		t.Errorf("a reply offers %+v", s)
	}
	hear(t, a, inbox, 2, nil)
	if s := send("for nothing", wide); s.To != "reply" || len(s.Buttons) != 0 {
		t.Errorf("a reply that is refused for its buttons: %+v", s)
	}
}

// A button set up at LINE has its data only; one of ours says what stands on it.
func TestPostbacks(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	for data, want := range map[string][2]string{
		"action=buy&item=1":    {"action=buy&item=1", "action=buy&item=1"},
		"quick:Good\nsv1:4":    {"Good", "sv1:4"},
		"quick:Good\nsv1:4\n5": {"Good", "sv1:4\n5"},
		"quick:Good":           {"quick:Good", "quick:Good"},
		"quick:\nsv1:4":        {"quick:\nsv1:4", "quick:\nsv1:4"},
	} {
		req := f.Press(fake.Sent{To: linefake.User("ana")}, 1, events.QuickReply{Value: data}, proof.At)
		got, _, err := a.Receive(inbox, proof.Request(req, proof.At))
		if err != nil || len(got) != 1 || got[0].Message == nil || got[0].Message.Text != want[0] || got[0].Message.Pressed != want[1] {
			t.Errorf("%q: %+v, %v", data, got[0].Message, err)
		}
	}
}

func TestManage(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	if err := errors.Join(a.Test(t.Context(), inbox), a.Register(t.Context(), inbox, "https://shop.example/hooks/line/t")); err != nil || f.Webhook() != "https://shop.example/hooks/line/t" {
		t.Errorf("%v, registered %q", err, f.Webhook())
	}
	if err := a.Register(t.Context(), inbox, "http://shop.example/"); err == nil {
		t.Error("a plain http hook is registered")
	}
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Errorf("with a webhook: %v", err)
	}
	if err := a.Test(t.Context(), proof.With(t, inbox, map[string]any{"bot_user_id": "U00000000000000000000000000000001"})); err == nil {
		t.Error("the token of another account passes")
	}
	f.Off.Store(true)
	if err := a.Test(t.Context(), inbox); err == nil || !strings.Contains(err.Error(), "use webhook") {
		t.Errorf("webhooks are switched off: %v", err)
	}
	f.Off.Store(false)
	if err := a.Register(t.Context(), inbox, "https://"+linefake.Unreachable+"/hooks/line/t"); err == nil || a.Test(t.Context(), inbox) == nil {
		t.Errorf("a hook that LINE cannot post to: %v", err)
	}
	for _, m := range []fake.Mode{fake.Dead, fake.Down} {
		f.Set(m)
		if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), linefake.Token) {
			t.Errorf("mode %d: %v", m, err)
		}
	}
}

func TestOpenMedia(t *testing.T) {
	a, f := adapter(t), linefake.New()
	inbox := proof.Inbox(t, a, f)
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	for _, kind := range []string{"image/jpeg", "video/mp4"} {
		m, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:1", Type: kind})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(m.Body)
		_ = m.Body.Close()
		if err != nil || string(data) != linefake.File || m.Type != "image/jpeg" {
			t.Errorf("%s: %q of type %q, %v", kind, data, m.Type, err)
		}
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:gone"}); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("an unsent file: %v", err)
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:slow", Type: "audio/mp4"}); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a file that is not ready: %v", err)
	}
	if got := a.MediaHosts(config.Inbox{}); !reflect.DeepEqual(got, []string{"api-data.line.me"}) {
		t.Errorf("hosts %q", got)
	}
}

func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: no corpus to read")
		return
	}
	a := adapter(t)
	inbox := proof.Inbox(t, a, linefake.New())
	for _, pattern := range []string{
		"line__line-bot-sdk-java/line-bot-parser/src/test/resources/*.json", "line__line-bot-sdk-java/line-bot-webhook/src/test/resources/callback/*.json",
		"line__line-bot-sdk-java/spring-boot/*/src/test/resources/*.json", "line__line-bot-sdk-python/tests/text/webhook.json",
	} {
		proof.Corpus(t, root, pattern, func(_ string, body []byte) ([]*events.Inbound, error) {
			got, _, err := a.Receive(inbox, proof.Request(linefake.Sign(body), proof.At))
			return got, err
		})
	}
}

func FuzzReceive(f *testing.F) {
	a := adapter(f)
	inbox := proof.Inbox(f, a, linefake.New())
	proof.Fuzz(f, proof.Samples(f, ".json"), func(body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(linefake.Sign(body), proof.At))
		return got, err
	})
}
