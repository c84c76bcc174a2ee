// Package discord is the adapter of the channel discord: an application whose
// slash command, buttons and forms customers use, in a server or in a direct
// message, and whose bot posts the answers where they were used.
//
// It owns the Ed25519 signature, the interactions endpoint (with the answer that
// Discord wants within three seconds), posting with a nonce, and the
// registration of command and endpoint. What people merely write in a channel is
// told over Discord's Gateway, a socket, and does not come this way.
//
// A contact is a user; ids are the same in every server, so points have no
// scope. The channel of the interaction is the message's Thread. Ids are
// snowflakes: they hold their time in milliseconds and sort as numbers. A
// message of ours is "channel:message", an interaction "interaction:id".
//
// Quick replies are buttons of the message, for everybody who sees it and as often
// as they like. The answer to a press changes nothing on the screen.
//
// Discord ignores a nonce it has seen within a few minutes, not for ever: Send
// itself repeats a post whose end it did not see, at once, and calls it unclear
// if that ends no better. There are no receipts.
package discord

import (
	"crypto/ed25519"
	"encoding/hex"
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
const Kind = "discord"

// PointKind is the kind of a customer's address: a user's snowflake.
const PointKind = "discord"

const official = "https://discord.com/api/v10"

const secretToken = "bot_token"

// Adapter implements channel.Receiver, Sender, Tester, Registrar and
// MediaSource. It remembers which direct message channel is whose, and asks
// again where it does not. It may be used from any goroutine.
type Adapter struct {
	client *provider.Client
	files  *upload.Files
	direct direct
}

// New makes the adapter. The client is the caller's to close. blobs holds the
// bytes of outgoing files; with nil none can be sent.
func New(client *provider.Client, blobs blob.Store) *Adapter {
	return &Adapter{client: client, files: upload.From(blobs)}
}

// Kind is "discord".
func (*Adapter) Kind() string { return Kind }

// SecretNames is bot_token. The public key is no secret.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{secretToken} }

// Settings are what is not secret.
type Settings struct {
	account.API
	// PublicKey is the application's, in hexadecimal.
	PublicKey string `json:"public_key"`
	// Command is the name of the slash command that Register makes; "support"
	// when empty.
	Command string `json:"command,omitempty"`
	// Received is what only the customer sees at once, under a command or form.
	Received string `json:"received,omitempty"`
}

// Command names are lower-case words of at most 32 characters; of Discord's
// letters we take those of ASCII.
var commandForm = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// Check wants a public key and a token.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	if s.key() == nil {
		return errors.New("public_key must be the application's public key, 64 hexadecimal digits")
	}
	if !commandForm.MatchString(s.Command) {
		return errors.New("command must be 1 to 32 of a-z, 0-9, _ and -")
	}
	if len(s.Received) > 1000 {
		return errors.New("received must be at most 1000 bytes")
	}
	if err := account.Secrets(*inbox, secretToken); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

func (s *Settings) key() ed25519.PublicKey {
	key, err := hex.DecodeString(s.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil
	}
	return key
}

func settings(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	if s.Command == "" {
		s.Command = "support"
	}
	if s.Received == "" {
		s.Received = "We have your message and will answer here."
	}
	return s, s.Settle(official)
}
