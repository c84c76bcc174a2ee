// Package slack is the adapter of the channel slack: an app in a workspace whose
// channels, shared channels and direct messages customers write in.
//
// It owns the signature with its five minutes, the Events API, buttons and slash
// commands, Slack's way of writing text, posting and uploading. A contact is a
// user; the thread they wrote in is the message's Thread, "channel:ts" of its
// first message ("channel" alone in a direct message), and the answer goes back
// there. A user without a thread gets a direct message.
//
// Ids: a message is "channel:ts", which edits, deletions and reactions name and
// posting answers with; whatever else happens is Slack's event id. The ts is a
// time in microseconds and sorts as text.
//
// Quick replies are buttons in blocks. A press reaches us only where the app's
// "Interactivity" has the inbox's hook for its request URL, beside the Events API:
// without it Slack tells who presses that the app is not set up for it.
//
// Slack gives no receipts and no idempotency key: a post whose end nobody saw is
// unclear. Events hold user ids; a name stands only in some. What this app posts
// comes back as an event: where a thread tells whose it is, it is stated as an
// echo, and elsewhere left out, for the answer to the post named it already.
package slack

import (
	"errors"
	"regexp"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/upload"
)

// Kind is the channel's name.
const Kind = "slack"

// PointKind is the kind of a customer's address: a user id within a workspace,
// which is the scope.
const PointKind = "slack"

const official = "https://slack.com/api"

// Secrets of an inbox, by the names of Slack's app settings.
const (
	secretSigning = "signing_secret"
	secretToken   = "bot_token"
)

// Adapter implements channel.Shared, Sender, Tester and MediaSource. Where
// Slack posts events to is set in the app's manifest, by hand. It keeps nothing
// between calls and may be used from any goroutine.
type Adapter struct {
	client *provider.Client
	files  *upload.Files
}

// New makes the adapter. The client is the caller's to close. blobs holds the
// bytes of outgoing files; with nil none can be sent.
func New(client *provider.Client, blobs blob.Store) *Adapter {
	return &Adapter{client: client, files: upload.From(blobs)}
}

// Kind is "slack".
func (*Adapter) Kind() string { return Kind }

// SecretNames are signing_secret and bot_token.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{secretSigning, secretToken} }

// Settings are what is not secret.
type Settings struct {
	account.API
	// TeamID is the workspace, T or E and capitals. An app that is installed in
	// several workspaces has one address and one signing secret for all of them:
	// with it, what happens in another workspace goes to the inbox that has the
	// workspace and the same secret; without it everything is taken.
	TeamID string `json:"team_id,omitempty"`
}

var teamForm = regexp.MustCompile(`^[TE][A-Z0-9]{2,30}$`)

// Accounts is the workspace, where the settings have it.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil || s.TeamID == "" {
		return nil
	}
	return []string{s.TeamID}
}

// Addresses are the workspace together with the app, which its signing secret tells
// apart: two apps of one workspace may have an inbox each.
func (a *Adapter) Addresses(inbox config.Inbox) []string {
	out := slices.Clone(a.Accounts(inbox))
	for i := range out {
		out[i] += " " + inbox.Secrets[secretSigning]
	}
	return out
}

// Check wants both secrets.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	if s.TeamID != "" && !teamForm.MatchString(s.TeamID) {
		return errors.New("team_id must be the id of a workspace, such as T0123ABCD")
	}
	if err := account.Secrets(*inbox, secretSigning, secretToken); err != nil {
		return err
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
