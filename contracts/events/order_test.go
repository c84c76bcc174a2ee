package events

import (
	"strings"
	"testing"
	"time"
)

// A refund counts once however often it is told, amounts add up exactly, and what
// is no amount costs nothing.
func TestAnOrderIsAmendedOnce(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	order := Order{ID: "1", Total: "100.00", Refunded: "0.10", Refunds: []Refund{{ID: "a", Amount: "0.10"}}, UpdatedAt: at}
	for name, c := range map[string]struct {
		refunds  []Refund
		refunded string
		n        int
	}{
		"known":         {[]Refund{{ID: "a", Amount: "0.10"}}, "0.10", 1},
		"new":           {[]Refund{{ID: "b", Amount: "0.2"}}, "0.30", 2},
		"twice":         {[]Refund{{ID: "b", Amount: "0.2"}, {ID: "b", Amount: "0.2"}}, "0.30", 2},
		"more places":   {[]Refund{{ID: "b", Amount: "0.205"}}, "0.305", 2},
		"not yet moved": {[]Refund{{ID: "b"}}, "0.10", 2},
		"no amount":     {[]Refund{{ID: "b", Amount: "1e9"}, {ID: "c", Amount: strings.Repeat("9", 99)}}, "0.10", 3},
		"nameless":      {[]Refund{{Amount: "5"}}, "0.10", 1},
	} {
		got := order.Amended(Order{ID: "1", Part: true, Refunds: c.refunds, UpdatedAt: at.Add(time.Minute)})
		if got.Refunded != c.refunded || len(got.Refunds) != c.n || got.Part || got.Total != "100.00" || !got.UpdatedAt.Equal(at.Add(time.Minute)) {
			t.Errorf("%s: %+v", name, got)
		}
		if len(order.Refunds) != 1 {
			t.Fatalf("%s: the order itself was changed", name)
		}
	}
	if got := (Order{}).Amended(Order{Refunds: []Refund{{ID: "a", Amount: "7"}}, UpdatedAt: at}); got.Refunded != "7" {
		t.Errorf("the first refund: %+v", got)
	}
}
