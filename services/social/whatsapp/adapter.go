package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// Kind is the channel's name, and that of its addresses.
const Kind = "whatsapp"

// Adapter implements channel.Shared, channel.Sender, channel.MediaSource,
// channel.Tester, channel.Registrar and channel.Templater.
type Adapter struct {
	client *provider.Client
	blobs  blob.Store
}

// New makes the adapter over a client that the caller closes. blobs holds the
// bytes of files that agents send; with nil only files that have a link of their
// own go out.
func New(client *provider.Client, blobs blob.Store) *Adapter { return &Adapter{client, blobs} }

// Settings of an inbox. AccountID is the WhatsApp Business account (WABA): it is
// needed for templates and to have the hook registered.
type Settings struct {
	PhoneNumberID string `json:"phone_number_id"`
	AccountID     string `json:"waba_id,omitempty"`
	graph.Access
}

// Kind is "whatsapp".
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
	if err := graph.CheckAccount("phone_number_id", s.PhoneNumberID); err != nil {
		return s, err
	}
	if s.AccountID != "" {
		if err := graph.CheckAccount("waba_id", s.AccountID); err != nil {
			return s, err
		}
	}
	return s, s.Complete("https://graph.facebook.com")
}

// Accounts is the number, by its id.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := parse(inbox)
	if err != nil {
		return nil
	}
	return []string{s.PhoneNumberID}
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
	r := reader{inbox: inbox, number: s.PhoneNumberID, received: req.At}
	var out []*events.Inbound
	for _, item := range graph.Items(req.Body, "whatsapp_business_account") {
		out = append(out, r.change(item)...)
	}
	return out, graph.Success(), nil
}

// Test reads the number.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := parse(inbox)
	if err != nil {
		return err
	}
	var number struct {
		ID graph.ID `json:"id"`
	}
	if err := s.Open(a.client, inbox).Get(ctx, s.PhoneNumberID, url.Values{"fields": {"id"}}, &number); err != nil {
		return err
	}
	if string(number.ID) != s.PhoneNumberID {
		return errors.New("the provider answers for another number")
	}
	return nil
}

// Register subscribes the app to the business account, where waba_id is set, and
// has this number report to its own hook whatever the app's other numbers do:
// Meta, "Override webhooks".
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := parse(inbox)
	if err != nil {
		return err
	}
	api := s.Open(a.client, inbox)
	if s.AccountID != "" {
		if err := api.Set(ctx, s.AccountID+"/subscribed_apps", struct{}{}); err != nil {
			return fmt.Errorf("subscribe to the account: %w", err)
		}
	}
	override := map[string]any{"webhook_configuration": map[string]string{
		"override_callback_uri": hook, "verify_token": inbox.Secrets[graph.VerifyToken],
	}}
	if err := api.Set(ctx, s.PhoneNumberID, override); err != nil {
		return fmt.Errorf("set the number's hook: %w", err)
	}
	return nil
}

// reader turns changes into statements of one inbox.
type reader struct {
	inbox    config.Inbox
	number   string
	received time.Time
}
