package vonage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name, and the kind of points that are no number.
const Kind = "vonage"

const official = "https://api.nexmo.com"

// Secrets of an inbox: what Vonage signs with, and the application's RSA key in
// PEM with which calls are made. The account's api_secret is needed only to have
// the hook registered.
const (
	secretSignature = "signature_secret"
	secretKey       = "private_key"
	secretAPI       = "api_secret"
)

// networks are those that an inbox may answer on.
var networks = []string{"sms", "mms", "whatsapp", "viber_service", "messenger", "rcs"}

// Settings are what is not secret.
type Settings struct {
	account.API
	// Application is the id of the application that the key belongs to.
	Application string `json:"application_id"`
	// Account is the key of the account that signs; empty takes any that knows
	// the secret.
	Account string `json:"api_key,omitempty"`
	// From is the number or name that answers come from, as Vonage knows it.
	From string `json:"from"`
	// Network is that of From: sms where empty.
	Network string `json:"network,omitempty"`
	// SMSSignature is how the account signs with the older SMS API: md5hash
	// where empty.
	SMSSignature string `json:"sms_signature,omitempty"`
}

// Adapter implements channel.Shared, Sender, Tester, Registrar and MediaSource. Beside the
// tokens it has seen it keeps nothing between calls.
type Adapter struct {
	client *provider.Client
	guard  signature.Guard
}

// New makes the adapter. The client is the caller's to close.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "vonage".
func (*Adapter) Kind() string { return Kind }

// SecretNames are signature_secret, private_key and api_secret.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{secretSignature, secretKey, secretAPI}
}

var (
	applicationForm = regexp.MustCompile(`^[0-9a-fA-F-]{8,64}$`)
	fromForm        = regexp.MustCompile(`^[+A-Za-z0-9._ -]{1,64}$`)
)

// Check wants the application with its key, who answers, and the secret that
// Vonage signs with.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := settings(*inbox)
	if err != nil {
		return err
	}
	switch {
	case !applicationForm.MatchString(s.Application):
		return errors.New("application_id must be the id of a Vonage application")
	case !fromForm.MatchString(s.From):
		return errors.New("from must be the number or name that answers come from")
	case !slices.Contains(networks, s.Network):
		return fmt.Errorf("network must be one of %q", networks)
	case !slices.Contains(signature.SMSMethods(), s.SMSSignature):
		return fmt.Errorf("sms_signature must be one of %q", signature.SMSMethods())
	}
	if err := account.Secrets(*inbox, secretSignature); err != nil {
		return err
	}
	if _, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(inbox.Secrets[secretKey])); err != nil {
		return errors.New("private_key must be the application's RSA key in PEM")
	}
	return channel.WriteSettings(inbox, s)
}

// Accounts is the number or name of the inbox: an account signs for all of its
// numbers with one secret.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil || s.own() == "" {
		return nil
	}
	return []string{s.own()}
}

// own is From as Vonage writes it.
func (s *Settings) own() string { return strings.TrimPrefix(s.From, "+") }

func settings(inbox config.Inbox) (Settings, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, err
	}
	if s.Network == "" {
		s.Network = "sms"
	}
	if s.SMSSignature == "" {
		s.SMSSignature = signature.MD5Hash
	}
	return s, s.Settle(official)
}

// tokenLife is how long a token of ours holds; one is made for every call.
const tokenLife = 5 * time.Minute

// authorize sets a token of the application's.
func authorize(h http.Header, s *Settings, inbox config.Inbox) error {
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(inbox.Secrets[secretKey]))
	if err != nil {
		return errors.New("vonage: the private_key of this inbox cannot be used")
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"application_id": s.Application, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "jti": hex.EncodeToString(id[:]),
	}).SignedString(key)
	if err != nil {
		return errors.New("vonage: the private_key of this inbox cannot sign")
	}
	h.Set("Authorization", "Bearer "+token)
	return nil
}

// Test has Vonage look at the application's token without sending anything: a
// message without content is refused for its content only by whoever knows the
// credentials.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	answer, err := a.post(ctx, &s, inbox, map[string]any{})
	switch {
	case err != nil:
		return fmt.Errorf("ask vonage: %w", err)
	case answer.Status == http.StatusUnprocessableEntity || answer.Status == http.StatusBadRequest:
		return nil
	case answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden:
		return errors.New("ask vonage: it does not take the application's key")
	}
	return fmt.Errorf("ask vonage: it answered %d", answer.Status)
}
