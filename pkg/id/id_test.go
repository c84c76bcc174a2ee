package id_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/id"
	"pgregory.net/rapid"
)

func TestNewSortsInTheOrderMadeByAllGoroutines(t *testing.T) {
	const workers, each = 8, 5000
	made := make([][]string, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				made[w] = append(made[w], id.New("ms"))
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, ids := range made {
		if !slices.IsSorted(ids) {
			t.Fatal("one goroutine's identifiers are not in order")
		}
		for _, s := range ids {
			if seen[s] || !id.Valid("ms", s) {
				t.Fatalf("%s is a duplicate or invalid", s)
			}
			seen[s] = true
		}
	}
}

func TestNewAtKeepsOrderWhenTheClockStepsBack(t *testing.T) {
	future := time.Date(2200, 1, 2, 3, 4, 5, 678e6, time.UTC)
	a := id.NewAt("cv", future)
	b := id.NewAt("cv", future.Add(-time.Hour))
	if a >= b {
		t.Fatalf("%s is not before %s", a, b)
	}
	if at, err := id.Time("cv", a); err != nil || !at.Equal(future) {
		t.Fatalf("time %v, %v", at, err)
	}
	if c := id.NewAt("cv", time.Time{}); c <= b {
		t.Fatalf("%s is not after %s", c, b)
	}
}

// The literal is frozen: stored logs rely on it for ever.
func TestDeriveIsFrozen(t *testing.T) {
	const want = "ms68smag91wb7d0721c9w06m7751"
	if got := id.Derive("ms", "inbox-1", "provider-1"); got != want {
		t.Fatalf("derive gave %s", got)
	}
}

func TestDeriveIsAFunctionOfItsPartsAndTheirBorders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gen := rapid.SliceOfN(rapid.StringN(0, 3, -1), 0, 4)
		a, b := gen.Draw(t, "a"), gen.Draw(t, "b")
		x, y := id.Derive("ct", a...), id.Derive("ct", b...)
		if (x == y) != slices.Equal(a, b) {
			t.Fatalf("%q and %q gave %s and %s", a, b, x, y)
		}
		if id.Check("ct", x) != nil || x == id.Derive("cv", a...) {
			t.Fatalf("%s is not valid", x)
		}
	})
}

func TestCheckRefuses(t *testing.T) {
	good := id.New("cv")
	for _, bad := range []string{"", "cv", good[:len(good)-1], good + "0", "ms" + good[2:],
		"CV" + good[2:], "cv8" + good[3:], good[:27] + "u", good[:27] + "-", good[:27] + "é"} {
		if id.Valid("cv", bad) {
			t.Errorf("%q passed", bad)
		}
	}
	if _, err := id.Time("cv", "x"); err == nil {
		t.Error("time read from rubbish")
	}
}

func TestWrongPrefixPanics(t *testing.T) {
	for _, p := range []string{"", "CV", "c1", "toolongxx"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("prefix %q passed", p)
				}
			}()
			id.New(p)
		}()
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("cv", id.New("cv"))
	f.Add("", "")
	f.Fuzz(func(t *testing.T, prefix, s string) {
		if id.Valid(prefix, s) && len(s) != len(prefix)+id.Size {
			t.Fatalf("%q passed with prefix %q", s, prefix)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id.New("ms")
		}
	})
}
