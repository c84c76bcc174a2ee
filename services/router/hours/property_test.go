package hours

import (
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
)

var zones = []string{
	"Asia/Seoul", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe",
	"America/St_Johns", "Africa/Casablanca", "Pacific/Apia", "America/Havana", "UTC",
}

// wall is the slow truth: for every minute it asks the clock on the wall.
type wall struct {
	hours config.Hours
	zone  *time.Location
}

func (w wall) open(minute time.Time) bool {
	local := minute.In(w.zone)
	blocks := w.hours.Week.On(local.Weekday())
	for _, yearly := range []bool{true, false} { // the very date comes last and holds
		for _, h := range w.hours.Holidays {
			if h.Yearly == yearly && (h.Date == local.Format(time.DateOnly) || yearly && h.Date[4:] == local.Format("-01-02")) {
				blocks = h.Blocks
			}
		}
	}
	now := local.Format("15:04")
	return slices.ContainsFunc(blocks, func(b config.Block) bool { return b.From <= now && now < b.To })
}

func (w wall) between(a, b time.Time) (sum time.Duration) {
	for m := a.Truncate(time.Minute); m.Before(b); m = m.Add(time.Minute) {
		if w.open(m) {
			from, to := m, m.Add(time.Minute)
			if from.Before(a) {
				from = a
			}
			if to.After(b) {
				to = b
			}
			sum += to.Sub(from)
		}
	}
	return sum
}

const far = 30 * 24 * time.Hour

// add goes to the end of each open stretch of a minute until d is used up.
func (w wall) add(t time.Time, d time.Duration) (time.Time, bool) {
	for m := t.Truncate(time.Minute); m.Sub(t) < far; m = m.Add(time.Minute) {
		if !w.open(m) {
			continue
		}
		from := m
		if from.Before(t) {
			from = t
		}
		if holds := m.Add(time.Minute).Sub(from); d > holds {
			d -= holds
			continue
		}
		return from.Add(d), true
	}
	return t, false
}

// anyHours are hours of any shape, dense around the times at which zones change.
func anyHours(t *rapid.T, near time.Time) config.Hours {
	h := config.Hours{ID: "h", Name: "any", Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
	for _, day := range []*[]config.Block{&h.Week.Monday, &h.Week.Tuesday, &h.Week.Wednesday, &h.Week.Thursday, &h.Week.Friday, &h.Week.Saturday, &h.Week.Sunday} {
		*day = anyBlocks(t)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "holidays") {
		day := near.AddDate(0, 0, rapid.IntRange(-3, 8).Draw(t, "day"))
		holiday := config.Holiday{Date: day.Format(time.DateOnly), Yearly: i%2 == 0, Blocks: anyBlocks(t)}
		if holiday.Yearly {
			holiday.Date = fmt.Sprint(2001+i) + holiday.Date[4:]
			if _, err := holiday.Day(); err != nil {
				continue // the 29th of February
			}
		}
		if !slices.ContainsFunc(h.Holidays, func(o config.Holiday) bool { return o.Yearly == holiday.Yearly && o.Date[4:] == holiday.Date[4:] }) {
			h.Holidays = append(h.Holidays, holiday)
		}
	}
	return h
}

func anyBlocks(t *rapid.T) (out []config.Block) {
	ends := rapid.SliceOfNDistinct(rapid.OneOf(rapid.Map(rapid.IntRange(0, 16), func(n int) int { return n * 15 }), rapid.IntRange(0, 24*60)), 0, 6, rapid.ID[int]).Draw(t, "ends")
	slices.Sort(ends)
	for i := 0; i+1 < len(ends); i += 2 {
		out = append(out, config.Block{From: clock(ends[i]), To: clock(ends[i+1])})
	}
	return out
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// around is a moment, more often than not near a change of the zone.
func around(t *rapid.T, name string) time.Time {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(rapid.IntRange(2005, 2045).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 366*24*60).Draw(t, "minute")) * time.Minute)
	if _, change := at.In(zone).ZoneBounds(); !change.IsZero() && rapid.IntRange(0, 3).Draw(t, "at a change") > 0 {
		at = change.Add(time.Duration(rapid.IntRange(-3*24*60, 12*60).Draw(t, "off")) * time.Minute)
	}
	return at.Add(time.Duration(rapid.SampledFrom([]int64{0, 1, 30_000_000_001, 59_999_999_999}).Draw(t, "ns"))).UTC()
}

func prepare(t *rapid.T) (wall, *Calendar, time.Time) {
	name := rapid.SampledFrom(zones).Draw(t, "zone of the moment")
	at := around(t, name)
	h := anyHours(t, at)
	h.Zone = name
	zone, err := h.Location()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compile(h, zone)
	if err != nil {
		t.Fatal(err)
	}
	return wall{h, zone}, c, at
}

// What the calendar counts is what somebody counts who looks at the wall every
// minute. To see it fail, take the offset of the wrong side of a change in even,
// or leave out the cut at the end of a stretch in forward.
func TestCountsAsTheWallDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, c, a := prepare(t)
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(6*24*time.Hour)).Draw(t, "later")))
		if got, want := c.Between(a, b), w.between(a, b); got != want {
			t.Fatalf("between %v and %v: %v, on the wall %v", a.In(w.zone), b.In(w.zone), got, want)
		}
		if c.Between(b, a) != -c.Between(a, b) {
			t.Fatal("backwards it is another time")
		}
		if c.Open(b) != w.open(b.Truncate(time.Minute)) {
			t.Fatalf("open at %v: %v", b.In(w.zone), c.Open(b))
		}
		d := time.Duration(rapid.Int64Range(1, int64(40*time.Hour)).Draw(t, "d"))
		want, ok := w.add(a, d)
		if got, _ := c.Add(a, d); ok && !got.Equal(want) {
			t.Fatalf("%v and %v of hours: %v, on the wall %v", a.In(w.zone), d, got.In(w.zone), want.In(w.zone))
		}
	})
}

// Adding and counting undo each other, forwards and backwards, and what comes out
// is the nearest such moment.
func TestAddAndBetweenUndoEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, c, a := prepare(t)
		d := time.Duration(rapid.Int64Range(1, int64(60*time.Hour)).Draw(t, "d"))
		b, ok := c.Add(a, d)
		if _, opens := c.Opens(a); ok != opens { // no calendar here is open for a last time
			t.Fatalf("there is an end: %v, it opens: %v", ok, opens)
		}
		if !ok {
			return
		}
		if got := c.Between(a, b); got != d {
			t.Fatalf("%v after %v is %v, and %v lies between", d, a, b.In(w.zone), got)
		}
		if got := c.Between(a, b.Add(-1)); got != d-1 {
			t.Fatalf("%v is not the first such moment: a nanosecond before it is %v", b, got)
		}
		back, ok := c.Add(b, -d)
		if !ok || c.Between(back, b) != d || c.Between(back.Add(1), b) != d-1 {
			t.Fatalf("%v before %v is %v, %v", d, b, back, ok)
		}
		if back.Before(a) || c.Between(a, back) != 0 {
			t.Fatalf("there and back is %v, not %v", back, a)
		}
	})
}

// The next opening and closing are the first minutes on the wall that are so.
func TestOpensAndClosesWhenTheWallSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, c, a := prepare(t)
		opens, found := c.Opens(a)
		if at, ok := w.first(a, true); ok && (!found || !opens.Equal(at)) {
			t.Fatalf("from %v it opens %v, on the wall %v", a.In(w.zone), opens.In(w.zone), at.In(w.zone))
		}
		closes, found := c.Closes(a)
		if at, ok := w.first(a, false); ok && (!found || !closes.Equal(at)) {
			t.Fatalf("from %v it closes %v, on the wall %v", a.In(w.zone), closes.In(w.zone), at.In(w.zone))
		}
	})
}

func (w wall) first(t time.Time, open bool) (time.Time, bool) {
	if w.open(t.Truncate(time.Minute)) == open {
		return t, true
	}
	for m := t.Truncate(time.Minute); m.Sub(t) < 10*24*time.Hour; m = m.Add(time.Minute) {
		if w.open(m) == open {
			return m, true
		}
	}
	return t, false
}
