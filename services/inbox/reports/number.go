package reports

import "github.com/tributary-inbox/tributary/pkg/sketch"

// Number names a column of a table.
type Number string

// Counts. Backlog is a state, at the end of the range or of each hour or day; the
// others are what happened within it.
const (
	Opened           Number = "opened"
	Reopened         Number = "reopened"
	Resolved         Number = "resolved"
	Backlog          Number = "backlog"
	Received         Number = "received"
	Sent             Number = "sent"
	Taken            Number = "taken"
	Abandoned        Number = "abandoned"
	FirstMet         Number = "first_response_met"
	FirstMissed      Number = "first_response_missed"
	NextMet          Number = "next_response_met"
	NextMissed       Number = "next_response_missed"
	ResolutionMet    Number = "resolution_met"
	ResolutionMissed Number = "resolution_missed"
)

// Spreads, in milliseconds. Those that end in _business are measured by the
// clocks of service levels, in the hours of their policies; the others in the
// time of the calendar.
const (
	FirstResponse         Number = "first_response"
	NextResponse          Number = "next_response"
	ResolutionTime        Number = "resolution_time"
	HandleTime            Number = "handle_time"
	QueueTime             Number = "queue_time"
	FirstResponseBusiness Number = "first_response_business"
	NextResponseBusiness  Number = "next_response_business"
	ResolutionBusiness    Number = "resolution_business"
)

// Shares, from nought; there is none where the lower part is nought.
const (
	ReopenRate        Number = "reopen_rate"
	ResolutionRate    Number = "resolution_rate"
	AbandonmentRate   Number = "abandonment_rate"
	ServiceLevel      Number = "service_level"
	NextServiceLevel  Number = "next_response_level"
	ResolutionsOnTime Number = "resolution_level"
)

// The columns in the order in which tables show them.
var (
	counts  = []Number{Opened, Reopened, Resolved, Backlog, Received, Sent, Taken, Abandoned, FirstMet, FirstMissed, NextMet, NextMissed, ResolutionMet, ResolutionMissed}
	spreads = []Number{FirstResponse, NextResponse, ResolutionTime, HandleTime, QueueTime, FirstResponseBusiness, NextResponseBusiness, ResolutionBusiness}
	shares  = []share{
		{ReopenRate, []Number{Reopened}, []Number{Resolved}},
		{ResolutionRate, []Number{Resolved}, []Number{Opened, Reopened}},
		{AbandonmentRate, []Number{Abandoned}, []Number{Abandoned, Taken}},
		{ServiceLevel, []Number{FirstMet}, []Number{FirstMet, FirstMissed}},
		{NextServiceLevel, []Number{NextMet}, []Number{NextMet, NextMissed}},
		{ResolutionsOnTime, []Number{ResolutionMet}, []Number{ResolutionMet, ResolutionMissed}},
	}
)

type share struct {
	name         Number
	above, below []Number
}

// of is the share among counts; false where there is nothing to share.
func (s share) of(n map[Number]int64) (float64, bool) {
	sum := func(list []Number) (out int64) {
		for _, c := range list {
			out += n[c]
		}
		return out
	}
	if sum(s.below) == 0 {
		return 0, false
	}
	return float64(sum(s.above)) / float64(sum(s.below)), true
}

// Spread is how long something took, in milliseconds. Average and Most are exact,
// Median and P90 within [sketch.Accuracy].
type Spread struct {
	Count   int64 `json:"count"`
	Average int64 `json:"average_ms"`
	Median  int64 `json:"median_ms"`
	P90     int64 `json:"p90_ms"`
	Most    int64 `json:"most_ms"`
}

func spreadOf(s *sketch.Sketch) Spread {
	return Spread{s.Count(), s.Sum() / s.Count(), s.Quantile(0.5), s.Quantile(0.9), s.Most()}
}
