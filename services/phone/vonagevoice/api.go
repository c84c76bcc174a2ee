package vonagevoice

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/id"
)

// SecretKey is the application's private key, in PEM.
const SecretKey = "private_key"

const (
	official = "https://api.nexmo.com"
	// tokenAge is how long a token of ours opens the API.
	tokenAge = 5 * time.Minute
)

func (s *Settings) checkAPI(inbox config.Inbox) error {
	if s.APIURL == "" {
		s.APIURL = official
	}
	s.APIURL = strings.TrimRight(s.APIURL, "/")
	for name, address := range map[string]string{"api_url": s.APIURL, "public_url": s.PublicURL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("%s: an address without user, query and fragment", name)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !s.AllowPrivate) {
			return fmt.Errorf("%s: it must be https", name)
		}
	}
	if s.Record && s.PublicURL == "" {
		return errors.New("record: needs public_url, where Vonage tells of recordings")
	}
	key := strings.TrimSpace(inbox.Secrets[SecretKey])
	if (key == "") != (s.Application == "") {
		return errors.New("application_id and private_key: both or none")
	}
	if s.Record && key == "" {
		return errors.New("record: needs application_id and private_key, with which recordings are fetched")
	}
	if key == "" {
		return nil
	}
	if _, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(key)); err != nil {
		return errors.New("private_key: not an RSA key in PEM")
	}
	return nil
}

// hook is where Vonage tells of recordings.
func (s *Settings) hook(inbox config.Inbox) string {
	if u, err := url.Parse(s.PublicURL); err == nil && strings.Trim(u.Path, "/") == "" {
		return strings.TrimRight(s.PublicURL, "/") + inbox.HookPath()
	}
	return s.PublicURL
}

// token is a fresh one of the application's.
func (s *Settings) token(inbox config.Inbox) (string, error) {
	if s.Application == "" {
		return "", errors.New("vonage: needs application_id and private_key")
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(strings.TrimSpace(inbox.Secrets[SecretKey])))
	if err != nil {
		return "", errors.New("vonage: private_key is no RSA key")
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"application_id": s.Application, "iat": now.Unix(), "exp": now.Add(tokenAge).Unix(), "jti": id.New("jw"),
	}).SignedString(key)
	if err != nil {
		return "", errors.New("vonage: a token could not be signed")
	}
	return token, nil
}

// Test lists one call with a token of the application's.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, _, err := read(inbox)
	if err != nil {
		return err
	}
	token, err := s.token(inbox)
	switch {
	case err != nil:
		return err
	case a.client == nil:
		return errors.New("vonage cannot be asked from here")
	}
	answer, err := a.client.Do(ctx, provider.Call{
		Method: http.MethodGet, URL: s.APIURL + "/v1/calls?page_size=1", Header: http.Header{"Authorization": {"Bearer " + token}}, Private: s.AllowPrivate,
	})
	if err != nil {
		return fmt.Errorf("ask vonage: %w", err)
	}
	switch {
	case answer.Status == http.StatusUnauthorized:
		return errors.New("ask vonage: application_id and private_key are refused")
	case !answer.OK():
		return fmt.Errorf("ask vonage: it answered %d", answer.Status)
	}
	return nil
}

// MediaHosts are the API's, whose name differs by region.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, _, err := read(inbox)
	if err != nil {
		return nil
	}
	return []string{s.apiHost(), ".nexmo.com", ".vonage.com"}
}

func (s *Settings) apiHost() string {
	u, err := url.Parse(s.APIURL)
	if err != nil {
		return "" // read has refused it
	}
	return u.Host
}

// OpenMedia opens a recording with a token of the application's. A recording that
// is not there may be on its way yet, so that is no end: the caller tries again.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, _, err := read(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	token, err := s.token(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("vonage: the file's address is none: %w", channel.ErrMediaGone)
	}
	if req.URL.Scheme == "https" || s.AllowPrivate && req.URL.Host == s.apiHost() {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, errors.New("vonage: the recording's server did not answer")
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	}
	_ = resp.Body.Close() // nothing of it is read
	if resp.StatusCode == http.StatusGone {
		return channel.Media{}, fmt.Errorf("vonage answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	}
	return channel.Media{}, fmt.Errorf("vonage answered %d", resp.StatusCode)
}
