package viber

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name.
const Kind = "viber"

// Settings of an inbox. The secret auth_token is the bot's.
type Settings struct {
	account.API
	// Name and Avatar are who answers, as the customer sees it: at most 28
	// characters, and the https address of a picture.
	Name   string `json:"name,omitempty"`
	Avatar string `json:"avatar,omitempty"`
}

// Adapter implements channel.Receiver, channel.Sender, channel.Tester,
// channel.Registrar and channel.MediaSource. It keeps nothing between calls.
type Adapter struct{ client *provider.Client }

// New makes the adapter; the caller owns the client.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "viber".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{"auth_token"} }

// Check fills in Viber's address and a name for who answers.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://chatapi.viber.com"); err != nil {
		return err
	}
	if s.Name == "" {
		s.Name = "Support"
	}
	if utf8.RuneCountInString(s.Name) > 28 {
		return errors.New("name has at most 28 characters")
	}
	if err := account.Secrets(*inbox, "auth_token"); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

// Test reads the bot's account.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	return a.ask(ctx, inbox, "get_account_info", map[string]any{})
}

// Register sets the webhook for all kinds of event. Viber calls the hook before
// it answers, so the hook must be reachable by then.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	return a.ask(ctx, inbox, "set_webhook", map[string]any{
		"url": hook, "send_name": true, "send_photo": false,
		"event_types": []string{"delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"},
	})
}

func (a *Adapter) ask(ctx context.Context, inbox config.Inbox, method string, body any) error {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return err
	}
	call, err := a.call(inbox, &s, method, body)
	if err != nil {
		return err
	}
	call.SafeToRepeat = true
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return fmt.Errorf("ask Viber: %w", err)
	}
	var said struct {
		Status *int `json:"status"`
	}
	if !answer.OK() || json.Unmarshal(answer.Body, &said) != nil || said.Status == nil {
		return fmt.Errorf("ask Viber: status %d", answer.Status)
	}
	if *said.Status != 0 {
		return fmt.Errorf("ask Viber: it answered code %d", *said.Status)
	}
	return nil
}

func (a *Adapter) call(inbox config.Inbox, s *Settings, method string, body any) (provider.Call, error) {
	call, err := provider.JSON(s.URL+"/pa/"+method, body)
	if err != nil {
		return call, err
	}
	call.Private = s.AllowPrivate
	call.Header.Set("X-Viber-Auth-Token", inbox.Secrets["auth_token"])
	return call, nil
}
