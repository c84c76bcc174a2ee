// Package messenger is the adapter of Facebook Messenger: one inbox is one page.
//
// A customer is a page-scoped id, which means nothing on another page. Messages
// keep Meta's mid; an echo of what was written in the page's own inbox has the
// mid that the send was answered with, and the metadata of what this program
// sent. Meta gives no name, phone or e-mail address with a message, no key
// against double sends, and does not promise an order.
//
// One Meta app has one callback address for all of its pages: an item of a page
// that is not the inbox's goes to the inbox that has the page and the same app
// secret; where there is none it is kept raw with the flag foreign-account.
package messenger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/graph/messaging"
)

// Kind is the channel's name.
const Kind = "messenger"

// Adapter implements channel.Shared, channel.Sender, channel.MediaSource,
// channel.Tester and channel.Registrar.
type Adapter struct {
	client *provider.Client
	blobs  blob.Store
}

// New makes the adapter over a client that the caller closes. blobs holds the
// bytes of files that agents send; with nil only files that have a link of their
// own go out.
func New(client *provider.Client, blobs blob.Store) *Adapter { return &Adapter{client, blobs} }

// Settings of an inbox. HumanAgent says that Meta has granted the page the
// feature of that name. AppID is needed only to have the hook registered.
type Settings struct {
	PageID     string `json:"page_id"`
	AppID      string `json:"app_id,omitempty"`
	HumanAgent bool   `json:"human_agent,omitempty"`
	graph.Access
}

// Kind is "messenger".
func (*Adapter) Kind() string { return Kind }

// SecretNames are app_secret, access_token (of the page) and verify_token.
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
	if err := graph.CheckAccount("page_id", s.PageID); err != nil {
		return s, err
	}
	if s.AppID != "" {
		if err := graph.CheckAccount("app_id", s.AppID); err != nil {
			return s, err
		}
	}
	return s, s.Complete("https://graph.facebook.com")
}

// Accounts is the page, by its id.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := parse(inbox)
	if err != nil {
		return nil
	}
	return []string{s.PageID}
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
	reader := messaging.Reader{Kind: Kind, Account: s.PageID}
	return reader.Read(inbox, graph.Items(req.Body, "page"), req.At), graph.Success(), nil
}

// Send brings a message to a page-scoped id.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := parse(inbox)
	if err != nil {
		return events.SendResult{}, fmt.Errorf("read settings: %w", err)
	}
	if req.To.Kind != Kind || req.To.Value == "" || req.To.Scope != "" && req.To.Scope != s.PageID {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the customer has no address on this page"}, nil
	}
	if req.Message.Template != nil {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadTemplate, Detail: "this channel has no templates"}, nil
	}
	api := s.Open(a.client, inbox)
	sender := messaging.Sender{
		API: api, Path: s.PageID + "/messages", Limits: channel.LimitsOf(Kind), Marks: true, HumanAgent: s.HumanAgent,
		Upload: func(ctx context.Context, file events.Attachment) (string, *events.SendResult) {
			return a.upload(ctx, api, s, file)
		},
	}
	return sender.Send(ctx, messaging.Recipient{ID: req.To.Value}, req), nil
}

// upload keeps a file with the provider: Meta, "Attachment Upload API".
func (a *Adapter) upload(ctx context.Context, api graph.API, s Settings, file events.Attachment) (string, *events.SendResult) {
	data, failed := graph.Load(ctx, a.blobs, file, channel.LimitsOf(Kind).FileBytes)
	if failed != nil {
		return "", failed
	}
	message := fmt.Sprintf(`{"attachment":{"type":%q,"payload":{"is_reusable":true}}}`, graph.Kind(file.Type, "file"))
	var taken struct {
		ID graph.ID `json:"attachment_id"`
	}
	failed = api.Upload(ctx, s.PageID+"/message_attachments", map[string]string{"message": message},
		graph.File{Field: "filedata", Name: file.Name, Type: file.Type, Bytes: data}, &taken)
	if failed == nil && taken.ID == "" {
		failed = &events.SendResult{Outcome: events.Retry, Detail: "the provider's answer to an upload names no file"}
	}
	return string(taken.ID), failed
}

// MediaHosts are Meta's content networks.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, _ := parse(inbox) // what cannot be read adds no host
	return graph.MediaHosts(s.Access)
}

// OpenMedia opens a signed link, which runs out after some days.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return graph.Download(ctx, client, file.URL, "")
}

// Test reads the page.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := parse(inbox)
	if err != nil {
		return err
	}
	var page struct {
		ID graph.ID `json:"id"`
	}
	if err := s.Open(a.client, inbox).Get(ctx, s.PageID, url.Values{"fields": {"id"}}, &page); err != nil {
		return err
	}
	if string(page.ID) != s.PageID {
		return errors.New("the access token is of another page")
	}
	return nil
}

// fields are the events that the adapter understands.
var fields = []string{
	"messages", "messaging_postbacks", "messaging_referrals", "messaging_optins", "messaging_account_linking",
	"message_deliveries", "message_reads", "message_reactions", "message_echoes", "message_edits", "standby",
}

// Register subscribes the app to the page, and where app_id is set the hook to
// the app. An app whose pages already report elsewhere is left alone, because it
// has one address for all of them.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := parse(inbox)
	if err != nil {
		return err
	}
	api := s.Open(a.client, inbox)
	if s.AppID != "" {
		app := graph.App{API: api.As(s.AppID + "|" + inbox.Secrets[graph.AppSecret]), ID: s.AppID}
		if err := app.Subscribe(ctx, "page", hook, inbox.Secrets[graph.VerifyToken], fields); err != nil {
			return err
		}
	}
	if err := api.Set(ctx, s.PageID+"/subscribed_apps", map[string]string{"subscribed_fields": strings.Join(fields, ",")}); err != nil {
		return fmt.Errorf("subscribe to the page: %w", err)
	}
	return nil
}
