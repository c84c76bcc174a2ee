// Package account reads the settings of an inbox for the adapters of social
// channels: strictly, so that a misspelt setting is an error and not a silence,
// and with an address of the provider that only an operator can bend.
//
// It owns no settings of its own and keeps nothing.
package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

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

// Read decodes an inbox's settings into a struct. A name that the struct does
// not have is an error that says it.
func Read(inbox config.Inbox, into any) error {
	if len(bytes.TrimSpace(inbox.Settings)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(inbox.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("settings: more than one value")
	}
	return nil
}

// Write puts the settings, defaults filled in, back into the inbox.
func Write(inbox *config.Inbox, from any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	inbox.Settings = data
	return nil
}

// Secrets reports the first of the named secrets that is empty or could not
// stand in a header.
func Secrets(inbox config.Inbox, names ...string) error {
	for _, name := range names {
		value := inbox.Secrets[name]
		if strings.TrimSpace(value) == "" {
			return fmt.Errorf("the secret %s is missing", name)
		}
		if strings.ContainsAny(value, "\r\n\x00") || value != strings.TrimSpace(value) {
			return fmt.Errorf("the secret %s has white space around it or a line break in it", name)
		}
	}
	return nil
}
