package pace

import (
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestEachKeyHasItsOwnPace(t *testing.T) {
	p := New(1, 2, 10)
	for i, want := range []bool{true, true, false} {
		if got := p.Allow("a", noon); got != want {
			t.Errorf("try %d: %v", i, got)
		}
	}
	if !p.Allow("b", noon) || !p.Allow("a", noon.Add(time.Second)) {
		t.Error("another key, or the same a second later, is not let in")
	}
	for i := range 6 {
		if !p.AllowAs("many", 3, noon) {
			t.Errorf("three in one are refused at try %d", i)
		}
	}
	if p.AllowAs("many", 3, noon) {
		t.Error("three in one may do more than three")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	p := New(1, 2, 10)
	for i := range 1000 {
		p.Allow(fmt.Sprint(i), noon)
		if len(p.known) > 10 {
			t.Fatalf("%d keys are remembered", len(p.known))
		}
	}
	p = New(1, 2, 3)
	p.Allow("quiet", noon.Add(-time.Hour))
	p.Allow("busy", noon)
	p.Allow("busy", noon)
	p.Allow("third", noon)
	p.Allow("fourth", noon)
	if p.Allow("busy", noon) {
		t.Error("who is busy was forgotten although another was quiet")
	}
}

func TestStrangers(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7", "2001:db8::1": "2001:db8::/64", "2001:db8::2": "2001:db8::/64",
		"fe80::1%eth0": "fe80::/64", "none": "none",
	} {
		if got := Stranger(address); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
	for address, want := range map[string]bool{"10.1.2.3": true, "127.0.0.1": true, "fd00::1": true, "203.0.113.7": false, "none": false} {
		if Ours(address) != want {
			t.Errorf("%s ours: %v", address, !want)
		}
	}
}
