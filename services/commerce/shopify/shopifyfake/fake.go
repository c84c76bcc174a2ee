// Package shopifyfake is a shop at Shopify, for tests and the simulation: it
// signs what it posts of its orders, refunds and customers, and keeps webhook
// subscriptions by the GraphQL Admin API as Shopify documents it. A subscription
// whose hook fails eight times in a row is gone.
package shopifyfake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
)

// The fake's shop, the secret that it signs with, and the token that opens its
// API.
const (
	Shop   = "fake-tea.myshopify.com"
	Secret = "fake-shopify-client-secret"
	Token  = "shpat_fake"
)

// Fake is the shop.
type Fake struct {
	fake.Server

	mu     sync.Mutex // guards all below
	held   []subscription
	failed map[string]int // topic -> failures in a row
	n      int
}

// New makes a shop that works and that nobody has connected.
func New() *Fake {
	f := &Fake{failed: map[string]int{}}
	f.Take, f.Refuse = f.take, refuse
	return f
}

// Kind is "shopify".
func (*Fake) Kind() string { return shopify.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that the shop posts to.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"shop":%q,"default_region":"KR","api_url":%q,"allow_private":true}`, Shop, api)),
		map[string]string{"secret": Secret, shopify.SecretAccess: Token}
}

// Say tells of a customer's n-th order, whose one article is called text.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return f.Order("orders/create", Order{ID: OrderID(customer, n), Customer: customer, Article: text, Total: "12000.00", PlacedAt: at}, at)
}

// Order is an order as the shop has it. Email and Phone are the customer's, where
// they gave one. Refunds are the amounts paid back, by the ids 1, 2, 3… of the
// order's own.
type Order struct {
	ID           int64
	Customer     string
	Email, Phone string
	Article      string
	Total        string
	Payment      string // paid when empty
	Fulfillment  string
	Refunds      []string
	PlacedAt     time.Time
	Cancelled    bool
}

// OrderID is that of a customer's n-th order: wide, as Shopify's are.
func OrderID(customer string, n int) int64 { return wide("order\x00"+customer, n) }

// CustomerID is the shop's own name for a customer.
func CustomerID(customer string) int64 { return wide("customer\x00"+customer, 0) }

func wide(name string, n int) int64 {
	sum := sha256.Sum256([]byte(name + "\x00" + strconv.Itoa(n)))
	return int64(binary.BigEndian.Uint64(sum[:8])>>3) | 1<<59 // no float64 holds it
}

// Order tells of an order under a topic, as it is at a moment.
func (f *Fake) Order(topic string, o Order, at time.Time) fake.Request {
	refunds := []any{}
	for i, amount := range o.Refunds {
		refunds = append(refunds, refundBody(o.ID, i+1, amount, at))
	}
	body := map[string]any{
		"id": o.ID, "name": fmt.Sprintf("#%d", o.ID%10000), "order_number": o.ID % 10000, "currency": "KRW", "total_price": o.Total, "email": o.Email, "phone": nil,
		"created_at": written(o.PlacedAt), "updated_at": written(at), "cancelled_at": nil, "financial_status": orElse(o.Payment, "paid"), "fulfillment_status": nil,
		"customer":   customerBody(o.Customer, o.Email, o.Phone),
		"line_items": []any{map[string]any{"title": o.Article, "quantity": 1, "price": o.Total, "sku": "TEA-1"}}, "fulfillments": []any{}, "refunds": refunds,
	}
	if o.Fulfillment != "" {
		body["fulfillment_status"] = o.Fulfillment
	}
	if o.Cancelled {
		body["cancelled_at"] = written(at)
	}
	return f.Post(topic, fmt.Sprintf("%s-%d-%d", topic, o.ID, at.UnixNano()), body, at)
}

// Tell is what the shop posts at an order's last change: a refund is told of by
// itself before the order that holds it.
func (f *Fake) Tell(o orderfake.Order) []fake.Request {
	id := OrderID(o.Buyer+"\x00"+o.ID, 0)
	out := Order{ID: id, Customer: o.Buyer, Email: o.Email, Article: o.Article, Total: o.Total, Refunds: o.Refunds, PlacedAt: o.Placed, Cancelled: o.Cancelled}
	switch {
	case o.Cancelled:
		return []fake.Request{f.Order("orders/updated", out, o.Changed), f.Order("orders/cancelled", out, o.Changed)}
	case len(o.Refunds) > 0:
		n := len(o.Refunds)
		return []fake.Request{f.Refund(id, n, o.Refunds[n-1], o.Changed), f.Order("orders/updated", out, o.Changed)}
	}
	return []fake.Request{f.Order("orders/create", out, o.Changed)}
}

// OrderID is Shopify's own.
func (*Fake) OrderID(o orderfake.Order) string {
	return strconv.FormatInt(OrderID(o.Buyer+"\x00"+o.ID, 0), 10)
}

// Refund tells of an order's n-th refund alone, as refunds/create does: the body
// knows no customer.
func (f *Fake) Refund(order int64, n int, amount string, at time.Time) fake.Request {
	return f.Post("refunds/create", fmt.Sprintf("refund-%d-%d", order, n), refundBody(order, n, amount, at), at)
}

// Redact is the demand to delete what the shop gave us of a customer, or where
// report is set to tell the customer what that is.
func (f *Fake) Redact(customer, email string, report bool, at time.Time) fake.Request {
	body := map[string]any{"shop_id": 1, "shop_domain": Shop, "customer": map[string]any{"id": CustomerID(customer), "email": email}}
	topic := "customers/redact"
	if report {
		topic, body["orders_requested"], body["data_request"] = "customers/data_request", []int64{}, map[string]any{"id": 1}
	} else {
		body["orders_to_redact"] = []int64{}
	}
	return f.Post(topic, fmt.Sprintf("%s-%d", topic, CustomerID(customer)), body, at)
}

// RedactShop is the demand to delete everything of the shop, two days after the
// app was taken out of it.
func (f *Fake) RedactShop(at time.Time) fake.Request {
	return f.Post("shop/redact", "shop-redact", map[string]any{"shop_id": 1, "shop_domain": Shop}, at)
}

// Post is any body, signed, under a topic and an id that stays in a repetition.
func (*Fake) Post(topic, id string, body any, at time.Time) fake.Request {
	data, _ := json.Marshal(body) // plain values always encode
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write(data)
	return fake.Request{Body: data, Header: http.Header{
		"Content-Type": {"application/json"}, "X-Shopify-Topic": {topic}, "X-Shopify-Webhook-Id": {id}, "X-Shopify-Shop-Domain": {Shop},
		"X-Shopify-Api-Version": {shopify.DefaultVersion}, "X-Shopify-Triggered-At": {at.UTC().Format(time.RFC3339Nano)},
		"X-Shopify-Hmac-Sha256": {base64.StdEncoding.EncodeToString(mac.Sum(nil))},
	}}
}

func refundBody(order int64, n int, amount string, at time.Time) map[string]any {
	return map[string]any{
		"id": order - 1000 + int64(n), "order_id": order, "created_at": written(at), "processed_at": written(at), "note": "",
		"transactions": []any{map[string]any{"id": n, "amount": amount, "kind": "refund", "status": "success"}},
	}
}

func customerBody(customer, email, phone string) map[string]any {
	out := map[string]any{"id": CustomerID(customer), "first_name": customer, "last_name": "", "email": nil, "phone": nil, "verified_email": true}
	if email != "" {
		out["email"] = email
	}
	if phone != "" {
		out["phone"] = phone
	}
	return out
}

// written is how the shop writes times: whole seconds, in its own zone.
func written(t time.Time) string {
	return t.In(time.FixedZone("", 9*60*60)).Format("2006-01-02T15:04:05-07:00")
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
