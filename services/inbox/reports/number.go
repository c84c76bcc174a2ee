package reports

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Number names a column of a table.
type Number = queries.ReportNumber

// The columns that are noted, in the order in which tables show them.
var (
	counts  = queries.ReportNumbers(queries.ReportCount)
	sums    = queries.ReportNumbers(queries.ReportSum)
	spreads = queries.ReportNumbers(queries.ReportSpread)
	noted   = slices.Concat(counts, sums, spreads)
)

// Code is a noted number as it is kept: its place in the order of columns. It
// holds within one [Formula].
type Code uint8

// Codes are how many there are.
var Codes = Code(len(noted))

var codes = func() map[Number]Code {
	out := map[Number]Code{}
	for i, n := range noted {
		out[n] = Code(i)
	}
	return out
}()

var (
	BacklogCode   = codes[queries.ReportBacklog]
	availableCode = codes[queries.ReportAvailableTime]
	busyCode      = codes[queries.ReportBusyTime]
	firstSpread   = Code(len(counts) + len(sums))
)

func (c Code) spread() bool { return c >= firstSpread }

// share is a number that is made of others.
type share struct {
	name         Number
	above, minus []Number
	below        []Number
	times        float64
}

var shares = []share{
	{name: queries.ReportReopenRate, above: []Number{queries.ReportReopened}, below: []Number{queries.ReportResolved}},
	{name: queries.ReportResolutionRate, above: []Number{queries.ReportResolved}, below: []Number{queries.ReportOpened, queries.ReportReopened}},
	{name: queries.ReportAbandonmentRate, above: []Number{queries.ReportAbandoned}, below: []Number{queries.ReportAbandoned, queries.ReportTaken}},
	{name: queries.ReportServiceLevel, above: []Number{queries.ReportFirstMet}, below: []Number{queries.ReportFirstMet, queries.ReportFirstMissed}},
	{name: queries.ReportNextServiceLevel, above: []Number{queries.ReportNextMet}, below: []Number{queries.ReportNextMet, queries.ReportNextMissed}},
	{name: queries.ReportResolutionsOnTime, above: []Number{queries.ReportResolutionMet}, below: []Number{queries.ReportResolutionMet, queries.ReportResolutionMissed}},
	{name: queries.ReportOccupancy, above: []Number{queries.ReportBusyTime}, below: []Number{queries.ReportAvailableTime}},
	{name: queries.ReportCSATScore, above: []Number{queries.ReportCSATSum}, below: []Number{queries.ReportCSATAnswered}},
	{name: queries.ReportCSATRate, above: []Number{queries.ReportCSATGood}, below: []Number{queries.ReportCSATAnswered}},
	{name: queries.ReportCSATResponse, above: []Number{queries.ReportCSATAnswered}, below: []Number{queries.ReportCSATAsked}},
	{name: queries.ReportNPSScore, above: []Number{queries.ReportNPSGood}, minus: []Number{queries.ReportNPSPoor}, below: []Number{queries.ReportNPSAnswered}, times: 100},
	{name: queries.ReportNPSResponse, above: []Number{queries.ReportNPSAnswered}, below: []Number{queries.ReportNPSAsked}},
	{name: queries.ReportCESScore, above: []Number{queries.ReportCESSum}, below: []Number{queries.ReportCESAnswered}},
	{name: queries.ReportCESRate, above: []Number{queries.ReportCESGood}, below: []Number{queries.ReportCESAnswered}},
	{name: queries.ReportCESResponse, above: []Number{queries.ReportCESAnswered}, below: []Number{queries.ReportCESAsked}},
}

// All are the numbers there are, in the order of columns.
func All() []Number {
	out := slices.Clone(noted)
	for i := range shares {
		out = append(out, shares[i].name)
	}
	return out
}

func shareOf(n Number) *share {
	for i := range shares {
		if shares[i].name == n {
			return &shares[i]
		}
	}
	return nil
}

// parts are the noted numbers that a share is made of.
func (s *share) parts() []Number { return slices.Concat(s.above, s.minus, s.below) }

// of is the share among counts; false where there is nothing to share.
func (s *share) of(n map[Number]int64) (float64, bool) {
	sum := func(list []Number) (out int64) {
		for _, c := range list {
			out += n[c]
		}
		return out
	}
	if sum(s.below) <= 0 {
		return 0, false
	}
	v := float64(sum(s.above)-sum(s.minus)) / float64(sum(s.below))
	if s.times != 0 {
		v *= s.times
	}
	return v, true
}
