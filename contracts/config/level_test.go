package config

import (
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func goodHours() Hours {
	return Hours{ID: "h1", Name: "Office", Zone: "UTC", Week: Week{Monday: []Block{{"09:00", "12:00"}, {"12:00", "24:00"}}, Tuesday: []Block{{"00:00", "02:00"}}}, Holidays: []Holiday{{Date: "2026-12-25"}, {Date: "2000-12-25", Yearly: true}}}
}

func TestHoursAreCheckedInWords(t *testing.T) {
	if h := goodHours(); h.Check() != nil {
		t.Fatal(h.Check())
	}
	for words, spoil := range map[string]func(*Hours){
		"need an id":                    func(h *Hours) { h.ID = "" },
		"need a name":                   func(h *Hours) { h.Name = "" },
		"need a zone":                   func(h *Hours) { h.Zone = "Local" },
		"no such zone":                  func(h *Hours) { h.Zone = "Asia/Soul" },
		"no time of day":                func(h *Hours) { h.Week.Friday = []Block{{"9:00", "12:00"}} },
		"is two blocks":                 func(h *Hours) { h.Week.Friday = []Block{{"22:00", "06:00"}} },
		"lies over":                     func(h *Hours) { h.Week.Monday = append(h.Week.Monday, Block{"11:59", "12:01"}) },
		"on no day":                     func(h *Hours) { h.Week = Week{} },
		"no date":                       func(h *Hours) { h.Holidays[0].Date = "2026-02-30" },
		"listed twice":                  func(h *Hours) { h.Holidays = append(h.Holidays, Holiday{Date: "1999-12-25", Yearly: true}) },
		"holidays":                      func(h *Hours) { h.Holidays = make([]Holiday, maxHolidays+1) },
		"at most 24":                    func(h *Hours) { h.Week.Sunday = make([]Block, maxBlocks+1) },
		"holiday 2026-12-25: \"25:00\"": func(h *Hours) { h.Holidays[0].Blocks = []Block{{"25:00", "26:00"}} },
		"are yearly": func(h *Hours) {
			for i := range maxYearlyHoliday {
				h.Holidays = append(h.Holidays, Holiday{Date: time.Date(2001, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Yearly: true})
			}
		},
	} {
		h := goodHours()
		spoil(&h)
		if err := h.Check(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("want %q: %v", words, err)
		}
	}
}

func TestPoliciesAreCheckedInWords(t *testing.T) {
	good := func() Policy {
		return Policy{ID: "p1", Name: "Gold", WarnBefore: 20, PauseWhile: []string{PauseSnoozed, PauseWaiting}, Targets: []Target{{Priority: 0, FirstResponse: 60}, {Priority: 5, Resolution: 3600}}}
	}
	if p := good(); p.Check() != nil {
		t.Fatal(p.Check())
	}
	for words, spoil := range map[string]func(*Policy){
		"need an id":     func(p *Policy) { p.ID = "" },
		"1 to 90":        func(p *Policy) { p.WarnBefore = 91 },
		"1 to 50":        func(p *Policy) { p.Targets = nil },
		"two targets":    func(p *Policy) { p.Targets[0].Priority = 5 },
		"between 0 and":  func(p *Policy) { p.Targets[0].NextResponse = MaxTarget + 1 },
		"0 to 10 steps":  func(p *Policy) { p.Raise = Raise{Missed: MaxRaise + 1} },
		"no less than":   func(p *Policy) { p.Raise = Raise{Warned: 2, Missed: 1} },
		"nothing pauses": func(p *Policy) { p.PauseWhile[0] = "asleep" },
		"listed twice":   func(p *Policy) { p.PauseWhile[0] = PauseWaiting },
	} {
		p := good()
		spoil(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("want %q: %v", words, err)
		}
	}
}

func TestATargetHoldsUntilTheNext(t *testing.T) {
	p := Policy{Targets: []Target{{Priority: 5, FirstResponse: 1}, {Priority: -2, FirstResponse: 3, NextResponse: 4, Resolution: 5}}}
	for priority, want := range map[int]time.Duration{-3: 0, -2: 3, 4: 3, 5: 1, 10: 1} {
		if got := p.At(priority).Of(events.FirstResponse); got != want*time.Second {
			t.Errorf("priority %d: %v", priority, got)
		}
	}
	if low := p.At(0); low.Of(events.NextResponse) != 4*time.Second || low.Of(events.Resolution) != 5*time.Second || low.Of("none") != 0 {
		t.Errorf("other clocks: %+v", low)
	}
}
