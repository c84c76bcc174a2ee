package hours

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
)

func compiled(tb testing.TB, h config.Hours) *Calendar {
	tb.Helper()
	zone, err := h.Location()
	if err != nil {
		tb.Fatal(err)
	}
	c, err := Compile(h, zone)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func office(zone string, holidays ...config.Holiday) config.Hours {
	day := []config.Block{{From: "09:00", To: "12:00"}, {From: "13:00", To: "18:00"}}
	return config.Hours{ID: "office", Name: "Office", Zone: zone, Week: config.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}, Holidays: holidays}
}

func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func TestAnOrdinaryWeek(t *testing.T) {
	c := compiled(t, office("Asia/Seoul", config.Holiday{Date: "2000-12-25", Yearly: true}, config.Holiday{Date: "2026-12-28", Blocks: []config.Block{{From: "10:00", To: "11:00"}}}))
	for _, k := range []struct {
		from  string
		hours time.Duration
		to    string
	}{
		{"2026-12-21T09:00:00+09:00", 8 * time.Hour, "2026-12-21T18:00:00+09:00"},    // due at closing, not next morning
		{"2026-12-21T11:30:00+09:00", time.Hour, "2026-12-21T13:30:00+09:00"},        // over lunch
		{"2026-12-24T17:00:00+09:00", 90 * time.Minute, "2026-12-28T10:30:00+09:00"}, // over Christmas and a weekend, into a short day
		{"2026-12-26T03:00:00+09:00", -time.Hour, "2026-12-24T17:00:00+09:00"},
	} {
		got, ok := c.Add(at(t, k.from), k.hours)
		if !ok || !got.Equal(at(t, k.to)) {
			t.Errorf("%s and %v: %v, want %s", k.from, k.hours, got, k.to)
		}
	}
}

// On the day the clocks go ahead a block around the gap is an hour short, on the
// day they go back it is an hour long; Lord Howe moves by half of one.
func TestBlocksOverAChangeOfTheClocks(t *testing.T) {
	night := []config.Block{{From: "01:00", To: "04:00"}}
	for zone, want := range map[string]map[string]time.Duration{
		"America/New_York":    {"2026-03-08": 2 * time.Hour, "2026-11-01": 4 * time.Hour},
		"Europe/Berlin":       {"2026-03-29": 2 * time.Hour, "2026-10-25": 4 * time.Hour},
		"Australia/Lord_Howe": {"2026-10-04": 150 * time.Minute, "2026-04-05": 210 * time.Minute},
		"Asia/Kathmandu":      {"2026-03-29": 3 * time.Hour},
	} {
		c := compiled(t, config.Hours{Zone: zone, Week: config.Week{Sunday: night}})
		for day, hours := range want {
			noon := at(t, day+"T12:00:00Z")
			if got := c.Between(noon.Add(-36*time.Hour), noon.Add(36*time.Hour)); got != hours {
				t.Errorf("%s %s: %v, want %v", zone, day, got, hours)
			}
		}
	}
}

func TestHoursThatNeverOpenSaySo(t *testing.T) {
	now := at(t, "2026-03-02T09:00:00Z")
	c := compiled(t, config.Hours{Zone: "Europe/Berlin"})
	if _, ok := c.Add(now, time.Minute); ok {
		t.Error("a minute passes")
	}
	if _, ok := c.Add(now, -time.Minute); ok {
		t.Error("a minute has passed")
	}
	if _, ok := c.Opens(now); ok {
		t.Error("it opens")
	}
	if closes, ok := c.Closes(now); !ok || !closes.Equal(now) {
		t.Error("it is not closed")
	}
	if got, ok := c.Add(now, 0); !ok || !got.Equal(now) || c.Between(now, now.Add(Horizon)) != 0 {
		t.Error("nothing takes time")
	}
}

// The last day of a leap year that no table of changes reaches: the standard
// library's bounds of the zone end before that day.
func TestTheLastDayOfALeapYearFarAhead(t *testing.T) {
	c := compiled(t, office("Europe/Berlin"))
	for _, k := range []struct{ from, to string }{
		{"2040-12-31T08:00:00Z", "2041-01-01T09:00:00Z"}, {"2039-12-30T16:00:00Z", "2040-01-02T09:00:00Z"}, {"2040-12-28T16:00:00Z", "2040-12-31T09:00:00Z"},
	} {
		from, to := at(t, k.from), at(t, k.to)
		d := c.Between(from, to)
		if got, ok := c.Add(from, d); !ok || !got.Equal(to) {
			t.Errorf("%s and %v: %v, want %s", k.from, d, got, k.to)
		}
		if got, ok := c.Add(to, -d); !ok || got.Before(from) || c.Between(got, to) != d {
			t.Errorf("%v before %s: %v", d, k.to, got)
		}
	}
	if got := c.Between(at(t, "2040-12-30T00:00:00Z"), at(t, "2041-01-02T00:00:00Z")); got != 16*time.Hour {
		t.Errorf("two days of work are %v", got)
	}
}

func TestRoundTheClock(t *testing.T) {
	now := at(t, "2026-03-02T09:00:00Z")
	whole := []config.Block{{From: "00:00", To: "24:00"}}
	written := compiled(t, config.Hours{Zone: "Europe/Berlin", Week: config.Week{Monday: whole, Tuesday: whole, Wednesday: whole, Thursday: whole, Friday: whole, Saturday: whole, Sunday: whole}})
	for _, c := range []*Calendar{nil, written} {
		if got, ok := c.Add(now, 1000*time.Hour); !ok || got.Sub(now) != 1000*time.Hour {
			t.Errorf("1000 hours end %v", got)
		}
		if _, ok := c.Closes(now); ok || !c.Open(now) {
			t.Error("it closes")
		}
		if opens, ok := c.Opens(now); !ok || !opens.Equal(now) {
			t.Error("it is closed")
		}
		if got := c.Between(now.Add(1000*time.Hour), now); got != -1000*time.Hour {
			t.Errorf("backwards: %v", got)
		}
	}
}

func TestBlocksThatLieOverEachOtherAreOpenOnce(t *testing.T) {
	c := compiled(t, config.Hours{Zone: "UTC", Week: config.Week{Monday: []config.Block{{From: "10:00", To: "12:00"}, {From: "09:00", To: "11:00"}, {From: "09:30", To: "10:00"}}}})
	monday := at(t, "2026-03-02T00:00:00Z")
	if got := c.Between(monday, monday.Add(24*time.Hour)); got != 3*time.Hour {
		t.Errorf("open for %v", got)
	}
	if closes, ok := c.Closes(monday.Add(9 * time.Hour)); !ok || !closes.Equal(monday.Add(12*time.Hour)) {
		t.Errorf("closes at %v", closes)
	}
}

// Before 1970 and over the horizon: days are counted the same way, and no more of
// them than twenty years hold.
func TestLongAgoAndFarAhead(t *testing.T) {
	c := compiled(t, office("UTC"))
	if got := c.Between(at(t, "1965-03-01T10:00:00Z"), at(t, "1965-03-08T00:00:00Z")); got != 39*time.Hour {
		t.Errorf("a week of 1965 has %v", got)
	}
	from := at(t, "2026-03-02T00:00:00Z")
	if got := c.Between(from, from.AddDate(500, 0, 0)); got != c.Between(from, from.Add(Horizon)) {
		t.Errorf("500 years have %v", got)
	}
	if _, ok := c.Add(from, 6*365*24*time.Hour); ok {
		t.Error("six years of work are done within twenty years")
	}
}

func TestHoursThatCannotBeRead(t *testing.T) {
	bad := []config.Block{{From: "9:00", To: "12:00"}}
	for name, h := range map[string]config.Hours{
		"a day": {Week: config.Week{Friday: bad}}, "a holiday": {Holidays: []config.Holiday{{Date: "2026-05-05", Blocks: bad}}},
		"a date": {Holidays: []config.Holiday{{Date: "5 May"}}},
	} {
		if _, err := Compile(h, time.UTC); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := Compile(config.Hours{}, nil); err == nil {
		t.Error("no zone is taken")
	}
}

// A target of a year of a small business with lunch, holidays and summer time.
func BenchmarkAddOverAYear(b *testing.B) {
	c := compiled(b, office("America/New_York", config.Holiday{Date: "2026-12-25", Yearly: true}, config.Holiday{Date: "2026-05-25"}))
	from := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	year := c.Between(from, from.AddDate(1, 0, 0))
	for b.Loop() {
		if _, ok := c.Add(from, year); !ok {
			b.Fatal("no end")
		}
	}
}

// A target of two hours, as nearly all are.
func BenchmarkAdd(b *testing.B) {
	c := compiled(b, office("America/New_York", config.Holiday{Date: "2026-12-25", Yearly: true}))
	from := time.Date(2026, 3, 6, 22, 30, 0, 0, time.UTC)
	for b.Loop() {
		c.Add(from, 2*time.Hour)
	}
}
