// Package telegram is the adapter of the channel telegram: a bot of the Telegram
// Bot API (10.1), which customers write to in a private chat, in a group, or
// through a business account that the bot serves.
//
// It owns the webhook's secret header, the meaning of an Update, the methods
// that send, and the way to files. A contact is a chat: the address answers go
// to. In a private chat that is one person; in a group everybody speaks with one
// voice, and each text begins with its speaker's name.
//
// Ids: a message is "chat:message", since message ids count within a chat; what
// is no message is "update:n" ("callback:id" for a pressed button). Telegram's
// ids fit in 64 bits and never pass through a float. Time is whole seconds, so
// messages of one second are ordered by message id.
//
// Quick replies are an inline keyboard, whose buttons stay and can be pressed
// again. A press comes with the message it stands under, so its label is known.
//
// Telegram gives no receipts (neither delivered nor read), no deletions outside
// business accounts, no end of an album and no idempotency key: an attempt whose
// end nobody saw is unclear. The token is part of every address it calls, so no
// error of this package repeats an address.
package telegram

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"regexp"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/upload"
)

// Kind is the channel's name.
const Kind = "telegram"

// PointKind is the kind of a customer's address: a chat id, the same for every
// bot, so it has no scope.
const PointKind = "telegram"

const official = "https://api.telegram.org"

// Secrets of an inbox: the token that BotFather gives, and what Telegram says in
// X-Telegram-Bot-Api-Secret-Token.
const (
	secretToken = "bot_token"
	secretHook  = "secret_token"
)

// Adapter implements channel.Receiver, Sender, Tester, Registrar and
// MediaSource. It keeps nothing between calls and may be used from any
// goroutine.
type Adapter struct {
	client *provider.Client
	files  *upload.Files
}

// New makes the adapter. The client is the caller's to close. blobs holds the
// bytes of outgoing files; nil means that only files with a URL can be sent.
func New(client *provider.Client, blobs blob.Store) *Adapter {
	return &Adapter{client: client, files: upload.From(blobs)}
}

// Kind is "telegram".
func (*Adapter) Kind() string { return Kind }

// SecretNames are bot_token and secret_token.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{secretToken, secretHook} }

// Settings are what is not secret.
type Settings struct {
	account.API
}

// The token stands in the path of every call, so what it may hold is fixed.
var (
	tokenForm = regexp.MustCompile(`^[0-9]{1,19}:[A-Za-z0-9_-]{1,128}$`)
	hookForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// Check wants a bot_token of BotFather's form. It makes a secret_token where
// none was given; Register tells it to Telegram.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	if !tokenForm.MatchString(inbox.Secrets[secretToken]) {
		return errors.New("bot_token is missing or has not the form 123456:ABC…")
	}
	if given, ok := inbox.Secrets[secretHook]; !ok {
		var random [24]byte
		_, _ = rand.Read(random[:]) // never fails
		secrets := map[string]string{secretHook: base64.RawURLEncoding.EncodeToString(random[:])}
		for name, value := range inbox.Secrets {
			secrets[name] = value
		}
		inbox.Secrets = secrets
	} else if !hookForm.MatchString(given) {
		return errors.New("secret_token must be 1 to 256 of A-Z, a-z, 0-9, _ and -")
	}
	return channel.WriteSettings(inbox, s)
}

func settings(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	return s, s.Settle(official)
}
