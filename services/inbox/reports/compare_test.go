package reports

import (
	"fmt"
	"math"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/sketch"
)

// compare is what differs between a table and a recount; empty where nothing does.
func compare(got Table, want map[string]map[Number][]int64) string {
	seen := map[string]bool{}
	for _, r := range got.Rows {
		name := ""
		for _, k := range r.Keys {
			name += "/" + k
		}
		seen[name] = true
		for _, n := range counts {
			if r.Counts[n] != int64(len(want[name][n])) {
				return fmt.Sprintf("row %q: %s is %d, a recount says %d", name, n, r.Counts[n], len(want[name][n]))
			}
		}
		for _, n := range sums {
			all := sum(want[name][n])
			if off := r.Counts[n] - all; off != 0 && (n != queries.ReportBusyTime || max(off, -off) > rounded(want[name][n])) {
				return fmt.Sprintf("row %q: %s is %d, a recount says %d", name, n, r.Counts[n], all)
			}
		}
		for _, n := range spreads {
			if why := compareSpread(r.Spreads[n], want[name][n]); why != "" {
				return fmt.Sprintf("row %q: %s: %s", name, n, why)
			}
		}
	}
	for name := range want {
		if !seen[name] && !(len(want[name]) == 1 && sum(want[name][queries.ReportBusyTime]) <= rounded(want[name][queries.ReportBusyTime])) {
			return fmt.Sprintf("row %q is missing: %v", name, want[name])
		}
	}
	return ""
}

func sum(values []int64) (all int64) {
	for _, v := range values {
		all += v
	}
	return all
}

// rounded is as much as shares of an agent's time, each rounded, may be off: a recount
// parts more and shorter pieces.
func rounded(values []int64) int64 { return 2*int64(len(values)) + 2 }

func compareSpread(got Spread, values []int64) string {
	all := int64(len(values))
	values = slices.DeleteFunc(slices.Clone(values), func(v int64) bool { return v == Unmeasured })
	if got.Unmeasured != all-int64(len(values)) {
		return fmt.Sprintf("%+v of %v", got, values)
	}
	got.Unmeasured = 0
	if len(values) == 0 {
		if got != (Spread{}) {
			return fmt.Sprintf("%+v of nothing", got)
		}
		return ""
	}
	values = slices.Sorted(slices.Values(values))
	n := int64(len(values))
	if got.Count != n || got.Average != sum(values)/n || got.Most != values[n-1] {
		return fmt.Sprintf("%+v of %v", got, values)
	}
	for _, c := range []struct {
		got int64
		q   float64
	}{{got.Median, 0.5}, {got.P90, 0.9}} {
		if want := float64(values[int(c.q*float64(n-1))]); math.Abs(float64(c.got)-want) > sketch.Accuracy*want+1 {
			return fmt.Sprintf("%+v: the quantile %v of %v", got, c.q, values)
		}
	}
	return ""
}
