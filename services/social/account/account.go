// Package account is what the settings of social channels have in common: an
// address of the provider that only an operator can bend, and secrets that are
// there. Settings are read by channel.ReadSettings.
//
// It keeps nothing.
package account

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// API is the part of the settings that every adapter here has. Embed it.
type API struct {
	// URL is the root of the provider's interface, without a slash at the end.
	URL string `json:"api_url,omitempty"`
	// AllowPrivate permits plain http and addresses inside our own network: for
	// a gateway of one's own, and for tests.
	AllowPrivate bool `json:"allow_private,omitempty"`
}

// Settle fills in the provider's own address and refuses one that could leak a
// credential: anything but https (http with AllowPrivate), user information, a
// query or a fragment.
func (a *API) Settle(official string) error {
	if a.URL == "" {
		a.URL = official
	}
	a.URL = strings.TrimRight(a.URL, "/")
	u, err := url.Parse(a.URL)
	switch {
	case err != nil || u.Host == "":
		return errors.New("api_url is not a URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !a.AllowPrivate):
		return errors.New("api_url must be https; http is for allow_private only")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("api_url must have no user, query or fragment")
	}
	return nil
}

// Host is the name in api_url, without a port; empty when it has none.
func (a *API) Host() string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Secrets reports the first of the named secrets that is empty, or holds white
// space or a control character: no provider gives such a one, it is a slip of
// whoever pasted it, and some could not stand in a header.
func Secrets(inbox config.Inbox, names ...string) error {
	for _, name := range names {
		value := inbox.Secrets[name]
		if strings.TrimSpace(value) == "" {
			return fmt.Errorf("the secret %s is missing", name)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return fmt.Errorf("the secret %s holds white space or a control character", name)
		}
	}
	return nil
}
