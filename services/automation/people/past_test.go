package people

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// told is a past that begins at a place and was told the log up to another.
func (m *Memory) told(t fataler, log []feed.Entry[*events.Decision], place, until uint64) *Past {
	p, err := m.Past(place)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range log[p.Begins():until] {
		if err := p.Tell(e.Value); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

type fataler interface{ Fatal(...any) }

// Whoever is asked about at any place of any history is told as a memory would have
// that had read no further; where it cannot be told any more, it is said, and is so
// only before the days that are kept.
//
// To see it fail: in stood, take the record of today, or the newest that is kept.
func TestThePastIsAsItStood(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := anyHistory(rt)
		// What is erased is erased from the past too; that is for another test.
		h.log = slices.DeleteFunc(h.log, func(e feed.Entry[*events.Decision]) bool {
			_, erases := e.Value.Facts[0].Body.(*events.ContactErased)
			return erases
		})
		for i := range h.log {
			h.log[i].Seq, h.log[i].Value.Seq = uint64(i+1), uint64(i+1)
		}
		end := len(h.log)
		if end == 0 {
			return
		}
		m := folded(t, h.log, rapid.IntRange(1, 9).Draw(rt, "size"))
		place := rapid.IntRange(0, end-1).Draw(rt, "place")
		until := rapid.IntRange(place, end).Draw(rt, "until")
		p, then := m.told(rt, h.log, uint64(place), uint64(until)), folded(t, h.log[:until], 100)
		kept := until == 0 || dayOf(h.log[until-1].Value.At)+keptDays > dayOf(h.log[end-1].Value.At)
		for _, id := range []events.ContactID{"a", "b", "c", "nobody"} {
			got, doubt, err := p.Contact(id)
			if err != nil {
				rt.Fatal(err)
			}
			if doubt.What != "" && kept && until > place {
				rt.Fatalf("%s is in doubt at %d of %d", id, until, end)
			}
			if doubt.What != "" {
				continue
			}
			want, ok := then.Seen(id)
			if ok != (got != nil) || ok && !reflect.DeepEqual(got, want) {
				rt.Fatalf("%s from %d at %d of %d:\n%+v\nwas\n%+v", id, place, until, end, got, want)
			}
		}
	})
}

// Before the days that are kept customers are told as they stood when those began.
func TestWhatIsTooOldIsInDoubt(t *testing.T) {
	h := &history{at: when}
	named := func(name string) *events.ContactUpdated { return &events.ContactUpdated{Name: &name} }
	h.about("k", &events.ContactCreated{Name: "first"})
	h.about("k", named("second"))
	h.at = when.AddDate(0, 0, 20)
	h.about("k", named("third"))
	h.at = h.at.AddDate(0, 0, keptDays-1)
	h.about("k", named("fourth"))
	m := folded(t, h.log, 1)
	for until, want := range []string{1: "second customers", 2: "second customers", 3: "third ", 4: "fourth "} {
		if until == 0 {
			continue
		}
		p := m.told(t, h.log, uint64(until-1), uint64(until))
		c, doubt, err := p.Contact("k")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.Name, " ", doubt.What); got != want {
			t.Errorf("at %d: %s, want %s", until, got, want)
		}
		if begins := when.AddDate(0, 0, 20).Truncate(24 * time.Hour); until < 3 && !doubt.Until.Equal(begins) {
			t.Errorf("at %d they are known since %s", until, doubt.Until)
		}
	}
	if n := keptOf(t, m); n != 2 {
		t.Errorf("%d days are kept", n)
	}
}

func keptOf(t *testing.T, m *Memory) (n int) {
	if err := m.look(func(tx *bbolt.Tx) error {
		n = tx.Bucket(days).Stats().KeyN
		if of := tx.Bucket(former).Stats().BucketN - 1; of != n {
			return fmt.Errorf("%d days, %d former", n, of)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	return n
}

// Who was erased is not found in the past either: not in what is kept of a day, and not
// in what is read again out of the log, which has it still.
//
// To see it fail: leave the erasure out of look, or out of what is kept.
func TestWhatIsErasedIsErasedFromThePast(t *testing.T) {
	h := &history{at: when}
	kim, name := events.Point{Kind: "email", Value: "kim@example.com"}, "Kim Minsu"
	h.about("k", &events.ContactCreated{Name: "Kim", Points: []events.Point{kim, {Kind: "phone", Value: "+821012345678"}}})
	h.at = h.at.AddDate(0, 0, 1)
	h.about("k", wrote("hello", when), &events.ContactUpdated{Name: &name, Attributes: map[string]string{"city": "Seoul"}})
	h.at = h.at.AddDate(0, 0, 1)
	h.about("k", &events.ContactErased{What: []string{"name", "city"}, Points: []events.Point{kim}})
	again := "Lee"
	h.about("k", &events.ContactUpdated{Name: &again})
	for _, size := range []int{1, 4} {
		m := folded(t, h.log, size)
		for _, place := range []uint64{0, 1} {
			c, doubt, err := m.told(t, h.log, place, 2).Contact("k")
			if err != nil || doubt.What != queries.UnknownErased || !doubt.Until.Equal(h.log[2].Value.At) || c.Name != "" || c.Email != "" || c.Phone == "" || len(c.Attributes) != 0 || c.MessagesCount != 1 {
				t.Errorf("from %d: %+v, %+v, %v", place, c, doubt, err)
			}
		}
		if c, doubt, err := m.told(t, h.log, 1, 4).Contact("k"); err != nil || doubt.What != "" || c.Name != "Lee" {
			t.Errorf("since: %+v, %+v, %v", c, doubt, err)
		}
	}
}

// More than may be remembered ends it, rather than the process.
func TestAPastIsBounded(t *testing.T) {
	h := &history{at: when}
	for i := range 100 {
		h.about(events.ContactID(fmt.Sprint("k", i)), &events.ContactCreated{Name: "Kim"})
	}
	m := folded(t, h.log, 100)
	p, err := m.Past(0)
	if err != nil {
		t.Fatal(err)
	}
	p.most = 30_000
	for i, e := range h.log {
		if err = p.Tell(e.Value); err != nil {
			if !errors.Is(err, ErrTooMuch) || i < 20 {
				t.Errorf("at %d: %v", i, err)
			}
			return
		}
	}
	t.Error("nothing is too much")
}
