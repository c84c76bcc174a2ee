package freeswitch

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// Kind is the channel's name.
const Kind = "freeswitch"

// SecretPassword is the password of the module's cred parameter.
const SecretPassword = "password"

// Settings are those of one exchange.
type Settings struct {
	exchange.Common
	// User is the user of the module's cred parameter (user:password);
	// tributary when empty.
	User string `json:"user,omitempty"`
	// RawValues says that encode-values is off: strings in the JSON are as they
	// are.
	RawValues bool `json:"raw_values,omitempty"`
	// RecordingVariable names the channel variable that holds the URL of a
	// recording; recording_url when empty.
	RecordingVariable string `json:"recording_variable,omitempty"`
}

func read(inbox config.Inbox) (*Settings, *exchange.House, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, nil, err
	}
	if s.User == "" {
		s.User = "tributary"
	}
	if s.RecordingVariable == "" {
		s.RecordingVariable = "recording_url"
	}
	if strings.Contains(s.User, ":") {
		return nil, nil, errors.New("user: a colon cannot stand in it")
	}
	if inbox.Secrets[SecretPassword] == "" {
		return nil, nil, errors.New("password: give the password of the cred parameter of json_cdr.conf")
	}
	house, err := s.Common.Open(false)
	return &s, house, err
}

// Adapter is the kind freeswitch. It has no state.
type Adapter struct{}

// New makes the adapter.
func New() *Adapter { return &Adapter{} }

// Kind is "freeswitch".
func (*Adapter) Kind() string { return Kind }

// SecretNames is the password.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{SecretPassword} }

// Check reads the settings and fills in defaults.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, _, err := read(*inbox)
	if err != nil {
		return err
	}
	return exchange.Encode(inbox, s)
}

// ReceiveLegs reads one request. A record without what a leg needs is kept raw
// and counts as taken: sent again it would be no better.
func (*Adapter) ReceiveLegs(inbox config.Inbox, req *channel.Request) ([]calls.Leg, []*events.Inbound, channel.Reply, error) {
	s, house, err := read(inbox)
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !allowed(req.Header, s.User, inbox.Secrets[SecretPassword]) {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-password", "user or password is wrong")
	}
	body, err := unwrap(req.Header.Get("Content-Type"), req.Body)
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-request", "%s", err)
	}
	done := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	leg, err := readLeg(s, house, body)
	if err != nil {
		return nil, []*events.Inbound{exchange.Kept(inbox, body, "application/json", "unreadable-record", req.At)}, done, nil
	}
	return []calls.Leg{leg}, nil, done, nil
}

// Receive states each leg as a call of its own; see [exchange.Alone].
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	legs, kept, reply, err := a.ReceiveLegs(inbox, req)
	if err != nil {
		return nil, reply, err
	}
	return append(exchange.Alone(inbox, legs, req.At), kept...), reply, nil
}

// allowed compares hashes, so that time tells nothing, not even a length.
func allowed(h http.Header, user, password string) bool {
	u, p, ok := (&http.Request{Header: h}).BasicAuth()
	got, want := sha256.Sum256([]byte(u+"\x00"+p)), sha256.Sum256([]byte(user+"\x00"+password))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && ok && password != ""
}

// unwrap takes the JSON out of the form it was posted in. The base64 form is no
// real form: its plus signs are not spaces.
func unwrap(contentType string, body []byte) ([]byte, error) {
	mime, _, _ := strings.Cut(contentType, ";")
	text := string(body)
	field, isForm := strings.CutPrefix(text, "cdr=")
	switch mime = strings.ToLower(strings.TrimSpace(mime)); {
	case mime == "application/x-www-form-base64-encoded":
		if escaped, err := url.PathUnescape(field); err == nil {
			field = escaped
		}
		data, err := base64.StdEncoding.DecodeString(field)
		if err != nil || !isForm {
			return nil, errors.New("not a base64 form")
		}
		body = data
	case isForm:
		data, err := url.QueryUnescape(field)
		if err != nil {
			return nil, errors.New("not a form")
		}
		body = []byte(data)
	}
	if !json.Valid(body) {
		return nil, errors.New("not JSON")
	}
	return body, nil
}
