package reports

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Value is what the customer bought; nil where they have no order that counts.
func (c *Customer) Value() *queries.CustomerValue { return worthOf(c.bought()) }

func worthOf(orders []bought) *queries.CustomerValue {
	if len(orders) == 0 {
		return nil
	}
	by := map[string]*revenue{}
	for _, o := range orders {
		v := by[o.currency]
		if v == nil {
			v = new(revenue)
			by[o.currency] = v
		}
		v.orders++
		v.places = max(v.places, o.places)
		v.total.Add(&v.total, big.NewInt(o.value))
	}
	out := &queries.CustomerValue{Orders: len(orders), FirstOrderAt: orders[0].at.UTC(), LastOrderAt: orders[len(orders)-1].at.UTC()}
	for currency, v := range by {
		mean := new(big.Int).Div(&v.total, big.NewInt(int64(v.orders)))
		out.Lifetime = append(out.Lifetime, queries.LifetimeValue{Currency: currency, Orders: v.orders, Total: money(&v.total, v.places), Average: money(mean, v.places)})
	}
	slices.SortFunc(out.Lifetime, func(a, b queries.LifetimeValue) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}

// Customers gathers those behind a figure of [Retention]: one page of them, and how
// many there are. Use NewCustomers.
type Customers struct {
	ask    *queries.AskRetentionCustomers
	same   *Retention // by whose rules they are chosen
	cohort int        // a month, -1 for any
	limit  int
	total  int
	page   []queries.RetainedCustomer // the last by their ids, the last first; one more than limit
}

// NewCustomers begins to gather; see [NewRetention].
func NewCustomers(q *queries.AskRetentionCustomers, zone *time.Location, now time.Time, limit int) (*Customers, error) {
	r, err := NewRetention(&q.Retention, zone, now)
	if err != nil {
		return nil, err
	}
	c := &Customers{ask: q, same: r, cohort: -1, limit: limit}
	if q.Cohort != "" {
		at, err := time.Parse("2006-01", q.Cohort)
		if err != nil {
			return nil, errors.New("a month is written as 2026-03")
		}
		c.cohort = monthOf(at, time.UTC)
	}
	if m := q.Month; m != nil && (*m < 0 || *m > 2*MaxMonths) {
		return nil, fmt.Errorf("a month after the first is a number from 0 to %d", 2*MaxMonths)
	}
	if len(q.Cursor) > maxWord {
		return nil, errors.New("the cursor is not one of this list")
	}
	return c, nil
}

// Add takes in one customer.
func (c *Customers) Add(one *Customer) {
	orders := one.bought()
	if !c.same.takes(one, orders) {
		return
	}
	first := monthOf(orders[0].at, c.same.zone)
	if c.cohort >= 0 && first != c.cohort || c.ask.Repeating && len(orders) < 2 {
		return
	}
	if m := c.ask.Month; m != nil && !slices.ContainsFunc(orders, func(o bought) bool { return monthOf(o.at, c.same.zone) == first+*m }) {
		return
	}
	c.total++
	if c.ask.Cursor != "" && string(one.ID) >= c.ask.Cursor {
		return
	}
	at, _ := slices.BinarySearchFunc(c.page, one.ID, func(have queries.RetainedCustomer, id events.ContactID) int { return cmp.Compare(id, have.Contact) })
	if at > c.limit {
		return
	}
	segments := make([]events.SegmentID, len(one.Segments))
	for i, s := range one.Segments {
		segments[i] = events.SegmentID(s)
	}
	c.page = slices.Insert(c.page, at, queries.RetainedCustomer{Contact: one.ID, Cohort: monthName(first), Segments: segments, Value: *worthOf(orders)})
	c.page = c.page[:min(len(c.page), c.limit+1)]
}

// Answer is what was gathered, and the cursor of the page after it.
func (c *Customers) Answer() (page []queries.RetainedCustomer, total int, next string) {
	page = append([]queries.RetainedCustomer{}, c.page...)
	if len(page) > c.limit {
		page = page[:c.limit]
		next = string(page[c.limit-1].Contact)
	}
	return page, c.total, next
}
