// Package instagram is the adapter of Instagram: one inbox is one professional
// account, with its direct messages and the comments under its media.
//
// A customer is an Instagram-scoped id, which means nothing for another account;
// comments bring the user name too. Direct messages keep Meta's mid, and a
// message that was taken back hides what it said. A comment is a message whose
// thread is the medium it stands under: an answer to it goes out in private, or
// as a public reply where the inbox says so. Meta gives no phone or e-mail
// address, no key against double sends, and does not promise an order.
package instagram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/graph/messaging"
)

// Kind is the channel's name, and that of its addresses.
const Kind = "instagram"

// Adapter implements channel.Shared, channel.Sender, channel.MediaSource,
// channel.Tester and channel.Registrar.
type Adapter struct{ client *provider.Client }

// New makes the adapter over a client that the caller closes.
func New(client *provider.Client) *Adapter { return &Adapter{client} }

// Settings of an inbox. AccountID is the id of the professional account as
// webhooks name it. PageID is set where the account is reached through the page
// it is linked to (Facebook Login): the token is that page's then. PublicReplies
// answers comments for everybody to read; otherwise they are answered in private,
// which Meta takes once a comment and within seven days. AppID is needed only to
// have the hook registered.
type Settings struct {
	AccountID     string `json:"account_id"`
	PageID        string `json:"page_id,omitempty"`
	AppID         string `json:"app_id,omitempty"`
	HumanAgent    bool   `json:"human_agent,omitempty"`
	PublicReplies bool   `json:"public_replies,omitempty"`
	graph.Access
}

// own is the account in the paths of calls.
func (s Settings) own() string {
	if s.PageID != "" {
		return s.PageID
	}
	return s.AccountID
}

// Kind is "instagram".
func (*Adapter) Kind() string { return Kind }

// SecretNames are app_secret, access_token and verify_token.
func (*Adapter) SecretNames(config.Inbox) []string { return graph.SecretNames() }

// Check reads the settings, fills in the defaults and makes a verify_token.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := parse(*inbox)
	if err != nil {
		return err
	}
	if err := graph.CheckSecrets(inbox); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

func parse(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	if err := graph.CheckAccount("account_id", s.AccountID); err != nil {
		return s, err
	}
	for name, id := range map[string]string{"page_id": s.PageID, "app_id": s.AppID} {
		if id == "" {
			continue
		}
		if err := graph.CheckAccount(name, id); err != nil {
			return s, err
		}
	}
	if s.PageID != "" {
		return s, s.Complete("https://graph.facebook.com")
	}
	return s, s.Complete("https://graph.instagram.com")
}

// Accounts is the professional account, by its id.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := parse(inbox)
	if err != nil {
		return nil
	}
	return []string{s.AccountID}
}

// Receive confirms the hook or reads an envelope.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := parse(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	reply, err := graph.Admit(inbox, req)
	if err != nil {
		return nil, channel.Reply{}, err
	}
	if reply != nil {
		return nil, *reply, nil
	}
	reader := messaging.Reader{Kind: Kind, Account: s.AccountID, Change: comments{s.AccountID}.read}
	return reader.Read(inbox, graph.Items(req.Body, "instagram"), req.At), graph.Success(), nil
}

// MediaHosts are Meta's content networks.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, _ := parse(inbox) // what cannot be read adds no host
	return graph.MediaHosts(s.Access)
}

// OpenMedia opens a signed link, which runs out after some days; that of a story
// ends with the story.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return graph.Download(ctx, client, file.URL, "")
}

// Test reads the account that the token belongs to.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := parse(inbox)
	if err != nil {
		return err
	}
	// An account reached by Instagram Login has two ids; webhooks show user_id.
	path, fields, want := "me", "id,user_id", s.AccountID
	if s.PageID != "" {
		path, fields, want = s.PageID, "id", s.PageID
	}
	var found struct {
		ID     graph.ID `json:"id"`
		UserID graph.ID `json:"user_id"`
	}
	if err := s.Open(a.client, inbox).Get(ctx, path, url.Values{"fields": {fields}}, &found); err != nil {
		return err
	}
	if string(found.ID) != want && string(found.UserID) != want {
		return errors.New("the access token is of another account")
	}
	return nil
}

// fields are the events that the adapter understands.
var fields = []string{
	"messages", "messaging_postbacks", "messaging_seen", "messaging_referral", "message_reactions", "message_edit", "standby", "comments", "live_comments",
}

// Register subscribes the app to the account, and where app_id is set the hook to
// the app. An app that already reports elsewhere is left alone, because it has
// one address for all of its accounts.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := parse(inbox)
	if err != nil {
		return err
	}
	api := s.Open(a.client, inbox)
	if s.AppID != "" {
		app := graph.App{API: api.As(s.AppID + "|" + inbox.Secrets[graph.AppSecret]), ID: s.AppID}
		if err := app.Subscribe(ctx, "instagram", hook, inbox.Secrets[graph.VerifyToken], fields); err != nil {
			return err
		}
	}
	if err := api.Set(ctx, s.own()+"/subscribed_apps", map[string]string{"subscribed_fields": strings.Join(fields, ",")}); err != nil {
		return fmt.Errorf("subscribe to the account: %w", err)
	}
	return nil
}
