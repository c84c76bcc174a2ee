package events

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// Refund is one repayment of an [Order]. ID is the shop's and tells a refund
// that is told twice from a second one. Amount is as in Order.
type Refund struct {
	ID     string    `json:"id"`
	Amount string    `json:"amount,omitempty"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
}

// Amended is the order with what a statement in part knows: refunds that were not
// known yet join those that were, and are added to Refunded. All else stands as
// it did. Told twice it changes nothing. The receiver and part are not changed.
func (o Order) Amended(part Order) Order {
	out := o
	out.Refunds = slices.Clone(o.Refunds)
	for _, r := range part.Refunds {
		if r.ID == "" || slices.ContainsFunc(out.Refunds, func(k Refund) bool { return k.ID == r.ID }) {
			continue
		}
		out.Refunds = append(out.Refunds, r)
		out.Refunded = addDecimals(out.Refunded, r.Amount)
	}
	if part.UpdatedAt.After(out.UpdatedAt) {
		out.UpdatedAt = part.UpdatedAt
	}
	return out
}

// Restated is the order after a further statement of it. Of two whole statements the
// newer stands; one in part adds its refunds to the whole one, whichever came first,
// unless the whole one is newer and so knows them. Neither is changed.
func (o Order) Restated(next Order) Order {
	switch {
	case !o.Part && !next.Part:
		if next.UpdatedAt.Before(o.UpdatedAt) {
			return o
		}
		return next
	case o.Part && !next.Part:
		if next.UpdatedAt.After(o.UpdatedAt) {
			return next
		}
		return next.Amended(o)
	case next.Part && !o.Part && next.UpdatedAt.Before(o.UpdatedAt):
		return o
	}
	return o.Amended(next)
}

// addDecimals adds two amounts exactly, with as many places as the one that has
// more. What is no amount adds nothing.
func addDecimals(a, b string) string {
	x, ok := decimal(b)
	if !ok {
		return a
	}
	y, ok := decimal(a)
	if !ok {
		return b
	}
	return new(big.Rat).Add(x, y).FloatString(max(places(a), places(b)))
}

// decimal reads an amount without an exponent, which could stand for a number
// that fills the memory.
func decimal(s string) (*big.Rat, bool) {
	if s == "" || len(s) > 40 || strings.Trim(s, "+-.0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func places(s string) int {
	_, fraction, _ := strings.Cut(s, ".")
	return len(fraction)
}
