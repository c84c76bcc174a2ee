package api

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func in(t *testing.T, zone string) *API {
	t.Helper()
	at, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return &API{Deps: Deps{Zone: at}}
}

// A date means a day of the house where nobody names a zone. To see it fail, take UTC.
func TestADateIsADayOfTheHouse(t *testing.T) {
	for _, c := range []struct{ house, asked, from, zone string }{
		{"Asia/Seoul", "", "2026-11-21T15:00:00Z", "Asia/Seoul"},
		{"Asia/Seoul", "Europe/Berlin", "2026-11-21T23:00:00Z", "Europe/Berlin"},
		{"UTC", "", "2026-11-22T00:00:00Z", "UTC"},
	} {
		r := ReportSpan{From: "2026-11-22", To: "2026-11-23", Zone: c.asked}
		from, to, err := in(t, c.house).span(&r)
		if err != nil || from.UTC().Format(time.RFC3339) != c.from || to.Sub(from) != 24*time.Hour || r.Zone != c.zone {
			t.Errorf("%+v: from %v to %v in %q, %v", c, from, to, r.Zone, err)
		}
	}
	for _, zone := range []string{"Local", "Mars/Olympus"} {
		if _, _, err := in(t, "UTC").span(&ReportSpan{From: "2026-11-22", To: "2026-11-23", Zone: zone}); err == nil {
			t.Errorf("%s is taken for a zone", zone)
		}
	}
	nameless := &API{Deps: Deps{Zone: time.FixedZone("Local", 3600)}}
	r := ReportSpan{From: "2026-11-22", To: "2026-11-23"}
	if from, _, err := nameless.span(&r); err != nil || r.Zone != "" || from.UTC().Hour() != 23 {
		t.Errorf("a zone without a name: %v in %q, %v", from, r.Zone, err)
	}
}

// The day on which clocks are set back has 25 hours.
func TestWhatIfOfADay(t *testing.T) {
	a := in(t, "Europe/Berlin")
	begin := time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)
	later := begin.Add(time.Hour)
	for _, c := range []struct {
		day      string
		from, to *time.Time
		span     time.Duration // nought where it is refused
	}{
		{"2026-10-25", nil, nil, 25 * time.Hour},
		{"", &begin, nil, 25 * time.Hour},
		{"", &begin, &later, time.Hour},
		{"2026-10-25", &begin, nil, 0},
		{"2026-10-25", nil, &later, 0},
		{"yesterday", nil, nil, 0},
		{"", nil, &later, 0},
		{"", nil, nil, 0},
	} {
		from, to, err := a.replayed(c.day, c.from, c.to)
		if (c.span == 0) != (err != nil) || err == nil && (!from.Equal(begin) || to.Sub(from) != c.span) {
			t.Errorf("%+v: %v to %v, %v", c, from, to, err)
		}
	}
}
