package shopify

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// number is an id or an amount that comes as a number or as text; it keeps every
// digit. Anything else reads as empty.
type number string

// UnmarshalJSON never fails: one odd field must not cost the order.
func (n *number) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case bytes.Equal(data, []byte("null")):
	case json.Unmarshal(data, &s) == nil:
		*n = number(s)
	case len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9'):
		*n = number(data)
	}
	return nil
}

// moment is an ISO 8601 time; what is none reads as the zero time.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil && at.Year() > 1970 && at.Year() < 9999 {
			m.Time = at.UTC()
			return nil
		}
	}
	return nil
}

type customer struct {
	ID            number `json:"id"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`
	FirstName     string `json:"first_name"`
	LastName      string `json:"last_name"`
	State         string `json:"state"`
	Tags          string `json:"tags"`
	Currency      string `json:"currency"`
	Locale        string `json:"locale"`
	OrdersCount   number `json:"orders_count"`
	TotalSpent    number `json:"total_spent"`
	UpdatedAt     moment `json:"updated_at"`
	VerifiedEmail *bool  `json:"verified_email"`
	Consent       struct {
		State string `json:"state"`
	} `json:"email_marketing_consent"`
}

func (c *customer) name() string { return strings.TrimSpace(c.FirstName + " " + c.LastName) }

type address struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

type order struct {
	ID              number        `json:"id"`
	Name            string        `json:"name"`
	OrderNumber     number        `json:"order_number"`
	Email           string        `json:"email"`
	ContactEmail    string        `json:"contact_email"`
	Phone           string        `json:"phone"`
	Currency        string        `json:"currency"`
	TotalPrice      number        `json:"total_price"`
	FinancialStatus string        `json:"financial_status"`
	Fulfillment     string        `json:"fulfillment_status"`
	CreatedAt       moment        `json:"created_at"`
	UpdatedAt       moment        `json:"updated_at"`
	CancelledAt     *moment       `json:"cancelled_at"`
	Customer        *customer     `json:"customer"`
	Billing         address       `json:"billing_address"`
	LineItems       []line        `json:"line_items"`
	Fulfillments    []fulfillment `json:"fulfillments"`
	Refunds         []refund      `json:"refunds"`
}

type line struct {
	Title    string `json:"title"`
	SKU      string `json:"sku"`
	Quantity number `json:"quantity"`
	Price    number `json:"price"`
}

type fulfillment struct {
	Status          string   `json:"status"`
	ShipmentStatus  string   `json:"shipment_status"`
	TrackingCompany string   `json:"tracking_company"`
	TrackingNumber  string   `json:"tracking_number"`
	TrackingNumbers []string `json:"tracking_numbers"`
	TrackingURL     string   `json:"tracking_url"`
	TrackingURLs    []string `json:"tracking_urls"`
}

// refund stands in its order, and by itself in refunds/create: there with the
// order's id, and without the customer.
type refund struct {
	ID           number `json:"id"`
	OrderID      number `json:"order_id"`
	CreatedAt    moment `json:"created_at"`
	ProcessedAt  moment `json:"processed_at"`
	Note         string `json:"note"`
	Transactions []struct {
		Amount number `json:"amount"`
		Kind   string `json:"kind"`
		Status string `json:"status"`
	} `json:"transactions"`
}

// privacy is the body of the three mandatory topics. The keys that only one of
// them has tell which it is, whatever the header says.
type privacy struct {
	ShopID         number          `json:"shop_id"`
	ShopDomain     string          `json:"shop_domain"`
	Customer       *customer       `json:"customer"`
	OrdersToRedact json.RawMessage `json:"orders_to_redact"`
	DataRequest    json.RawMessage `json:"data_request"`
}
