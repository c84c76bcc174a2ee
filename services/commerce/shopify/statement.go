package shopify

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/commerce/purchase"
)

// webhook is one verified request.
type webhook struct {
	inbox       config.Inbox
	settings    Settings
	req         *channel.Request
	topic, shop string
}

func (w *webhook) statement() *events.Inbound {
	if w.settings.Shop != "" && w.shop != "" && w.shop != w.settings.Shop {
		return w.unknown("other-shop")
	}
	if !json.Valid(w.req.Body) || !strings.HasPrefix(strings.TrimSpace(string(w.req.Body)), "{") {
		return w.unknown("not-json")
	}
	switch w.topic {
	case "customers/data_request", "customers/redact", "shop/redact":
		return w.privacy()
	case "customers/create", "customers/update", "customers/enable", "customers/disable", "customers/delete":
		return w.customer()
	case "refunds/create":
		return w.refund()
	}
	if strings.HasPrefix(w.topic, "orders/") {
		return w.order()
	}
	return w.unknown("")
}

func (w *webhook) begin(typ events.InboundType) *events.Inbound {
	in := purchase.Begin(w.inbox, w.req, typ, w.req.Header.Get("X-Shopify-Webhook-Id"), w.req.Body)
	if at, err := time.Parse(time.RFC3339Nano, w.req.Header.Get("X-Shopify-Triggered-At")); err == nil && at.Before(w.req.At.Add(time.Hour)) {
		in.OccurredAt = at.UTC()
	}
	return in
}

// read fills what it can: a field of another type than documented stays empty
// and costs nothing else.
func (w *webhook) read(v any) { _ = json.Unmarshal(w.req.Body, v) }

func (w *webhook) unknown(flag string) *events.Inbound {
	in := w.begin(events.Unknown)
	if flag != "" {
		in.Flags = append(in.Flags, flag)
	}
	return in
}

func (w *webhook) order() *events.Inbound {
	var o order
	if w.read(&o); o.ID == "" || o.UpdatedAt.IsZero() {
		return w.unknown("topic-differs") // orders/delete holds an id alone
	}
	in := w.begin(events.OrderWasStated)
	buyer := purchase.Buyer{Email: first(o.Email, o.ContactEmail), Phone: o.Phone, Name: o.Billing.Name}
	if c := o.Customer; c != nil {
		buyer.ID, buyer.Verified = string(c.ID), c.VerifiedEmail
		buyer.Email, buyer.Phone, buyer.Name = first(c.Email, buyer.Email), first(c.Phone, buyer.Phone), first(c.name(), buyer.Name)
	}
	in.Sender = w.sender(buyer)
	if len(in.Sender.Points) == 0 {
		return w.unknown(purchase.FlagNoCustomer)
	}
	var cut bool
	if in.Purchase, cut = w.purchase(&o); cut {
		in.Flags = append(in.Flags, purchase.FlagCut)
	}
	in.Order = orderOf(o.UpdatedAt)
	return in
}

func (w *webhook) sender(b purchase.Buyer) events.Sender {
	return events.Sender{Points: b.Points(string(w.inbox.ID), events.Proved, w.settings.DefaultRegion), Name: purchase.Text(b.Name)}
}

func (w *webhook) purchase(o *order) (out *events.Order, cut bool) {
	out = &events.Order{
		ID: purchase.Text(string(o.ID)), Number: purchase.Text(first(o.Name, string(o.OrderNumber))), Shop: w.shopName(),
		Currency: purchase.Text(strings.ToUpper(o.Currency)), Total: purchase.Amount(string(o.TotalPrice)),
		Payment: purchase.Text(o.FinancialStatus), Fulfillment: purchase.Text(first(o.Fulfillment, "unfulfilled")),
		PlacedAt: o.CreatedAt.Time, UpdatedAt: o.UpdatedAt.Time,
	}
	if shop := w.shopName(); domain.MatchString(shop) {
		out.URL = purchase.Link("https://" + shop + "/admin/orders/" + out.ID)
	}
	if o.CancelledAt != nil && !o.CancelledAt.IsZero() {
		out.CancelledAt = &o.CancelledAt.Time
	}
	var refunded []string
	for _, r := range o.Refunds {
		amount := r.amount()
		refunded = append(refunded, amount)
		switch {
		case len(out.Refunds) == purchase.MaxRefunds:
			cut = true
		case r.ID != "":
			out.Refunds = append(out.Refunds, r.stated(amount, o.UpdatedAt.Time))
		}
	}
	out.Refunded = purchase.Sum(refunded)
	for _, l := range o.LineItems {
		if len(out.Lines) == purchase.MaxLines {
			cut = true
			break
		}
		out.Lines = append(out.Lines, events.OrderLine{
			Title: purchase.Text(l.Title), SKU: purchase.Text(l.SKU), Quantity: purchase.Quantity(string(l.Quantity)), Price: purchase.Amount(string(l.Price)),
		})
	}
	for _, f := range o.Fulfillments {
		for _, parcel := range f.parcels() {
			if len(out.Tracking) == purchase.MaxTracking {
				return out, true
			}
			out.Tracking = append(out.Tracking, parcel)
		}
	}
	return out, cut
}

// refund states the part of an order that the body knows. The moment it was made
// counts as the order's: orders/updated of the same moment holds it too.
func (w *webhook) refund() *events.Inbound {
	var r refund
	if w.read(&r); r.ID == "" || r.OrderID == "" || r.CreatedAt.IsZero() {
		return w.unknown("topic-differs")
	}
	in := w.begin(events.OrderWasStated)
	in.Purchase = &events.Order{
		ID: purchase.Text(string(r.OrderID)), Shop: w.shopName(), UpdatedAt: r.CreatedAt.Time, Part: true,
		Refunds: []events.Refund{r.stated(r.amount(), r.CreatedAt.Time)},
	}
	in.Order = orderOf(r.CreatedAt)
	return in
}

// amount is what went back; empty where nothing has (yet).
func (r *refund) amount() string {
	var moved []string
	for _, t := range r.Transactions {
		if t.Kind == "refund" && t.Status == "success" {
			moved = append(moved, string(t.Amount))
		}
	}
	return purchase.Sum(moved)
}

func (r *refund) stated(amount string, otherwise time.Time) events.Refund {
	at := r.ProcessedAt.Time
	if at.IsZero() {
		at = r.CreatedAt.Time
	}
	if at.IsZero() {
		at = otherwise
	}
	return events.Refund{ID: purchase.Text(string(r.ID)), Amount: amount, At: at, Note: purchase.Text(r.Note)}
}

// orderOf sorts as the moment does.
func orderOf(m moment) string { return m.Format("2006-01-02T15:04:05.000000000Z") }

// parcels pairs numbers and links; older payloads have one of each.
func (f *fulfillment) parcels() []events.Tracking {
	numbers, urls := f.TrackingNumbers, f.TrackingURLs
	if len(numbers) == 0 && f.TrackingNumber != "" {
		numbers = []string{f.TrackingNumber}
	}
	if len(urls) == 0 && f.TrackingURL != "" {
		urls = []string{f.TrackingURL}
	}
	var out []events.Tracking
	for i := range min(max(len(numbers), len(urls)), purchase.MaxTracking+1) {
		t := events.Tracking{Carrier: purchase.Text(f.TrackingCompany), Status: purchase.Text(first(f.ShipmentStatus, f.Status))}
		if i < len(numbers) {
			t.Number = purchase.Text(numbers[i])
		}
		if i < len(urls) {
			t.URL = purchase.Link(urls[i])
		}
		out = append(out, t)
	}
	return out
}

func (w *webhook) customer() *events.Inbound {
	var c customer
	if w.read(&c); c.ID == "" {
		return w.unknown("topic-differs")
	}
	in := w.begin(events.ContactWasStated)
	in.Sender = w.sender(purchase.Buyer{ID: string(c.ID), Name: c.name(), Email: c.Email, Phone: c.Phone, Verified: c.VerifiedEmail})
	if len(in.Sender.Points) == 0 {
		return w.unknown("topic-differs")
	}
	account := c.State
	if w.topic == "customers/delete" {
		account = "deleted"
	}
	for name, value := range map[string]string{
		"shop_account": account, "shop_tags": c.Tags, "shop_orders": string(c.OrdersCount), "language": c.Locale,
		"shop_spent": strings.TrimSpace(string(c.TotalSpent) + " " + c.Currency), "shop_marketing": c.Consent.State,
	} {
		if value = purchase.Text(value); value != "" {
			if in.Sender.Attributes == nil {
				in.Sender.Attributes = map[string]string{}
			}
			in.Sender.Attributes[name] = value
		}
	}
	if !c.UpdatedAt.IsZero() {
		in.Order = orderOf(c.UpdatedAt)
	}
	return in
}

// privacy reads the mandatory topics. The header is not signed, so a demand is
// one only where the body is.
func (w *webhook) privacy() *events.Inbound {
	var p privacy
	if w.read(&p); p.ShopDomain == "" || (w.settings.Shop != "" && !strings.EqualFold(p.ShopDomain, w.settings.Shop)) {
		return w.unknown("topic-differs")
	}
	if w.topic == "shop/redact" {
		return w.unknown("shop-redact")
	}
	report := w.topic == "customers/data_request"
	if p.Customer == nil || report == (p.DataRequest == nil) || report == (p.OrdersToRedact != nil) {
		return w.unknown("topic-differs")
	}
	in := w.begin(events.ContactWasErased)
	c := p.Customer
	in.Sender = w.sender(purchase.Buyer{ID: string(c.ID), Email: c.Email, Phone: c.Phone})
	if len(in.Sender.Points) == 0 {
		return w.unknown(purchase.FlagNoCustomer)
	}
	in.Erasure = &events.Erasure{What: []string{"*"}, Report: report, Reason: "shopify " + w.topic}
	return in
}

func (w *webhook) shopName() string { return purchase.Text(first(w.settings.Shop, w.shop)) }

func first(values ...string) string {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}
