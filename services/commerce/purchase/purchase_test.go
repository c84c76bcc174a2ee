package purchase_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/services/commerce/purchase"
)

func TestSumIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var amounts []string
		var total int64
		for range rapid.IntRange(1, 50).Draw(t, "n") {
			cents := rapid.Int64Range(0, 1e12).Draw(t, "cents")
			total += cents
			amounts = append(amounts, fmt.Sprintf("%d.%02d", cents/100, cents%100))
		}
		if got, want := purchase.Sum(amounts), fmt.Sprintf("%d.%02d", total/100, total%100); got != want {
			t.Fatalf("sum of %v is %s, want %s", amounts, got, want)
		}
	})
}

func TestAmountsAreDecimals(t *testing.T) {
	for in, want := range map[string]string{"1.50": "1.50", " 7 ": "7", "-3.00": "-3.00", "": "", "1e9": "", "1/3": "", "NaN": "", "0x10": "", "abc": "", "1_000": "", strings.Repeat("9", 41): ""} {
		if got := purchase.Amount(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if purchase.Sum([]string{"x", ""}) != "" {
		t.Error("nothing adds up to something")
	}
}

func TestAddressesAreNormalisedOrLeftOut(t *testing.T) {
	for in, want := range map[string]string{" Kim@Example.COM ": "kim@example.com", "kim": "", "kim@host": "", "@a.b": "", "a@b@c.d": "", "a b@c.d": "", "a\x00@b.c": ""} {
		if got := purchase.Email(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for _, c := range []struct{ in, region, want string }{{"02-1234-5678", "KR", "+82212345678"}, {"+82 2 1234 5678", "", "+82212345678"}, {"02-1234-5678", "", ""}, {"555-555-SHIP", "US", ""}, {"1", "KR", ""}} {
		if got := purchase.Phone(c.in, c.region); got != c.want {
			t.Errorf("%q in %q is %q, want %q", c.in, c.region, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x00b\n한")
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{purchase.Text(s), purchase.Email(s), purchase.Link(s), purchase.Phone(s, "KR")} {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n\r") || len(got) > 2048 {
				t.Errorf("%q becomes %q", s, got)
			}
		}
		_ = purchase.Sum([]string{s, "1.5"})
		_ = purchase.Quantity(s)
	})
}
