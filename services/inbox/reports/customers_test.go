package reports

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

func bill(at time.Time, currency, total, refunded string) events.Order {
	return events.Order{ID: at.String() + total, Currency: currency, Total: total, Refunded: refunded, PlacedAt: at}
}

func month(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func TestCustomersByTheirFirstMonth(t *testing.T) {
	q := queries.AskRetention{From: month(2026, 1, 1), To: month(2026, 4, 1)}
	r, err := NewRetention(&q, time.UTC, month(2026, 4, 2))
	if err != nil {
		t.Fatal(err)
	}
	cancelled := bill(month(2026, 1, 5), "KRW", "99999", "")
	gone := month(2026, 1, 6)
	cancelled.CancelledAt = &gone
	for _, c := range []Customer{
		{Orders: []events.Order{bill(month(2026, 3, 9), "KRW", "20000", ""), bill(month(2026, 1, 3), "KRW", "10000", "4000"), bill(month(2026, 3, 20), "usd", "5.50", "")}, Segments: []string{"vip", "new"}},
		{Orders: []events.Order{bill(month(2026, 1, 31), "KRW", "8000", "9000")}},
		{Orders: []events.Order{bill(month(2026, 3, 1), "USD", "0.5", "")}, Segments: []string{"vip"}},
		{Orders: []events.Order{cancelled}},
		{Orders: []events.Order{bill(month(2025, 12, 31), "KRW", "1", ""), bill(month(2026, 2, 1), "KRW", "1", "")}},
		{Orders: []events.Order{{ID: "r", Part: true, UpdatedAt: month(2026, 2, 1)}}},
	} {
		r.Add(&c)
	}
	a := r.Answer()
	if a.Customers != 3 || a.Repeating != 1 || *a.RepeatRate != 1.0/3 {
		t.Fatalf("%+v", a)
	}
	if len(a.Cohorts) != 2 || a.Cohorts[0].Month != "2026-01" || !slices.Equal(a.Cohorts[0].Active, []int{2, 0, 1, 0}) || !slices.Equal(a.Cohorts[1].Active, []int{1, 0}) {
		t.Fatalf("cohorts %+v", a.Cohorts)
	}
	krw := a.Cohorts[0].Revenue[0]
	if krw.Currency != "KRW" || !slices.Equal(krw.Months, []string{"6000", "0", "20000", "0"}) {
		t.Fatalf("revenue of January %+v", a.Cohorts[0].Revenue)
	}
	want := []queries.Revenue{
		{Currency: "KRW", Customers: 2, Orders: 3, Total: "26000", Average: "13000", Median: "0", P90: "0"},
		{Currency: "USD", Customers: 2, Orders: 2, Total: "6.00", Average: "3.00", Median: "0.50", P90: "0.50"},
	}
	for i, w := range want {
		got := a.Revenue[i]
		got.Median, got.P90 = w.Median, w.P90 // of two values either will do
		if got != w {
			t.Errorf("%+v, not %+v", got, w)
		}
	}
	if len(a.Segments) != 3 || a.Segments[0].Segment != "" || a.Segments[2].Segment != "vip" || a.Segments[2].Customers != 2 || a.Segments[2].RepeatRate != 0.5 {
		t.Fatalf("segments %+v", a.Segments)
	}
	q.Segment = "new"
	if r, err = NewRetention(&q, time.UTC, month(2026, 4, 2)); err != nil {
		t.Fatal(err)
	}
	r.Add(&Customer{Orders: []events.Order{bill(month(2026, 1, 3), "KRW", "1", "")}})
	if a := r.Answer(); a.Customers != 0 || a.RepeatRate != nil || len(a.Cohorts)+len(a.Revenue) != 0 {
		t.Fatalf("of nobody: %+v", a)
	}
}

// Whatever customers bought: cohorts hold all of them, nobody is active before they
// come, and the money by month is the money by currency, to the last place.
func TestCohortsHoldEverybodyAndAllTheMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, err := NewRetention(&queries.AskRetention{From: month(2026, 1, 1), To: month(2027, 1, 1)}, zone, month(2027, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		total := map[string]*big.Rat{"EUR": new(big.Rat), "JPY": new(big.Rat)}
		customers := 0
		for range rapid.IntRange(0, 20).Draw(t, "customers") {
			var c Customer
			for range rapid.IntRange(1, 6).Draw(t, "orders") {
				o := bill(month(2026, 1, 1).Add(time.Duration(rapid.IntRange(0, 364*24).Draw(t, "hour"))*time.Hour), rapid.SampledFrom([]string{"EUR", "JPY"}).Draw(t, "currency"), fmt.Sprintf("%d.%02d", rapid.IntRange(0, 9999).Draw(t, "whole"), rapid.IntRange(0, 99).Draw(t, "cents")), "")
				v, ok := new(big.Rat).SetString(o.Total)
				if !ok {
					t.Fatal(o.Total)
				}
				total[o.Currency].Add(total[o.Currency], v)
				c.Orders = append(c.Orders, o)
			}
			customers++
			r.Add(&c)
		}
		a, in := r.Answer(), 0
		months := map[string]*big.Rat{"EUR": new(big.Rat), "JPY": new(big.Rat)}
		for _, cohort := range a.Cohorts {
			in += cohort.Customers
			if cohort.Active[0] != cohort.Customers {
				t.Fatalf("%d of %d bought in the month they came in", cohort.Active[0], cohort.Customers)
			}
			for _, line := range cohort.Revenue {
				for _, m := range line.Months {
					v, _ := new(big.Rat).SetString(m)
					months[line.Currency].Add(months[line.Currency], v)
				}
			}
		}
		if in != customers || a.Customers != customers {
			t.Fatalf("%d customers, %d in cohorts, %d came", a.Customers, in, customers)
		}
		for _, v := range a.Revenue {
			said, _ := new(big.Rat).SetString(v.Total)
			if said.Cmp(total[v.Currency]) != 0 || months[v.Currency].Cmp(said) != 0 {
				t.Fatalf("%s: %s said, %s by month, %s paid", v.Currency, v.Total, months[v.Currency].FloatString(2), total[v.Currency].FloatString(2))
			}
		}
	})
}

func FuzzAmount(f *testing.F) {
	for _, s := range []string{"", "12.345", "-1", "1e9", ".5", "99999999999999999999", "1.", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, places, ok := amount(s)
		if v < 0 || places < 0 || places > moneyPlaces {
			t.Fatal(v, places)
		}
		if want, reads := new(big.Rat).SetString(strings.TrimSuffix(s, ".")); ok && reads {
			want.Sub(want, big.NewRat(v, moneyScale))
			if want.Sign() < 0 || want.Cmp(big.NewRat(1, moneyScale)) >= 0 {
				t.Fatalf("%q is read as %d", s, v)
			}
		}
	})
}
