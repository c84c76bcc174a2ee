package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name. It is also the kind of the points that are no
// telephone number.
const Kind = "twilio"

const official = "https://api.twilio.com"

// Secrets of an inbox: the account's auth token, with which Twilio signs, and
// that of an API key where calls are made with one.
const (
	secretToken = "auth_token"
	secretKey   = "api_key_secret"
)

// Settings are what is not secret.
type Settings struct {
	account.API
	// PublicURL is the address of this inbox's hook as Twilio calls it; the
	// signature covers it. Without a path the hook's own path is added.
	PublicURL string `json:"public_url"`
	// Account is the account or sub-account that the number belongs to.
	Account string `json:"account_sid"`
	// From is the number that answers come from, such as +15005550006 or
	// whatsapp:+14155238886. Service stands in its place where a messaging
	// service chooses the number.
	From    string `json:"from,omitempty"`
	Service string `json:"messaging_service_sid,omitempty"`
	// Key makes calls in the place of the account.
	Key string `json:"api_key_sid,omitempty"`
}

// Adapter implements channel.Shared, Sender, Tester, Registrar and
// MediaSource. It keeps nothing between calls.
type Adapter struct{ client *provider.Client }

// New makes the adapter. The client is the caller's to close.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "twilio".
func (*Adapter) Kind() string { return Kind }

// SecretNames are auth_token and api_key_secret.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{secretToken, secretKey} }

var (
	accountForm = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	serviceForm = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	keyForm     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	numberForm  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	senderForm  = regexp.MustCompile(`^([a-z]{1,16}:)?[+A-Za-z0-9._ -]{1,64}$`)
)

// Check wants the hook's public address, the account and who answers.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	switch {
	case !accountForm.MatchString(s.Account):
		return errors.New("account_sid must be AC and 32 hexadecimal digits")
	case s.From == "" && s.Service == "":
		return errors.New("give from, the number that answers come from, or messaging_service_sid")
	case s.From != "" && !senderForm.MatchString(s.From):
		return errors.New("from must be a number such as +15005550006 or whatsapp:+14155238886")
	case s.Service != "" && !serviceForm.MatchString(s.Service):
		return errors.New("messaging_service_sid must be MG and 32 hexadecimal digits")
	case s.Key != "" && !keyForm.MatchString(s.Key):
		return errors.New("api_key_sid must be SK and 32 hexadecimal digits")
	}
	names := []string{secretToken}
	if s.Key != "" {
		names = append(names, secretKey)
	}
	if err := account.Secrets(*inbox, names...); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

func settings(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	if err := s.Settle(official); err != nil {
		return s, err
	}
	u, err := url.Parse(s.PublicURL)
	switch {
	case s.PublicURL == "":
		return s, errors.New("public_url is missing: the address of this hook as Twilio calls it")
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return s, errors.New("public_url must be an address without user, query and fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !s.AllowPrivate):
		return s, errors.New("public_url must be https")
	}
	return s, nil
}

// Accounts are the sender and the messaging service of the inbox, within its
// account: an account has one auth token for all of its numbers.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	return s.accounts()
}

func (s *Settings) accounts() (out []string) {
	for _, own := range []string{s.From, s.Service} {
		if own != "" {
			out = append(out, s.Account+":"+own)
		}
	}
	return out
}

// hook is the address that Twilio signs with.
func (s *Settings) hook(inbox config.Inbox) string {
	if u, err := url.Parse(s.PublicURL); err == nil && strings.Trim(u.Path, "/") == "" {
		return strings.TrimRight(s.PublicURL, "/") + inbox.HookPath()
	}
	return s.PublicURL
}

// call makes one call below the account; form nil makes it a GET.
func (a *Adapter) call(ctx context.Context, s *Settings, inbox config.Inbox, path string, form url.Values) (provider.Answer, error) {
	c := provider.Call{URL: s.URL + "/2010-04-01/Accounts/" + s.Account + path, Private: s.AllowPrivate, Header: http.Header{}}
	if form == nil {
		c.Method = http.MethodGet
	} else {
		c.Body = []byte(form.Encode())
		c.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	authorize(c.Header, s, inbox)
	return a.client.Do(ctx, c)
}

func authorize(h http.Header, s *Settings, inbox config.Inbox) {
	req := http.Request{Header: h}
	if s.Key != "" {
		req.SetBasicAuth(s.Key, inbox.Secrets[secretKey])
		return
	}
	req.SetBasicAuth(s.Account, inbox.Secrets[secretToken])
}

// ask makes a call that sends nothing and reads its answer.
func (a *Adapter) ask(ctx context.Context, s *Settings, inbox config.Inbox, path string, form url.Values, into any) error {
	answer, err := a.call(ctx, s, inbox, path, form)
	if err != nil {
		return fmt.Errorf("ask twilio: %w", err)
	}
	if !answer.OK() {
		var p problem
		_ = json.Unmarshal(answer.Body, &p) // without a code the status says it
		return fmt.Errorf("ask twilio: it answered %d, code %d", answer.Status, p.Code)
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		return errors.New("ask twilio: the answer cannot be read")
	}
	return nil
}

// Test reads the account, which must be active.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	var said struct {
		Status string `json:"status"`
	}
	if err := a.ask(ctx, &s, inbox, ".json", nil, &said); err != nil {
		return err
	}
	if said.Status != "active" {
		return errors.New("twilio: the account is not active")
	}
	return nil
}

// Register has the number's messages posted to the hook, which must be the
// inbox's public_url. A messaging service and a WhatsApp sender keep their hook
// elsewhere: it is set in Twilio's console.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := settings(inbox)
	switch {
	case err != nil:
		return err
	case hook != s.hook(inbox):
		return errors.New("twilio: public_url is not the address of this hook, so no signature would hold")
	case !numberForm.MatchString(s.From):
		return errors.New("twilio: set the hook of this sender in Twilio's console")
	}
	var found struct {
		Numbers []struct {
			ID string `json:"sid"`
		} `json:"incoming_phone_numbers"`
	}
	if err := a.ask(ctx, &s, inbox, "/IncomingPhoneNumbers.json?PhoneNumber="+url.QueryEscape(s.From), nil, &found); err != nil {
		return err
	}
	if len(found.Numbers) != 1 {
		return errors.New("twilio: the account has no such number")
	}
	var done struct{}
	return a.ask(ctx, &s, inbox, "/IncomingPhoneNumbers/"+url.PathEscape(found.Numbers[0].ID)+".json", url.Values{"SmsUrl": {hook}, "SmsMethod": {"POST"}}, &done)
}
