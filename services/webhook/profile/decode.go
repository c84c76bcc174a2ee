package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Bounds of a document.
const (
	// MaxDepth is how deep objects and arrays may nest.
	MaxDepth = 64
	// MaxNodes is how many values a document may hold. It bounds memory: three
	// bytes of "[]," become forty in a tree.
	MaxNodes = 200_000
)

// Decode reads exactly one JSON document. It is stricter than encoding/json:
// bytes that are not UTF-8 and a name that stands twice in an object are
// refused, because two readers of the same bytes would see two different
// messages. Numbers stay [json.Number], so ids of 64 bits survive. Errors are
// [*channel.Refusal] with the reasons bad-utf8, bad-json, duplicate-key,
// too-deep and too-many-values.
func Decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, channel.Refuse(http.StatusBadRequest, "bad-utf8", "the body is not valid UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := decoder{tokens: json.NewDecoder(bytes.NewReader(data))}
	d.tokens.UseNumber()
	doc, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := d.tokens.Token(); !errors.Is(err, io.EOF) {
		return nil, d.bad("something follows the JSON document")
	}
	return doc, nil
}

type decoder struct {
	tokens *json.Decoder
	nodes  int
}

func (d *decoder) bad(what string) error {
	return channel.Refuse(http.StatusBadRequest, "bad-json", "%s, at byte %d", what, d.tokens.InputOffset())
}

func (d *decoder) token() (json.Token, error) {
	tok, err := d.tokens.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return tok, nil
	case errors.As(err, &syntax):
		return nil, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not JSON: byte %d does not fit", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, d.bad("the JSON document ends too early")
	}
	return nil, d.bad("the body is not JSON")
}

func (d *decoder) value(depth int) (any, error) {
	d.nodes++
	if d.nodes > MaxNodes {
		return nil, channel.Refuse(http.StatusUnprocessableEntity, "too-many-values", "the document holds more than %d values", MaxNodes)
	}
	tok, err := d.token()
	if err != nil {
		return nil, err
	}
	open, nested := tok.(json.Delim)
	if !nested {
		return tok, nil
	}
	if depth >= MaxDepth {
		return nil, channel.Refuse(http.StatusUnprocessableEntity, "too-deep", "the document nests deeper than %d", MaxDepth)
	}
	if open == '{' {
		return d.object(depth)
	}
	return d.array(depth)
}

func (d *decoder) object(depth int) (any, error) {
	out := map[string]any{}
	for d.tokens.More() {
		tok, err := d.token()
		if err != nil {
			return nil, err
		}
		name, ok := tok.(string)
		if !ok {
			return nil, d.bad("an object has a name that is not a string")
		}
		if _, twice := out[name]; twice {
			return nil, channel.Refuse(http.StatusBadRequest, "duplicate-key", "the name %q stands twice in one object", cut(name, 64))
		}
		if out[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := d.token()
	return out, err
}

func (d *decoder) array(depth int) (any, error) {
	out := []any{}
	for d.tokens.More() {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := d.token()
	return out, err
}

// cut shortens s to at most max bytes without breaking a character.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}
