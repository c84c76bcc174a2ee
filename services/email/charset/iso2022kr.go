package charset

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/korean"
)

// decodeISO2022KR reads RFC 1557: ESC $ ) C once announces KS C 5601, SO
// (0x0E) starts two-byte characters, SI (0x0F) returns to ASCII. A line end
// returns to ASCII too, since senders forget SI.
func decodeISO2022KR(b []byte) string {
	out := make([]byte, 0, len(b))
	shifted := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == 0x1b && i+3 < len(b) && b[i+1] == '$' && b[i+2] == ')' && b[i+3] == 'C':
			i += 3
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n' || c == '\r':
			shifted = false
			out = append(out, c)
		case shifted && c >= 0x21 && c <= 0x7e && i+1 < len(b) && b[i+1] >= 0x21 && b[i+1] <= 0x7e:
			out = append(out, c|0x80, b[i+1]|0x80)
			i++
		default:
			out = append(out, c)
		}
	}
	return decodeWith(korean.EUCKR, out)
}

var utf7Base64 = base64.StdEncoding.WithPadding(base64.NoPadding)

// decodeUTF7 reads RFC 2152. Malformed runs are kept as they stand.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	s := string(b)
	for {
		i := strings.IndexByte(s, '+')
		if i < 0 {
			out.WriteString(s)
			break
		}
		out.WriteString(s[:i])
		s = s[i+1:]
		if strings.HasPrefix(s, "-") {
			out.WriteByte('+')
			s = s[1:]
			continue
		}
		n := 0
		for n < len(s) && isBase64(s[n]) {
			n++
		}
		run, end := s[:n], n
		if end < len(s) && s[end] == '-' {
			end++
		}
		if text, ok := utf7Run(run); ok {
			out.WriteString(text)
		} else {
			out.WriteByte('+')
			out.WriteString(s[:end])
		}
		s = s[end:]
	}
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

func utf7Run(run string) (string, bool) {
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	raw, err := utf7Base64.DecodeString(run)
	if err != nil || len(raw) < 2 {
		return "", false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units)), true
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
