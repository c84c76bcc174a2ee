package imap

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Settings are an inbox's part of them.
type Settings struct {
	Host string `json:"host,omitempty"`
	// Port 0 means 993, or 143 unless TLS is "implicit".
	Port int `json:"port,omitempty"`
	// TLS is "implicit" (the default), "starttls" (required then), or "none",
	// which only a server inside the own network may have.
	TLS      string `json:"tls,omitempty"`
	Username string `json:"username,omitempty"`
	// Auth is "login" (the default: a password) or "xoauth2" (Google, Microsoft).
	Auth string `json:"auth,omitempty"`
	// TokenURL and what follows name the OAuth server that gives access tokens:
	// for a refresh token where there is one, else for the client itself (then
	// Scope is needed). Without TokenURL the access token given is used as it is.
	TokenURL string `json:"token_url,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Scope    string `json:"scope,omitempty"`
	// Mailbox is the folder; default INBOX.
	Mailbox string `json:"mailbox,omitempty"`
	// Start is "now" (the default: what comes after the inbox was made) or
	// "beginning" (all that is there).
	Start string `json:"start,omitempty"`
	// AllowPrivate lets the host be inside the own network.
	AllowPrivate bool `json:"allow_private,omitempty"`
}

// Secrets are what signs in.
type Secrets struct{ Password, AccessToken, RefreshToken, ClientSecret string }

// Check says whether these settings can work; it asks nobody.
func (s Settings) Check(secrets Secrets) error {
	switch {
	case s.Host == "" || strings.ContainsAny(s.Host, " \t\r\n/@"):
		return errors.New("settings.imap.host is no host name")
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("settings.imap.port %d is no port", s.Port)
	case s.Username == "" || strings.ContainsAny(s.Username, "\r\n\x00\x01"):
		return errors.New("settings.imap.username is missing or holds a control character")
	case s.TLS != "" && s.TLS != "implicit" && s.TLS != "starttls" && s.TLS != "none":
		return fmt.Errorf("settings.imap.tls %q is none of implicit, starttls, none", s.TLS)
	case s.TLS == "none" && !s.AllowPrivate:
		return errors.New("settings.imap.tls none sends the password in clear: it needs allow_private")
	case s.Start != "" && s.Start != "now" && s.Start != "beginning":
		return fmt.Errorf("settings.imap.start %q is none of now, beginning", s.Start)
	case strings.ContainsAny(s.Mailbox, "\r\n\x00"):
		return errors.New("settings.imap.mailbox holds a control character")
	}
	return s.checkAuth(secrets)
}

func (s Settings) checkAuth(secrets Secrets) error {
	switch s.Auth {
	case "", "login":
		if secrets.Password == "" {
			return errors.New("settings.imap_password is missing")
		}
		return nil
	case "xoauth2":
	default:
		return fmt.Errorf("settings.imap.auth %q is none of login, xoauth2", s.Auth)
	}
	if s.TokenURL == "" {
		if secrets.AccessToken == "" {
			return errors.New("xoauth2 needs settings.imap.token_url or settings.imap_access_token")
		}
		return nil
	}
	u, err := url.Parse(s.TokenURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !s.AllowPrivate):
		return errors.New("settings.imap.token_url is no https address")
	case s.ClientID == "":
		return errors.New("settings.imap.client_id is missing")
	case secrets.RefreshToken == "" && (secrets.ClientSecret == "" || s.Scope == ""):
		return errors.New("settings.imap_refresh_token is missing; without it imap_client_secret and imap.scope are needed")
	}
	return nil
}

func (s Settings) address() string {
	port := s.Port
	switch {
	case port != 0:
	case s.TLS == "" || s.TLS == "implicit":
		port = 993
	default:
		port = 143
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(port))
}

func (s Settings) mailbox() string {
	if s.Mailbox == "" {
		return "INBOX"
	}
	return s.Mailbox
}
