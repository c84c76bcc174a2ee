package imap

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// errNoToken says that the OAuth server gave no access token.
var errNoToken = errors.New("the token server gave no access token")

// tokens gives access tokens for one mailbox. One goroutine uses it.
type tokens struct {
	settings Settings
	secrets  Secrets
	client   *provider.Client

	token   string
	expires time.Time
}

// get gives a token that is valid for a minute at least, where its server says
// how long it lives.
func (t *tokens) get(ctx context.Context, now time.Time) (string, error) {
	if t.settings.TokenURL == "" {
		return t.secrets.AccessToken, nil
	}
	if t.token != "" && now.Before(t.expires.Add(-time.Minute)) {
		return t.token, nil
	}
	form := url.Values{"client_id": {t.settings.ClientID}, "grant_type": {"client_credentials"}}
	if t.secrets.RefreshToken != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", t.secrets.RefreshToken)
	}
	if t.secrets.ClientSecret != "" {
		form.Set("client_secret", t.secrets.ClientSecret)
	}
	if t.settings.Scope != "" {
		form.Set("scope", t.settings.Scope)
	}
	answer, err := t.client.Do(ctx, provider.Call{
		URL: t.settings.TokenURL, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
		Body: []byte(form.Encode()), Private: t.settings.AllowPrivate, SafeToRepeat: true,
	})
	if err != nil {
		return "", err
	}
	var got struct {
		Token   string  `json:"access_token"`
		Seconds float64 `json:"expires_in"`
		Refresh string  `json:"refresh_token"`
	}
	if !answer.OK() || json.Unmarshal(answer.Body, &got) != nil || got.Token == "" {
		return "", errNoToken
	}
	t.token, t.expires = got.Token, now.Add(time.Duration(min(max(got.Seconds, 0), 86400))*time.Second)
	if got.Refresh != "" {
		// Microsoft renews it with each use. The old one goes on working until it
		// expires by itself, so it need not be stored.
		t.secrets.RefreshToken = got.Refresh
	}
	return t.token, nil
}

// forget drops a token that was refused.
func (t *tokens) forget() { t.token = "" }

// xoauth2 is the SASL mechanism of Google and Microsoft.
type xoauth2 struct{ user, token string }

// Start gives the one message of the mechanism.
func (x xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers what the server says of a failure with an empty line; the refusal
// follows.
func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
