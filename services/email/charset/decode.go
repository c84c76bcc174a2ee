package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Locale is where a sender seems to write from. It decides between the legacy
// sets when a label is missing or false; it never overrides a label that fits.
type Locale uint8

// The locales whose legacy sets differ enough to matter.
const (
	Anywhere Locale = iota // windows-1252
	Korea                  // CP949
	Japan                  // Shift_JIS
	China                  // GB18030
	Taiwan                 // Big5
	Russia                 // windows-1251
)

// LocaleOf reads a hint from a charset label, a language tag or a domain
// name. Anywhere means no hint.
func LocaleOf(hint string) Locale {
	h := strings.ToLower(strings.TrimSpace(hint))
	switch lookup(h).enc {
	case korean.EUCKR:
		return Korea
	case japanese.ISO2022JP, japanese.ShiftJIS, japanese.EUCJP:
		return Japan
	case simplifiedchinese.GB18030, simplifiedchinese.HZGB2312:
		return China
	case traditionalchinese.Big5:
		return Taiwan
	case charmap.Windows1251, charmap.KOI8R:
		return Russia
	}
	if key(h) == "iso-2022-kr" {
		return Korea
	}
	switch {
	case strings.HasSuffix(h, ".kr"), h == "ko", strings.HasPrefix(h, "ko-"):
		return Korea
	case strings.HasSuffix(h, ".jp"), h == "ja", strings.HasPrefix(h, "ja-"):
		return Japan
	case strings.HasSuffix(h, ".cn"), h == "zh-cn", h == "zh-hans", h == "zh":
		return China
	case strings.HasSuffix(h, ".tw"), h == "zh-tw", h == "zh-hant":
		return Taiwan
	case strings.HasSuffix(h, ".ru"), h == "ru", strings.HasPrefix(h, "ru-"):
		return Russia
	}
	return Anywhere
}

// Result is decoded text and how far it can be trusted.
type Result struct {
	Text    string // always valid UTF-8
	Guessed bool   // the label was missing, unknown or did not fit the bytes
	Damaged bool   // some bytes became U+FFFD
}

// Decode turns b, labelled with label, into UTF-8. A label that the bytes
// contradict is overruled: valid multi-byte UTF-8 wins over a single-byte or
// a legacy label, and bytes without a usable label are tried as UTF-8, then
// as the set usual in loc, then as windows-1252.
func Decode(b []byte, label string, loc Locale) Result {
	e := lookup(label)
	switch e.kind {
	case wideKind:
		if len(b) > 1 && bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) || strings.Contains(key(label), "16") && !isText(b) {
			return finish(decodeWith(e.enc, b))
		}
		return Result{Text: string(trimBOM(b)), Guessed: true} // 8-bit bytes under a 16-bit label
	case utf7Kind:
		return finish(decodeUTF7(b))
	case iso2022krKind:
		if r, ok := preferUTF8(b); ok {
			return r
		}
		return finish(decodeISO2022KR(b))
	case sevenKind:
		if has8bit(b) {
			r := Guess(b, firstLocale(LocaleOf(label), loc))
			r.Guessed = true
			return r
		}
		return finish(decodeWith(e.enc, b))
	}
	if !has8bit(b) && (e.kind == asciiKind || e.kind == utf8Kind || e.kind == unknownKind) {
		if s, ok := escaped(b); ok {
			return Result{Text: s, Guessed: true}
		}
		return Result{Text: string(b), Guessed: e.kind == unknownKind}
	}
	switch e.kind {
	case utf8Kind:
		return decodeUTF8(b, loc)
	case asciiKind, unknownKind:
		r := Guess(b, loc)
		r.Guessed = true
		return r
	}
	if r, ok := preferUTF8(b); ok && (e.kind == singleKind || plainlyUTF8(b)) {
		r.Guessed = true
		return r
	}
	return finish(decodeWith(e.enc, b))
}

// Guess decodes bytes that carry no label. Result.Guessed is false when they
// are ASCII or valid UTF-8.
func Guess(b []byte, loc Locale) Result {
	if !has8bit(b) {
		if s, ok := escaped(b); ok {
			return Result{Text: s, Guessed: true}
		}
		return Result{Text: string(b)}
	}
	if r, ok := preferUTF8(b); ok {
		return r
	}
	try := func(enc encoding.Encoding) (Result, bool) {
		s := decodeWith(enc, b)
		return Result{Text: s, Guessed: true}, !strings.ContainsRune(s, utf8.RuneError)
	}
	var legacy encoding.Encoding
	switch loc {
	case Korea:
		legacy = korean.EUCKR
	case Japan:
		legacy = japanese.ShiftJIS
	case China:
		legacy = simplifiedchinese.GB18030
	case Taiwan:
		legacy = traditionalchinese.Big5
	case Russia:
		legacy = charmap.Windows1251
	}
	if legacy != nil {
		if r, ok := try(legacy); ok {
			return r
		}
		if loc == Japan {
			if r, ok := try(japanese.EUCJP); ok {
				return r
			}
		}
	}
	if looksHangul(b) {
		if r, ok := try(korean.EUCKR); ok {
			return r
		}
	}
	return finishGuess(decodeWith(charmap.Windows1252, b))
}

func firstLocale(a, b Locale) Locale {
	if a != Anywhere {
		return a
	}
	return b
}

// decodeUTF8 keeps text that is UTF-8 but for a few broken sequences (a cut
// at a size limit, one bad byte) and guesses when it is something else.
func decodeUTF8(b []byte, loc Locale) Result {
	if utf8.Valid(b) {
		return Result{Text: string(trimBOM(b))}
	}
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	if good >= bad || bytes.Contains(b, []byte("\xef\xbf\xbd")) {
		return Result{Text: strings.ToValidUTF8(string(trimBOM(b)), "\uFFFD"), Damaged: true}
	}
	r := Guess(b, loc)
	r.Guessed = true
	return r
}

// preferUTF8 reports whether b holds multi-byte characters and all of them
// are valid UTF-8, which no other common set produces by chance in more than
// a few characters.
func preferUTF8(b []byte) (Result, bool) {
	if !has8bit(b) || !utf8.Valid(b) {
		return Result{}, false
	}
	return Result{Text: string(trimBOM(b))}, true
}

// plainlyUTF8 asks for a sequence of three or more bytes: pairs alone are
// also common in EUC and GB text.
func plainlyUTF8(b []byte) bool {
	for i := 0; i < len(b); {
		_, n := utf8.DecodeRune(b[i:])
		if n >= 3 {
			return true
		}
		i += n
	}
	return false
}

// looksHangul reports text whose high bytes all pair up into the 2 350
// syllables of KS X 1001: in windows-1252 that would be nonsense.
func looksHangul(b []byte) bool {
	n := 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		if b[i] < 0xA1 || b[i] > 0xC8 || i+1 >= len(b) || b[i+1] < 0xA1 || b[i+1] == 0xFF {
			return false
		}
		if b[i] >= 0xB0 {
			n++
		}
		i++
	}
	return n >= 2
}

// escaped finds ISO-2022-JP or ISO-2022-KR under a label that does not name
// them.
func escaped(b []byte) (string, bool) {
	i := bytes.IndexByte(b, 0x1b)
	if i < 0 {
		return "", false
	}
	if bytes.Contains(b, []byte("\x1b$)C")) {
		return decodeISO2022KR(b), true
	}
	if bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) {
		return decodeWith(japanese.ISO2022JP, b), true
	}
	return "", false
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil && len(out) == 0 {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return strings.ToValidUTF8(string(trimBOM(out)), "\uFFFD")
}

func finish(s string) Result {
	return Result{Text: s, Damaged: strings.ContainsRune(s, utf8.RuneError)}
}

func finishGuess(s string) Result {
	r := finish(s)
	r.Guessed = true
	return r
}

func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) }

func has8bit(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// isText reports bytes that read as plain ASCII lines.
func isText(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}
