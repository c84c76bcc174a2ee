// Package line is the adapter of the channel line: an official account behind
// the LINE Messaging API.
//
// It owns the signature over the raw body, the meaning of webhook events, the
// choice between the two ways to answer, and the way to files. A contact is a
// chat: a user, a group or a room. LINE names users differently for each
// provider (the owner of channels), so a point's scope is the inbox, or the
// setting provider where several inboxes belong to one.
//
// Ids: a message is LINE's message id, which unsend, edits and quotes name;
// whatever else happens is "event:" and the webhook event id. Times are
// milliseconds. A redelivered event may come late and out of order.
//
// Quick replies stand above the keyboard of a telephone until one is pressed or
// the next message comes; LINE on a computer shows none.
//
// LINE gives no receipts and no names: events carry ids only. Pushing to
// somebody who blocked the account succeeds without arriving; the block itself
// is told as an unfollow.
//
// The two ways: a reply costs nothing, but needs the token of an event of the
// last minute, works once, and has no idempotency key; a push counts against the
// month's quota and has one. See Send.
package line

import (
	"errors"
	"regexp"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Kind is the channel's name.
const Kind = "line"

// PointKind is the kind of a customer's address: the id of a user, group or room.
const PointKind = "line"

const (
	official     = "https://api.line.me"
	officialData = "https://api-data.line.me"
)

// Secrets of an inbox, by the names of the LINE Developers console.
const (
	secretChannel = "channel_secret"
	secretToken   = "channel_access_token"
)

// Adapter implements channel.Shared, Sender, Repeater, Tester, Registrar and
// MediaSource. It holds the reply tokens of the last minute, and loses nothing
// but money with them. It may be used from any goroutine.
type Adapter struct {
	client *provider.Client
	tokens wire.Shelf[string]
	now    func() time.Time
}

// New makes the adapter. The client is the caller's to close.
func New(client *provider.Client) *Adapter {
	return &Adapter{client: client, now: time.Now}
}

// Kind is "line".
func (*Adapter) Kind() string { return Kind }

// SecretNames are channel_secret and channel_access_token.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{secretChannel, secretToken} }

// Settings are what is not secret.
type Settings struct {
	account.API
	// DataURL is where files are; LINE has another host for them. With an
	// api_url of one's own it is the same place.
	DataURL string `json:"data_url,omitempty"`
	// Provider is any name for the owner of the channel: inboxes with the same
	// one share their customers' ids.
	Provider string `json:"provider,omitempty"`
	// BotID is the account's own user id (U and 32 hexadecimal digits), which LINE
	// names as the destination of what it posts. With it, what is for another
	// account goes to the inbox that has the account and the same secret, as the
	// accounts of one module channel have; without it everything is taken.
	BotID string `json:"bot_user_id,omitempty"`
	// PushOnly never uses reply tokens. Every answer then counts against the
	// quota, and every answer can be repeated without harm.
	PushOnly bool `json:"push_only,omitempty"`
}

var botForm = regexp.MustCompile(`^U[0-9a-f]{32}$`)

// Check wants both secrets.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	if s.BotID != "" && !botForm.MatchString(s.BotID) {
		return errors.New("bot_user_id must be U and 32 hexadecimal digits")
	}
	if err := account.Secrets(*inbox, secretChannel, secretToken); err != nil {
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
	if s.DataURL == "" {
		s.DataURL = s.URL
		if s.URL == official {
			s.DataURL = officialData
		}
	}
	data := account.API{URL: s.DataURL, AllowPrivate: s.AllowPrivate}
	err := data.Settle(officialData)
	s.DataURL = data.URL
	return s, err
}

// Accounts is the account's own user id, where the settings have it.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil || s.BotID == "" {
		return nil
	}
	return []string{s.BotID}
}

func scope(inbox config.Inbox, s Settings) string {
	if s.Provider != "" {
		return "provider:" + s.Provider
	}
	return string(inbox.ID)
}

// SafeToRepeat is so where every answer is a push: a reply has no key, and which
// of the two an attempt was that nobody saw the end of is not known any more.
func (*Adapter) SafeToRepeat(inbox config.Inbox) bool {
	s, err := settings(inbox)
	return err == nil && s.PushOnly
}

// A token lives about a minute at LINE; the rest is for the way there.
const tokenLife = 50 * time.Second

// keep remembers the reply token of an event that happened at a moment.
func (a *Adapter) keep(key, token string, at, now time.Time) {
	until := at.Add(tokenLife)
	if at.After(now) {
		until = now.Add(tokenLife)
	}
	if token != "" && until.After(now) {
		a.tokens.Put(key, token, now, until)
	}
}

// chat is the name under which a chat's tokens are kept.
func chat(inbox events.InboxID, id string) string { return string(inbox) + "\x00" + id }
