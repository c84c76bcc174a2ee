package profile

import (
	"fmt"
	"net/url"
	"strings"
)

// Pointer is a parsed JSON pointer (RFC 6901). The zero value is the pointer to
// the whole document.
type Pointer struct{ steps []string }

// MaxPointer bounds the bytes of a pointer.
const MaxPointer = 1024

// ParsePointer reads both spellings of the RFC: the plain one ("/a/b~1c") and
// the URI fragment ("#/a/b~1c"); "#" and "" are the whole document.
func ParsePointer(s string) (Pointer, error) {
	if len(s) > MaxPointer {
		return Pointer{}, fmt.Errorf("pointer is over %d bytes", MaxPointer)
	}
	if rest, fragment := strings.CutPrefix(s, "#"); fragment {
		plain, err := url.PathUnescape(rest)
		if err != nil {
			return Pointer{}, fmt.Errorf("pointer %q is not a URI fragment", s)
		}
		s = plain
	}
	if s == "" {
		return Pointer{}, nil
	}
	if s[0] != '/' {
		return Pointer{}, fmt.Errorf("pointer %q does not begin with /", s)
	}
	steps := strings.Split(s[1:], "/")
	for i, step := range steps {
		plain, err := unescape(step)
		if err != nil {
			return Pointer{}, fmt.Errorf("pointer %q: %w", s, err)
		}
		steps[i] = plain
	}
	return Pointer{steps: steps}, nil
}

func unescape(step string) (string, error) {
	for i := 0; i < len(step); i++ {
		if step[i] == '~' && (i+1 == len(step) || (step[i+1] != '0' && step[i+1] != '1')) {
			return "", fmt.Errorf("~ stands before something other than 0 and 1")
		}
	}
	// ~1 goes first: "~01" means "~1", not "/".
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"), nil
}

// String spells the pointer; parsing it gives an equal pointer.
func (p Pointer) String() string {
	var b strings.Builder
	for _, step := range p.steps {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// Find gives the value at the pointer in a document as [Decode] returns it. The
// second result is false where nothing stands there; a null is found.
func (p Pointer) Find(doc any) (any, bool) {
	at := doc
	for _, step := range p.steps {
		switch v := at.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return nil, false
			}
			at = next
		case []any:
			i, ok := index(step)
			if !ok || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// index reads an array index as the RFC allows it: digits, no leading nought.
// "-" names the element after the last, which never exists.
func index(step string) (int, bool) {
	if step == "" || len(step) > 9 || (len(step) > 1 && step[0] == '0') {
		return 0, false
	}
	n := 0
	for i := range len(step) {
		if step[i] < '0' || step[i] > '9' {
			return 0, false
		}
		n = n*10 + int(step[i]-'0')
	}
	return n, true
}
