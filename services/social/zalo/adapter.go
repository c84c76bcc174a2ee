package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Kind is the channel's name.
const Kind = "zalo"

// Settings of an inbox. The secrets are oa_secret_key, with which events are
// signed (not the app's secret), and access_token.
type Settings struct {
	account.API
	// AppID is the app's number, as text: it is part of every signature.
	AppID string `json:"app_id"`
}

// Adapter implements channel.Receiver, channel.Sender, channel.Tester and
// channel.MediaSource. It keeps nothing between calls.
type Adapter struct {
	client *provider.Client
	blobs  blob.Store
}

// New makes the adapter; the caller owns the client and the store, from which
// files are read that go out. Without a store (nil) only files with a public
// address go.
func New(client *provider.Client, blobs blob.Store) *Adapter { return &Adapter{client, blobs} }

// Kind is "zalo".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{"oa_secret_key", "access_token"} }

// Check fills in Zalo's address.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://openapi.zalo.me"); err != nil {
		return err
	}
	if s.AppID == "" {
		return errors.New("app_id is missing")
	}
	if err := wire.Need(*inbox, "oa_secret_key", "access_token"); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

// Test reads the Official Account's profile.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return err
	}
	call := provider.Call{Method: http.MethodGet, URL: s.URL + "/v2.0/oa/getoa", Header: http.Header{"Access_token": {inbox.Secrets["access_token"]}}, Private: s.AllowPrivate, SafeToRepeat: true}
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return fmt.Errorf("ask Zalo: %w", err)
	}
	var said struct {
		Error *int `json:"error"`
	}
	if !answer.OK() || json.Unmarshal(answer.Body, &said) != nil || said.Error == nil {
		return fmt.Errorf("ask Zalo: status %d", answer.Status)
	}
	if *said.Error != 0 {
		return fmt.Errorf("ask Zalo: it answered code %d", *said.Error)
	}
	return nil
}
