package config

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Prefixes of the keys of hours and policies in the bucket.
const (
	KindHours  = "hours"
	KindPolicy = "policy"
)

// HoursID names hours of business.
type HoursID string

// Hours say when somebody is there to answer, by the clock on the wall of one
// zone: it is open whenever that clock shows a time within a block of the day.
// An hour that summer time takes away is not worked, one that it gives back is
// worked twice.
type Hours struct {
	ID   HoursID `json:"id"`
	Name string  `json:"name"`
	// Zone is an IANA name, such as Asia/Seoul.
	Zone     string    `json:"zone"`
	Week     Week      `json:"week"`
	Holidays []Holiday `json:"holidays,omitempty"`
}

// Week is what an ordinary week looks like. A day without blocks is closed.
type Week struct {
	Monday    []Block `json:"monday,omitempty"`
	Tuesday   []Block `json:"tuesday,omitempty"`
	Wednesday []Block `json:"wednesday,omitempty"`
	Thursday  []Block `json:"thursday,omitempty"`
	Friday    []Block `json:"friday,omitempty"`
	Saturday  []Block `json:"saturday,omitempty"`
	Sunday    []Block `json:"sunday,omitempty"`
}

// On are the blocks of a weekday.
func (w *Week) On(d time.Weekday) []Block {
	return [7][]Block{w.Sunday, w.Monday, w.Tuesday, w.Wednesday, w.Thursday, w.Friday, w.Saturday}[d]
}

// Block is open from one time of day until just before another, each HH:MM. To
// may be 24:00; what goes over midnight is two blocks.
type Block struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Minutes are a block's ends in minutes from midnight.
func (b Block) Minutes() (from, to int, err error) {
	if from, err = minutes(b.From); err != nil {
		return 0, 0, err
	}
	if to, err = minutes(b.To); err != nil {
		return 0, 0, err
	}
	if from >= to {
		return 0, 0, fmt.Errorf("the block %s–%s ends before it begins: what goes over midnight is two blocks, the first until 24:00", b.From, b.To)
	}
	return from, to, nil
}

func minutes(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is no time of day: write it as 09:00, the end of a day as 24:00", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Holiday replaces a day of the week: without blocks it is closed. One that is
// yearly falls on its day and month of every year, whatever the year it is
// written with; where a holiday of that very date is listed too, that one holds.
type Holiday struct {
	Date   string  `json:"date"` // 2026-12-25
	Yearly bool    `json:"yearly,omitempty"`
	Name   string  `json:"name,omitempty"`
	Blocks []Block `json:"blocks,omitempty"`
}

// Day is the date of a holiday, at midnight UTC.
func (h *Holiday) Day() (time.Time, error) {
	day, err := time.Parse(time.DateOnly, h.Date)
	if err != nil {
		return day, fmt.Errorf("%q is no date: write it as 2026-12-25", h.Date)
	}
	return day, nil
}

// Bounds of hours. So few days can be a holiday every year that no list of them
// closes a weekday for ever.
const (
	MaxName          = 200 // bytes
	maxBlocks        = 24  // of one day
	maxHolidays      = 1000
	maxYearlyHoliday = 100
)

// Location is the zone, from the system's or the program's list of zones.
func (h *Hours) Location() (*time.Location, error) {
	if h.Zone == "" || h.Zone == "Local" {
		return nil, errors.New("hours need a zone, such as Asia/Seoul")
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil, fmt.Errorf("no such zone: %q", h.Zone)
	}
	return zone, nil
}

// Check says what is wrong with hours in words for whoever typed them. Hours
// without a block in the week are refused: nothing would ever be due in them.
func (h *Hours) Check() error {
	if err := checkName("hours", string(h.ID), h.Name); err != nil {
		return err
	}
	if _, err := h.Location(); err != nil {
		return err
	}
	blocks := 0
	for d := range time.Weekday(7) {
		if err := checkBlocks(h.Week.On(d)); err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
		blocks += len(h.Week.On(d))
	}
	if blocks == 0 {
		return errors.New("the hours are open on no day of the week")
	}
	return h.checkHolidays()
}

func (h *Hours) checkHolidays() error {
	if len(h.Holidays) > maxHolidays {
		return fmt.Errorf("there are more than %d holidays", maxHolidays)
	}
	seen, yearly := map[string]bool{}, 0
	for _, d := range h.Holidays {
		day, err := d.Day()
		if err != nil {
			return fmt.Errorf("holiday %s: %w", d.Name, err)
		}
		if len(d.Name) > MaxName {
			return fmt.Errorf("holiday %s: the name is longer than %d bytes", d.Date, MaxName)
		}
		if err := checkBlocks(d.Blocks); err != nil {
			return fmt.Errorf("holiday %s: %w", d.Date, err)
		}
		key := d.Date
		if d.Yearly {
			key = day.Format("01-02")
			yearly++
		}
		if seen[key] {
			return fmt.Errorf("holiday %s: the day is listed twice", d.Date)
		}
		seen[key] = true
	}
	if yearly > maxYearlyHoliday {
		return fmt.Errorf("more than %d holidays are yearly", maxYearlyHoliday)
	}
	return nil
}

func checkBlocks(blocks []Block) error {
	if len(blocks) > maxBlocks {
		return fmt.Errorf("a day has at most %d blocks", maxBlocks)
	}
	type span struct{ from, to int }
	var spans []span
	for _, b := range blocks {
		from, to, err := b.Minutes()
		if err != nil {
			return err
		}
		for _, s := range spans {
			if from < s.to && s.from < to {
				return fmt.Errorf("the block %s–%s lies over another", b.From, b.To)
			}
		}
		spans = append(spans, span{from, to})
	}
	return nil
}

func checkName(what, id, name string) error {
	switch {
	case id == "":
		return fmt.Errorf("%s need an id", what)
	case name == "":
		return fmt.Errorf("%s need a name", what)
	case len(name) > MaxName:
		return fmt.Errorf("the name is longer than %d bytes", MaxName)
	}
	return nil
}

// What may pause the clock of a resolution: it was put aside, or our answer is
// the last word. The clocks of responses never pause, or an agent could stop them
// by snoozing.
const (
	PauseSnoozed = "snoozed"
	PauseWaiting = "waiting-for-customer"
)

// Policy is a service level: what is promised to a customer, by priority.
type Policy struct {
	ID   events.PolicyID `json:"id"`
	Name string          `json:"name"`
	// Hours are those that promises are counted in; round the clock when empty.
	Hours   HoursID  `json:"hours,omitempty"`
	Targets []Target `json:"targets"`
	// WarnBefore is how much of a target is left when people are warned, in
	// percent of it; nought warns nobody. It is no number of minutes because one
	// policy holds targets from minutes to days: ten minutes are most of the one
	// and nothing of the other.
	WarnBefore int `json:"warn_before,omitempty"`
	// PauseWhile are [PauseSnoozed] and [PauseWaiting]; they hold for resolution.
	PauseWhile []string `json:"pause_while,omitempty"`
	// Raise puts forward, among those that wait, whoever is in danger of being
	// answered late.
	Raise Raise `json:"raise,omitzero"`
}

// Raise is by how many steps of priority a conversation stands ahead once a
// promise to it is at risk, and once it is missed. It changes no priority that
// anybody sees, and so no target.
type Raise struct {
	Warned int `json:"warned,omitempty"`
	Missed int `json:"missed,omitempty"`
}

// MaxRaise bounds the steps of a [Raise].
const MaxRaise = 10

// Target holds for conversations of this priority and those above it, until the
// next target. Times are in seconds of the policy's hours; nought promises
// nothing.
type Target struct {
	Priority      int `json:"priority"`
	FirstResponse int `json:"first_response,omitempty"`
	NextResponse  int `json:"next_response,omitempty"`
	Resolution    int `json:"resolution,omitempty"`
}

// Bounds of a policy.
const (
	// MaxTarget bounds every time of a target, in seconds.
	MaxTarget     = 366 * 24 * 3600
	maxTargets    = 50
	maxWarnBefore = 90
)

// Check says what is wrong with a policy in words for whoever typed it.
func (p *Policy) Check() error {
	if err := checkName("policies", string(p.ID), p.Name); err != nil {
		return err
	}
	if p.WarnBefore < 0 || p.WarnBefore > maxWarnBefore {
		return fmt.Errorf("a warning comes when 1 to %d percent of the target are left; 0 warns nobody", maxWarnBefore)
	}
	if r := p.Raise; r.Warned < 0 || r.Missed < r.Warned || r.Missed > MaxRaise {
		return fmt.Errorf("a policy raises by 0 to %d steps, and what is missed no less than what is at risk", MaxRaise)
	}
	if len(p.Targets) == 0 || len(p.Targets) > maxTargets {
		return fmt.Errorf("a policy has 1 to %d targets", maxTargets)
	}
	seen := map[int]bool{}
	for _, t := range p.Targets {
		if seen[t.Priority] {
			return fmt.Errorf("two targets begin at priority %d", t.Priority)
		}
		seen[t.Priority] = true
		for _, seconds := range []int{t.FirstResponse, t.NextResponse, t.Resolution} {
			if seconds < 0 || seconds > MaxTarget {
				return fmt.Errorf("priority %d: a target is between 0 and %d seconds", t.Priority, MaxTarget)
			}
		}
	}
	for i, while := range p.PauseWhile {
		if while != PauseSnoozed && while != PauseWaiting {
			return fmt.Errorf("nothing pauses while %q: it may be %s or %s", while, PauseSnoozed, PauseWaiting)
		}
		if slices.Contains(p.PauseWhile[:i], while) {
			return fmt.Errorf("%q is listed twice", while)
		}
	}
	return nil
}

// At is what is promised at a priority. Below every target nothing is.
func (p *Policy) At(priority int) Target {
	var best Target
	found := false
	for _, t := range p.Targets {
		if t.Priority <= priority && (!found || t.Priority > best.Priority) {
			best, found = t, true
		}
	}
	return best
}

// Of is the time that a target promises for a clock, nought where it promises
// none.
func (t Target) Of(kind events.ClockKind) time.Duration {
	seconds := 0
	switch kind {
	case events.FirstResponse:
		seconds = t.FirstResponse
	case events.NextResponse:
		seconds = t.NextResponse
	case events.Resolution:
		seconds = t.Resolution
	}
	return time.Duration(seconds) * time.Second
}

// Pauses reports whether the policy stops the clock of a resolution while
// something is so.
func (p *Policy) Pauses(while string) bool { return slices.Contains(p.PauseWhile, while) }
