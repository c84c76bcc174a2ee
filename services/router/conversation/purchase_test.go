package conversation

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// What a customer ordered is kept with whom it was first stated of, seen with whom they
// are folded into, once, and theirs again when they come apart; it is bounded, and gone
// with everything else that is erased.
//
// To see it fail: keep an order with the decision's contact in applyOrder, or leave the
// purchases out of applyErased.
func TestPurchasesFollowTheirCustomer(t *testing.T) {
	b := newBook()
	kim, lee := b.meets("kim"), b.meets("lee")
	buys := func(who events.ContactID, id, total string, change ...func(*events.Order)) {
		d := b.draft(who)
		o := events.Order{ID: id, Currency: "KRW", Total: total, PlacedAt: b.now, UpdatedAt: b.now, URL: "https://shop.example/1", Lines: []events.OrderLine{{Title: "Shoes", SKU: "S", Quantity: 1}}}
		for _, c := range change {
			c(&o)
		}
		d.State("shop", o)
		b.keep(d)
	}
	total := func(who events.ContactID) (sum float64) {
		for _, o := range Purchases(b, who) {
			sum += o.Total
		}
		return sum
	}
	part := func(o *events.Order) {
		*o = events.Order{ID: o.ID, Part: true, UpdatedAt: o.UpdatedAt, Refunds: []events.Refund{{ID: "r", Amount: o.Total, Note: "torn"}}}
	}
	buys(kim, "1", "100")
	buys(lee, "2", "50")
	buys(lee, "3", "7", part) // of an order that is not known yet
	merge(t, b, kim, lee)
	if got := total(kim); got != 150 || len(Purchases(b, kim)) != 2 {
		t.Fatalf("together they spent %v", got)
	}
	buys(kim, "2", "60")
	buys(kim, "2", "20", part)
	buys(kim, "2", "20", part) // told twice
	buys(kim, "3", "9")
	if got := total(kim); got != 100+40+9 { // what is stated whole later knows of its refunds
		t.Fatalf("together they spent %v", got)
	}
	reverse(t, b, kim, lee)
	if mine, theirs := total(kim), total(lee); mine != 100 || theirs != 40+9 {
		t.Fatalf("apart they spent %v and %v", mine, theirs)
	}
	merge(t, b, kim, lee)
	if list := b.purchases[lee]; len(list) != 2 || list[0].URL != "" || list[0].Lines[0].Title != "" || list[0].Refunds[0].Note != "" {
		t.Fatalf("kept %+v", list)
	}
	for i := range maxPurchases {
		buys(kim, fmt.Sprint("n", i), "1", func(o *events.Order) { o.PlacedAt = b.now.Add(-time.Duration(i) * time.Hour) })
	}
	if n := len(b.purchases[kim]); n != maxPurchases {
		t.Fatalf("%d orders are kept", n)
	}
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
	d := b.draft(kim)
	d.Erase([]string{Everything}, "asked")
	b.keep(d)
	if got := Purchases(b, kim); len(got) != 0 || len(b.purchases[lee]) != 0 {
		t.Fatalf("after everything was erased there are %d", len(got))
	}
}
