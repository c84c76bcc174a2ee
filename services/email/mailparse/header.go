package mailparse

import (
	"bytes"
	"strings"
)

// field is one header field: the name as written, the value unfolded but
// otherwise raw.
type field struct {
	name  string // lower case
	value string // raw bytes; not necessarily UTF-8
}

// header keeps fields in order of appearance.
type header []field

func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h header) all(name string) []string {
	var out []string
	for _, f := range h {
		if f.name == name {
			out = append(out, f.value)
		}
	}
	return out
}

func (h header) has(name string) bool {
	for _, f := range h {
		if f.name == name {
			return true
		}
	}
	return false
}

// readHeader takes header fields off the front of b and returns what follows
// the empty line. A line that is no field ends the header when no further
// field follows it, and is skipped otherwise.
func readHeader(b []byte, lim Limits, flags *flagSet) (header, []byte) {
	var h header
	start := len(b)
	for first := true; len(b) > 0; first = false {
		line, rest := cutLine(b)
		if len(line) == 0 {
			return h, rest
		}
		if isSpace(line[0]) {
			// A line of spaces ends a header where no field could follow.
			if len(bytes.TrimSpace(line)) == 0 && !fieldFollows(rest) {
				flags.add(FlagBadHeader)
				return h, rest
			}
			if len(h) > 0 && len(h[len(h)-1].value) < 4096 {
				h[len(h)-1].value += " " + strings.TrimSpace(string(line))
			} else if len(bytes.TrimSpace(line)) > 0 {
				flags.add(FlagBadHeader)
			}
			b = rest
			continue
		}
		name, value, ok := splitField(line)
		switch {
		case ok && len(h) < lim.Fields && start-len(b) < lim.HeaderBytes:
			value, rest = unfold(value, rest)
			h = append(h, field{name, string(value)})
		case ok:
			flags.add(FlagHeaderTruncated)
			_, rest = unfold(nil, rest)
		case first && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))):
			// The separator of an mbox file.
		case fieldFollows(rest):
			flags.add(FlagBadHeader)
		default:
			flags.add(FlagBadHeader)
			return h, b
		}
		b = rest
	}
	return h, nil
}

// unfold joins continuation lines.
func unfold(value, rest []byte) ([]byte, []byte) {
	if len(rest) == 0 || !isSpace(rest[0]) {
		return bytes.TrimSpace(value), rest
	}
	joined := append([]byte(nil), bytes.TrimRight(value, " \t")...)
	for len(rest) > 0 && isSpace(rest[0]) {
		line, after := cutLine(rest)
		if len(bytes.TrimSpace(line)) == 0 && !fieldFollows(after) && !(len(after) > 0 && isSpace(after[0])) {
			break // an empty line with a space on it: the header's end
		}
		joined = append(append(joined, ' '), bytes.TrimSpace(line)...)
		rest = after
	}
	return bytes.TrimSpace(joined), rest
}

// splitField reads "Name: value". Names are printable ASCII; spaces before
// the colon are tolerated.
func splitField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 200 {
		return "", nil, false
	}
	raw := bytes.TrimRight(line[:colon], " \t")
	for _, c := range raw {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(raw)), line[colon+1:], true
}

// fieldFollows looks a few lines ahead for a field of a name that headers
// have: letters, digits and hyphens.
func fieldFollows(b []byte) bool {
	for range 5 {
		line, rest := cutLine(b)
		if len(line) == 0 {
			return false
		}
		if name, _, ok := splitField(line); ok && strings.IndexFunc(name, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) < 0 {
			return true
		}
		b = rest
	}
	return false
}

// cutLine splits at the first line end: CRLF, LF, or the lone CR of old Macs.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return b, nil
	}
	if b[i] == '\r' {
		// CRLF, and the CR CR LF that broken gateways make of it.
		j := i + 1
		for j < len(b) && b[j] == '\r' && j-i < 3 {
			j++
		}
		if j < len(b) && b[j] == '\n' {
			return b[:i], b[j+1:]
		}
	}
	return b[:i], b[i+1:]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }
