package numbers_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		written, region, value string
		kind                   numbers.Kind
	}{
		{"010-1234-5678", "KR", "+821012345678", numbers.Subscriber},
		{"821012345678", "KR", "+821012345678", numbers.Subscriber},
		{"00821012345678", "KR", "+821012345678", numbers.Subscriber},
		{"+82 10 1234 5678", "", "+821012345678", numbers.Subscriber},
		{"sip:+821012345678@gw.example:5060;user=phone", "KR", "+821012345678", numbers.Subscriber},
		{"tel:02-123-4567", "KR", "+8221234567", numbers.Subscriber},
		{"1588-1234", "KR", "+8215881234", numbers.Nationwide},
		{"16001234", "KR", "+8216001234", numbers.Nationwide},
		{"1800-1234", "KR", "+8218001234", numbers.Nationwide},
		{"0505-1234-5678", "KR", "+8250512345678", numbers.Temporary},
		{"050712345678", "KR", "+8250712345678", numbers.Temporary},
		{"0505123456789", "KR", "0505123456789", numbers.Temporary},
		{"050", "KR", "050", numbers.Local},
		{"070-1234-5678", "KR", "+827012345678", numbers.Internet},
		{"080-123-4567", "KR", "+82801234567", numbers.Freephone},
		{"(202) 555-0123", "US", "+12025550123", numbers.Subscriber},
		{"101", "KR", "101", numbers.Local},
		{"114", "KR", "114", numbers.Local},
		{"alice", "KR", "alice", numbers.Local},
		{"1-800-FLOWERS", "US", "1-800-FLOWERS", numbers.Local},
		{"01012345678", "", "01012345678", numbers.Local},
		{"", "KR", "", numbers.Withheld},
		{"Anonymous", "KR", "", numbers.Withheld},
		{"sip:anonymous@anonymous.invalid", "KR", "", numbers.Withheld},
		{"Restricted", "KR", "", numbers.Withheld},
		{"발신번호표시제한", "KR", "", numbers.Withheld},
		{"+266696687", "KR", "", numbers.Withheld},
	} {
		got := numbers.Parse(c.written, c.region)
		if got.Value != c.value || got.Kind != c.kind {
			t.Errorf("%q in %q: %+v, want %s %q", c.written, c.region, got, c.kind, c.value)
		}
		if again := numbers.Parse(got.Value, c.region); again != got {
			t.Errorf("%q: read again %+v, first %+v", c.written, again, got)
		}
	}
}

func TestOnlyNumbersThatNameSomebodyAreShared(t *testing.T) {
	point := func(written, call string) events.Point {
		return numbers.Parse(written, "KR").Point("in1", call)
	}
	if a, b := point("010-1234-5678", "1"), point("+821012345678", "2"); a.Key() != b.Key() || a.Scope != "" || a.Trust != events.Stated {
		t.Errorf("one number, two points: %+v %+v", a, b)
	}
	for _, written := range []string{"", "anonymous", "발신번호표시제한", "050712345678"} {
		a, b := point(written, "1"), point(written, "2")
		if a.Key() == b.Key() {
			t.Errorf("%q of two calls is one point", written)
		}
		if a.Trust != events.Claimed {
			t.Errorf("%q is trusted as %s", written, a.Trust)
		}
		if len(numbers.Parse(written, "KR").Flags()) == 0 {
			t.Errorf("%q carries no flag", written)
		}
	}
	if a, b := numbers.Parse("101", "KR").Point("in1", "1"), numbers.Parse("101", "KR").Point("in2", "1"); a.Key() == b.Key() {
		t.Error("an extension is the same in two exchanges")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"010-1234-5678", "sip:a@b;c", "+", "발신번호표시제한", "\xff\x00", "00" + strings.Repeat("9", 90)} {
		f.Add(s, "KR")
	}
	f.Fuzz(func(t *testing.T, written, region string) {
		n := numbers.Parse(written, region)
		if !utf8.ValidString(n.Value) || len(n.Value) > 64 {
			t.Fatalf("%q gives %q", written, n.Value)
		}
		if p := n.Point("in1", "call"); p.Kind == "" || p.Value == "" || p.Trust == "" {
			t.Fatalf("%q gives the point %+v", written, p)
		}
		if n.Kind != numbers.Local && numbers.Parse(n.Value, region) != n {
			t.Fatalf("%q: %+v is read again as %+v", written, n, numbers.Parse(n.Value, region))
		}
	})
}
