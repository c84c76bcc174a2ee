package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxPurchases bounds the orders that are remembered of one contact: those placed
// last.
const maxPurchases = 1000

// Purchase is an order as its statements have it by now, less what no routing target
// sees, and the inbox that stated it.
type Purchase struct {
	Inbox events.InboxID `json:"inbox"`
	events.Order
}

// Purchases are what a contact that stands has ordered, those folded into it too, as
// an expression sees them, in no order.
func Purchases(w World, id events.ContactID) []config.ScopeOrder {
	var out []config.ScopeOrder
	for _, member := range Family(w, id) {
		list := w.Purchases(member)
		for i := range list {
			if !list[i].Part { // refunds of an order that nobody has stated yet
				out = append(out, config.SeeOrder(&list[i].Order))
			}
		}
	}
	return out
}

// applyOrder keeps an order with whom it was first stated of, also while they are
// folded into another: it goes with them if they come apart again.
func applyOrder(w *Work, d *events.Decision, f *events.OrderStated) {
	key, holder := OrderKey(f.Inbox, f.Order.ID), d.Contact
	if known, ok := w.Order(key); ok {
		if stands, ok := FollowContact(w, known.Contact); ok && stands.ID == d.Contact {
			holder = known.Contact
		}
	}
	w.Orders[key] = OrderRef{Contact: holder, Updated: f.Order.UpdatedAt}
	next, list := Purchase{f.Inbox, slim(f.Order)}, slices.Clone(w.Purchases(holder))
	if at := slices.IndexFunc(list, func(p Purchase) bool { return p.Inbox == f.Inbox && p.ID == f.Order.ID }); at >= 0 {
		list[at].Order = list[at].Restated(next.Order)
	} else if list = append(list, next); len(list) > maxPurchases {
		oldest := 0
		for i := range list {
			if list[i].PlacedAt.Before(list[oldest].PlacedAt) {
				oldest = i
			}
		}
		list = slices.Delete(list, oldest, oldest+1)
	}
	w.Purchased[holder] = list
}

// slim leaves out what no expression sees.
func slim(o events.Order) events.Order {
	o.URL, o.Tracking = "", nil
	o.Lines = slices.Clone(o.Lines)
	for i, l := range o.Lines {
		o.Lines[i] = events.OrderLine{SKU: l.SKU, Quantity: l.Quantity}
	}
	o.Refunds = slices.Clone(o.Refunds)
	for i := range o.Refunds {
		o.Refunds[i].Note = ""
	}
	return o
}
