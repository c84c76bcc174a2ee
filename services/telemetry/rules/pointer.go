package rules

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Pointer is a JSON pointer (RFC 6901). The empty one names nothing here.
type Pointer string

// maxPointer bounds a pointer in bytes.
const maxPointer = 512

func (p Pointer) check() error {
	if p == "" {
		return nil
	}
	if len(p) > maxPointer || p[0] != '/' {
		return fmt.Errorf("pointer %.40q does not begin with / or is over %d bytes", string(p), maxPointer)
	}
	for i := 0; i < len(p); i++ {
		if p[i] == '~' && (i+1 == len(p) || (p[i+1] != '0' && p[i+1] != '1')) {
			return fmt.Errorf("pointer %.40q has a ~ before something other than 0 and 1", string(p))
		}
	}
	return nil
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// find gives the value at the pointer, or nil.
func (p Pointer) find(doc any) any {
	if p == "" {
		return nil
	}
	for _, step := range strings.Split(string(p[1:]), "/") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[unescape.Replace(step)]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != step {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}

// text gives a text, number or boolean as it is written, or empty.
func (p Pointer) text(doc any) string {
	switch v := p.find(doc).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
