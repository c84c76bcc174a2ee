package profile

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Profiles of a webhook inbox.
const (
	Plain    = "plain"
	Standard = "standard"
	Mapped   = "mapped"
)

// Settings are the settings of a webhook inbox. Everything but Mapping (for the
// profile mapped) has a default. Unknown names are refused: a misspelt check
// would be no check.
type Settings struct {
	// Profile is plain (the default), standard or mapped.
	Profile string `json:"profile,omitempty"`
	// Auth is how a request shows who it comes from: none, token, basic, hmac,
	// jwt, ed25519 or standard. The default is standard for the profile standard
	// and none otherwise: the path of the hook is itself a secret.
	Auth string `json:"auth,omitempty"`
	// Username belongs to auth basic.
	Username string `json:"username,omitempty"`
	// Signature describes auth token, hmac, ed25519 and jwt.
	Signature Signature `json:"signature,omitzero"`
	// Tolerance is how many seconds a signed time may differ from ours, in both
	// directions; 300 when nought, at most a day.
	Tolerance int `json:"tolerance,omitempty"`
	// AllowIPs lists addresses and prefixes (CIDR) that may post; empty means
	// any. It is checked beside Auth.
	AllowIPs []string `json:"allow_ips,omitempty"`
	// Mapping describes the body of the profile mapped.
	Mapping *Mapping `json:"mapping,omitempty"`
	// ExternalScope narrows contact ids to whoever shares the scope; empty means
	// that they are the shop's own customer ids, equal on every channel.
	ExternalScope string `json:"external_scope,omitempty"`
	// DefaultRegion (ISO 3166, like KR) reads phone numbers without a country
	// code. Without it such a number is refused or, in mapped, left out.
	DefaultRegion string `json:"default_region,omitempty"`
	// Trust is stated (the default) or claimed.
	Trust string `json:"trust,omitempty"`
	// SuccessStatus is what a sender is answered, 200 to 299; 202 when nought.
	SuccessStatus int `json:"success_status,omitempty"`
	// ReplyURL takes our answers, signed as Standard Webhooks. Without it the
	// inbox has no way out.
	ReplyURL string `json:"reply_url,omitempty"`
	// ReceiverDedupes says that the receiver of ReplyURL ignores a webhook-id it
	// has seen, so that an unclear attempt may be repeated. True when absent:
	// Standard Webhooks asks it of every receiver.
	ReceiverDedupes *bool `json:"receiver_dedupes,omitempty"`
	// MediaHosts are the hosts that the files of messages may be fetched from, by
	// the worker that fetches files: names in lower case, ".example.com" for every
	// name below it. Empty fetches none.
	MediaHosts []string `json:"media_hosts,omitempty"`
	// AllowPrivate lets ReplyURL and files lead to private and loopback addresses
	// and to plain http.
	AllowPrivate bool `json:"allow_private,omitempty"`

	// Secrets come from the inbox and are never part of the JSON.
	Secrets map[string]string `json:"-"`

	allowed []netip.Prefix
	keys    keys
}

// Signature describes where a request carries its proof and over what it was
// made.
type Signature struct {
	// Header holds the signature or token. Defaults: Authorization for token and
	// jwt; hmac and ed25519 must name theirs.
	Header string `json:"header,omitempty"`
	// Algorithm is sha256 (default), sha1 or sha512 for hmac, HS256 (default) or
	// RS256 for jwt.
	Algorithm string `json:"algorithm,omitempty"`
	// Encoding of the signature: hex (default), base64 or base64url.
	Encoding string `json:"encoding,omitempty"`
	// Prefix stands before the signature, like "sha256=".
	Prefix string `json:"prefix,omitempty"`
	// Param names the signature inside a header of the form "t=1,v1=ab".
	Param string `json:"param,omitempty"`
	// Template is what was signed: text with {body}, {ts}, {id}, {method},
	// {path}, {url} and {header:Name}. The default is {body}. {url} is what
	// follows the host: path and query.
	Template string `json:"template,omitempty"`
	// TimestampHeader or TimestampParam (inside Header) hold {ts}, in seconds or
	// milliseconds. A template with {ts} needs one of them, and then requests
	// outside Tolerance are refused.
	TimestampHeader string `json:"timestamp_header,omitempty"`
	TimestampParam  string `json:"timestamp_param,omitempty"`
	// IDHeader holds {id}; it serves as the provider's id of last resort.
	IDHeader string `json:"id_header,omitempty"`
	// SecretEncoding says how the secret is written: raw (default), base64, hex.
	SecretEncoding string `json:"secret_encoding,omitempty"`
	// PublicKey of ed25519 (hex, base64 or whpk_…), of jwt RS256 (PEM) or of
	// Standard Webhooks v1a (whpk_…). It is no secret.
	PublicKey string `json:"public_key,omitempty"`
	// Issuer and Audience, when set, must stand in the JWT.
	Issuer   string `json:"issuer,omitempty"`
	Audience string `json:"audience,omitempty"`
	// BodyHashClaim names the claim of the JWT that holds the hex SHA-256 of the
	// body. Without it a token that somebody overheard fits any body.
	BodyHashClaim string `json:"body_hash_claim,omitempty"`
}

// SecretNames are the settings that are secrets. secret and token may hold
// several values separated by blanks, any of which counts, so that a key can be
// changed without a gap; previous_secret and previous_token are the same for
// who prefers a name.
func SecretNames() []string {
	return []string{"token", "previous_token", "password", "secret", "previous_secret", "reply_secret", "previous_reply_secret"}
}

// Parse reads and checks the settings of an inbox. Secrets that still stand in
// inbox.Settings are moved to inbox.Secrets, and a reply_secret is made where
// ReplyURL needs one; the caller stores the inbox with both changes. The error
// says which setting is wrong and never quotes a secret.
func Parse(inbox *config.Inbox) (*Settings, error) {
	if err := takeSecrets(inbox); err != nil {
		return nil, err
	}
	s, err := Load(*inbox)
	if err != nil {
		return nil, err
	}
	if s.ReplyURL != "" && inbox.Secrets["reply_secret"] == "" {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // crypto/rand ends the program rather than fail
		if inbox.Secrets == nil {
			inbox.Secrets = map[string]string{}
		}
		inbox.Secrets["reply_secret"] = "whsec_" + base64.StdEncoding.EncodeToString(raw)
		s.Secrets = inbox.Secrets
	}
	return s, nil
}

// Load reads the settings of an inbox that [Parse] has accepted.
func Load(inbox config.Inbox) (*Settings, error) {
	s := &Settings{Secrets: inbox.Secrets}
	if err := channel.ReadSettings(inbox, s); err != nil {
		return nil, err
	}
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return s, nil
}

func takeSecrets(inbox *config.Inbox) error {
	var loose map[string]json.RawMessage
	if len(bytes.TrimSpace(inbox.Settings)) == 0 {
		return nil
	}
	if err := json.Unmarshal(inbox.Settings, &loose); err != nil || loose == nil {
		return errors.New("settings: not a JSON object")
	}
	moved := false
	for _, name := range SecretNames() {
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
		moved = true
	}
	if !moved {
		return nil
	}
	kept, err := json.Marshal(loose)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	inbox.Settings = kept
	return nil
}

func (s *Settings) complete() error {
	if s.Profile == "" {
		s.Profile = Plain
	}
	if s.Auth == "" {
		s.Auth = "none"
		if s.Profile == Standard {
			s.Auth = "standard"
		}
	}
	if s.Tolerance == 0 {
		s.Tolerance = 300
	}
	if s.SuccessStatus == 0 {
		s.SuccessStatus = 202
	}
	if s.Trust == "" {
		s.Trust = string(events.Stated)
	}
	switch {
	case s.Profile != Plain && s.Profile != Standard && s.Profile != Mapped:
		return fmt.Errorf("profile %q is none of plain, standard, mapped", cut(s.Profile, 40))
	case s.Tolerance < 1 || s.Tolerance > 86400:
		return errors.New("tolerance must be 1 to 86400 seconds")
	case s.SuccessStatus < 200 || s.SuccessStatus > 299:
		return errors.New("success_status must be 200 to 299")
	case s.Trust != string(events.Stated) && s.Trust != string(events.Claimed):
		return errors.New("trust must be stated or claimed")
	case len(s.ExternalScope) > 128:
		return errors.New("external_scope is over 128 bytes")
	case s.DefaultRegion != "" && len(s.DefaultRegion) != 2:
		return errors.New("default_region must be two letters, like KR")
	}
	s.DefaultRegion = strings.ToUpper(s.DefaultRegion)
	if err := s.completeMapping(); err != nil {
		return err
	}
	if err := s.completeIPs(); err != nil {
		return err
	}
	if err := s.completeReply(); err != nil {
		return err
	}
	if err := s.completeHosts(); err != nil {
		return err
	}
	return s.completeAuth()
}

func (s *Settings) completeMapping() error {
	switch {
	case s.Profile == Mapped && s.Mapping == nil:
		return errors.New("profile mapped needs a mapping")
	case s.Profile != Mapped && s.Mapping != nil:
		return fmt.Errorf("a mapping means nothing in the profile %s", s.Profile)
	case s.Mapping == nil:
		return nil
	}
	return s.Mapping.complete()
}

func (s *Settings) completeIPs() error {
	for _, text := range s.AllowIPs {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return fmt.Errorf("allow_ips: %q is neither an address nor a prefix", cut(text, 60))
			}
			prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		s.allowed = append(s.allowed, prefix.Masked())
	}
	return nil
}

func (s *Settings) completeReply() error {
	if s.ReplyURL == "" {
		return nil
	}
	u, err := url.Parse(s.ReplyURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Opaque != "":
		return errors.New("reply_url is not an absolute address without user information")
	case u.Scheme == "https" || (u.Scheme == "http" && s.AllowPrivate):
		return s.completeReplySecrets()
	}
	return errors.New("reply_url must begin with https:// (http:// only with allow_private)")
}

func (s *Settings) completeReplySecrets() error {
	for _, name := range []string{"reply_secret", "previous_reply_secret"} {
		if text, given := s.Secrets[name]; given {
			if _, err := standardSecret(text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// Dedupes reports whether the receiver of answers ignores a webhook-id that it
// has seen.
func (s *Settings) Dedupes() bool { return s.ReceiverDedupes == nil || *s.ReceiverDedupes }
