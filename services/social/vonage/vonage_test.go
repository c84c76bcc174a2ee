package vonage_test

import (
	"bytes"
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
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/vonage"
	"github.com/tributary-inbox/tributary/services/social/vonage/vonagefake"
)

var (
	_ channel.Receiver    = (*vonage.Adapter)(nil)
	_ channel.Sender      = (*vonage.Adapter)(nil)
	_ channel.Tester      = (*vonage.Adapter)(nil)
	_ channel.Registrar   = (*vonage.Adapter)(nil)
	_ channel.MediaSource = (*vonage.Adapter)(nil)
	_ fake.Provider       = (*vonagefake.Fake)(nil)

	customer = events.Point{Kind: "phone", Value: "+821012345678", Trust: events.Proved}
)

func adapter(t testing.TB) *vonage.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return vonage.New(client)
}

// The suite's forgeries stand in TestRefusals: a message without any signature
// is answered 503 here, which the suite takes for a failure.
func TestConformance(t *testing.T) {
	f := vonagefake.New()
	inbox := proof.Inbox(t, adapter(t), f)
	none := inbox
	none.Secrets = map[string]string{"signature_secret": "", "private_key": inbox.Secrets["private_key"]}
	said := time.Now().Add(-time.Hour)
	sends := func(api string) config.Inbox {
		settings, secrets := f.Settings(api, "")
		return config.Inbox{ID: "invonage", Channel: vonage.Kind, Settings: settings, Secrets: secrets}
	}
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: inbox, NoSecret: &none,
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message:  func(n int) conformance.Call { return f.Say("ana", n, fmt.Sprint("text ", n), said) },
			Elsewhere: proof.Elsewhere(t, inbox, map[string]any{"from": "447700900009"}, "signature_secret", false, func(n int) conformance.Call {
				return vonagefake.SignBytes(bytes.ReplaceAll(f.Say("ana", n, fmt.Sprint("text ", n), said).Body, []byte(vonagefake.Number), []byte("447700900009")), said)
			}),
			Unknown: func() conformance.Call { return vonagefake.Sign(map[string]string{"what": "else"}, said) },
		},
		Sending: &conformance.Sending{
			Inbox: sends, To: customer, Accept: `{"message_uuid":"u1"}`,
			Pressing: func(api string) (config.Inbox, events.Point) {
				return sends(api), events.Point{Kind: vonage.Kind, Value: "whatsapp:821012345678", Trust: events.Proved}
			},
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t), vonagefake.New(), customer,
		proof.Mood{Mode: fake.Works, Outcome: events.Sent, Left: 1},
		proof.Mood{Mode: fake.Down, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Garbage, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Swallow, Outcome: events.Unclear, Left: 1},
		proof.Mood{Mode: fake.Limited, Outcome: events.Retry},
		proof.Mood{Mode: fake.Dead, Outcome: events.Retry, Suspend: true},
		proof.Mood{Mode: fake.Broken, Outcome: events.Unclear},
	)
}

func TestSamples(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	for name, body := range proof.Samples(t, ".json") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, proof.Request(vonagefake.SignBytes(body, proof.At), proof.At))
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("%+v, %v", reply, err)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

func TestRefusals(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	with := func(change func(*channel.Request)) *channel.Request {
		req := proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)
		change(req)
		return req
	}
	const header = "Authorization"
	proof.Refused(t, a, inbox, http.StatusServiceUnavailable, map[string]*channel.Request{
		"a message nobody signed": with(func(r *channel.Request) { r.Header.Del(header) }),
		"an empty signature":      with(func(r *channel.Request) { r.Header.Set(header, "") }),
	})
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{
		"changed body": with(func(r *channel.Request) { r.Body = bytes.Replace(r.Body, []byte("hi"), []byte("ho"), 1) }),
		"body cut":     with(func(r *channel.Request) { r.Body = r.Body[:len(r.Body)-1] }),
		"truncated":    with(func(r *channel.Request) { r.Header.Set(header, r.Header.Get(header)[:60]) }),
		"no message":   with(func(r *channel.Request) { r.Header.Del(header); r.Body = []byte("{}") }),
		"too old":      with(func(r *channel.Request) { r.At = r.At.Add(30 * time.Hour) }),
		"too early":    with(func(r *channel.Request) { r.At = r.At.Add(-time.Hour) }),
		"reused token": with(func(r *channel.Request) {
			first := proof.Request(vonagefake.Sign("one", proof.At), proof.At)
			if _, _, err := a.Receive(inbox, first); err != nil {
				t.Error(err)
			}
			claims, _ := signature.VonageToken(vonagefake.Secret, first.Header.Get(header))
			r.Header.Set(header, signature.SignVonage(vonagefake.Secret, claims, r.Body))
		}),
		"of another account": with(func(r *channel.Request) {
			claims, _ := signature.VonageToken(vonagefake.Secret, r.Header.Get(header))
			claims.Account = "another"
			r.Header.Set(header, signature.SignVonage(vonagefake.Secret, claims, r.Body))
		}),
	})
}

func TestOlderSMS(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	part := func(n string) url.Values {
		p := url.Values{
			"msisdn": {"821012345678"}, "to": {vonagefake.Number}, "messageId": {"0A00000" + n}, "text": {"part " + n}, "type": {"text"}, "keyword": {"PART"},
			"message-timestamp": {"2026-11-20 08:59:58"}, "concat": {"true"}, "concat-ref": {"77"}, "concat-total": {"2"}, "concat-part": {n},
		}
		p.Set("sig", signature.SignVonageSMS(vonagefake.Secret, signature.MD5Hash, p))
		return p
	}
	for name, r := range map[string]fake.Request{
		"GET":  {Method: http.MethodGet, Query: part("2").Encode()},
		"form": {Body: []byte(part("2").Encode()), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
	} {
		got, _, err := a.Receive(inbox, proof.Request(r, proof.At))
		if err != nil || len(got) != 1 || got[0].Message == nil {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		in := got[0]
		if in.Message.Text != "part 2" || in.Message.Thread != "concat:77" || !strings.HasPrefix(in.Order, "0002:") || in.ProviderID != "0A000002" || !in.OccurredAt.Equal(proof.At.Add(-2*time.Second)) || in.Sender.Points[0] != customer {
			t.Errorf("%s: %+v %+v", name, in, in.Message)
		}
	}
	forged := part("1")
	forged.Set("text", "something else")
	bare := part("1")
	bare.Del("sig")
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{
		"changed":  proof.Request(fake.Request{Method: http.MethodGet, Query: forged.Encode()}, proof.At),
		"unsigned": proof.Request(fake.Request{Method: http.MethodGet, Query: bare.Encode()}, proof.At),
	})
}

func TestSend(t *testing.T) {
	a := adapter(t)
	photo := events.Attachment{ID: "a1", Name: "p.jpg", Type: "image/jpeg", URL: "https://shop.example/p.jpg"}
	whatsapp := events.Point{Kind: vonage.Kind, Value: "whatsapp:821012345678"}
	for name, c := range map[string]struct {
		req     events.SendRequest
		outcome events.SendOutcome
		code    string
		left    int
	}{
		"a text":                       {proof.Answer("m", "hi", customer), events.Sent, "", 1},
		"a long text":                  {proof.Answer("m", strings.Repeat("가나다 ", 400), customer), events.Sent, "", 2},
		"text and file":                {proof.Answer("m", "see", whatsapp, photo), events.Sent, "", 2},
		"a file by sms":                {proof.Answer("m", "see", customer, photo), events.Rejected, events.CodeBadMedia, 0},
		"nobody":                       {proof.Answer("m", "hi", events.Point{Kind: "phone", Value: "+" + vonagefake.Nobody}), events.Rejected, events.CodeBadAddress, 0},
		"no number":                    {proof.Answer("m", "hi", events.Point{Kind: "phone", Value: "x"}), events.Rejected, events.CodeBadAddress, 0},
		"nothing":                      {proof.Answer("m", "", customer), events.Rejected, "", 0},
		"a file of ours without a URL": {proof.Answer("m", "", whatsapp, events.Attachment{ID: "x", Hash: "00"}), events.Rejected, events.CodeBadMedia, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := vonagefake.New()
			got, err := a.Send(t.Context(), proof.Inbox(t, a, f), c.req)
			if sent := f.Sent(); err != nil || got.Outcome != c.outcome || got.Code != c.code || len(sent) != c.left || len(got.ProviderIDs) != c.left {
				t.Errorf("%+v, %v, sent %+v", got, err, sent)
			}
			for _, s := range f.Sent() {
				if s.To != "821012345678" {
					t.Errorf("sent to %q", s.To)
				}
			}
		})
	}
}

// The receipt of a message whose answer was lost still names our own message.
func TestReceiptOfALostAnswer(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	f.Set(fake.Swallow)
	if got, err := a.Send(t.Context(), inbox, proof.Answer("mslost", "hi", customer)); err != nil || got.Outcome != events.Unclear {
		t.Fatalf("%+v, %v", got, err)
	}
	in, _, err := a.Receive(inbox, proof.Request(f.Receipt(f.Sent()[0], "delivered", proof.At), proof.At))
	if err != nil || len(in) != 1 || in[0].Delivery == nil || in[0].Delivery.Message != "mslost" || in[0].Delivery.Status != events.StatusDelivered {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestCheck(t *testing.T) {
	a := adapter(t)
	settings, secrets := vonagefake.New().Settings("http://127.0.0.1", "")
	for name, change := range map[string]func(*config.Inbox){
		"no key":          func(in *config.Inbox) { in.Secrets = map[string]string{"signature_secret": "s"} },
		"plain http":      func(in *config.Inbox) { in.Settings = bytes.Replace(in.Settings, []byte("true"), []byte("false"), 1) },
		"unknown setting": func(in *config.Inbox) { in.Settings = json.RawMessage(`{"form":"1"}`) },
		"unknown network": func(in *config.Inbox) {
			in.Settings = bytes.Replace(in.Settings, []byte(`"network":"sms"`), []byte(`"network":"fax"`), 1)
		},
		"unknown method": func(in *config.Inbox) {
			in.Settings = bytes.Replace(in.Settings, []byte("md5hash"), []byte("crc"), 1)
		},
	} {
		in := config.Inbox{Channel: vonage.Kind, Settings: settings, Secrets: secrets}
		if err := a.Check(&in); err != nil {
			t.Fatal(err)
		}
		change(&in)
		if err := a.Check(&in); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestManage(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	if err := a.Test(t.Context(), inbox); err != nil || len(f.Sent()) != 0 {
		t.Errorf("test: %v", err)
	}
	f.Set(fake.Dead)
	if err := a.Test(t.Context(), inbox); err == nil {
		t.Error("a dead key passes")
	}
}

func TestRegister(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	const hook = "https://in.shop.example/hooks/vonage/t"
	if err := a.Register(t.Context(), inbox, hook); err == nil {
		t.Error("registered without the account's secret")
	}
	inbox.Secrets["api_secret"] = vonagefake.APISecret
	for _, had := range []string{"https://example.com/webhooks/inbound", hook, "https://in.shop.example/hooks/vonage/other"} {
		f.Hook(had)
		if err := a.Register(t.Context(), inbox, hook); err != nil {
			t.Errorf("over %s: %v", had, err)
		}
		if now := f.Application(); strings.Count(now, `"`+hook+`"`) != 2 || !strings.Contains(now, "voice.example.org") || !strings.Contains(now, `"public_key":"pem"`) || !strings.Contains(now, `"version":"v1"`) {
			t.Errorf("over %s: %s", had, now)
		}
	}
	f.Hook("https://elsewhere.example.org/hooks/vonage/t")
	if err := a.Register(t.Context(), inbox, hook); err == nil || strings.Contains(f.Application(), hook) {
		t.Errorf("another program's address was overwritten: %v", err)
	}
	if err := a.Register(t.Context(), inbox, "http://in.shop.example/"); err == nil {
		t.Error("a plain http hook is registered")
	}
	inbox.Secrets["api_secret"] = "very-wrong"
	if err := a.Register(t.Context(), inbox, hook); err == nil || strings.Contains(err.Error(), "very-wrong") {
		t.Errorf("a wrong secret: %v", err)
	}
}

func TestOpenMedia(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	var s struct {
		URL string `json:"api_url"`
	}
	if err := json.Unmarshal(inbox.Settings, &s); err != nil {
		t.Fatal(err)
	}
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	m, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: s.URL + "/v3/media/1"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	_ = m.Body.Close()
	if err != nil || string(data) != "a picture" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, events.Attachment{URL: s.URL + "/v3/media/gone"}); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a file that is gone: %v", err)
	}
}

func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: no corpus to read")
		return
	}
	a := adapter(t)
	inbox := proof.Inbox(t, a, vonagefake.New())
	proof.Corpus(t, root, "Vonage__vonage-python-sdk/*/tests/data/*.json", func(_ string, body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(vonagefake.SignBytes(body, proof.At), proof.At))
		return got, err
	})
}

func FuzzReceive(f *testing.F) {
	a, p := adapter(f), vonagefake.New()
	inbox := proof.Inbox(f, a, p)
	proof.Fuzz(f, proof.Samples(f, ".json"), func(body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, proof.Request(vonagefake.SignBytes(body, proof.At), proof.At))
		if err == nil && len(got) == 0 {
			return nil, errors.New("nothing came of it")
		}
		return got, err
	})
}
