package mailparse

import "strings"

// unflow undoes format=flowed (RFC 3676): a line that ends in a space goes on
// in the next one of the same quotation depth. delSp drops that space, as
// DelSp=yes asks. Quotation marks come out as ">" per level and one space.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open, depth := false, 0 // a paragraph that goes on, and its depth
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		content := strings.TrimPrefix(line[d:], " ") // space-stuffing
		if open && d != depth {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", min(d, 50)))
			out.WriteByte(' ')
		}
		flows := strings.HasSuffix(content, " ") && content != "-- " && i < len(lines)-1
		if open && content == "-- " { // a signature never joins a paragraph
			out.WriteByte('\n')
			if d > 0 {
				out.WriteString(strings.Repeat(">", min(d, 50)) + " ")
			}
		}
		if flows && delSp {
			content = strings.TrimSuffix(content, " ")
		}
		out.WriteString(content)
		open, depth = flows, d
		if !flows && i < len(lines)-1 {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
