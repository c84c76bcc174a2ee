package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// named are the dimensions whose values are ids: a column of names stands behind
// them.
func named(by queries.ReportBy) bool {
	return slices.Contains([]queries.ReportBy{queries.ByInbox, queries.ByQueue, queries.ByTeam, queries.ByAgent, queries.BySegment}, by)
}

// writeCSV writes a report as RFC 4180 has it: a line of names, then one for each
// row. Times are in milliseconds and shares have a point; what there is none of is
// left empty, and a count is never. Behind an id stands what name gives for it.
func writeCSV(to io.Writer, t *queries.ReportTable, name func(by queries.ReportBy, id string) string) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	var head []string
	for _, by := range t.By {
		head = append(head, string(by))
		if named(by) {
			head = append(head, string(by)+"_name")
		}
	}
	for _, n := range t.Numbers {
		if n.Kind() != queries.ReportSpread {
			head = append(head, string(n))
			continue
		}
		for _, part := range []string{"count", "average_ms", "median_ms", "p90_ms", "most_ms", "unmeasured"} {
			head = append(head, string(n)+"_"+part)
		}
	}
	if len(head) == 0 {
		return nil
	}
	if err := w.Write(head); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	for i := range t.Rows {
		if err := w.Write(csvLine(t, &t.Rows[i], name)); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func csvLine(t *queries.ReportTable, r *queries.ReportRow, name func(by queries.ReportBy, id string) string) []string {
	var out []string
	for i, k := range r.Keys {
		out = append(out, harmless(k))
		if by := t.By[i]; named(by) && k != "" {
			out = append(out, harmless(name(by, k)))
		} else if named(by) {
			out = append(out, "")
		}
	}
	for _, n := range t.Numbers {
		switch n.Kind() {
		case queries.ReportSpread:
			s, there := r.Spreads[n]
			for i, v := range []int64{s.Count, s.Average, s.Median, s.P90, s.Most, s.Unmeasured} {
				if !there || s.Count == 0 && i > 0 && i < 5 {
					out = append(out, "")
					continue
				}
				out = append(out, strconv.FormatInt(v, 10))
			}
		case queries.ReportShare:
			if v, ok := r.Shares[n]; ok {
				out = append(out, strconv.FormatFloat(v, 'f', 4, 64))
			} else {
				out = append(out, "")
			}
		default:
			out = append(out, strconv.FormatInt(r.Counts[n], 10))
		}
	}
	return out
}

var negative = regexp.MustCompile(`^-[0-9]{1,15}(\.[0-9]{1,15})?$`)

// harmless keeps a spreadsheet from taking a word that others chose for a formula:
// it stands behind an apostrophe. See OWASP, CSV Injection. A negative number, as a
// priority may be, is one to a spreadsheet as well and stays one.
func harmless(word string) string {
	if negative.MatchString(word) {
		return word
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(word, " "))
	if word != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) { // the wide ones count in Korea and Japan
		return "'" + word
	}
	return word
}
