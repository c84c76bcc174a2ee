package twiliovoice_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice"
)

var (
	_ exchange.Poster     = (*twiliovoice.Adapter)(nil)
	_ channel.Receiver    = (*twiliovoice.Adapter)(nil)
	_ channel.MediaSource = (*twiliovoice.Adapter)(nil)
)

const (
	token   = "a token of the account"
	account = "AC0123456789abcdef0123456789abcdef"
	hook    = "https://shop.example/hooks/twiliovoice/t"
	parent  = "CA11111111111111111111111111111111"
	child   = "CA22222222222222222222222222222222"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func inbox(t testing.TB, more string) config.Inbox {
	t.Helper()
	in := config.Inbox{ID: "in", Channel: twiliovoice.Kind, HookToken: "t", Secrets: map[string]string{"auth_token": token},
		Settings: json.RawMessage(`{"public_url":"` + hook + `","account_sid":"` + account + `"` + more + `}`)}
	if err := twiliovoice.New(nil).Check(&in); err != nil {
		t.Fatal(err)
	}
	if !in.OneWay {
		t.Error("something could be sent through a number's calls")
	}
	return in
}

// post is a callback s seconds after noon; the fields are given as a query.
func post(step string, s int, fields string) *channel.Request {
	form, err := url.ParseQuery(fields)
	if err != nil {
		panic(err)
	}
	full := hook
	if step != "" {
		full += "?step=" + step
	}
	_, query, _ := strings.Cut(full, "?")
	return &channel.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/hooks/twiliovoice/t", RawQuery: query}, Body: []byte(form.Encode()), At: noon.Add(time.Duration(s) * time.Second),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, signature.TwilioHeader: {signature.SignTwilio(token, full, form)}},
	}
}

const ends = "&From=%2B821012345678&To=%2B15005550006&Direction=inbound"

func ended(sid, status string, length int, more string) string {
	return fmt.Sprintf("CallSid=%s&CallStatus=%s&CallDuration=%d&CallbackSource=call-progress-events&SequenceNumber=3%s", sid, status, length, more)
}

func TestStories(t *testing.T) {
	began := post("", 0, "CallSid="+parent+"&CallStatus=ringing"+ends)
	over := post("", 60, ended(parent, "completed", 60, ends))
	dialled := func(status string, talked int) *channel.Request {
		return post("dialled", 58, fmt.Sprintf("CallSid=%s&CallStatus=in-progress&DialCallStatus=%s&DialCallSid=%s&DialCallDuration=%d%s", parent, status, child, talked, ends))
	}
	recorded := func(source string) *channel.Request {
		return post("recorded", 70, "CallSid="+parent+"&RecordingSid=RE1&RecordingStatus=completed&RecordingDuration=10&RecordingSource="+source+"&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2FRE1")
	}
	action := post("recorded", 60, "CallSid="+parent+"&CallStatus=in-progress&RecordingSid=RE1&RecordingDuration=10&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2FRE1"+ends)
	written := post("recorded", 80, "CallSid="+parent+"&TranscriptionSid=TR1&TranscriptionStatus=completed&TranscriptionText=call+me&RecordingSid=RE1")
	for name, c := range map[string]struct {
		posts      []*channel.Request
		outcome    string
		talk       int
		recording  bool
		transcript string
	}{
		"answered":                      {[]*channel.Request{began, dialled("completed", 40), over}, "answered", 40, false, ""},
		"answered and recorded":         {[]*channel.Request{began, dialled("completed", 40), over, recorded("DialVerb")}, "answered", 40, true, ""},
		"nobody took it":                {[]*channel.Request{began, dialled("no-answer", 0), over}, "missed", 0, false, ""},
		"busy":                          {[]*channel.Request{began, dialled("busy", 0), over}, "busy", 0, false, ""},
		"only the machine spoke":        {[]*channel.Request{began, over}, "missed", 0, false, ""},
		"the caller gave up":            {[]*channel.Request{began, post("", 5, ended(parent, "canceled", 0, ends))}, "missed", 0, false, ""},
		"voicemail":                     {[]*channel.Request{began, dialled("no-answer", 0), action, over, recorded("RecordVerb"), written}, "voicemail", 0, true, "call me"},
		"voicemail, in another order":   {[]*channel.Request{written, recorded("RecordVerb"), action, over, dialled("no-answer", 0), began}, "voicemail", 0, true, "call me"},
		"an empty voicemail":            {[]*channel.Request{began, over, post("recorded", 61, "CallSid="+parent+"&RecordingSid=RE1&RecordingStatus=absent&RecordingSource=RecordVerb")}, "missed", 0, false, ""},
		"a child that tells for itself": {[]*channel.Request{began, post("", 58, ended(child, "completed", 40, "&ParentCallSid="+parent+"&To=%2B821000000009&Direction=outbound-dial")), over}, "answered", 40, false, ""},
		"each told twice":               {[]*channel.Request{began, began, dialled("completed", 40), dialled("completed", 40), over, over}, "answered", 40, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := inbox(t, "")
			var legs []calls.Leg
			for _, req := range c.posts {
				got, kept, reply, err := twiliovoice.New(nil).ReceiveLegs(in, req)
				if err != nil || len(kept) > 0 || reply.Status != http.StatusOK {
					t.Fatalf("%+v, %+v, %v", kept, reply, err)
				}
				legs = calls.Merge(legs, got...)
			}
			folded := calls.FoldAll(legs)
			got := folded.Call
			if got.Outcome != c.outcome || got.TalkS != c.talk || (got.Recording != "") != c.recording || got.Transcript != c.transcript || !folded.Closed {
				t.Errorf("%+v", got)
			}
			if got.Direction != events.In || got.From != "+821012345678" || got.To != "+15005550006" {
				t.Errorf("%s from %s to %s", got.Direction, got.From, got.To)
			}
			statement := exchange.Statement(in, "KR", folded, noon)
			if statement.ProviderID != parent || c.recording && statement.Message.Attachments[0].URL != "https://api.twilio.com/RE1.mp3" {
				t.Errorf("%+v", statement)
			}
		})
	}
}

func TestOutbound(t *testing.T) {
	legs, _, _, err := twiliovoice.New(nil).ReceiveLegs(inbox(t, ""), post("", 60, ended(parent, "completed", 30, "&From=%2B15005550006&To=%2B821012345678&Direction=outbound-api")))
	if got := calls.Fold(legs); err != nil || got.Outcome != "answered" || got.Direction != events.Out || got.TalkS != 30 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTwiML(t *testing.T) {
	full := `,"greeting":"hi & <bye>","language":"en-US","dial":["+821000000009","+821000000008"],"record":true,"voicemail":"speak","transcribe":true`
	ringing := "CallSid=" + parent + "&CallStatus=ringing" + ends
	for name, c := range map[string]struct {
		more, step, fields string
		with               []string
		without            string
	}{
		"dial":                    {full, "", ringing, []string{`<Say language="en-US">hi &amp; &lt;bye&gt;</Say>`, "<Number>+821000000009</Number><Number>+821000000008</Number>", `action="` + hook + `?step=dialled"`, "record-from-answer-dual"}, "<Record"},
		"nobody to dial":          {`,"voicemail":"speak"`, "", ringing, []string{"<Say>speak</Say>", "<Record", "<Hangup>"}, "<Dial"},
		"nothing at all":          {"", "", ringing, []string{"<Hangup>"}, "<Record"},
		"the dial was not taken":  {full, "dialled", "CallSid=" + parent + "&DialCallStatus=busy&DialCallSid=" + child, []string{"<Record", `transcribeCallback="`}, "<Dial"},
		"the dial was taken":      {full, "dialled", "CallSid=" + parent + "&DialCallStatus=completed&DialCallSid=" + child, []string{"<Hangup>"}, "<Record"},
		"a callback wants no act": {full, "", ended(parent, "ringing", 0, ends), []string{"<Response></Response>"}, "<Dial"},
	} {
		_, _, reply, err := twiliovoice.New(nil).ReceiveLegs(inbox(t, c.more), post(c.step, 0, c.fields))
		if err != nil || xml.Unmarshal(reply.Body, new(struct{ XMLName xml.Name })) != nil {
			t.Errorf("%s: %s, %v", name, reply.Body, err)
		}
		for _, part := range c.with {
			if !strings.Contains(string(reply.Body), part) {
				t.Errorf("%s: %s stands not in %s", name, part, reply.Body)
			}
		}
		if strings.Contains(string(reply.Body), c.without) {
			t.Errorf("%s: %s", name, reply.Body)
		}
	}
}

func TestConformance(t *testing.T) {
	call := func(fields string) conformance.Call {
		r := post("", 0, fields)
		return conformance.Call{Body: r.Body, Header: r.Header}
	}
	in := inbox(t, "")
	none := in
	none.Secrets = map[string]string{"auth_token": ""}
	conformance.Run(t, conformance.Subject{Adapter: twiliovoice.New(nil), Inbox: in, NoSecret: &none, Receiving: &conformance.Receiving{
		Signed: true, HasTimes: true,
		Message: func(n int) conformance.Call {
			return call(ended(fmt.Sprint("CA", n), "completed", n, "&Timestamp="+url.QueryEscape(noon.Format(time.RFC1123Z))+ends))
		},
		Unknown: func() conformance.Call { return call("What=else") },
	}})
}

func TestCheck(t *testing.T) {
	for name, settings := range map[string]string{
		"no public URL": `{"account_sid":"` + account + `"}`, "plain http": `{"public_url":"http://a.example/","account_sid":"` + account + `"}`,
		"no account": `{"public_url":"` + hook + `"}`, "a dial that is none": `{"public_url":"` + hook + `","account_sid":"` + account + `","dial":["sip"]}`,
		"unknown setting": `{"public_ulr":"x"}`,
	} {
		in := config.Inbox{Channel: twiliovoice.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"auth_token": token}}
		if err := twiliovoice.New(nil).Check(&in); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestOpenMedia(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != account || password != token {
			status = http.StatusUnauthorized
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	in := inbox(t, `,"allow_private":true,"api_url":"`+server.URL+`"`)
	client := provider.NewHTTP(true)
	defer client.CloseIdleConnections()
	for want, final := range map[int]bool{http.StatusOK: false, http.StatusNotFound: false, http.StatusGone: true} {
		status = want
		m, err := twiliovoice.New(nil).OpenMedia(t.Context(), client, in, events.Attachment{URL: server.URL + "/RE1.mp3"})
		if (err == nil) != (want == http.StatusOK) || errors.Is(err, channel.ErrMediaGone) != final {
			t.Errorf("%d: %v", want, err)
		}
		if err == nil {
			_ = m.Body.Close()
		}
	}
}

func FuzzReceive(f *testing.F) {
	in := inbox(f, `,"voicemail":"speak"`)
	f.Add("CallSid="+parent+"&CallStatus=ringing"+ends, "")
	f.Add(ended(parent, "completed", 3, ends), "dialled")
	f.Fuzz(func(t *testing.T, body, step string) {
		if _, err := url.ParseQuery(body); err != nil || strings.Trim(step, "abcdefghijklmnopqrstuvwxyz") != "" {
			return
		}
		got, reply, err := twiliovoice.New(nil).Receive(in, post(step, 0, body))
		if err != nil || len(reply.Body) == 0 {
			t.Fatalf("an authentic body is lost: %v", err)
		}
		for _, s := range got {
			if _, err := s.Encode(); err != nil || s.ProviderID == "" {
				t.Fatalf("%+v %v", s, err)
			}
		}
	})
}
