package reports

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/sketch"
)

// Customer is one customer with all they have bought, each order once and as it is
// by now. Segments are those they are in.
type Customer struct {
	ID       events.ContactID
	Segments []string
	Orders   []events.Order
}

// MaxMonths bounds the range of a question about retention.
const MaxMonths = 240

// Amounts are counted in ten-thousandths of a currency's unit; what has more places
// is rounded down. No order is worth more than maxUnits.
const (
	moneyPlaces = 4
	moneyScale  = 10_000
	maxUnits    = 1_000_000_000_000
)

// Retention gathers what became of customers. Use NewRetention.
type Retention struct {
	from, to  int // months, from year nought
	begin     time.Time
	end       time.Time
	zone      *time.Location
	newest    int
	segment   string
	customers int
	repeating int
	cohorts   map[int]*cohort
	revenue   map[string]*revenue
	segments  map[string]*segment
}

type cohort struct {
	customers int
	active    map[int]int
	revenue   map[string]map[int]*big.Int
}

type revenue struct {
	customers, orders int
	total             big.Int
	places            int
	spread            sketch.Sketch
}

type segment struct {
	customers, repeating int
	revenue              map[string]*revenue
}

// NewRetention begins to gather the customers whose first order was placed from one
// time until another. now is when the newest thing that is known happened.
func NewRetention(q *queries.AskRetention, zone *time.Location, now time.Time) (*Retention, error) {
	switch {
	case q.From.IsZero() || q.To.IsZero():
		return nil, errors.New("a report needs a beginning and an end")
	case !q.From.Before(q.To):
		return nil, errors.New("the range ends before it begins")
	case len(q.Segment) > maxWord:
		return nil, errors.New("there is no such segment")
	}
	r := &Retention{
		from: monthOf(q.From, zone), to: monthOf(q.To.Add(-1), zone), begin: q.From, end: q.To, zone: zone, segment: string(q.Segment),
		newest: monthOf(now, zone), cohorts: map[int]*cohort{}, revenue: map[string]*revenue{}, segments: map[string]*segment{},
	}
	if r.to-r.from >= MaxMonths {
		return nil, fmt.Errorf("the range is longer than %d months", MaxMonths)
	}
	return r, nil
}

func monthOf(t time.Time, zone *time.Location) int {
	y, m, _ := t.In(zone).Date()
	return y*12 + int(m) - 1
}

func monthName(month int) string { return fmt.Sprintf("%04d-%02d", month/12, month%12+1) }

// bought is an order that counts.
type bought struct {
	at       time.Time
	currency string
	value    int64
	places   int
}

// Add takes in one customer. Those without an order that counts are none.
func (r *Retention) Add(c *Customer) {
	orders := c.bought()
	if !r.takes(c, orders) {
		return
	}
	r.customers++
	if len(orders) > 1 {
		r.repeating++
	}
	r.cohort(orders)
	earn(r.revenue, orders)
	segments := c.Segments
	if len(segments) == 0 {
		segments = []string{""}
	}
	for _, name := range segments {
		s := r.segments[name]
		if s == nil {
			s = &segment{revenue: map[string]*revenue{}}
			r.segments[name] = s
		}
		s.customers++
		if len(orders) > 1 {
			s.repeating++
		}
		earn(s.revenue, orders)
	}
}

// takes reports whether a customer is one of those who are asked about.
func (r *Retention) takes(c *Customer, orders []bought) bool {
	if len(orders) == 0 || r.segment != "" && !slices.Contains(c.Segments, r.segment) {
		return false
	}
	first := orders[0].at
	return !first.Before(r.begin) && first.Before(r.end)
}

// bought are the orders that count, the earliest first.
func (c *Customer) bought() []bought {
	var orders []bought
	for i := range c.Orders {
		if o, counts := valueOf(&c.Orders[i]); counts {
			orders = append(orders, o)
		}
	}
	slices.SortFunc(orders, func(a, b bought) int { return a.at.Compare(b.at) })
	return orders
}

// valueOf is what an order is worth by now. One that was cancelled, or of which only
// refunds are known, is none.
func valueOf(o *events.Order) (bought, bool) {
	if o.CancelledAt != nil || o.Part || o.PlacedAt.IsZero() {
		return bought{}, false
	}
	total, places, _ := amount(o.Total)
	back, more, _ := amount(o.Refunded)
	return bought{o.PlacedAt, strings.ToUpper(o.Currency), max(total-back, 0), max(places, more)}, true
}

// amount reads a decimal without an exponent. What is none is worth nothing.
func amount(s string) (v int64, places int, ok bool) {
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 13 || len(part) > 30 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, 0, false
	}
	places = min(len(part), moneyPlaces)
	part = (part + "0000")[:moneyPlaces]
	for _, c := range whole + part {
		v = v*10 + int64(c-'0')
	}
	return v, places, v <= maxUnits*moneyScale
}

func (r *Retention) cohort(orders []bought) {
	month := monthOf(orders[0].at, r.zone)
	c := r.cohorts[month]
	if c == nil {
		c = &cohort{active: map[int]int{}, revenue: map[string]map[int]*big.Int{}}
		r.cohorts[month] = c
	}
	c.customers++
	last := -1
	for _, o := range orders {
		m := monthOf(o.at, r.zone)
		if m != last {
			c.active[m-month]++
			last = m
		}
		r.newest = max(r.newest, m)
		months := c.revenue[o.currency]
		if months == nil {
			months = map[int]*big.Int{}
			c.revenue[o.currency] = months
		}
		if months[m-month] == nil {
			months[m-month] = new(big.Int)
		}
		months[m-month].Add(months[m-month], big.NewInt(o.value))
	}
}

// earn adds a customer's worth in each currency they paid in.
func earn(to map[string]*revenue, orders []bought) {
	worth := map[string]int64{}
	for _, o := range orders {
		v := to[o.currency]
		if v == nil {
			v = new(revenue)
			to[o.currency] = v
		}
		v.orders++
		v.places = max(v.places, o.places)
		if worth[o.currency] += o.value; worth[o.currency] < 0 {
			worth[o.currency] = 1<<63 - 1 // more than there is money
		}
	}
	for currency, n := range worth {
		v := to[currency]
		v.customers++
		v.total.Add(&v.total, big.NewInt(n))
		v.spread.Add(n)
	}
}

// Answer is what was gathered.
func (r *Retention) Answer() queries.RetentionAnswer {
	out := queries.RetentionAnswer{
		Customers: r.customers, Repeating: r.repeating, Cohorts: []queries.Cohort{}, Segments: []queries.SegmentedRevenue{},
		Revenue: revenues(r.revenue), Zone: r.zone.String(),
	}
	if r.customers > 0 {
		rate := float64(r.repeating) / float64(r.customers)
		out.RepeatRate = &rate
	}
	for month, c := range r.cohorts {
		out.Cohorts = append(out.Cohorts, r.write(month, c))
	}
	slices.SortFunc(out.Cohorts, func(a, b queries.Cohort) int { return cmp.Compare(a.Month, b.Month) })
	for name, s := range r.segments {
		out.Segments = append(out.Segments, queries.SegmentedRevenue{
			Segment: events.SegmentID(name), Customers: s.customers, RepeatRate: float64(s.repeating) / float64(s.customers), Revenue: revenues(s.revenue),
		})
	}
	slices.SortFunc(out.Segments, func(a, b queries.SegmentedRevenue) int { return cmp.Compare(a.Segment, b.Segment) })
	return out
}

func (r *Retention) write(month int, c *cohort) queries.Cohort {
	out := queries.Cohort{Month: monthName(month), Customers: c.customers, Revenue: []queries.CohortRevenue{}}
	length := min(max(r.newest-month, 0), 2*MaxMonths) + 1
	for m := range length {
		out.Active = append(out.Active, c.active[m])
	}
	for currency, months := range c.revenue {
		line := queries.CohortRevenue{Currency: currency}
		for m := range length {
			sum := months[m]
			if sum == nil {
				sum = new(big.Int)
			}
			line.Months = append(line.Months, money(sum, r.revenue[currency].places))
		}
		out.Revenue = append(out.Revenue, line)
	}
	slices.SortFunc(out.Revenue, func(a, b queries.CohortRevenue) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}

func revenues(by map[string]*revenue) []queries.Revenue {
	out := []queries.Revenue{}
	for currency, v := range by {
		average := new(big.Int).Div(&v.total, big.NewInt(int64(v.customers)))
		out = append(out, queries.Revenue{
			Currency: currency, Customers: v.customers, Orders: v.orders, Total: money(&v.total, v.places), Average: money(average, v.places),
			Median: money(big.NewInt(v.spread.Quantile(0.5)), v.places), P90: money(big.NewInt(v.spread.Quantile(0.9)), v.places),
		})
	}
	slices.SortFunc(out, func(a, b queries.Revenue) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}

// money writes an amount with as many places as the amounts it is made of.
func money(v *big.Int, places int) string {
	return new(big.Rat).SetFrac(v, big.NewInt(moneyScale)).FloatString(places)
}
