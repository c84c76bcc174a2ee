package ledger

import (
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

func about(contact events.ContactID, bodies ...events.Body) *events.Decision {
	d := &events.Decision{At: start, Contact: contact}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	return d
}

func stated(id, total string, updated int, refunds ...events.Refund) *events.OrderStated {
	o := events.Order{ID: id, Currency: "KRW", Total: total, PlacedAt: start, UpdatedAt: start.Add(time.Duration(updated) * time.Minute), Refunds: refunds}
	if o.Part = total == ""; o.Part {
		o.PlacedAt = time.Time{}
	}
	for _, r := range refunds {
		o.Refunded = r.Amount
	}
	return &events.OrderStated{Inbox: "in1", Order: o}
}

func worth(t *testing.T, db *bolt.DB) queries.RetentionAnswer {
	t.Helper()
	r, err := reports.NewRetention(&queries.AskRetention{From: start.AddDate(0, -1, 0), To: start.AddDate(0, 1, 0)}, time.UTC, start)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.View(func(tx *bbolt.Tx) error { return customers(tx, r.Add) }); err != nil {
		t.Fatal(err)
	}
	return r.Answer()
}

// A customer is one, however many contacts they were, and an order is one, however
// often it is told and by whichever of them.
func TestACustomerIsCountedOnce(t *testing.T) {
	db, w := fresh(t), &writer{settings: plainOf(someDay(1, 1))}
	tell := func(log ...*events.Decision) { write(t, db, w, log, func() int { return 2 }) }
	check := func(when string, customers, repeating, orders int, total string) {
		t.Helper()
		a := worth(t, db)
		got := queries.Revenue{}
		if len(a.Revenue) > 0 {
			got = a.Revenue[0]
		}
		if a.Customers != customers || a.Repeating != repeating || got.Orders != orders || got.Total != total {
			t.Fatalf("%s: %+v", when, a)
		}
	}
	merged := &events.ContactMerged{From: "ct2", Into: "ct1"}
	tell(about("ct1", stated("o-1", "100", 0)), about("ct1", stated("o-1", "120", 1)), about("ct2", stated("o-2", "50", 0)), about("ct3", stated("o-3", "7", 0)),
		about("ct1", &events.ContactSegmented{Segments: []events.SegmentID{"sg1"}}))
	check("three", 3, 0, 3, "177")
	tell(about("ct1", merged), about("ct2", merged))
	check("two of them merged", 2, 1, 3, "177")
	if s := worth(t, db).Segments; len(s) != 2 || s[1].Segment != "sg1" || s[1].Revenue[0].Total != "170" {
		t.Fatalf("segments %+v", s)
	}
	tell(about("ct1", stated("o-2", "", 5, events.Refund{ID: "r1", Amount: "20"})), about("ct1", stated("o-2", "", 6, events.Refund{ID: "r1", Amount: "20"})))
	check("an order of the folded one is paid back in part", 2, 1, 3, "157")
	tell(about("ct3", &events.ContactMerged{From: "ct1", Into: "ct3"}))
	check("a chain", 1, 1, 3, "157")
	reversed := &events.ContactMergeReversed{From: "ct1", Into: "ct3"}
	tell(about("ct3", reversed), about("ct1", reversed))
	check("undone", 2, 1, 3, "157")
	tell(about("ct1", &events.ContactErased{What: []string{"name"}}))
	check("only a name is erased", 2, 1, 3, "157")
	tell(about("ct1", &events.ContactErased{What: []string{"*"}}))
	check("erased", 1, 0, 1, "7")
}
