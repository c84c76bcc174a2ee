package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes a table as RFC 4180 has it: a line of names, then one for each
// row. Times are in milliseconds and shares between nought and one with a point;
// what there is none of is left empty, and a count is never. A key that a
// spreadsheet would take for a formula is written behind an apostrophe.
func (t *Table) WriteCSV(to io.Writer) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	head := make([]string, 0, 64)
	for _, by := range t.By {
		head = append(head, string(by))
	}
	for _, n := range counts {
		head = append(head, string(n))
	}
	for _, n := range spreads {
		for _, part := range []string{"count", "average_ms", "median_ms", "p90_ms", "most_ms"} {
			head = append(head, string(n)+"_"+part)
		}
	}
	for _, s := range shares {
		head = append(head, string(s.name))
	}
	lines := [][]string{head}
	for i := range t.Rows {
		lines = append(lines, t.Rows[i].fields())
	}
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r *Row) fields() []string {
	var out []string
	for _, k := range r.Keys {
		if strings.ContainsAny(k[:min(1, len(k))], "=+-@\t\r") {
			k = "'" + k
		}
		out = append(out, k)
	}
	for _, n := range counts {
		out = append(out, strconv.FormatInt(r.Counts[n], 10))
	}
	for _, n := range spreads {
		s, ok := r.Spreads[n]
		for _, v := range []int64{s.Count, s.Average, s.Median, s.P90, s.Most} {
			if !ok {
				out = append(out, "")
				continue
			}
			out = append(out, strconv.FormatInt(v, 10))
		}
	}
	for _, s := range shares {
		if v, ok := r.Shares[s.name]; ok {
			out = append(out, strconv.FormatFloat(v, 'f', 4, 64))
		} else {
			out = append(out, "")
		}
	}
	return out
}
