package mailparse

import (
	"sort"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

// maxParameters bounds the bytes of one parameterised value.
const maxParameters = 16 << 10

// parameterised reads "value; name=value; …" of Content-Type and
// Content-Disposition. Names are lower case; the first of a repeated name
// stays. RFC 2231 segments are joined and decoded, encoded-words inside
// parameters (illegal and common) are decoded too.
func parameterised(s string, loc charset.Locale, flags *flagSet) (value string, params map[string]string) {
	s = s[:min(len(s), maxParameters)]
	value, rest := cutParam(s)
	value = strings.ToLower(strings.TrimSpace(stripComments(value)))
	// Some senders forget the first semicolon.
	if whole := strings.TrimSpace(s); strings.Contains(value, " ") {
		if at := strings.IndexAny(whole, " \t"); at > 0 && strings.Contains(whole[at:], "=") && !strings.Contains(whole[:at], ";") {
			value, rest = strings.ToLower(whole[:at]), whole[at:]
		}
	}
	params = map[string]string{}
	segments := map[string][]segment{}
	for rest != "" {
		var p string
		p, rest = cutParam(strings.TrimLeft(rest, "; \t"))
		name, val, ok := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(stripComments(name)))
		if !ok || name == "" {
			continue
		}
		// "a=b c=d": the semicolon between them was forgotten.
		val, more := cutValue(strings.TrimSpace(val))
		if strings.Contains(more, "=") {
			rest = more + ";" + rest
		}
		if base, seg, ok := segmentOf(name, val); ok {
			if len(segments[base]) < 500 {
				segments[base] = append(segments[base], seg)
			}
			continue
		}
		if _, dup := params[name]; !dup {
			params[name] = decodeWords(val, loc, flags)
		}
	}
	for base, segs := range segments {
		params[base] = joinSegments(segs, loc, flags)
	}
	return value, params
}

// cutParam splits at the first semicolon outside quotes.
func cutParam(s string) (param, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	if quoted { // an unclosed quote swallows nothing
		if param, rest, ok := strings.Cut(s, ";"); ok {
			return param, rest
		}
	}
	return s, ""
}

// cutValue takes a quoted string or a token off the front of s.
func cutValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexAny(s, " \t"); i >= 0 && strings.Contains(s[i:], "=") && !strings.Contains(s, "=?") {
			return strings.Trim(s[:i], `"'`), s[i:]
		}
		return strings.Trim(strings.TrimSpace(stripTrailingComment(s)), `"`), ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

func stripTrailingComment(s string) string {
	if i := strings.LastIndex(s, " ("); i > 0 && strings.HasSuffix(s, ")") {
		return s[:i]
	}
	return s
}

func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// segment is one "name*N*=value" of RFC 2231.
type segment struct {
	n       int
	encoded bool
	value   string
}

func segmentOf(name, value string) (base string, s segment, ok bool) {
	base, tail, found := strings.Cut(name, "*")
	if !found || base == "" {
		return "", s, false
	}
	s.value = value
	if tail == "" { // name*=charset''value
		s.encoded = true
		return base, s, true
	}
	if t, cut := strings.CutSuffix(tail, "*"); cut {
		s.encoded, tail = true, t
	}
	n, err := strconv.Atoi(tail)
	if err != nil || n < 0 {
		return "", s, false
	}
	s.n = n
	return base, s, true
}

// joinSegments puts the segments in order. Only the first names a charset.
func joinSegments(segs []segment, loc charset.Locale, flags *flagSet) string {
	sort.SliceStable(segs, func(i, j int) bool { return segs[i].n < segs[j].n })
	label := ""
	var raw []byte
	for i, s := range segs {
		v := s.value
		if i == 0 && s.encoded {
			if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
				label, v = parts[0], parts[2]
			}
		}
		if s.encoded {
			raw = append(raw, percent(v)...)
		} else {
			raw = append(raw, v...)
		}
	}
	if label == "" {
		return decodeWords(string(raw), loc, flags)
	}
	d := charset.Decode(raw, label, loc)
	flags.decoded(d)
	return clean(d.Text)
}

func percent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}
