package wechat

import (
	"encoding/base64"
	"errors"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name.
const Kind = "wechat"

// Settings of an inbox. The secrets are token (chosen by the operator, signs
// requests), app_secret, and in secure mode encoding_aes_key of 43 characters.
type Settings struct {
	account.API
	AppID string `json:"app_id"`
	// Secure takes encrypted requests only.
	Secure bool `json:"secure,omitempty"`
}

// Adapter implements channel.Receiver, channel.Sender, channel.Tester and
// channel.MediaSource.
type Adapter struct {
	client *provider.Client
	blobs  blob.Store
	tokens tokens
}

// New makes the adapter; the caller owns the client and the store, from which
// files are read that go out. Without a store (nil) files are rejected.
func New(client *provider.Client, blobs blob.Store) *Adapter {
	return &Adapter{client: client, blobs: blobs}
}

// Kind is "wechat".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{"token", "app_secret", "encoding_aes_key"}
}

// Check fills in WeChat's address.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://api.weixin.qq.com"); err != nil {
		return err
	}
	if s.AppID == "" {
		return errors.New("app_id is missing")
	}
	if err := account.Secrets(*inbox, "token", "app_secret"); err != nil {
		return err
	}
	if s.Secure || inbox.Secrets["encoding_aes_key"] != "" {
		if _, err := aesKey(inbox.Secrets["encoding_aes_key"]); err != nil {
			return err
		}
	}
	return channel.WriteSettings(inbox, s)
}

// aesKey reads the 43 characters that WeChat shows, which are base64 without its
// last sign.
func aesKey(text string) ([]byte, error) {
	// The last sign may carry bits that mean nothing; a strict reader refuses
	// keys that WeChat itself made.
	key, err := base64.StdEncoding.DecodeString(text + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("encoding_aes_key is not the 43 characters that WeChat shows")
	}
	return key, nil
}
