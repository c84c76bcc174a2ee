package mailchannel

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/imap"
	"github.com/tributary-inbox/tributary/services/email/postmark"
	"github.com/tributary-inbox/tributary/services/email/sendgrid"
	"github.com/tributary-inbox/tributary/services/email/ses"
)

// Kind is the channel's name.
const Kind = "email"

// Names of secrets in config.Inbox.Secrets. Those after the first two belong to
// one source each; an access token of IMAP is needed only where no OAuth server
// is named that gives one.
const (
	SecretRelayPassword = "relay_password"
	// SecretReplyKey signs the conversation tokens of this inbox; Check makes it.
	SecretReplyKey         = "reply_key"
	SecretSigningKey       = "signing_key"       // Mailgun's HTTP webhook signing key
	SecretMailgunKey       = "mailgun_api_key"   // for files that Mailgun stored; optional
	SecretPostmarkPassword = "postmark_password" // stands in the hook's URL
	SecretIMAPPassword     = "imap_password"
	SecretIMAPToken        = "imap_access_token"
	SecretIMAPRefresh      = "imap_refresh_token"
	SecretIMAPClient       = "imap_client_secret"
)

// Sources of an inbox's mail.
const (
	SourceSMTP     = "smtp" // the default: our own port
	SourceIMAP     = "imap"
	SourceSendGrid = "sendgrid"
	SourceMailgun  = "mailgun"
	SourcePostmark = "postmark"
	SourceSES      = "ses"
)

// Settings are what an e-mail inbox is configured with.
type Settings struct {
	// Address is the inbox's own: mail to it comes in, answers go out from it.
	Address string `json:"address"`
	// Aliases are further addresses whose mail comes in here.
	Aliases []string `json:"aliases,omitempty"`
	// SenderName stands before the address in From; the agent's name where empty.
	SenderName string `json:"sender_name,omitempty"`
	// Relay is the way out of this inbox; the service's own where Host is empty.
	Relay Relay `json:"relay,omitzero"`
	// ReplyTokens puts a signed token into Reply-To (help+token@…). It needs a
	// mail system that delivers such addresses to the inbox.
	ReplyTokens bool `json:"reply_tokens,omitempty"`
	// AuthservID is the name by which the mail server before us signs its
	// Authentication-Results; only those are believed. Empty believes none. Whoever
	// reaches our SMTP port past that server can write them too: with this set, the
	// port must be open to that server alone.
	AuthservID string `json:"authserv_id,omitempty"`
	// Source is the way in; see the constants. Only the settings of that source
	// count.
	Source   string            `json:"source,omitempty"`
	IMAP     imap.Settings     `json:"imap,omitzero"`
	SendGrid sendgrid.Settings `json:"sendgrid,omitzero"`
	Postmark postmark.Settings `json:"postmark,omitzero"`
	SES      ses.Settings      `json:"ses,omitzero"`
}

func (s Settings) source() string {
	if s.Source == "" {
		return SourceSMTP
	}
	return s.Source
}

// checkSource says whether mail can come in.
func (s Settings) checkSource(inbox config.Inbox) error {
	switch s.source() {
	case SourceSMTP:
		return nil
	case SourceIMAP:
		return s.IMAP.Check(imapSecrets(inbox))
	case SourceSendGrid:
		return s.SendGrid.Check()
	case SourceMailgun:
		if inbox.Secrets[SecretSigningKey] == "" {
			return errors.New("settings.signing_key is missing")
		}
		return nil
	case SourcePostmark:
		return s.Postmark.Check(inbox.Secrets[SecretPostmarkPassword])
	case SourceSES:
		return s.SES.Check()
	}
	return fmt.Errorf("settings.source %q is none of smtp, imap, sendgrid, mailgun, postmark, ses", s.Source)
}

func imapSecrets(inbox config.Inbox) imap.Secrets {
	return imap.Secrets{
		Password: inbox.Secrets[SecretIMAPPassword], AccessToken: inbox.Secrets[SecretIMAPToken],
		RefreshToken: inbox.Secrets[SecretIMAPRefresh], ClientSecret: inbox.Secrets[SecretIMAPClient],
	}
}

// Relay is an SMTP server that takes our mail.
type Relay struct {
	Host string `json:"host,omitempty"`
	// Port 0 means 587, or 465 with TLS "implicit".
	Port     int    `json:"port,omitempty"`
	Username string `json:"username,omitempty"`
	// TLS is "starttls" (the default: required), "implicit", "opportunistic"
	// or "none", which sends a password in clear: for a relay on this machine.
	TLS string `json:"tls,omitempty"`
	// Password comes from the inbox's secrets, or from the service's settings.
	Password string `json:"-"`
}

func (r Relay) check() error {
	switch r.TLS {
	case "", "starttls", "implicit", "opportunistic", "none":
	default:
		return fmt.Errorf("relay.tls %q is none of starttls, implicit, opportunistic, none", r.TLS)
	}
	if r.Port < 0 || r.Port > 65535 {
		return fmt.Errorf("relay.port %d is no port", r.Port)
	}
	if strings.ContainsAny(r.Host, " \t\r\n/@") {
		return errors.New("relay.host is no host name")
	}
	return nil
}

// ParseSettings reads and checks the settings of an inbox. An unknown key is
// an error, so that a typing mistake is seen.
func ParseSettings(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	if s.Address == "" {
		return s, errors.New("settings.address is missing")
	}
	for _, a := range append([]string{s.Address}, s.Aliases...) {
		if normal(a) == "" {
			return s, errors.New("settings name an address that is none")
		}
	}
	if strings.ContainsAny(s.SenderName, "\r\n") {
		return s, errors.New("settings.sender_name holds a line end")
	}
	s.Relay.Password = inbox.Secrets[SecretRelayPassword]
	return s, s.Relay.check()
}

// check fills in what an inbox needs of its own.
func check(inbox *config.Inbox, fallback Relay) error {
	s, err := ParseSettings(*inbox)
	if err != nil {
		return err
	}
	if err := s.checkSource(*inbox); err != nil {
		return err
	}
	if inbox.Secrets == nil {
		inbox.Secrets = map[string]string{}
	}
	if inbox.Secrets[SecretReplyKey] == "" {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return fmt.Errorf("make reply key: %w", err)
		}
		inbox.Secrets[SecretReplyKey] = hex.EncodeToString(key)
	}
	inbox.OneWay = s.Relay.Host == "" && fallback.Host == ""
	return nil
}

// normal gives the form in which addresses are compared: lower case, the
// domain in ASCII. It returns "" for what is no address.
func normal(address string) string {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || at == len(address)-1 || len(address) > 320 || strings.ContainsAny(address, " \t\r\n<>,;\x00") {
		return ""
	}
	local, domain := strings.ToLower(address[:at]), strings.ToLower(address[at+1:])
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return local + "@" + strings.TrimSuffix(domain, ".")
}

// mailbox formats an address for a header.
func mailbox(name, address string) *mail.Address {
	return &mail.Address{Name: name, Address: address}
}
