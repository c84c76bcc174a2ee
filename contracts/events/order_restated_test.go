package events

import (
	"reflect"
	"testing"
	"time"
)

// Whatever the order in which statements of an order come, the same order comes out.
func TestAnOrderIsTheSameWhicheverStatementCameFirst(t *testing.T) {
	at := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	whole := func(minute int, total string) Order {
		return Order{ID: "1", Total: total, UpdatedAt: at.Add(time.Duration(minute) * time.Minute)}
	}
	part := func(minute int, id, amount string) Order {
		return Order{ID: "1", Part: true, UpdatedAt: at.Add(time.Duration(minute) * time.Minute), Refunds: []Refund{{ID: id, Amount: amount}}}
	}
	refunded := func(o Order, amount string, minute int, refunds ...Refund) Order {
		o.Refunded, o.Refunds, o.UpdatedAt = amount, refunds, at.Add(time.Duration(minute)*time.Minute)
		return o
	}
	for name, c := range map[string]struct{ a, b, want Order }{
		"the newer of two":                {whole(1, "10"), whole(2, "12"), whole(2, "12")},
		"a refund after it":               {whole(1, "10"), part(2, "r", "3"), refunded(whole(1, "10"), "3", 2, Refund{ID: "r", Amount: "3"})},
		"a refund that it knows":          {whole(3, "10"), part(2, "r", "3"), whole(3, "10")},
		"a refund of the same moment":     {whole(2, "10"), part(2, "r", "3"), refunded(whole(2, "10"), "3", 2, Refund{ID: "r", Amount: "3"})},
		"one refund, and the other later": {refunded(whole(2, "10"), "3", 2, Refund{ID: "r", Amount: "3"}), part(4, "s", "1.5"), refunded(whole(2, "10"), "4.5", 4, Refund{ID: "r", Amount: "3"}, Refund{ID: "s", Amount: "1.5"})},
	} {
		for way, got := range map[string]Order{"forth": c.a.Restated(c.b), "back": c.b.Restated(c.a)} {
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s, %s: %+v, want %+v", name, way, got, c.want)
			}
		}
	}
	if same := whole(1, "10").Restated(whole(1, "11")); same.Total != "11" {
		t.Errorf("of the same moment the last one told does not stand: %+v", same)
	}
	if parts := part(1, "r", "1").Restated(part(2, "s", "2")); !parts.Part || len(parts.Refunds) != 2 {
		t.Errorf("two parts are %+v", parts)
	}
}
