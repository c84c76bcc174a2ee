package shop

import (
	"errors"
	"fmt"
	"net/textproto"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/commerce/purchase"
)

// Settings describe a shop. Auth is hmac, token, basic or none. Times is rfc3339
// (when empty), unix or unix_ms. ExternalScope narrows customer ids to whoever
// shares the scope; empty means the ids by which a visitor signs in to the chat.
type Settings struct {
	Auth          string    `json:"auth"`
	Signature     Signature `json:"signature,omitzero"`
	TokenHeader   string    `json:"token_header,omitempty"`
	User          string    `json:"user,omitempty"`
	Shop          string    `json:"shop,omitempty"`
	DefaultRegion string    `json:"default_region,omitempty"`
	ExternalScope string    `json:"external_scope,omitempty"`
	Times         string    `json:"times,omitempty"`
	Batch         Pointer   `json:"batch,omitempty"`
	Order         Order     `json:"order"`
	Customer      Customer  `json:"customer"`
}

// Signature says where the HMAC of the raw body stands. Algorithm is sha256 or
// sha512, Encoding hex or base64; Prefix stands before it in the header.
type Signature struct {
	Header    string `json:"header"`
	Algorithm string `json:"algorithm,omitempty"`
	Encoding  string `json:"encoding,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
}

// Order points into an order. ID is required. Lines and Tracking point to lists,
// the pointers in Line and Parcel into one item of them.
type Order struct {
	ID          Pointer `json:"id"`
	Number      Pointer `json:"number,omitempty"`
	URL         Pointer `json:"url,omitempty"`
	Currency    Pointer `json:"currency,omitempty"`
	Total       Pointer `json:"total,omitempty"`
	Refunded    Pointer `json:"refunded,omitempty"`
	Payment     Pointer `json:"payment,omitempty"`
	Fulfillment Pointer `json:"fulfillment,omitempty"`
	PlacedAt    Pointer `json:"placed_at,omitempty"`
	UpdatedAt   Pointer `json:"updated_at,omitempty"`
	CancelledAt Pointer `json:"cancelled_at,omitempty"`
	Lines       Pointer `json:"lines,omitempty"`
	Line        struct {
		Title    Pointer `json:"title,omitempty"`
		SKU      Pointer `json:"sku,omitempty"`
		Quantity Pointer `json:"quantity,omitempty"`
		Price    Pointer `json:"price,omitempty"`
	} `json:"line,omitzero"`
	Tracking Pointer `json:"tracking,omitempty"`
	Parcel   struct {
		Carrier Pointer `json:"carrier,omitempty"`
		Number  Pointer `json:"number,omitempty"`
		URL     Pointer `json:"url,omitempty"`
		Status  Pointer `json:"status,omitempty"`
	} `json:"parcel,omitzero"`
}

// Customer points into an order at who bought it; at least one of ID, Email and
// Phone is required.
type Customer struct {
	ID    Pointer `json:"id,omitempty"`
	Name  Pointer `json:"name,omitempty"`
	Email Pointer `json:"email,omitempty"`
	Phone Pointer `json:"phone,omitempty"`
}

func read(inbox config.Inbox) (s Settings, err error) {
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, fmt.Errorf("shop: %w", err)
	}
	return s, nil
}

// check completes the settings and refuses what could not work.
func (s *Settings) check(inbox *config.Inbox) error {
	if err := s.checkAuth(inbox); err != nil {
		return err
	}
	if s.DefaultRegion != "" && !purchase.Region(s.DefaultRegion) {
		return errors.New("shop: default_region is an ISO country such as KR")
	}
	if len(s.ExternalScope) > 128 {
		return errors.New("shop: external_scope is over 128 bytes")
	}
	switch s.Times {
	case "", "rfc3339", "unix", "unix_ms":
	default:
		return errors.New("shop: times is rfc3339, unix or unix_ms")
	}
	o, c := s.Order, s.Customer
	for _, p := range []Pointer{
		s.Batch, o.ID, o.Number, o.URL, o.Currency, o.Total, o.Refunded, o.Payment, o.Fulfillment, o.PlacedAt, o.UpdatedAt, o.CancelledAt, o.Lines, o.Line.Title,
		o.Line.SKU, o.Line.Quantity, o.Line.Price, o.Tracking, o.Parcel.Carrier, o.Parcel.Number, o.Parcel.URL, o.Parcel.Status, c.ID, c.Name, c.Email, c.Phone,
	} {
		if err := p.check(); err != nil {
			return fmt.Errorf("shop: %w", err)
		}
	}
	if o.ID == "" {
		return errors.New("shop: order.id says where an order's id stands and is required")
	}
	if c.ID == "" && c.Email == "" && c.Phone == "" {
		return errors.New("shop: customer needs a pointer to an id, an e-mail address or a phone number")
	}
	return nil
}

func (s *Settings) checkAuth(inbox *config.Inbox) error {
	secret := func(name string) error {
		if strings.TrimSpace(inbox.Secrets[name]) == "" {
			return fmt.Errorf("shop: auth %s needs the secret %s", s.Auth, name)
		}
		return nil
	}
	switch s.Auth {
	case "hmac":
		if s.Signature.Header = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(s.Signature.Header)); s.Signature.Header == "" {
			return errors.New("shop: signature.header is required")
		}
		if s.Signature.Algorithm == "" {
			s.Signature.Algorithm = "sha256"
		}
		if s.Signature.Encoding == "" {
			s.Signature.Encoding = "hex"
		}
		if hashes[s.Signature.Algorithm] == nil || decoders[s.Signature.Encoding] == nil {
			return errors.New("shop: signature.algorithm is sha256 or sha512, encoding hex or base64")
		}
		return secret("secret")
	case "token":
		if s.TokenHeader == "" {
			s.TokenHeader = "Authorization"
		}
		return secret("token")
	case "basic":
		if s.User == "" {
			return errors.New("shop: auth basic needs a user")
		}
		return secret("password")
	case "none":
		return nil
	}
	return errors.New("shop: auth is hmac, token, basic or none")
}
