// Package twiliovoicefake is a telephone number of Twilio's, for tests and the
// simulation: it signs every callback of a call for the address that it calls,
// writes down what is said into the box, leads the number's calls where it is
// told to, and serves recordings to whoever knows the account, though not the
// first time they ask.
package twiliovoicefake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice"
)

// The fake's account and its token, its number, the telephone that rings, and
// what it keeps of a recording.
const (
	Account = "AC0123456789abcdef0123456789abcdef"
	Token   = "fake-twilio-voice-token"
	Number  = "+15005550006"
	Agent   = "+821000000009"
	File    = "ID3 the sound of a call"
)

// Fake is the account.
type Fake struct {
	fake.Server

	mu    sync.Mutex // guards all below
	api   string
	hook  string
	led   url.Values      // what the number was told to do with calls
	asked map[string]bool // recordings that somebody has asked for before
}

// New makes an account that works.
func New() *Fake {
	f := &Fake{api: "https://api.twilio.com", hook: "http://127.0.0.1/hooks/twiliovoice/t", asked: map[string]bool{}}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "twiliovoice".
func (*Fake) Kind() string { return twiliovoice.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that talks to the fake at api. From then on the
// fake signs for that hook.
func (f *Fake) Settings(api, hook string) (json.RawMessage, map[string]string) {
	f.mu.Lock()
	if hook != "" {
		f.hook = hook
	}
	f.api, hook = api, f.hook
	f.mu.Unlock()
	return json.RawMessage(fmt.Sprintf(`{"public_url":%q,"account_sid":%q,"api_url":%q,"allow_private":true,"settle":"20ms","own_numbers":[%q],"dial":[%q],"record":true,"voicemail":"speak after the tone","transcribe":true}`,
		hook, Account, api, Number, Agent)), map[string]string{twiliovoice.SecretToken: Token}
}

// Say tells that a customer's n-th call was given up; the network shows text as
// the caller's name.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	c := callfake.Call{ID: fmt.Sprintf("%s-%d", customer, n), Direction: events.In, Customer: "+" + fake.Number(customer), Name: text, Start: at.Add(-10 * time.Second), Ring: 10 * time.Second}
	form := f.status(c, CallSID(c.ID), "no-answer", 0, c.End(), 1)
	return f.Post("", form)
}

// Post is any form, signed for the hook with a query.
func (f *Fake) Post(query string, form url.Values) fake.Request {
	f.mu.Lock()
	full := f.hook
	f.mu.Unlock()
	if query != "" {
		full += "?" + query
	}
	return fake.Request{
		Query: query, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}, signature.TwilioHeader: {signature.SignTwilio(Token, full, form)}},
	}
}

// CallSID is Twilio's name for a call.
func CallSID(id string) string { return sid("CA", id) }

func sid(kind, name string) string {
	sum := sha256.Sum256([]byte(name))
	return kind + hex.EncodeToString(sum[:16])
}

// CallID is the CallSid of the parent.
func (*Fake) CallID(c callfake.Call) string { return CallSID(c.ID) }

// Tell makes the callbacks of a call in the order in which they come.
func (f *Fake) Tell(ctx context.Context, c callfake.Call, post func(context.Context, fake.Request) error) error {
	for _, r := range f.Callbacks(c) {
		if err := post(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Callbacks are all posts of a call.
func (f *Fake) Callbacks(c callfake.Call) []fake.Request {
	parent := CallSID(c.ID)
	if c.Direction == events.Out {
		return []fake.Request{f.Post("", f.status(c, parent, ending(c), c.Talk, c.End(), 2))}
	}
	out := []fake.Request{f.Post("", f.form(c, parent, url.Values{"CallStatus": {"ringing"}}))}
	dialled := url.Values{"CallStatus": {"in-progress"}, "DialCallSid": {sid("CA", c.ID+"/agent")}, "DialCallStatus": {"no-answer"}}
	if c.Answered() {
		dialled.Set("DialCallStatus", "completed")
		dialled.Set("DialCallDuration", seconds(c.Talk))
	}
	out = append(out, f.Post("step=dialled", f.form(c, parent, dialled)))
	end, length := c.End(), c.Ring+c.Talk
	if c.Voicemail != "" {
		end, length = end.Add(10*time.Second), length+10*time.Second
	}
	out = append(out, f.Post("", f.status(c, parent, "completed", length, end, 2)))
	switch {
	case c.Answered():
		out = append(out, f.recording(c, parent, "DialVerb", c.Answer(), c.Talk))
	case c.Voicemail != "":
		out = append(out, f.recording(c, parent, "RecordVerb", c.End(), 10*time.Second), f.Post("step=recorded", url.Values{
			"CallSid": {parent}, "AccountSid": {Account}, "TranscriptionSid": {sid("TR", c.ID)}, "TranscriptionStatus": {"completed"},
			"TranscriptionText": {c.Voicemail}, "RecordingSid": {sid("RE", c.ID)}, "ApiVersion": {"2010-04-01"},
		}))
	}
	return out
}

func (f *Fake) form(c callfake.Call, call string, more url.Values) url.Values {
	from, to, way := c.Customer, Number, "inbound"
	if c.Direction == events.Out {
		from, to, way = Number, c.Customer, "outbound-api"
	}
	if from == "" {
		from = "anonymous"
	}
	form := url.Values{"CallSid": {call}, "AccountSid": {Account}, "From": {from}, "To": {to}, "Direction": {way}, "ApiVersion": {"2010-04-01"}}
	if c.Name != "" {
		form.Set("CallerName", c.Name)
	}
	for name, values := range more {
		form[name] = values
	}
	return form
}

func (f *Fake) status(c callfake.Call, call, status string, length time.Duration, at time.Time, n int) url.Values {
	return f.form(c, call, url.Values{
		"CallStatus": {status}, "CallDuration": {seconds(length)}, "Timestamp": {at.UTC().Format(time.RFC1123Z)},
		"CallbackSource": {"call-progress-events"}, "SequenceNumber": {strconv.Itoa(n)},
	})
}

func (f *Fake) recording(c callfake.Call, call, source string, at time.Time, length time.Duration) fake.Request {
	f.mu.Lock()
	api := f.api
	f.mu.Unlock()
	re := sid("RE", c.ID)
	return f.Post("step=recorded", url.Values{
		"CallSid": {call}, "AccountSid": {Account}, "RecordingSid": {re}, "RecordingUrl": {api + base + "/Recordings/" + re}, "RecordingStatus": {"completed"},
		"RecordingDuration": {seconds(length)}, "RecordingChannels": {"1"}, "RecordingSource": {source}, "RecordingStartTime": {at.UTC().Format(time.RFC1123Z)},
	})
}

func ending(c callfake.Call) string {
	if c.Answered() {
		return "completed"
	}
	return "no-answer"
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

const base = "/2010-04-01/Accounts/" + Account

// Led is where the number's calls are posted, by what was registered.
func (f *Fake) Led() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.led.Get("VoiceUrl")
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	user, password, _ := r.BasicAuth()
	if user != Account || password != Token {
		fail(w, http.StatusUnauthorized, 20003)
		return nil
	}
	switch at := r.Method + " " + r.URL.Path; {
	case at == "GET "+base+".json":
		say(w, http.StatusOK, map[string]any{"sid": Account, "status": "active"})
	case at == "GET "+base+"/IncomingPhoneNumbers.json":
		numbers := []any{}
		if r.URL.Query().Get("PhoneNumber") == Number {
			numbers = append(numbers, map[string]any{"sid": "PN1", "phone_number": Number})
		}
		say(w, http.StatusOK, map[string]any{"incoming_phone_numbers": numbers})
	case at == "POST "+base+"/IncomingPhoneNumbers/PN1.json":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			fail(w, http.StatusBadRequest, 20001)
			return nil
		}
		f.mu.Lock()
		f.led = form
		f.mu.Unlock()
		say(w, http.StatusOK, map[string]any{"sid": "PN1"})
	case strings.HasPrefix(at, "GET "+base+"/Recordings/RE") && strings.HasSuffix(at, ".mp3") && f.ready(r.URL.Path):
		w.Header().Set("Content-Type", "audio/mpeg")
		_, _ = w.Write([]byte(File))
	default:
		fail(w, http.StatusNotFound, 20404)
	}
	return nil
}

// ready is false the first time: a recording is told of a moment before it can be
// fetched.
func (f *Fake) ready(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.asked[path]
	f.asked[path] = true
	return before
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusTooManyRequests, 20429)
	case fake.Dead:
		fail(w, http.StatusUnauthorized, 20003)
	default:
		fail(w, http.StatusInternalServerError, 20500)
	}
}

func fail(w http.ResponseWriter, status, code int) {
	say(w, status, map[string]any{"code": code, "message": "refused", "status": status})
}

func say(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // whoever asked has gone
}
