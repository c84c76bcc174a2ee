package twilio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/twilio"
	"github.com/tributary-inbox/tributary/services/social/twilio/twiliofake"
)

var (
	_ channel.Receiver    = (*twilio.Adapter)(nil)
	_ channel.Sender      = (*twilio.Adapter)(nil)
	_ channel.Tester      = (*twilio.Adapter)(nil)
	_ channel.Registrar   = (*twilio.Adapter)(nil)
	_ channel.MediaSource = (*twilio.Adapter)(nil)
	_ fake.Provider       = (*twiliofake.Fake)(nil)

	customer = events.Point{Kind: "phone", Value: "+821012345678", Trust: events.Proved}
)

func adapter(t testing.TB) *twilio.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return twilio.New(client)
}

func TestConformance(t *testing.T) {
	f := twiliofake.New()
	inbox := proof.Inbox(t, adapter(t), f)
	none := inbox
	none.Secrets = map[string]string{"auth_token": ""}
	conformance.Run(t, conformance.Subject{
		Adapter: adapter(t), Inbox: inbox, NoSecret: &none,
		Receiving: &conformance.Receiving{
			Signed:  true,
			Message: func(n int) conformance.Call { return f.Say("ana", n, fmt.Sprint("text ", n), time.Now()) },
			Unknown: func() conformance.Call { return f.Post("", url.Values{"EventType": {"onMessageAdded"}}) },
			Elsewhere: proof.Elsewhere(t, inbox, map[string]any{"from": "+15005550009", "public_url": "https://other.example.com/hooks/twilio/second"}, "auth_token", false, func(n int) conformance.Call {
				form, err := url.ParseQuery(string(f.Say("ana", n, fmt.Sprint("text ", n), time.Now()).Body))
				if err != nil {
					t.Fatal(err)
				}
				form.Set("To", "+15005550009")
				return f.Post("", form)
			}),
		},
		Sending: &conformance.Sending{
			Inbox: func(api string) config.Inbox {
				settings, secrets := f.Settings(api, "")
				return config.Inbox{ID: "intwilio", Channel: twilio.Kind, Settings: settings, Secrets: secrets}
			},
			To: customer, Accept: `{"sid":"SM1","status":"queued","error_code":null}`,
		},
	})
}

func TestMoods(t *testing.T) {
	proof.Moods(t, adapter(t), twiliofake.New(), customer,
		proof.Mood{Mode: fake.Works, Outcome: events.Sent, Left: 1},
		proof.Mood{Mode: fake.Down, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Garbage, Outcome: events.Unclear},
		proof.Mood{Mode: fake.Swallow, Outcome: events.Unclear, Left: 1},
		proof.Mood{Mode: fake.Limited, Outcome: events.Retry},
		proof.Mood{Mode: fake.Dead, Outcome: events.Retry, Suspend: true},
		proof.Mood{Mode: fake.Broken, Outcome: events.Unclear},
	)
}

// signed is a form of a sample as Twilio would post it.
func signed(f *twiliofake.Fake, body []byte) *channel.Request {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		form = url.Values{}
	}
	r := f.Post("", form)
	if err == nil {
		r.Body = body
	}
	return proof.Request(r, proof.At)
}

func TestSamples(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	for name, body := range proof.Samples(t, ".form") {
		t.Run(name, func(t *testing.T) {
			got, reply, err := a.Receive(inbox, signed(f, body))
			if err != nil || reply.Status != http.StatusOK || reply.Header.Get("Content-Type") != "text/xml" || !bytes.HasSuffix(reply.Body, []byte("<Response/>")) {
				t.Fatalf("%+v, %v: any other text would be sent to the customer", reply, err)
			}
			testkit.Golden(t, "testdata/golden/"+name+".json", proof.Facts(t, got))
		})
	}
}

func TestRefusals(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	with := func(change func(*channel.Request)) *channel.Request {
		req := proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)
		change(req)
		return req
	}
	const header = "X-Twilio-Signature"
	proof.Refused(t, a, inbox, http.StatusUnauthorized, map[string]*channel.Request{
		"changed body":  with(func(r *channel.Request) { r.Body = bytes.Replace(r.Body, []byte("hi"), []byte("ho"), 1) }),
		"other query":   with(func(r *channel.Request) { r.URL.RawQuery = "message=m1" }),
		"missing":       with(func(r *channel.Request) { r.Header.Del(header) }),
		"empty":         with(func(r *channel.Request) { r.Header.Set(header, "") }),
		"truncated":     with(func(r *channel.Request) { r.Header.Set(header, r.Header.Get(header)[:10]) }),
		"sent as a GET": with(func(r *channel.Request) { r.Method, r.URL.RawQuery = http.MethodGet, string(r.Body) }),
	})
	proof.Refused(t, a, inbox, http.StatusMethodNotAllowed, map[string]*channel.Request{"PUT": with(func(r *channel.Request) { r.Method = http.MethodPut })})
	other := inbox
	other.Settings = bytes.Replace(inbox.Settings, []byte("/hooks/"), []byte("/crooks/"), 1)
	proof.Refused(t, a, other, http.StatusUnauthorized, map[string]*channel.Request{"for another address": with(func(*channel.Request) {})})
}

// A hook that is called with GET carries its fields in what is signed.
func TestGet(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	said := f.Say("ana", 1, "hi", proof.At)
	r := f.Post(string(said.Body), nil)
	r.Method, r.Body = http.MethodGet, nil
	got, _, err := a.Receive(inbox, proof.Request(r, proof.At))
	if err != nil || len(got) != 1 || got[0].Message == nil || got[0].Message.Text != "hi" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPublicURLWithoutAPath(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	inbox.Settings = bytes.Replace(inbox.Settings, []byte("/hooks/twilio/t"), []byte("/"), 1)
	if _, _, err := a.Receive(inbox, proof.Request(f.Say("ana", 1, "hi", proof.At), proof.At)); err != nil {
		t.Errorf("%v with %s", err, inbox.Settings)
	}
}

func TestCheck(t *testing.T) {
	a := adapter(t)
	good := `{"public_url":"https://shop.example/hooks/twilio/t","account_sid":"` + twiliofake.Account + `","from":"+15005550006"}`
	secrets := map[string]string{"auth_token": "s"}
	in := config.Inbox{Channel: twilio.Kind, Settings: json.RawMessage(good), Secrets: secrets}
	if err := a.Check(&in); err != nil || !strings.Contains(string(in.Settings), "https://api.twilio.com") {
		t.Fatalf("%v, %s", err, in.Settings)
	}
	for name, settings := range map[string]string{
		"no public URL":       strings.Replace(good, "https://shop.example/hooks/twilio/t", "", 1),
		"public URL in plain": strings.Replace(good, "https://shop", "http://shop", 1),
		"query in public URL": strings.Replace(good, "twilio/t", "twilio/t?a=1", 1),
		"no account":          strings.Replace(good, twiliofake.Account, "", 1),
		"account of a path":   strings.Replace(good, twiliofake.Account, "AC/../../x", 1),
		"nobody answers":      strings.Replace(good, "+15005550006", "", 1),
		"unknown setting":     strings.Replace(good, "from", "form", 1),
		"key without secret":  strings.Replace(good, `{`, `{"api_key_sid":"SK0123456789abcdef0123456789abcdef",`, 1),
		"bad service":         strings.Replace(good, `{`, `{"messaging_service_sid":"x",`, 1),
	} {
		in := config.Inbox{Channel: twilio.Kind, Settings: json.RawMessage(settings), Secrets: secrets}
		if err := a.Check(&in); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestSend(t *testing.T) {
	a := adapter(t)
	to := func(value string) events.Point {
		if strings.HasPrefix(value, "whatsapp:") {
			return events.Point{Kind: twilio.Kind, Value: value}
		}
		return events.Point{Kind: "phone", Value: value}
	}
	photo := events.Attachment{ID: "a1", Name: "p.jpg", Type: "image/jpeg", URL: "https://shop.example/p.jpg"}
	template := func(name string, params map[string]string) events.SendRequest {
		req := proof.Answer("m", "", to(twiliofake.TooLate))
		req.Message.Template = &events.Template{Name: name, Params: params}
		return req
	}
	for name, c := range map[string]struct {
		req     events.SendRequest
		outcome events.SendOutcome
		code    string
		sent    []fake.Sent
	}{
		"a text":                   {proof.Answer("m", "hi", customer), events.Sent, "", []fake.Sent{{To: customer.Value, Text: "hi"}}},
		"a long text":              {proof.Answer("m", strings.Repeat("가나다 ", 600), customer), events.Sent, "", []fake.Sent{{To: customer.Value}, {To: customer.Value}}},
		"files beside a text":      {proof.Answer("m", "see", customer, photo, photo), events.Sent, "", []fake.Sent{{To: customer.Value, Text: "see", Files: []string{photo.URL, photo.URL}}}},
		"a file alone":             {proof.Answer("m", "", customer, photo), events.Sent, "", []fake.Sent{{To: customer.Value, Files: []string{photo.URL}}}},
		"files on WhatsApp":        {proof.Answer("m", "see", to("whatsapp:+8210"+"12345678"), photo), events.Sent, "", []fake.Sent{{To: "whatsapp:+821012345678", Text: "see"}, {To: "whatsapp:+821012345678", Files: []string{photo.URL}}}},
		"opted out":                {proof.Answer("m", "hi", to(twiliofake.OptedOut)), events.Rejected, events.CodeOptedOut, nil},
		"no number":                {proof.Answer("m", "hi", to(twiliofake.NoNumber)), events.Rejected, events.CodeBadAddress, nil},
		"no address at all":        {proof.Answer("m", "hi", to("010-1234")), events.Rejected, events.CodeBadAddress, nil},
		"an address with a break":  {proof.Answer("m", "hi", events.Point{Kind: twilio.Kind, Value: "a\nb"}), events.Rejected, events.CodeBadAddress, nil},
		"the window is closed":     {proof.Answer("m", "hi", to(twiliofake.TooLate)), events.Rejected, events.CodeWindowClosed, nil},
		"a template":               {template("HX1", map[string]string{"1": "Ana"}), events.Sent, "", []fake.Sent{{To: twiliofake.TooLate, Template: "HX1"}}},
		"a template without a SID": {template("hello", nil), events.Rejected, events.CodeBadTemplate, nil},
		"a file of ours only":      {proof.Answer("m", "hi", customer, events.Attachment{ID: "x", Hash: "00"}), events.Rejected, events.CodeBadMedia, nil},
		"nothing":                  {proof.Answer("m", " ", customer), events.Rejected, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := twiliofake.New()
			got, err := a.Send(t.Context(), proof.Inbox(t, a, f), c.req)
			if err != nil || got.Outcome != c.outcome || got.Code != c.code || len(got.ProviderIDs) != len(c.sent) {
				t.Errorf("%+v, %v", got, err)
			}
			sent := f.Sent()
			if len(sent) != len(c.sent) {
				t.Fatalf("sent %+v", sent)
			}
			for i, s := range sent {
				want := c.sent[i]
				if s.To != want.To || want.Text != "" && s.Text != want.Text || s.Template != want.Template || !reflect.DeepEqual(s.Files, want.Files) || s.ID != got.ProviderIDs[i] {
					t.Errorf("sent %+v, want %+v", s, want)
				}
			}
		})
	}
}

// The receipt of a message whose answer was lost still names our own message.
func TestReceiptOfALostAnswer(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	f.Set(fake.Swallow)
	got, err := a.Send(t.Context(), inbox, proof.Answer("mslost", "hi", customer))
	if err != nil || got.Outcome != events.Unclear {
		t.Fatalf("%+v, %v", got, err)
	}
	f.Set(fake.Works)
	for status, want := range map[string]events.Status{"queued": events.StatusSent, "delivered": events.StatusDelivered, "failed": events.StatusFailed} {
		in, _, err := a.Receive(inbox, proof.Request(f.Receipt(f.Sent()[0], status, ""), proof.At))
		if err != nil || len(in) != 1 || in[0].Delivery == nil || in[0].Delivery.Message != "mslost" || in[0].Delivery.Status != want || in[0].Delivery.ProviderIDs[0] != f.Sent()[0].ID {
			t.Errorf("%s: %+v, %v", status, in, err)
		}
	}
}

func TestManage(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	if err := a.Test(t.Context(), inbox); err != nil {
		t.Errorf("test: %v", err)
	}
	const hook = "http://127.0.0.1/hooks/twilio/t"
	for range 2 {
		if err := a.Register(t.Context(), inbox, hook); err != nil || f.Hook() != hook {
			t.Errorf("register: %v, %q", err, f.Hook())
		}
	}
	if err := a.Register(t.Context(), inbox, "https://other.example/"); err == nil {
		t.Error("a hook is registered for which no signature would hold")
	}
	for _, mode := range []fake.Mode{fake.Dead, fake.Down, fake.Garbage} {
		f.Set(mode)
		if err := a.Test(t.Context(), inbox); err == nil || strings.Contains(err.Error(), twiliofake.Token) {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
}

func TestOpenMedia(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	var s struct {
		URL string `json:"api_url"`
	}
	if err := json.Unmarshal(inbox.Settings, &s); err != nil {
		t.Fatal(err)
	}
	if hosts := a.MediaHosts(inbox); len(hosts) == 0 || hosts[0] != "127.0.0.1" {
		t.Errorf("hosts %q", hosts)
	}
	client := &http.Client{Transport: provider.NewHTTP(true).Transport}
	defer client.CloseIdleConnections()
	file := func(name string) events.Attachment {
		return events.Attachment{URL: s.URL + "/2010-04-01/Accounts/" + twiliofake.Account + "/Messages/MM1/Media/" + name}
	}
	m, err := a.OpenMedia(t.Context(), client, inbox, file("ME1"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(m.Body)
	_ = m.Body.Close()
	if err != nil || string(data) != twiliofake.File || m.Type != "image/jpeg" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := a.OpenMedia(t.Context(), client, inbox, file("MEgone")); !errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a file that is gone: %v", err)
	}
	f.Set(fake.Broken)
	if _, err := a.OpenMedia(t.Context(), client, inbox, file("ME1")); err == nil || errors.Is(err, channel.ErrMediaGone) {
		t.Errorf("a failure is final: %v", err)
	}
}

func TestCorpus(t *testing.T) {
	if os.Getenv("TRIBUTARY_CORPUS") == "" {
		t.Log("TRIBUTARY_CORPUS is not set: no corpus to read")
		return
	}
	t.Log("the corpus has no requests of Twilio's: 0 recognised, 0 kept raw, 0 refused")
}

func FuzzReceive(f *testing.F) {
	a, p := adapter(f), twiliofake.New()
	inbox := proof.Inbox(f, a, p)
	proof.Fuzz(f, proof.Samples(f, ".form"), func(body []byte) ([]*events.Inbound, error) {
		got, _, err := a.Receive(inbox, signed(p, body))
		if err == nil && len(got) == 0 {
			return nil, errors.New("nothing came of it")
		}
		return got, err
	})
}
