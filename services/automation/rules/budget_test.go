package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func key(rule, conversation string) Key {
	return Key{events.RuleID(rule), events.ConversationID(conversation)}
}

func TestARuleThatComesRoundIsStopped(t *testing.T) {
	b, k := NewBudget(DefaultLimits), key("r", "c")
	at := noon
	for i := range DefaultLimits.Times {
		deed := fmt.Sprint("d", i)
		if _, why := b.Over(k, deed, at); why != "" {
			t.Fatalf("stopped after %d: %s", i, why)
		}
		b.Spend(k, Spent{Deed: deed, At: at})
		b.Spend(k, Spent{Deed: deed, At: at}) // told twice
		at = at.Add(time.Minute)
	}
	rule, why := b.Over(k, "one more", at)
	if rule != "r" || !strings.Contains(why, "10 times within an hour") {
		t.Fatalf("%q: %q", rule, why)
	}
	if _, why := b.Over(k, "d3", at); why != "" {
		t.Errorf("an acting that is begun again after a crash: %s", why)
	}
	if _, why := b.Over(key("r", "other"), "x", at); why != "" {
		t.Errorf("another conversation: %s", why)
	}
	if _, why := b.Over(k, "later", noon.Add(time.Hour+time.Minute)); why != "" {
		t.Errorf("an hour later: %s", why)
	}
	b.Clear("r")
	if _, why := b.Over(k, "one more", at); why != "" {
		t.Errorf("switched on again: %s", why)
	}
}

func TestABusyMinuteIsNoLoop(t *testing.T) {
	b := NewBudget(Limits{Times: 100, Minute: 50, Silence: time.Hour})
	for i := range 500 {
		k := key("calm", fmt.Sprint("c", i))
		if _, why := b.Over(k, "d", noon); why != "" {
			t.Fatalf("the first change of conversation %d: %s", i, why)
		}
		b.Spend(k, Spent{Deed: fmt.Sprint("d", i), At: noon})
	}
	for i := range 49 {
		b.Spend(key("wild", fmt.Sprint("c", i%7)), Spent{Deed: fmt.Sprint("w", i), At: noon})
	}
	for i := range 8 { // the first of each of seven does not count
		b.Spend(key("calm", fmt.Sprint("c", i)), Spent{Deed: fmt.Sprint("again", i), At: noon})
	}
	if rule, why := b.Over(key("calm", "c1"), "x", noon); rule != "wild" {
		t.Fatalf("%q is stopped: %s", rule, why)
	}
	if _, why := b.Over(key("calm", "c1"), "x", noon.Add(time.Minute)); why != "" {
		t.Errorf("a minute later: %s", why)
	}
}

func TestOneReplyInAWhile(t *testing.T) {
	b, k := NewBudget(DefaultLimits), key("hours", "c")
	b.Spend(k, Spent{Deed: "d1", At: noon})
	if b.Silent(k, "d2", noon) {
		t.Fatal("silent before the first reply")
	}
	b.Spend(k, Spent{Deed: "d1", At: noon, Reply: true})
	if b.Silent(k, "d1", noon.Add(time.Minute)) {
		t.Error("the same acting may not be repeated")
	}
	b.Clear("hours")
	for after, want := range map[time.Duration]bool{time.Minute: true, DefaultLimits.Silence - 1: true, DefaultLimits.Silence: false} {
		if got := b.Silent(k, "d2", noon.Add(after)); got != want {
			t.Errorf("after %s: silent %v", after, got)
		}
	}
	if b.Silent(key("other", "c"), "d2", noon) {
		t.Error("another rule is silent too")
	}
}

// TestWhatIsKeptIsTheSame hands changes over at random moments and builds a second
// budget of them: both answer alike, and nothing is held for longer than it matters.
func TestWhatIsKeptIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, kept, at := NewBudget(DefaultLimits), map[Key][]Spent{}, noon
		keep := func() {
			changed := b.Take(at)
			if rapid.Bool().Draw(t, "fails") {
				b.Again(changed)
				changed = b.Take(at)
			}
			for k, list := range changed {
				if delete(kept, k); len(list) > 0 {
					kept[k] = list
				}
			}
		}
		keys := []Key{key("a", "1"), key("a", "2"), key("b", "1")}
		for i := range rapid.IntRange(1, 120).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "seconds")) * time.Second)
			k := rapid.SampledFrom(keys).Draw(t, "key")
			b.Spend(k, Spent{Deed: fmt.Sprint(i), At: at, Reply: rapid.Bool().Draw(t, "reply")})
			if rapid.IntRange(0, 9).Draw(t, "keep") == 0 {
				keep()
			}
		}
		keep()
		again := NewBudget(DefaultLimits)
		for k, list := range kept {
			again.Load(k, list)
			for _, s := range list[len(list)-1:] {
				if at.Sub(s.At) >= DefaultLimits.Silence {
					t.Fatalf("%v is kept for %s", k, at.Sub(s.At))
				}
			}
		}
		for _, k := range keys {
			_, why := b.Over(k, "new", at)
			_, whyAgain := again.Over(k, "new", at)
			if why != whyAgain || b.Silent(k, "new", at) != again.Silent(k, "new", at) {
				t.Fatalf("%v: %q, then %q", k, why, whyAgain)
			}
		}
	})
}
