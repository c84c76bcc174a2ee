package mailparse

import (
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

// decodeWords reads a header value with its encoded-words (RFC 2047), as
// leniently as senders write them: spaces inside, missing padding, multi-byte
// characters split between two words, raw 8-bit bytes beside them.
func decodeWords(s string, loc charset.Locale, flags *flagSet) string {
	var out strings.Builder
	var run wordRun
	flush := func() {
		out.WriteString(run.text(loc, flags))
		run = wordRun{}
	}
	for s != "" {
		at := strings.Index(s, "=?")
		if at < 0 {
			break
		}
		w, n, ok := scanWord(s[at:])
		if !ok {
			flush()
			out.WriteString(decodeRaw(s[:at+2], loc, flags))
			s = s[at+2:]
			continue
		}
		if gap := s[:at]; strings.TrimSpace(gap) != "" || len(run.words) == 0 || !run.fits(w) {
			flush()
			if strings.TrimSpace(gap) != "" || out.Len() == 0 {
				out.WriteString(decodeRaw(gap, loc, flags))
			}
		}
		run.words = append(run.words, w)
		s = s[at+n:]
	}
	flush()
	out.WriteString(decodeRaw(s, loc, flags))
	return clean(out.String())
}

// word is one encoded-word.
type word struct {
	charset string
	base64  bool
	body    string
}

// maxWord is far above the 75 bytes of the standard, for senders that put a
// whole subject into one word, and keeps the search for its end short.
const maxWord = 8 << 10

// scanWord reads "=?charset?encoding?text?=" at the start of s.
func scanWord(s string) (w word, n int, ok bool) {
	rest := s[2:]
	q := strings.IndexByte(rest, '?')
	if q < 0 || q > 60 || len(rest) < q+3 || rest[q+2] != '?' || strings.ContainsAny(rest[:q], " \t\"<>") {
		return w, 0, false
	}
	switch rest[q+1] {
	case 'B', 'b':
		w.base64 = true
	case 'Q', 'q':
	default:
		return w, 0, false
	}
	w.charset, _, _ = strings.Cut(strings.ToLower(rest[:q]), "*") // RFC 2231 adds *language
	body := rest[q+3 : min(len(rest), q+3+maxWord)]
	end := strings.Index(body, "?=")
	// "?=" may also be a literal "?" and the escape of the next byte.
	for !w.base64 && end >= 0 && end+4 <= len(body) && isHex(body[end+2]) && isHex(body[end+3]) && strings.Contains(body[end+2:], "?=") && !strings.Contains(body[end+2:min(len(body), end+40)], "=?") {
		next := strings.Index(body[end+2:], "?=")
		end += 2 + next
	}
	if end < 0 {
		return w, 0, false
	}
	w.body = body[:end]
	return w, 2 + q + 3 + end + 2, true
}

// wordRun is adjacent words of one charset: their bytes are joined before
// they are decoded, since senders split characters between words.
type wordRun struct{ words []word }

func (r wordRun) fits(w word) bool {
	return len(r.words) == 0 || r.words[len(r.words)-1].charset == w.charset
}

func (r wordRun) text(loc charset.Locale, flags *flagSet) string {
	if len(r.words) == 0 {
		return ""
	}
	var raw []byte
	for i := 0; i < len(r.words); i++ {
		w := r.words[i]
		if !w.base64 {
			raw = append(raw, decodeQWord(w.body)...)
			continue
		}
		body := w.body
		// Base64 cut in the middle of a group goes on in the next word.
		for len(strings.TrimSpace(body))%4 != 0 && !strings.Contains(body, "=") && i+1 < len(r.words) && r.words[i+1].base64 {
			i++
			body += r.words[i].body
		}
		data, _ := decodeBase64([]byte(body))
		raw = append(raw, data...)
	}
	d := charset.Decode(raw, r.words[0].charset, loc)
	flags.decoded(d)
	return d.Text
}

func decodeQWord(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// decodeRaw reads header text outside encoded-words, which may hold bytes of
// any charset.
func decodeRaw(s string, loc charset.Locale, flags *flagSet) string {
	d := charset.Guess([]byte(s), loc)
	flags.decoded(d)
	return d.Text
}

// clean makes a header value one line without control characters.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
