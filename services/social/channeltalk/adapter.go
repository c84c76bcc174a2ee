package channeltalk

import (
	"errors"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name.
const Kind = "channeltalk"

// Settings of an inbox. The secrets access_key and access_secret are those of
// the Open API, webhook_token the one in the webhook's address.
type Settings struct {
	account.API
	// BotName is who answers; Channel Talk shows it to the customer.
	BotName string `json:"bot_name,omitempty"`
}

// Adapter implements channel.Receiver, channel.Sender and channel.Tester. It
// keeps nothing between calls.
type Adapter struct{ client *provider.Client }

// New makes the adapter; the caller owns the client.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "channeltalk".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{"access_key", "access_secret", "webhook_token"}
}

// Check fills in Channel Talk's address and a name for who answers.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://api.channel.io"); err != nil {
		return err
	}
	if s.BotName == "" {
		s.BotName = "Tributary"
	}
	if utf8.RuneCountInString(s.BotName) > 64 {
		return errors.New("bot_name has at most 64 characters")
	}
	if err := account.Secrets(*inbox, "access_key", "access_secret", "webhook_token"); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}
