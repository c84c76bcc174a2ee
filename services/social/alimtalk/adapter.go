package alimtalk

import (
	"errors"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name.
const Kind = "alimtalk"

// Settings of an inbox. The secrets api_key and api_secret are Solapi's,
// hook_secret is what results bear in Header.
type Settings struct {
	account.API
	// Profile is Solapi's id of the Kakao channel (pfId).
	Profile string `json:"pf_id"`
	// From is the registered number that a text message would come from.
	From string `json:"from"`
	// SMS lets Solapi send a text message where the Alimtalk does not arrive.
	SMS bool `json:"sms,omitempty"`
	// Header is where a result bears the secret.
	Header string `json:"header,omitempty"`
}

// Adapter implements channel.Receiver, channel.Sender, channel.Templater and
// channel.Tester. It keeps nothing between calls.
type Adapter struct{ client *provider.Client }

// New makes the adapter; the caller owns the client.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "alimtalk".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{"api_key", "api_secret", "hook_secret"}
}

// Check fills in Solapi's address and the header of its results.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://api.solapi.com"); err != nil {
		return err
	}
	if s.Header == "" {
		s.Header = "X-Solapi-Secret"
	}
	if strings.ContainsAny(s.Header, " :\r\n") {
		return errors.New("header is not the name of a header")
	}
	if s.Profile == "" || s.From == "" {
		return errors.New("pf_id and from are needed")
	}
	if err := account.Secrets(*inbox, "api_key", "api_secret", "hook_secret"); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}
