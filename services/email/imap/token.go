package imap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// errNoToken says that the OAuth server gave no access token this time,
// errRevoked that it refuses what we show it (RFC 6749 §5.2).
var (
	errNoToken = errors.New("the token server gave no access token")
	errRevoked = errors.New("the token server refuses the refresh token or the client")
)

// tokens gives access tokens for one mailbox. One goroutine uses it.
type tokens struct {
	key      string // of the mailbox, in the store
	settings Settings
	secrets  Secrets
	client   *provider.Client
	store    *Store // keeps refresh tokens that were renewed; nil keeps none

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
	if t.store != nil {
		// A server that renews refresh tokens may void all of them when it sees an
		// old one, so two who ask for one mailbox take turns.
		defer t.store.turn(t.key)()
	}
	kept, err := t.kept()
	if err != nil {
		return "", err
	}
	got, err := t.ask(ctx, first(kept, t.secrets.RefreshToken))
	if errors.Is(err, errRevoked) && kept != "" && kept != t.secrets.RefreshToken {
		got, err = t.ask(ctx, t.secrets.RefreshToken)
	}
	if err != nil {
		return "", err
	}
	if got.Refresh != "" && got.Refresh != kept && t.store != nil {
		if err := t.store.keepToken(t.key, token{Of: t.origin(), Refresh: got.Refresh}); err != nil {
			return "", err
		}
	}
	t.token, t.expires = got.Token, now.Add(time.Duration(min(max(got.Seconds, 0), 86400))*time.Second)
	return t.token, nil
}

// grant is what the server answers.
type grant struct {
	Token   string  `json:"access_token"`
	Seconds float64 `json:"expires_in"`
	Refresh string  `json:"refresh_token"` // renewed, by Microsoft with each use
	Error   string  `json:"error"`
}

func (t *tokens) ask(ctx context.Context, refresh string) (grant, error) {
	form := url.Values{"client_id": {t.settings.ClientID}, "grant_type": {"client_credentials"}}
	if refresh != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", refresh)
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
		return grant{}, err
	}
	var got grant
	readable := json.Unmarshal(answer.Body, &got) == nil
	switch {
	case answer.OK() && readable && got.Token != "":
		return got, nil
	case readable && (got.Error == "invalid_grant" || got.Error == "invalid_client" || got.Error == "unauthorized_client"):
		return grant{}, errRevoked
	}
	return grant{}, errNoToken
}

// kept is the refresh token that the server gave in place of the inbox's own;
// one that began with another of the inbox's tokens counts no more.
func (t *tokens) kept() (string, error) {
	if t.store == nil || t.secrets.RefreshToken == "" {
		return "", nil
	}
	known, err := t.store.token(t.key)
	if err != nil || known.Of != t.origin() {
		return "", err
	}
	return known.Refresh, nil
}

// origin names the inbox's own refresh token without telling it.
func (t *tokens) origin() string {
	sum := sha256.Sum256([]byte(t.settings.TokenURL + "\x00" + t.settings.ClientID + "\x00" + t.secrets.RefreshToken))
	return hex.EncodeToString(sum[:])
}

// forget drops an access token that was refused.
func (t *tokens) forget() { t.token = "" }

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// token is a kept refresh token. Of names the configured one that it came from.
type token struct {
	Of      string `json:"of"`
	Refresh string `json:"refresh"`
}

func (s *Store) token(mailbox string) (token, error) {
	var t token
	if err := s.load(bucketTokens, mailbox, &t); err != nil {
		return token{}, fmt.Errorf("load mailbox token: %w", err)
	}
	return t, nil
}

// keepToken returns once the token is synced.
func (s *Store) keepToken(mailbox string, t token) error {
	if err := s.save(bucketTokens, mailbox, t); err != nil {
		return fmt.Errorf("keep mailbox token: %w", err)
	}
	return nil
}

// xoauth2 is the SASL mechanism of Google and Microsoft.
type xoauth2 struct{ user, token string }

// Start gives the one message of the mechanism.
func (x xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers what the server says of a failure with an empty line; the refusal
// follows.
func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
