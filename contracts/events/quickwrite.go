package events

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// quickWriter appends the very bytes that the general encoder gives, which a
// property test checks, at a fraction of its cost. failed is set by what cannot
// be written, such as a time in the year 10000; the general encoder then says
// what is wrong.
type quickWriter struct {
	b      []byte
	failed bool
}

func (w *quickWriter) lit(s string) { w.b = append(w.b, s...) }

// text writes a string as package json does: escaped for HTML, bytes that are
// not UTF-8 replaced, and the two line separators of JavaScript escaped.
func (w *quickWriter) text(s string) {
	b := append(w.b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				b = append(append(b, s[from:i]...), `\ufffd`...)
				from = i + n
			case r == '\u2028' || r == '\u2029':
				b = append(append(b, s[from:i]...), `\u202`...)
				b = append(b, hexDigits[r&0xf])
				from = i + n
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
			i++
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		from = i
	}
	w.b = append(append(b, s[from:]...), '"')
}

// field writes a name, with the comma or brace that stands before it, and a text.
func (w *quickWriter) field(before, s string) {
	w.lit(before)
	w.text(s)
}

// optional is field, left out when empty.
func (w *quickWriter) optional(before, s string) {
	if s != "" {
		w.field(before, s)
	}
}

func (w *quickWriter) number(before string, n int64) {
	w.lit(before)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *quickWriter) time(before string, t time.Time) {
	w.lit(before)
	w.b = append(w.b, '"')
	b, err := t.AppendText(w.b)
	if err != nil {
		w.failed = true
		return
	}
	w.b = append(b, '"')
}

func quickTexts[T ~string](w *quickWriter, before string, list []T) {
	w.lit(before)
	if list == nil {
		w.lit("null")
		return
	}
	w.b = append(w.b, '[')
	for i, s := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.text(string(s))
	}
	w.b = append(w.b, ']')
}

func quickOptionalTexts[T ~string](w *quickWriter, before string, list []T) {
	if len(list) > 0 {
		quickTexts(w, before, list)
	}
}

func (w *quickWriter) base64(before string, data []byte) {
	w.lit(before)
	w.b = append(w.b, '"')
	w.b = append(base64.StdEncoding.AppendEncode(w.b, data), '"')
}

// general has the general encoder write a value of a rare type.
func (w *quickWriter) general(before string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		w.failed = true
		return
	}
	w.lit(before)
	w.b = append(w.b, data...)
}

// AppendJSON appends the conversation as package json would encode it. It
// returns nil when it cannot be encoded.
func (c *Conversation) AppendJSON(b []byte) []byte {
	w := quickWriter{b: b}
	w.conversation(c)
	return w.result()
}

// AppendJSON appends the message as package json would encode it. It returns nil
// when it cannot be encoded.
func (m *Message) AppendJSON(b []byte) []byte {
	w := quickWriter{b: b}
	w.message(m)
	return w.result()
}

// AppendJSON appends the author as package json would encode it.
func (a *Author) AppendJSON(b []byte) []byte {
	w := quickWriter{b: b}
	w.author(a)
	return w.b
}

func (w *quickWriter) result() []byte {
	if w.failed {
		return nil
	}
	return w.b
}
