// Package twiliofake is a telephone number of Twilio's that takes messages, for
// tests and the simulation. It knows customers who opted out and numbers that
// are none, keeps files that are handed out at another address than the one they
// are asked for, and answers with the errors that Twilio documents.
package twiliofake

import (
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
	"unicode/utf16"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
)

// The fake's account, its token, its number, and what it keeps of a file.
const (
	Account = "AC0123456789abcdef0123456789abcdef"
	Token   = "fake-twilio-auth-token"
	Number  = "+15005550006"
	File    = "the bytes of a picture"
)

// Customers to whom a message is refused.
const (
	OptedOut = "+821000000001"
	NoNumber = "+821000000002"
	TooLate  = "whatsapp:+821000000003"
)

// Fake is the account.
type Fake struct {
	fake.Server

	mu   sync.Mutex // guards all below
	hook string
	told map[string]string // sid -> address of receipts
	at   string            // where the number's messages are posted
	n    int
}

// New makes an account that works.
func New() *Fake {
	f := &Fake{told: map[string]string{}, hook: "http://127.0.0.1/hooks/twilio/t"}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "twilio".
func (*Fake) Kind() string { return "twilio" }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that talks to the fake at api. From then on the
// fake signs for that hook.
func (f *Fake) Settings(api, hook string) (json.RawMessage, map[string]string) {
	f.mu.Lock()
	if hook != "" {
		f.hook = hook
	}
	hook = f.hook
	f.mu.Unlock()
	return json.RawMessage(fmt.Sprintf(`{"public_url":%q,"account_sid":%q,"from":%q,"api_url":%q,"allow_private":true}`, hook, Account, Number, api)),
		map[string]string{"auth_token": Token}
}

// Say tells of a customer's n-th text message.
func (f *Fake) Say(customer string, n int, text string, _ time.Time) fake.Request {
	from := customer
	if !strings.HasPrefix(customer, "whatsapp:") {
		from = "+" + fake.Number(customer)
	}
	sid := id("SM", customer, n)
	return f.Post("", said(sid, from, text))
}

// Press tells of a customer on WhatsApp who presses a button of a content.
func (f *Fake) Press(m fake.Sent, n int, button events.QuickReply, _ time.Time) fake.Request {
	form := said(id("SM", m.To, n), m.To, button.Label)
	form.Set("ButtonText", button.Label)
	form.Set("ButtonPayload", button.Value)
	form.Set("MessageType", "button")
	form.Set("OriginalRepliedMessageSid", m.ID)
	return f.Post("", form)
}

func said(sid, from, text string) url.Values {
	return url.Values{
		"MessageSid": {sid}, "SmsMessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {Account}, "From": {from}, "To": {Number}, "Body": {text},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"}, "FromCountry": {"KR"},
	}
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

// Receipt tells how far a message has come, at the address that was asked for
// with it. Code is Twilio's of a failure, or empty.
func (f *Fake) Receipt(s fake.Sent, status, code string) fake.Request {
	f.mu.Lock()
	address := f.told[s.ID]
	f.mu.Unlock()
	form := url.Values{"MessageSid": {s.ID}, "SmsSid": {s.ID}, "AccountSid": {Account}, "From": {Number}, "To": {s.To}, "MessageStatus": {status}, "SmsStatus": {status}}
	if code != "" {
		form.Set("ErrorCode", code)
	}
	_, query, _ := strings.Cut(address, "?")
	return f.Post(query, form)
}

// Hook is where the number's messages are posted, by what was registered.
func (f *Fake) Hook() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func id(kind, customer string, n int) string {
	sum := sha256.Sum256([]byte(customer + "\x00" + strconv.Itoa(n)))
	return kind + hex.EncodeToString(sum[:16])
}

const base = "/2010-04-01/Accounts/" + Account

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if strings.HasPrefix(r.URL.Path, "/stored/") {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte(File))
		return nil
	}
	user, password, _ := r.BasicAuth()
	if user != Account || password != Token {
		fail(w, http.StatusUnauthorized, 20003)
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		fail(w, http.StatusBadRequest, 20001)
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
		f.mu.Lock()
		f.at = form.Get("SmsUrl")
		f.mu.Unlock()
		say(w, http.StatusOK, map[string]any{"sid": "PN1"})
	case at == "POST "+base+"/Messages.json":
		return f.message(w, form)
	case strings.HasPrefix(at, "GET "+base+"/Messages/") && strings.HasSuffix(at, "/Media/MEgone"):
		fail(w, http.StatusNotFound, 20404)
	case strings.HasPrefix(at, "GET "+base+"/Messages/"):
		http.Redirect(w, r, "/stored/file", http.StatusTemporaryRedirect)
	default:
		fail(w, http.StatusNotFound, 20404)
	}
	return nil
}

// wrong is the code of what Twilio finds wrong with a message, in the order in which
// it looks; nought for nothing.
func wrong(form url.Values) int {
	to, text := form.Get("To"), form.Get("Body")
	switch {
	case form.Get("From") == "" && form.Get("MessagingServiceSid") == "":
		return 21603
	case to == "":
		return 21604
	case to == NoNumber:
		return 21211
	case to == OptedOut:
		return 21610
	case to == TooLate && !form.Has("ContentSid"):
		return 63016
	case text == "" && !form.Has("MediaUrl") && !form.Has("ContentSid"):
		return 21602
	case len(utf16.Encode([]rune(text))) > 1600:
		return 21617
	case len(form["MediaUrl"]) > 10:
		return 21623
	}
	return 0
}

func (f *Fake) message(w http.ResponseWriter, form url.Values) *fake.Sent {
	if code := wrong(form); code != 0 {
		fail(w, http.StatusBadRequest, code)
		return nil
	}
	f.mu.Lock()
	f.n++
	sid := id("SM", "out", f.n)
	f.told[sid] = form.Get("StatusCallback")
	f.mu.Unlock()
	say(w, http.StatusCreated, map[string]any{"sid": sid, "status": "queued", "error_code": nil, "to": form.Get("To")})
	return &fake.Sent{ID: sid, To: form.Get("To"), Text: form.Get("Body"), Template: form.Get("ContentSid"), Files: form["MediaUrl"]}
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
	say(w, status, map[string]any{"code": code, "message": "refused", "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": status})
}

func say(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
