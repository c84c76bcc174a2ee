package events

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"time"
	"unicode/utf8"
)

// Decisions and statements are read and written on the road of every message,
// and the general decoder looks at each byte of a nested fact six times. So what
// this program itself writes (fields in the order of their declaration, no white
// space) is read here in one pass. Whatever is otherwise in any way, older,
// newer, or by another hand, sets strange, and the general decoder reads it
// anew: the two never disagree, which a property and a fuzz target check.
type quickReader struct {
	b       []byte
	at      int
	strange bool
}

// fieldName is a field as it stands in an object.
type fieldName struct{ name, quoted string }

func fieldNames(names ...string) []fieldName {
	out := make([]fieldName, len(names))
	for i, n := range names {
		out[i] = fieldName{n, `"` + n + `":`}
	}
	return out
}

// field moves to the next value of an object and returns its name, or "" at the
// end. place begins at -1. Names come in the order of the list, some left out,
// so none comes twice.
func (r *quickReader) field(names []fieldName, place *int) string {
	if *place < 0 {
		r.expect('{')
		if r.take('}') {
			return ""
		}
	} else {
		if r.take('}') {
			return ""
		}
		r.expect(',')
	}
	if r.strange {
		return ""
	}
	rest := r.b[r.at:]
	for i := *place + 1; i < len(names); i++ {
		if q := names[i].quoted; len(rest) >= len(q) && string(rest[:len(q)]) == q {
			r.at += len(q)
			*place = i
			return names[i].name
		}
	}
	r.strange = true
	return ""
}

// element moves to the next value of an array, and returns false at its end.
// place begins at nought.
func (r *quickReader) element(place *int) bool {
	*place++
	if *place == 1 {
		r.expect('[')
		return !r.take(']') && !r.strange
	}
	if r.take(']') {
		return false
	}
	r.expect(',')
	return !r.strange
}

func (r *quickReader) take(c byte) bool {
	if r.strange || r.at >= len(r.b) || r.b[r.at] != c {
		return false
	}
	r.at++
	return true
}

func (r *quickReader) expect(c byte) {
	if !r.take(c) {
		r.strange = true
	}
}

func (r *quickReader) word(w string) bool {
	if r.strange || len(r.b)-r.at < len(w) || string(r.b[r.at:r.at+len(w)]) != w {
		return false
	}
	r.at += len(w)
	return true
}

func (r *quickReader) null() bool { return r.word("null") }

// span takes a string and returns it with its quotes; plain says that there is
// no escape in it.
func (r *quickReader) span() (quoted []byte, plain bool) {
	from := r.at
	r.expect('"')
	plain = true
	for !r.strange && r.at < len(r.b) {
		switch c := r.b[r.at]; {
		case c == '"':
			r.at++
			return r.b[from:r.at], plain
		case c == '\\':
			plain = false
			r.at += 2
		case c < ' ':
			r.strange = true
		default:
			r.at++
		}
	}
	r.strange = true
	return nil, false
}

func (r *quickReader) text() string {
	quoted, plain := r.span()
	if r.strange {
		return ""
	}
	if inner := quoted[1 : len(quoted)-1]; plain && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		r.strange = true
	}
	return s
}

func (r *quickReader) texts() []string { return quickList(r, (*quickReader).text) }

// quickList reads an array or null; like the general decoder it keeps an empty
// array apart from none.
func quickList[T any](r *quickReader, read func(*quickReader) T) []T {
	if r.null() {
		return nil
	}
	out := []T{}
	for place := 0; r.element(&place); {
		out = append(out, read(r))
	}
	return out
}

func quickText[T ~string](r *quickReader) T { return T(r.text()) }

// number reads a whole number without sign, exponent or leading nought.
func (r *quickReader) number() uint64 {
	from, n := r.at, uint64(0)
	for ; r.at < len(r.b) && r.b[r.at] >= '0' && r.b[r.at] <= '9'; r.at++ {
		n = n*10 + uint64(r.b[r.at]-'0')
	}
	digits := r.at - from
	if digits == 0 || digits > 18 || digits > 1 && r.b[from] == '0' {
		r.strange = true
	}
	return n
}

func (r *quickReader) int() int {
	n := r.number()
	if n > math.MaxInt {
		r.strange = true
	}
	return int(n)
}

// yes reads true. False is left out when it is written, so it is strange.
func (r *quickReader) yes() bool {
	if !r.word("true") {
		r.strange = true
	}
	return true
}

func (r *quickReader) time() (t time.Time) {
	quoted, _ := r.span()
	if r.strange || t.UnmarshalJSON(quoted) != nil {
		r.strange = true
	}
	return t
}

func (r *quickReader) timePointer() *time.Time {
	if r.null() {
		return nil
	}
	t := r.time()
	return &t
}

func (r *quickReader) base64() []byte {
	quoted, plain := r.span()
	if r.strange || !plain {
		r.strange = true
		return nil
	}
	out, err := base64.StdEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(quoted)-2)), quoted[1:len(quoted)-1])
	if err != nil {
		r.strange = true
	}
	return out
}

// raw takes any value, whose bytes it does not judge.
func (r *quickReader) raw() []byte {
	from, depth := r.at, 0
	for !r.strange && r.at < len(r.b) {
		switch r.b[r.at] {
		case '"':
			r.span()
		case '{', '[':
			depth++
			r.at++
		case '}', ']', ',':
			if depth == 0 {
				return r.b[from:r.at]
			}
			if r.b[r.at] != ',' {
				depth--
			}
			r.at++
		default:
			r.at++
		}
		if depth == 0 && r.at > from && (r.b[r.at-1] == '}' || r.b[r.at-1] == ']') {
			return r.b[from:r.at]
		}
	}
	r.strange = true
	return nil
}

// general has the general decoder read a value of a rare type.
func (r *quickReader) general(into any) {
	data := r.raw()
	if r.strange || json.Unmarshal(data, into) != nil {
		r.strange = true
	}
}

// whole says that everything was read and nothing was strange.
func (r *quickReader) whole() bool { return !r.strange && r.at == len(r.b) }
