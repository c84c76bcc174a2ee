package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// API is the part of an inbox's settings that says where the provider is; embed
// it. URL has no slash at its end once Check has run.
type API struct {
	URL string `json:"api_url,omitempty"`
	// AllowPrivate lets calls reach addresses inside our own network, without
	// encryption if the address says so: for gateways of one's own and for tests.
	AllowPrivate bool `json:"allow_private,omitempty"`
}

// Check fills in the provider's own address and refuses one that is not https,
// unless private addresses are allowed.
func (a *API) Check(fallback string) error {
	if a.URL == "" {
		a.URL = fallback
	}
	a.URL = strings.TrimRight(a.URL, "/")
	u, err := url.Parse(a.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("api_url is not the address of a server")
	case u.Scheme == "https", u.Scheme == "http" && a.AllowPrivate:
		return nil
	}
	return errors.New("api_url must begin with https://")
}

// Load reads an inbox's settings into a struct. A name that the struct does not
// have is an error, so that a misspelt one is seen. No settings are {}.
func Load(inbox config.Inbox, into any) error {
	data := inbox.Settings
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read settings: more than one value")
	}
	return nil
}

// Save writes settings, with what Check filled in, back into the inbox.
func Save(inbox *config.Inbox, settings any) error {
	data, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	inbox.Settings = data
	return nil
}

// Need refuses an inbox one of whose secrets is missing or blank.
func Need(inbox config.Inbox, names ...string) error {
	for _, name := range names {
		if strings.TrimSpace(inbox.Secrets[name]) == "" {
			return fmt.Errorf("the setting %s is missing", name)
		}
	}
	return nil
}

// Same compares a shared secret with what came in, in a time that tells neither
// where they differ nor how long the secret is. An empty secret equals nothing.
func Same(secret, given string) bool {
	a, b := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(given))
	return secret != "" && hmac.Equal(a[:], b[:])
}
