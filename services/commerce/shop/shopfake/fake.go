// Package shopfake is a shop of somebody's own making that posts its orders as
// JSON and signs them with an HMAC, for tests and the simulation.
package shopfake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/purchase"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
)

// Secret is what the shop signs with.
const Secret = "fake-shop-secret"

// Fake is the shop. Nothing can be asked of it.
type Fake struct{ fake.Server }

// New makes a shop.
func New() *Fake {
	f := &Fake{}
	f.Take = func(w http.ResponseWriter, _ *http.Request, _ []byte) *fake.Sent {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	return f
}

// Kind is "shop".
func (*Fake) Kind() string { return shop.Kind }

// State is the shared part.
func (f *Fake) State() *fake.Server { return &f.Server }

// Settings are those of an inbox that reads the shop's orders.
func (*Fake) Settings(string, string) (json.RawMessage, map[string]string) {
	return json.RawMessage(`{
		"auth":"hmac","signature":{"header":"X-Shop-Signature","algorithm":"sha256","encoding":"hex"},"shop":"fake shop","default_region":"KR",
		"order":{"id":"/no","number":"/no","currency":"/currency","total":"/total","refunded":"/refunded","payment":"/state","placed_at":"/ordered","updated_at":"/changed",
			"lines":"/items","line":{"title":"/name","quantity":"/count","price":"/price"}},
		"customer":{"id":"/buyer/id","name":"/buyer/name","email":"/buyer/email","phone":"/buyer/phone"}}`),
		map[string]string{"secret": Secret}
}

// Order is an order as the shop has it at Changed. No is its number, which names
// it too.
type Order struct {
	No               string
	Buyer            string
	Email, Phone     string
	Article          string
	Total, Refunded  string
	State            string
	Ordered, Changed time.Time
}

// Say tells of a customer's n-th order, whose one article is called text.
func (f *Fake) Say(customer string, n int, text string, at time.Time) fake.Request {
	return f.Order(Order{No: fmt.Sprintf("%s-%d", customer, n), Buyer: customer, Article: text, Total: "9900", State: "paid", Ordered: at, Changed: at})
}

// Tell is what the shop posts at an order's last change: the order as it is.
func (f *Fake) Tell(o orderfake.Order) []fake.Request {
	out := Order{No: f.OrderID(o), Buyer: o.Buyer, Email: o.Email, Article: o.Article, Total: o.Total, State: "paid", Ordered: o.Placed, Changed: o.Changed}
	if len(o.Refunds) > 0 {
		out.Refunded, out.State = purchase.Sum(o.Refunds), "refunded"
	}
	if o.Cancelled {
		out.State = "cancelled"
	}
	return []fake.Request{f.Order(out)}
}

// OrderID is the order's number.
func (*Fake) OrderID(o orderfake.Order) string { return o.Buyer + "-" + o.ID }

// Order tells of an order.
func (*Fake) Order(o Order) fake.Request {
	body, _ := json.Marshal(map[string]any{ // plain values always encode
		"no": o.No, "currency": "KRW", "total": o.Total, "refunded": o.Refunded, "state": o.State,
		"ordered": o.Ordered.UTC().Format(time.RFC3339Nano), "changed": o.Changed.UTC().Format(time.RFC3339Nano),
		"items": []any{map[string]any{"name": o.Article, "count": 1, "price": o.Total}},
		"buyer": map[string]string{"id": o.Buyer, "name": o.Buyer, "email": o.Email, "phone": o.Phone},
	})
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write(body)
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Shop-Signature": {hex.EncodeToString(mac.Sum(nil))}}}
}
