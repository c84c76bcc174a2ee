package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name.
const Kind = "zalo"

// Settings of an inbox. The secrets are oa_secret_key, with which events are
// signed (not the app's secret), and access_token; where refresh_token and
// app_secret are there too the access token is renewed in time.
type Settings struct {
	account.API
	// AppID is the app's number, as text: it is part of every signature.
	AppID string `json:"app_id"`
	// Account is the id of the Official Account. An app has one address for all
	// that it manages: with it, what another account is told goes to the inbox
	// that has the account and the same key; without it everything is taken.
	Account string `json:"oa_id,omitempty"`
	// AuthURL is where tokens are renewed; Zalo has another host for it. With an
	// api_url of one's own it is the same place.
	AuthURL string `json:"auth_url,omitempty"`
	// RenewAt is when the access token is renewed next. It is written by the
	// program.
	RenewAt time.Time `json:"renew_at,omitzero"`
}

const (
	official     = "https://openapi.zalo.me"
	officialAuth = "https://oauth.zaloapp.com"
)

// Accounts is the Official Account, where the settings have it.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil || s.Account == "" {
		return nil
	}
	return []string{s.Account}
}

// Adapter implements channel.Shared, channel.Sender, channel.Tester,
// channel.Renewer and channel.MediaSource. It keeps nothing between calls.
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
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{"oa_secret_key", "access_token", "refresh_token", "app_secret"}
}

// Check fills in Zalo's address.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle(official); err != nil {
		return err
	}
	if s.AuthURL == "" {
		s.AuthURL = s.URL
		if s.URL == official {
			s.AuthURL = officialAuth
		}
	}
	auth := account.API{URL: s.AuthURL, AllowPrivate: s.AllowPrivate}
	if err := auth.Settle(officialAuth); err != nil {
		return fmt.Errorf("auth_url: %w", err)
	}
	s.AuthURL = auth.URL
	if s.AppID == "" {
		return errors.New("app_id is missing")
	}
	needed := []string{"oa_secret_key", "access_token"}
	if inbox.Secrets["refresh_token"] != "" {
		needed = append(needed, "refresh_token", "app_secret")
	}
	if err := account.Secrets(*inbox, needed...); err != nil {
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
