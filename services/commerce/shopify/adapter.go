package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/commerce/purchase"
)

// Kind is the channel's name.
const Kind = "shopify"

// rotation is how long Shopify may sign with a former secret.
const rotation = time.Hour

// Settings of an inbox. Shop is the shop's permanent domain, such as
// tea.myshopify.com; with it, orders get a link and requests of other shops are
// set aside. DefaultRegion is the ISO country of phone numbers without one.
//
// APIURL is the shop's own address when empty, APIVersion [DefaultVersion]; both
// count only where there is an access token. AllowPrivate lets APIURL be plain
// http or inside our own network.
type Settings struct {
	Shop          string     `json:"shop,omitempty"`
	DefaultRegion string     `json:"default_region,omitempty"`
	PreviousUntil *time.Time `json:"previous_until,omitempty"`
	APIURL        string     `json:"api_url,omitempty"`
	APIVersion    string     `json:"api_version,omitempty"`
	AllowPrivate  bool       `json:"allow_private,omitempty"`
}

// Adapter implements channel.Receiver, channel.Tester and channel.Registrar. It
// holds no state.
type Adapter struct {
	client *provider.Client
	now    func() time.Time
}

// New makes the adapter. Without a client the shop cannot be asked anything; a
// nil clock is time.Now.
func New(client *provider.Client, now func() time.Time) *Adapter {
	if now == nil {
		now = time.Now
	}
	return &Adapter{client, now}
}

// Kind is "shopify".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the app's client secret, the one before it, and the token that
// opens the Admin API.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{"secret", "previous_secret", SecretAccess}
}

var domain = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)

// Check refuses an inbox without a secret, and marks it as one way.
func (a *Adapter) Check(inbox *config.Inbox) error {
	s, err := read(*inbox)
	if err != nil {
		return err
	}
	if strings.TrimSpace(inbox.Secrets["secret"]) == "" {
		return errors.New("shopify: the app's client secret is required")
	}
	if s.Shop = strings.ToLower(strings.TrimSpace(s.Shop)); s.Shop != "" && !domain.MatchString(s.Shop) {
		return errors.New("shopify: shop is a domain such as name.myshopify.com")
	}
	if s.DefaultRegion != "" && !purchase.Region(s.DefaultRegion) {
		return errors.New("shopify: default_region is an ISO country such as KR")
	}
	if err := s.checkAPI(inbox); err != nil {
		return err
	}
	switch {
	case inbox.Secrets["previous_secret"] == "":
		s.PreviousUntil = nil
	case s.PreviousUntil == nil:
		until := a.now().UTC().Add(rotation).Truncate(time.Second)
		s.PreviousUntil = &until
	}
	if err := channel.WriteSettings(inbox, s); err != nil {
		return fmt.Errorf("shopify: %w", err)
	}
	inbox.OneWay = true
	return nil
}

func read(inbox config.Inbox) (s Settings, err error) {
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, fmt.Errorf("shopify: %w", err)
	}
	return s, nil
}

// Receive takes one webhook of the shop. Everything that is signed is answered
// with 200, also what is not understood: Shopify ends a subscription after eight
// failures.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := read(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !verified(inbox, s, req) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	w := &webhook{
		inbox: inbox, settings: s, req: req, topic: strings.ToLower(strings.TrimSpace(req.Header.Get("X-Shopify-Topic"))),
		shop: strings.ToLower(strings.TrimSpace(req.Header.Get("X-Shopify-Shop-Domain"))),
	}
	return []*events.Inbound{w.statement()}, channel.Reply{Status: http.StatusOK, Body: []byte{}}, nil
}

func verified(inbox config.Inbox, s Settings, req *channel.Request) bool {
	claimed, err := base64.StdEncoding.DecodeString(req.Header.Get("X-Shopify-Hmac-Sha256"))
	if err != nil || len(claimed) != sha256.Size {
		return false
	}
	if signedWith(inbox.Secrets["secret"], req.Body, claimed) {
		return true
	}
	return s.PreviousUntil != nil && req.At.Before(*s.PreviousUntil) && signedWith(inbox.Secrets["previous_secret"], req.Body, claimed)
}

func signedWith(secret string, body, claimed []byte) bool {
	if strings.TrimSpace(secret) == "" {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), claimed)
}
