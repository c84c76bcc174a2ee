package shop

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/commerce/purchase"
)

// statement reads one order, and keeps it raw where it is none.
func (s *Settings) statement(inbox config.Inbox, req *channel.Request, doc any, raw []byte) *events.Inbound {
	id := purchase.Text(s.Order.ID.text(doc))
	if id == "" {
		return purchase.Begin(inbox, req, events.Unknown, "", raw)
	}
	trust := events.Stated
	if s.Auth == "hmac" {
		trust = events.Proved
	}
	c := s.Customer
	buyer := purchase.Buyer{ID: c.ID.text(doc), Name: c.Name.text(doc), Email: c.Email.text(doc), Phone: c.Phone.text(doc)}
	points := buyer.Points(s.ExternalScope, trust, s.DefaultRegion)
	if len(points) == 0 {
		in := purchase.Begin(inbox, req, events.Unknown, "", raw)
		in.Flags = append(in.Flags, purchase.FlagNoCustomer)
		return in
	}
	changed := s.time(s.Order.UpdatedAt, doc)
	key := ""
	if !changed.IsZero() {
		key = id + "@" + changed.Format(time.RFC3339Nano)
	}
	in := purchase.Begin(inbox, req, events.OrderWasStated, key, raw)
	if changed.IsZero() {
		changed = req.At.UTC()
	} else {
		in.OccurredAt, in.Order = changed, changed.Format("2006-01-02T15:04:05.000000000Z")
	}
	in.Sender = events.Sender{Points: points, Name: purchase.Text(buyer.Name)}
	var cut bool
	if in.Purchase, cut = s.purchase(doc, id, changed); cut {
		in.Flags = append(in.Flags, purchase.FlagCut)
	}
	// Without the shop's time the statement would differ from its own repetition.
	if key == "" {
		in.Content = in.ProviderID
	}
	return in
}

func (s *Settings) purchase(doc any, id string, changed time.Time) (out *events.Order, cut bool) {
	o := s.Order
	out = &events.Order{
		ID: id, Number: purchase.Text(o.Number.text(doc)), Shop: purchase.Text(s.Shop), URL: purchase.Link(o.URL.text(doc)),
		Currency: purchase.Text(strings.ToUpper(o.Currency.text(doc))), Total: purchase.Amount(o.Total.text(doc)), Refunded: purchase.Amount(o.Refunded.text(doc)),
		Payment: purchase.Text(o.Payment.text(doc)), Fulfillment: purchase.Text(o.Fulfillment.text(doc)),
		PlacedAt: s.time(o.PlacedAt, doc), UpdatedAt: changed,
	}
	if out.PlacedAt.IsZero() {
		out.PlacedAt = changed
	}
	if at := s.time(o.CancelledAt, doc); !at.IsZero() {
		out.CancelledAt = &at
	}
	for _, l := range o.Lines.list(doc) {
		if _, ok := l.(map[string]any); !ok {
			continue
		}
		if len(out.Lines) == purchase.MaxLines {
			cut = true
			break
		}
		quantity := 1
		if o.Line.Quantity != "" {
			quantity = purchase.Quantity(o.Line.Quantity.text(l))
		}
		out.Lines = append(out.Lines, events.OrderLine{
			Title: purchase.Text(o.Line.Title.text(l)), SKU: purchase.Text(o.Line.SKU.text(l)), Quantity: quantity, Price: purchase.Amount(o.Line.Price.text(l)),
		})
	}
	for _, p := range o.Tracking.list(doc) {
		if len(out.Tracking) == purchase.MaxTracking {
			return out, true
		}
		out.Tracking = append(out.Tracking, events.Tracking{
			Carrier: purchase.Text(o.Parcel.Carrier.text(p)), Number: purchase.Text(o.Parcel.Number.text(p)), URL: purchase.Link(o.Parcel.URL.text(p)), Status: purchase.Text(o.Parcel.Status.text(p)),
		})
	}
	return out, cut
}

// time reads a moment in the way the settings say; what is none is the zero time.
func (s *Settings) time(p Pointer, doc any) time.Time {
	text := strings.TrimSpace(p.text(doc))
	if text == "" {
		return time.Time{}
	}
	if s.Times == "" || s.Times == "rfc3339" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || at.Year() < 1970 || at.Year() > 9998 {
			return time.Time{}
		}
		return at.UTC()
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || n <= 0 || n > 1e14 {
		return time.Time{}
	}
	if s.Times == "unix_ms" {
		return time.UnixMilli(int64(n)).UTC()
	}
	if n > 1e11 { // beyond the year 5000: milliseconds in the place of seconds
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(n * 1000))).UTC()
}
