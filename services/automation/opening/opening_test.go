package opening

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
)

func TestOpen(t *testing.T) {
	day := []config.Block{{From: "09:00", To: "12:00"}, {From: "13:00", To: "18:00"}}
	c, err := Read(config.Hours{
		ID: "hr", Name: "desk", Zone: "Asia/Seoul",
		Week: config.Week{Monday: day, Friday: []config.Block{{From: "22:00", To: "24:00"}}},
		Holidays: []config.Holiday{
			{Date: "2026-11-23"}, {Date: "2020-11-30", Yearly: true},
			{Date: "2026-11-30", Blocks: []config.Block{{From: "10:00", To: "11:00"}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{
		"2026-11-16T08:59:59+09:00": false, "2026-11-16T09:00:00+09:00": true,
		"2026-11-16T11:59:59+09:00": true, "2026-11-16T12:00:00+09:00": false, "2026-11-16T13:00:00+09:00": true,
		"2026-11-16T00:00:00Z":      true, // nine o'clock in Seoul
		"2026-11-17T10:00:00+09:00": false,
		"2026-11-20T23:59:59+09:00": true, "2026-11-21T00:00:00+09:00": false,
		"2026-11-23T10:00:00+09:00": false, // a holiday
		"2026-11-30T10:30:00+09:00": true,  // of that very date, before the yearly one
		"2026-11-30T09:30:00+09:00": false,
		"2027-11-30T10:30:00+09:00": false, // the yearly one; a Tuesday besides
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Open(moment); got != want {
			t.Errorf("%s: open %v", at, got)
		}
	}
	for _, bad := range []config.Hours{
		{Zone: "Nowhere/At-all"}, {Zone: "UTC", Week: config.Week{Monday: []config.Block{{From: "9", To: "10:00"}}}},
		{Zone: "UTC", Holidays: []config.Holiday{{Date: "today"}}},
	} {
		if _, err := Read(bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
