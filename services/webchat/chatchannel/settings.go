package chatchannel

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Settings are the settings of a web chat inbox. All have a default.
type Settings struct {
	// Title and Greeting are shown at the head of the widget; at most 200 and
	// 1 000 bytes.
	Title    string `json:"title,omitempty"`
	Greeting string `json:"greeting,omitempty"`
	// Color is the accent, as #rrggbb.
	Color string `json:"color,omitempty"`
	// Origins lists the sites that may embed the chat, as scheme://host[:port].
	// Empty means any: the socket takes no cookie, so another site gains nothing
	// by connecting.
	Origins []string `json:"origins,omitempty"`
	// MaxText bounds a visitor's message in characters; 4 000 when nought, at
	// most 10 000.
	MaxText int `json:"max_text,omitempty"`
	// ExternalScope narrows signed-in user ids; empty means the shop's own
	// customer ids, equal on every channel.
	ExternalScope string `json:"external_scope,omitempty"`
	// Demo serves /demo/{inbox}, which signs in whoever asks as whomever they
	// name. It answers callers on this machine only unless DemoPublic is set.
	Demo       bool `json:"demo,omitempty"`
	DemoPublic bool `json:"demo_public,omitempty"`
}

const (
	secretName         = "identity_secret"
	previousSecretName = "previous_identity_secret"
	minSecret          = 16
)

// Identity secrets are hex or text of at least 16 bytes; the page's server signs
// user ids with them.
func secretNames() []string { return []string{secretName, previousSecretName} }

// load reads and checks settings that hold no secrets any more.
func load(inbox config.Inbox) (*Settings, error) {
	s := &Settings{}
	if err := channel.ReadSettings(inbox, s); err != nil {
		return nil, err
	}
	if s.MaxText == 0 {
		s.MaxText = 4000
	}
	switch {
	case s.MaxText < 1 || s.MaxText > 10_000:
		return nil, errors.New("settings: max_text must be 1 to 10000")
	case len(s.Title) > 200 || len(s.Greeting) > 1000:
		return nil, errors.New("settings: title is over 200 bytes or greeting over 1000")
	case s.Color != "" && !isColor(s.Color):
		return nil, errors.New("settings: color must be #rrggbb")
	case len(s.ExternalScope) > 128:
		return nil, errors.New("settings: external_scope is over 128 bytes")
	case len(s.Origins) > 100:
		return nil, errors.New("settings: more than 100 origins")
	}
	for i, text := range s.Origins {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return nil, fmt.Errorf("settings: origins[%d] is not scheme://host[:port]", i)
		}
		s.Origins[i] = strings.ToLower(u.Scheme + "://" + u.Host)
	}
	return s, nil
}

func isColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	_, err := hex.DecodeString(s[1:])
	return err == nil
}

// allows holds the Origin of a browser against the list. Programs that send
// none are let in: whoever writes one can send any Origin.
func (s *Settings) allows(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if len(s.Origins) == 0 || origin == "" {
		return true
	}
	for _, o := range s.Origins {
		if o == origin {
			return true
		}
	}
	// The demo page and a console preview are of our own origin.
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// check is Adapter.Check: it moves secrets out of the settings and makes the
// identity secret where none was given.
func check(inbox *config.Inbox) error {
	if err := takeSecrets(inbox); err != nil {
		return err
	}
	if _, err := load(*inbox); err != nil {
		return err
	}
	if inbox.Secrets == nil {
		inbox.Secrets = map[string]string{}
	}
	if _, given := inbox.Secrets[secretName]; !given {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // crypto/rand ends the program rather than fail
		inbox.Secrets[secretName] = hex.EncodeToString(raw)
	}
	for _, name := range secretNames() {
		if text, given := inbox.Secrets[name]; given && len(text) < minSecret {
			return fmt.Errorf("settings: %s must be at least %d bytes: an HMAC with an empty or short key can be computed by anybody", name, minSecret)
		}
	}
	return nil
}

func takeSecrets(inbox *config.Inbox) error {
	if len(bytes.TrimSpace(inbox.Settings)) == 0 {
		return nil
	}
	var loose map[string]json.RawMessage
	if err := json.Unmarshal(inbox.Settings, &loose); err != nil || loose == nil {
		return errors.New("settings: not a JSON object")
	}
	for _, name := range secretNames() {
		raw, ok := loose[name]
		if !ok {
			continue
		}
		var value string
		if err := json.Unmarshal(raw, &value); err != nil {
			return fmt.Errorf("settings: %s must be a string", name)
		}
		if inbox.Secrets == nil {
			inbox.Secrets = map[string]string{}
		}
		inbox.Secrets[name] = value
		delete(loose, name)
	}
	kept, err := json.Marshal(loose)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	inbox.Settings = kept
	return nil
}
