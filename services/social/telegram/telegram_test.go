package telegram_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
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
	"github.com/tributary-inbox/tributary/services/social/telegram"
	"github.com/tributary-inbox/tributary/services/social/telegram/telegramfake"
)

func adapter(t testing.TB) *telegram.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return telegram.New(client, nil)
}

var customer = events.Point{Kind: telegram.PointKind, Value: "1000000000123", Trust: events.Proved}

func TestConformance(t *testing.T) {
	f := telegramfake.New()
	inbox := proof.Inbox(t, adapter(t), f)
	settings, secrets := f.Settings("https://api.telegram.org", "")
	secrets["secret_token"] = ""
	said := time.Now().Add(-time.Hour)
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: inbox,
		NoSecret: &config.Inbox{ID: inbox.ID, Channel: telegram.Kind, Settings: settings, Secrets: secrets},
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message: func(n int) conformance.Call {
				return f.Say("ana", n, "text "+string(rune('a'+n)), said.Add(time.Duration(n)*time.Second))
			},
			Unknown: func() conformance.Call {
				return telegramfake.Sign([]byte(`{"update_id":5,"poll_answer":{"poll_id":"1"}}`))
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(api string) config.Inbox {
				settings, secrets := f.Settings(api, "")
				return config.Inbox{ID: inbox.ID, Channel: telegram.Kind, Settings: settings, Secrets: secrets}
			},
			To: customer, Accept: `{"ok":true,"result":{"message_id":7,"chat":{"id":1000000000123}}}`,
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t), telegramfake.New(), customer,
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
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	for name, body := range proof.Samples(t, ".json") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, proof.Request(telegramfake.Sign(body), proof.At))
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("status %d, %v: Telegram would hold back what comes after", reply.Status, err)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

func TestRefusals(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	for name, secret := range map[string][]string{
		"missing": nil, "empty": {""}, "truncated": {telegramfake.Secret[:5]}, "longer": {telegramfake.Secret + "x"}, "token": {telegramfake.Token},
	} {
		req := proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)
		req.Header["X-Telegram-Bot-Api-Secret-Token"] = secret
		var refusal *channel.Refusal
		if got, _, err := a.Receive(inbox, req); !errors.As(err, &refusal) || refusal.Status != http.StatusUnauthorized || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	inbox.Secrets = map[string]string{"bot_token": telegramfake.Token}
	req := proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", "")
	if _, _, err := a.Receive(inbox, req); err == nil {
		t.Error("an inbox without a secret takes a request without one")
	}
}

func TestCheck(t *testing.T) {
	a := adapter(t)
	made := config.Inbox{Channel: telegram.Kind, Secrets: map[string]string{"bot_token": telegramfake.Token}}
	if err := a.Check(&made); err != nil || len(made.Secrets["secret_token"]) < 32 {
		t.Errorf("no secret token was made: %v", err)
	}
	if !strings.Contains(string(made.Settings), "https://api.telegram.org") {
		t.Errorf("settings %s", made.Settings)
	}
	for name, in := range map[string]config.Inbox{
		"no token":         {Secrets: map[string]string{"secret_token": "s"}},
		"token of a path":  {Secrets: map[string]string{"bot_token": "1:a/../b"}},
		"bad hook secret":  {Secrets: map[string]string{"bot_token": telegramfake.Token, "secret_token": "with space"}},
		"unknown setting":  {Settings: json.RawMessage(`{"api_ulr":"x"}`), Secrets: made.Secrets},
		"plain http":       {Settings: json.RawMessage(`{"api_url":"http://api.telegram.org"}`), Secrets: made.Secrets},
		"user in address":  {Settings: json.RawMessage(`{"api_url":"https://a:b@api.telegram.org"}`), Secrets: made.Secrets},
		"settings no JSON": {Settings: json.RawMessage(`{`), Secrets: made.Secrets},
	} {
		if err := a.Check(&in); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), telegramfake.Token) {
			t.Errorf("%s: the error shows the token", name)
		}
	}
}

func TestSend(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	to := func(chat int64) events.Point {
		return events.Point{Kind: telegram.PointKind, Value: itoa(chat)}
	}
	photo := events.Attachment{ID: "a1", Name: "p.jpg", Type: "image/jpeg", URL: "https://shop.example/p.jpg"}
	for name, c := range map[string]struct {
		req  events.SendRequest
		want events.SendResult
		sent []fake.Sent
	}{
		"a long text is several messages": {
			proof.Answer("m", strings.Repeat("가나다라마바사 ", 600), to(5)), events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"5:1", "5:2"}}, []fake.Sent{{To: "5"}, {To: "5"}},
		},
		"a short text goes under its file": {
			proof.Answer("m", "look", to(5), photo), events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"5:1"}}, []fake.Sent{{To: "5", Text: "look", Files: []string{photo.URL}}},
		},
		"two files are two messages more": {
			proof.Answer("m", "look", to(5), photo, photo), events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"5:1", "5:2", "5:3"}},
			[]fake.Sent{{To: "5", Text: "look"}, {To: "5", Files: []string{photo.URL}}, {To: "5", Files: []string{photo.URL}}},
		},
		"a group that became a supergroup": {
			proof.Answer("m", "hi", to(telegramfake.Moved)), events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"-1001234567890:1"}}, []fake.Sent{{To: "-1001234567890", Text: "hi"}},
		},
		"blocked":         {proof.Answer("m", "hi", to(telegramfake.Blocked)), events.SendResult{Outcome: events.Rejected, Code: events.CodeOptedOut}, nil},
		"unknown chat":    {proof.Answer("m", "hi", to(telegramfake.Unknown)), events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress}, nil},
		"no chat id":      {proof.Answer("m", "hi", events.Point{Value: "@ana"}), events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress}, nil},
		"file never had":  {proof.Answer("m", "", to(5), events.Attachment{ID: "x", Hash: "00"}), events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia}, nil},
		"nothing to send": {proof.Answer("m", " ", to(5)), events.SendResult{Outcome: events.Rejected}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := telegramfake.New()
			inbox := proof.Inbox(t, a, f)
			got, err := a.Send(t.Context(), inbox, c.req)
			if err != nil || got.Outcome != c.want.Outcome || got.Code != c.want.Code || !reflect.DeepEqual(got.ProviderIDs, c.want.ProviderIDs) {
				t.Errorf("%+v, %v", got, err)
			}
			sent := f.Sent()
			if len(sent) != len(c.sent) {
				t.Fatalf("sent %+v", sent)
			}
			for i, s := range sent {
				if s.To != c.sent[i].To || c.sent[i].Text != "" && s.Text != c.sent[i].Text || !reflect.DeepEqual(s.Files, c.sent[i].Files) {
					t.Errorf("sent %+v, want %+v", s, c.sent[i])
				}
			}
		})
	}
	t.Run("a part that fails leaves the rest unclear", func(t *testing.T) {
		got, err := a.Send(t.Context(), inbox, proof.Answer("m", "text", to(5), photo, events.Attachment{ID: "x"}))
		if err != nil || got.Outcome != events.Unclear || len(got.ProviderIDs) != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestQuickReplies(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	pressed := proof.Buttons(t, a, f, events.Point{Kind: telegram.PointKind, Value: "5012345678901", Trust: events.Proved}, "")
	if len(pressed.Message.InReplyTo) != 1 || pressed.Message.InReplyTo[0] != f.Sent()[0].ID {
		t.Errorf("pressed under %q, offered as %q", pressed.Message.InReplyTo, f.Sent()[0].ID)
	}
	inbox := proof.Inbox(t, a, f)
	photo := events.Attachment{ID: "a1", Name: "p.jpg", Type: "image/jpeg", URL: "https://shop.example/p.jpg"}
	for text, want := range map[string]int{"under a picture": 2, "": 0} {
		req := proof.Answer("ms", text, events.Point{Value: "5"}, photo)
		req.Message.QuickReplies = proof.Scale(2)
		got, err := a.Send(t.Context(), inbox, req)
		sent := f.Sent()
		if last := sent[len(sent)-1]; err != nil || got.Outcome != events.Sent || len(last.Buttons) != want || len(last.Files) != 1 {
			t.Errorf("%q: %+v, %v, shown %+v", text, got, err, last)
		}
	}
}

// To see it fail: have Send give up where Telegram refuses the keyboard.
func TestButtonsThatTelegramRefuses(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	req := proof.Answer("ms", "How did we do?", events.Point{Value: "5"})
	req.Message.QuickReplies = []events.QuickReply{{Label: "1", Value: strings.Repeat("v", 65)}}
	got, err := a.Send(t.Context(), inbox, req)
	if sent := f.Sent(); err != nil || got.Outcome != events.Sent || len(sent) != 1 || len(sent[0].Buttons) != 0 || sent[0].Text != "How did we do?" {
		t.Errorf("%+v, %v, shown %+v", got, err, sent)
	}
}

// A press is answered in the answer to its Update, by the call that stops the
// wait on the button; other Updates are answered with nothing.
func TestAPressIsAnswered(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	on := fake.Sent{ID: "5:1", To: "5", Buttons: proof.Scale(2)}
	_, reply, err := a.Receive(inbox, proof.Request(f.Press(on, 3, on.Buttons[0], proof.At), proof.At))
	var call map[string]string
	if failed := json.Unmarshal(reply.Body, &call); failed != nil || err != nil || call["method"] != "answerCallbackQuery" || call["callback_query_id"] != "press-3" || reply.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v, %v", reply, err)
	}
	if _, reply, err = a.Receive(inbox, proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)); err != nil || len(reply.Body) > 0 {
		t.Errorf("a text is answered with %s, %v", reply.Body, err)
	}
}

func TestUpload(t *testing.T) {
	server := testkit.NATS(t)
	blobs, err := blob.Open(t.Context(), server.Conn(t), events.BlobBucket, 1, server.Commit)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := blobs.Put(t.Context(), strings.NewReader("a file of ours"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	client := provider.New()
	defer client.Close()
	a, f := telegram.New(client, blobs), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	file := events.Attachment{ID: "a", Name: `../in"voice.pdf`, Type: "application/pdf", Hash: ref.Hash, Size: ref.Size}
	got, err := a.Send(t.Context(), inbox, proof.Answer("m", "see", events.Point{Value: "5"}, file))
	if sent := f.Sent(); err != nil || got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text != "see" || len(sent[0].Files) != 1 || sent[0].Files[0] != "in_voice.pdf" {
		t.Errorf("%+v, %v, sent %+v", got, err, sent)
	}
	for name, bad := range map[string]events.Attachment{
		"too large": {ID: "a", Hash: ref.Hash, Size: 51 << 20}, "gone": {ID: "a", Hash: strings.Repeat("0", 64)}, "no hash at all": {ID: "a", Hash: "xyz"},
	} {
		if got, err := a.Send(t.Context(), inbox, proof.Answer("m", "", events.Point{Value: "5"}, bad)); err != nil || got.Code != events.CodeBadMedia {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func itoa(n int64) string { data, _ := json.Marshal(n); return string(data) }

func TestSendSaysWhere(t *testing.T) {
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		body = string(data)
		_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":9,"chat":{"id":5}}}`)
	}))
	defer server.Close()
	settings, secrets := telegramfake.New().Settings(server.URL, "")
	inbox := config.Inbox{ID: "in", Channel: telegram.Kind, Settings: settings, Secrets: secrets}
	for key, want := range map[string]string{"topic:77": "message_thread_id=77", "business:bc-1": "business_connection_id=bc-1", "": "chat_id=5&reply"} {
		req := proof.Answer("m", "hi", events.Point{Value: "5"})
		req.Thread.Key, req.Message.InReplyTo = key, []string{"5:31"}
		if _, err := adapter(t).Send(t.Context(), inbox, req); err != nil || !strings.Contains(body, want) || !strings.Contains(body, "message_id%22%3A31") {
			t.Errorf("%s: %v, sent %s", key, err, body)
		}
	}
}

func TestManage(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Errorf("test: %v", err)
	}
	for range 2 {
		if err := a.Register(t.Context(), inbox, "https://shop.example/hooks/telegram/t"); err != nil {
			t.Errorf("register: %v", err)
		}
	}
	hook := f.Webhook()
	if hook.Get("secret_token") != telegramfake.Secret || !strings.Contains(hook.Get("allowed_updates"), "message_reaction") {
		t.Errorf("webhook %v", hook)
	}
	if err := a.Register(t.Context(), inbox, "http://shop.example/"); err == nil {
		t.Error("a plain http hook is registered")
	}
	f.Set(fake.Dead)
	if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), telegramfake.Token) {
		t.Errorf("a dead token: %v", err)
	}
	f.Set(fake.Down)
	if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), telegramfake.Token) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestOpenMedia(t *testing.T) {
	a, f := adapter(t), telegramfake.New()
	inbox := proof.Inbox(t, a, f)
	if hosts := a.MediaHosts(inbox); len(hosts) != 1 || hosts[0] != "127.0.0.1" {
		t.Errorf("hosts %q", hosts)
	}
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	m, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:doc"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	_ = m.Body.Close()
	if err != nil || string(data) != telegramfake.File {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:gone"}); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a file that is gone: %v", err)
	}
	f.Set(fake.Broken)
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:doc"}); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a failure is final: %v", err)
	}
	f.Set(fake.Down)
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: "media:doc"}); err == nil || strings.Contains(err.Error(), telegramfake.Token) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: no corpus to read")
		return
	}
	a := adapter(t)
	inbox := proof.Inbox(t, a, telegramfake.New())
	proof.Corpus(t, root, "nutgram__nutgram/tests/Fixtures/Updates/*.json", func(_ string, body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(telegramfake.Sign(body), proof.At))
		return got, err
	})
}

func FuzzReceive(f *testing.F) {
	a := adapter(f)
	inbox := proof.Inbox(f, a, telegramfake.New())
	proof.Fuzz(f, proof.Samples(f, ".json"), func(body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(telegramfake.Sign(body), proof.At))
		if err == nil && len(got) == 0 {
			return nil, errors.New("nothing came of it")
		}
		return got, err
	})
}
