// Package orderfake is what the fakes of shops have in common: an order as it
// stands, and the interface by which the simulation has any shop tell of it. It
// is no part of the road itself: nothing that serves customers imports it.
package orderfake

import (
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Order is an order as it stands at Changed. Refunds are the amounts that were
// paid back so far, in the order in which that was; amounts are decimals with two
// places.
type Order struct {
	ID              string // the buyer's own count of orders, in any words
	Buyer, Email    string
	Article         string
	Total           string
	Refunds         []string
	Cancelled       bool
	Placed, Changed time.Time
}

// Shop is a fake that tells of orders.
type Shop interface {
	fake.Provider
	// Tell is all that the shop posts at the order's last change, in order.
	Tell(o Order) []fake.Request
	// OrderID is what the inbox knows the order by.
	OrderID(o Order) string
}
