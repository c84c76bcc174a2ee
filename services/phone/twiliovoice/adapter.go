package twiliovoice

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// Kind is the channel's name.
const Kind = "twiliovoice"

// SecretToken is the account's auth token, with which Twilio signs.
const SecretToken = "auth_token"

// Settings are those of one number.
type Settings struct {
	exchange.Common
	// PublicURL is the address of this inbox's hook as Twilio calls it; the
	// signature covers it. Without a path the hook's own path is added.
	PublicURL string `json:"public_url"`
	// Account is the account or sub-account that the number belongs to.
	Account string `json:"account_sid"`
	// APIURL is where the account is asked and recordings are fetched from;
	// https://api.twilio.com when empty.
	APIURL string `json:"api_url,omitempty"`
	// AllowPrivate permits plain http and addresses inside our own network.
	AllowPrivate bool `json:"allow_private,omitempty"`
	// Greeting is said to the caller first, in Language (such as ko-KR).
	Greeting string `json:"greeting,omitempty"`
	Language string `json:"language,omitempty"`
	// Dial are the numbers that ring, all at once, for RingSeconds (20 when
	// nought). Without any the call goes to the voicemail box at once.
	Dial        []string `json:"dial,omitempty"`
	RingSeconds int      `json:"ring_seconds,omitempty"`
	// Record keeps what is said in a dialled call.
	Record bool `json:"record,omitempty"`
	// Voicemail is what the box says before it records, for VoicemailSeconds at
	// most (120 when nought); empty means that there is no box. Transcribe has
	// Twilio write down what was said.
	Voicemail        string `json:"voicemail,omitempty"`
	VoicemailSeconds int    `json:"voicemail_seconds,omitempty"`
	Transcribe       bool   `json:"transcribe,omitempty"`
}

var (
	accountForm  = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	numberForm   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

// official is Twilio's own API.
const official = "https://api.twilio.com"

// maxSpeech bounds what is said to a caller, in bytes.
const maxSpeech = 2000

func read(inbox config.Inbox) (*Settings, *exchange.House, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, nil, err
	}
	if s.RingSeconds == 0 {
		s.RingSeconds = 20
	}
	if s.VoicemailSeconds == 0 {
		s.VoicemailSeconds = 120
	}
	if s.APIURL == "" {
		s.APIURL = official
	}
	s.APIURL = strings.TrimRight(s.APIURL, "/")
	api, err := url.Parse(s.APIURL)
	if err != nil || api.Host == "" || api.User != nil || api.RawQuery != "" || api.Fragment != "" {
		return nil, nil, errors.New("api_url: an address without user, query and fragment")
	}
	if api.Scheme != "https" && (api.Scheme != "http" || !s.AllowPrivate) {
		return nil, nil, errors.New("api_url: it must be https")
	}
	u, err := url.Parse(s.PublicURL)
	switch {
	case s.PublicURL == "":
		return nil, nil, errors.New("public_url: give the address of this hook as Twilio calls it")
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, nil, errors.New("public_url: an address without user, query and fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !s.AllowPrivate):
		return nil, nil, errors.New("public_url: it must be https")
	case !accountForm.MatchString(s.Account):
		return nil, nil, errors.New("account_sid: AC and 32 hexadecimal digits")
	case s.Language != "" && !languageForm.MatchString(s.Language):
		return nil, nil, errors.New("language: such as ko-KR")
	case len(s.Greeting) > maxSpeech || len(s.Voicemail) > maxSpeech:
		return nil, nil, errors.New("greeting and voicemail have at most 2000 bytes")
	case s.RingSeconds < 5 || s.RingSeconds > 600 || s.VoicemailSeconds < 1 || s.VoicemailSeconds > 3600 || len(s.Dial) > 10:
		return nil, nil, errors.New("ring_seconds is 5 to 600, voicemail_seconds 1 to 3600, and at most 10 numbers ring")
	case strings.TrimSpace(inbox.Secrets[SecretToken]) == "":
		return nil, nil, errors.New("auth_token: give the auth token of the account")
	}
	for _, n := range s.Dial {
		if !numberForm.MatchString(n) {
			return nil, nil, errors.New("dial: numbers such as +821012345678")
		}
	}
	house, err := s.Common.Open(false)
	return &s, house, err
}

// hook is the address that Twilio signs with, and calls for a step.
func (s *Settings) hook(inbox config.Inbox) string {
	if u, err := url.Parse(s.PublicURL); err == nil && strings.Trim(u.Path, "/") == "" {
		return strings.TrimRight(s.PublicURL, "/") + inbox.HookPath()
	}
	return s.PublicURL
}

// Adapter is the kind twiliovoice; it is an exchange.Poster, a channel.Receiver,
// a channel.MediaSource, a channel.Tester and a channel.Registrar. It has no
// state.
type Adapter struct{ client *provider.Client }

// New makes the adapter. Without a client it cannot ask Twilio anything.
func New(client *provider.Client) *Adapter { return &Adapter{client} }

// Kind is "twiliovoice".
func (*Adapter) Kind() string { return Kind }

// SecretNames is the auth token.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{SecretToken} }

// Check reads the settings and fills in defaults.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, _, err := read(*inbox)
	if err != nil {
		return err
	}
	return exchange.Encode(inbox, s)
}

// ReceiveLegs reads one request and answers what the call does next. A callback
// without what a leg needs is kept raw and counts as taken.
func (*Adapter) ReceiveLegs(inbox config.Inbox, req *channel.Request) ([]calls.Leg, []*events.Inbound, channel.Reply, error) {
	s, house, err := read(inbox)
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	form, err := signature.Twilio(inbox.Secrets[SecretToken], s.hook(inbox), req)
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold for public_url and auth_token of this inbox")
	}
	c := callback{form, house, req.At}
	leg, known := c.leg()
	reply := channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: s.answer(inbox, req.URL.Query().Get("step"), c)}
	if !known {
		kept := exchange.Kept(inbox, req.Body, "application/x-www-form-urlencoded", "unreadable-record", req.At)
		return nil, []*events.Inbound{kept}, reply, nil
	}
	if leg.ID == "" {
		return nil, nil, reply, nil // on its way: its end says more
	}
	return []calls.Leg{leg}, nil, reply, nil
}

// Receive states each leg as a call of its own; see [exchange.Alone].
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	legs, kept, reply, err := a.ReceiveLegs(inbox, req)
	if err != nil {
		return nil, reply, err
	}
	return append(exchange.Alone(inbox, legs, req.At), kept...), reply, nil
}
