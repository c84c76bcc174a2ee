// Package x is the adapter of the channel x: direct messages of one account of
// X (formerly Twitter), told by the Account Activity API and sent by API v2.
//
// It owns the signature over the raw body, the challenge that X sends hourly to
// daily, OAuth 1.0a (whose tokens do not expire), and the meaning of direct
// message events. A contact is a user; ids are the same for every account, so
// points have no scope. Ids and times come as strings of digits: an id sorts as
// a number and breaks ties, times are milliseconds.
//
// A talk between two accounts that are both subscribed is told twice, once for
// each. An app has one webhook for all of its accounts: what is told for another
// account goes to the inbox that has it and the same consumer_secret, and is kept
// raw where there is none.
//
// API v2 sends no quick replies (API 1.1 did), so ours are left to the text. The
// pick of one that another program of the account offered comes in with its
// metadata as the value.
//
// What the account itself writes comes back and is stated as an echo. That
// somebody is typing is not stated. X has no idempotency key: a message whose
// end nobody saw is unclear.
package x

import (
	"errors"
	"strconv"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/upload"
)

// Kind is the channel's name.
const Kind = "x"

// PointKind is the kind of a customer's address: a user id.
const PointKind = "x"

const official = "https://api.x.com"

// Secrets of an inbox, by the names of X's developer portal. The consumer's pair
// is also called API key and secret.
const (
	secretKey         = "consumer_key"
	secretConsumer    = "consumer_secret"
	secretToken       = "access_token"
	secretTokenSecret = "access_token_secret"
)

// Adapter implements channel.Shared, Sender, Tester, Registrar and MediaSource.
// It keeps nothing between calls and may be used from any goroutine.
type Adapter struct {
	client *provider.Client
	files  *upload.Files
}

// New makes the adapter. The client is the caller's to close; blobs holds the
// bytes of outgoing pictures, and without it they are rejected.
func New(client *provider.Client, blobs blob.Store) *Adapter {
	return &Adapter{client: client, files: upload.From(blobs)}
}

// Kind is "x".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the consumer's and the account's pairs.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{secretKey, secretConsumer, secretToken, secretTokenSecret}
}

// Settings are what is not secret.
type Settings struct {
	account.API
	// UserID is the account's id, digits only.
	UserID string `json:"user_id"`
}

// Check wants the account's id and all four secrets.
func (a *Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	if !digits(s.UserID) {
		return errors.New("user_id must be the account's id, a number")
	}
	if err := account.Secrets(*inbox, a.SecretNames(*inbox)...); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

// Accounts is the account's id.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	return []string{s.UserID}
}

func settings(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	return s, s.Settle(official)
}

// digits says whether a string is an id of X.
func digits(id string) bool {
	n, err := strconv.ParseUint(id, 10, 63)
	return err == nil && n > 0
}
