package api

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// writeCSV writes a report as RFC 4180 has it: a line of names, then one for each
// row. Times are in milliseconds and shares have a point; what there is none of is
// left empty, and a count is never.
func writeCSV(to io.Writer, t *queries.ReportTable) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	var head []string
	for _, by := range t.By {
		head = append(head, string(by))
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
		if err := w.Write(csvLine(t, &t.Rows[i])); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func csvLine(t *queries.ReportTable, r *queries.ReportRow) []string {
	var out []string
	for _, k := range r.Keys {
		out = append(out, harmless(k))
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

// harmless keeps a spreadsheet from taking a word that others chose for a formula:
// it stands behind an apostrophe. See OWASP, CSV Injection.
func harmless(word string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(word, " "))
	if word != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) { // the wide ones count in Korea and Japan
		return "'" + word
	}
	return word
}
