package ledger

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

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

// What one customer is worth is what the figures of all are made of: the same whoever
// is asked about, through merges and their undoing, and page by page the customers
// behind a figure are as many as it says.
func TestAFigureOpensToItsCustomers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db, w := fresh(t), &writer{settings: plainOf(someDay(1, 1))}
		ids := []events.ContactID{"ct1", "ct2", "ct3", "ct4", "ct5"}
		contact := func(name string) events.ContactID { return rapid.SampledFrom(ids).Draw(rt, name) }
		into := map[events.ContactID]events.ContactID{}
		root := func(id events.ContactID) events.ContactID {
			for into[id] != "" {
				id = into[id]
			}
			return id
		}
		var log []*events.Decision
		for n := range rapid.IntRange(1, 30).Draw(rt, "n") {
			a, b := contact("a"), contact("b")
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				if into[a] == "" && root(b) != a {
					into[a] = b
					f := &events.ContactMerged{From: a, Into: b}
					log = append(log, about(b, f), about(a, f))
				}
			case 1:
				if into[a] != "" {
					f := &events.ContactMergeReversed{From: a, Into: into[a]}
					delete(into, a)
					log = append(log, about(f.Into, f), about(a, f))
				}
			case 2:
				log = append(log, about(a, &events.ContactSegmented{Segments: []events.SegmentID{"sg1"}}))
			default:
				o := stated(fmt.Sprint("o-", n), fmt.Sprint(n, ".50"), n)
				o.Order.PlacedAt = start.AddDate(0, rapid.IntRange(0, 3).Draw(rt, "month"), 0)
				o.Order.Currency = rapid.SampledFrom([]string{"KRW", "EUR"}).Draw(rt, "currency")
				log = append(log, about(a, o))
			}
		}
		write(t, db, w, log, func() int { return 3 })
		year := queries.AskRetention{From: start.AddDate(0, -1, 0), To: start.AddDate(1, 0, 0)}
		all, err := reports.NewRetention(&year, time.UTC, start)
		if err != nil {
			rt.Fatal(err)
		}
		view(t, db, func(s source) {
			if err := customers(s.tx, all.Add); err != nil {
				rt.Fatal(err)
			}
			whole := all.Answer()
			behind := func(q queries.AskRetentionCustomers) []queries.RetainedCustomer {
				q.Retention = year
				var out []queries.RetainedCustomer
				for {
					c, err := reports.NewCustomers(&q, time.UTC, start, 2)
					if err == nil {
						err = customers(s.tx, c.Add)
					}
					if err != nil {
						rt.Fatal(err)
					}
					page, total, next := c.Answer()
					if out, q.Cursor = append(out, page...), next; next == "" {
						if total != len(out) {
							rt.Fatalf("%d of %d", len(out), total)
						}
						return out
					}
				}
			}
			if n := len(behind(queries.AskRetentionCustomers{Repeating: true})); n != whole.Repeating {
				rt.Fatalf("%d came again, behind it stand %d", whole.Repeating, n)
			}
			for _, cohort := range whole.Cohorts {
				if n := len(behind(queries.AskRetentionCustomers{Cohort: cohort.Month})); n != cohort.Customers {
					rt.Fatalf("%d of %s, behind it stand %d", cohort.Customers, cohort.Month, n)
				}
				for m, active := range cohort.Active {
					if n := len(behind(queries.AskRetentionCustomers{Cohort: cohort.Month, Month: &m})); n != active {
						rt.Fatalf("%d of %s after %d months, behind it stand %d", active, cohort.Month, m, n)
					}
				}
			}
			everybody := behind(queries.AskRetentionCustomers{})
			orders := 0
			for i, c := range everybody {
				if i > 0 && c.Contact >= everybody[i-1].Contact {
					rt.Fatal("out of order")
				}
				if root(c.Contact) != c.Contact {
					rt.Fatalf("%s is %s by now", c.Contact, root(c.Contact))
				}
				orders += c.Value.Orders
				alone, err := one(s.tx, c.Contact)
				if err != nil || !reflect.DeepEqual(alone.Value(), &c.Value) {
					rt.Fatalf("%s alone is worth %+v, not %+v (%v)", c.Contact, alone.Value(), c.Value, err)
				}
			}
			sold := 0
			for _, v := range whole.Revenue {
				sold += v.Orders
			}
			if orders != sold || len(everybody) != whole.Customers {
				rt.Fatalf("%d orders of %d, %d customers of %d", orders, sold, len(everybody), whole.Customers)
			}
		})
	})
}

// The mean is rounded down, cancelled orders are none, and nobody without orders is
// worth anything.
func TestWhatOneCustomerIsWorth(t *testing.T) {
	db, w := fresh(t), &writer{settings: plainOf(someDay(1, 1))}
	gone := stated("o-4", "900", 0)
	gone.Order.CancelledAt = &start
	write(t, db, w, []*events.Decision{about("ct1", stated("o-1", "10", 0)), about("ct1", stated("o-2", "5", 0)), about("ct1", stated("o-3", "5", 0, events.Refund{ID: "r", Amount: "1"})), about("ct1", gone), about("ct2", gone)}, func() int { return 9 })
	view(t, db, func(s source) {
		a, err := one(s.tx, "ct1")
		b, err2 := one(s.tx, "ct2")
		want := &queries.CustomerValue{Orders: 3, FirstOrderAt: start, LastOrderAt: start, Lifetime: []queries.LifetimeValue{{Currency: "KRW", Orders: 3, Total: "19", Average: "6"}}}
		if err != nil || err2 != nil || !reflect.DeepEqual(a.Value(), want) || b.Value() != nil {
			t.Fatalf("%+v %+v %v %v", a.Value(), b.Value(), err, err2)
		}
	})
}
