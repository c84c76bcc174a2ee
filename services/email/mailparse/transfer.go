package mailparse

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding. ok is false when the
// name is unknown or the data broken; the result is then the best reading.
func decodeTransfer(body []byte, encoding string) (data []byte, ok bool) {
	name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(stripComments(encoding))), ";")
	switch name = strings.Trim(name, " \t\"'"); name {
	case "", "7bit", "8bit", "binary":
		return body, true
	case "base64":
		return decodeBase64(body)
	case "quoted-printable", "quotedprintable", "quoted printable", "qp":
		return decodeQP(body), true
	case "x-uuencode", "uuencode", "x-uue", "uue", "x-uu":
		return decodeUU(body)
	case "7bits", "7-bit", "7 bit", "8bits", "8-bit", "8 bit", "us-ascii", "ascii", "none", "utf-8", "utf8":
		return body, true
	}
	return body, false
}

// decodeBase64 drops whatever is not base64 and decodes the rest, padding or
// not. Data after a padded group starts a new group: some senders encode
// line by line.
func decodeBase64(b []byte) ([]byte, bool) {
	clean := make([]byte, 0, len(b))
	ok := true
	for _, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '-':
			clean = append(clean, '+') // the URL alphabet
			ok = false
		case c == '_':
			clean = append(clean, '/')
			ok = false
		case c == '=':
			for len(clean)%4 != 0 && len(clean)%4 != 1 {
				clean = append(clean, '=')
			}
			if len(clean)%4 == 1 {
				clean, ok = clean[:len(clean)-1], false
			}
		case c == '\r' || c == '\n' || c == ' ' || c == '\t':
		default:
			ok = false
		}
	}
	for len(clean)%4 != 0 {
		if len(clean)%4 == 1 {
			clean, ok = clean[:len(clean)-1], false
			break
		}
		clean = append(clean, '=')
	}
	out := make([]byte, 0, len(clean)/4*3)
	var group [3]byte
	for len(clean) >= 4 {
		if clean[3] != '=' {
			end := bytes.IndexByte(clean, '=')
			if end < 0 {
				end = len(clean)
			}
			end -= end % 4
			n := len(out)
			out = append(out, make([]byte, end/4*3)...)
			if _, err := base64.StdEncoding.Decode(out[n:], clean[:end]); err != nil {
				ok = false
			}
			clean = clean[end:]
			continue
		}
		n, err := base64.StdEncoding.Decode(group[:], clean[:4])
		if err != nil {
			ok = false
		}
		out = append(out, group[:n]...)
		clean = clean[4:]
	}
	return out, ok
}

// decodeQP reads quoted-printable; malformed escapes stay as they are.
func decodeQP(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		line, nl := b, []byte(nil)
		if i >= 0 {
			line, b = b[:i], b[i+1:]
			nl = []byte("\n")
			if bytes.HasSuffix(line, []byte("\r")) {
				line, nl = line[:len(line)-1], []byte("\r\n")
			}
		} else {
			b = nil
		}
		line = bytes.TrimRight(line, " \t")
		for j := 0; j < len(line); j++ {
			if line[j] != '=' {
				out = append(out, line[j])
				continue
			}
			if j == len(line)-1 { // soft break
				nl = nil
				break
			}
			if j+2 < len(line) && isHex(line[j+1]) && isHex(line[j+2]) {
				out = append(out, unhex(line[j+1])<<4|unhex(line[j+2]))
				j += 2
				continue
			}
			out = append(out, '=')
		}
		out = append(out, nl...)
	}
	return out
}

// decodeUU reads uuencoded lines between "begin" and "end".
func decodeUU(b []byte) ([]byte, bool) {
	var out []byte
	begun := false
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if !begun {
			begun = bytes.HasPrefix(line, []byte("begin "))
			continue
		}
		if len(line) == 0 || bytes.Equal(line, []byte("end")) {
			break
		}
		n := int(line[0]-' ') & 0x3f
		line = line[1:]
		for n > 0 && len(line) > 0 {
			var g [4]byte
			for i := range g {
				if i < len(line) {
					g[i] = (line[i] - ' ') & 0x3f
				}
			}
			three := []byte{g[0]<<2 | g[1]>>4, g[1]<<4 | g[2]>>2, g[2]<<6 | g[3]}
			out = append(out, three[:min(n, 3)]...)
			n -= 3
			line = line[min(4, len(line)):]
		}
	}
	return out, begun
}
