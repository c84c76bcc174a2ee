package kakaotalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// call is a dealer's request with its fields by their path.
type call struct {
	doc    map[string]any
	fields Fields
}

func readCall(body []byte, fields Fields) (call, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil || doc == nil {
		return call{}, errors.New("the call is not an object")
	}
	return call{doc, fields.or(happytalk)}, nil
}

// text is the first of the fields that holds a text or a number.
func (c call) text(paths []string) string {
	for _, path := range paths {
		var at any = c.doc
		for step := range strings.SplitSeq(path, ".") {
			o, ok := at.(map[string]any)
			if !ok {
				at = nil
				break
			}
			at = o[step]
		}
		switch v := at.(type) {
		case string:
			if v != "" {
				return v
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// yes reports a field that says so in any of the ways in which JSON can.
func (c call) yes(name string) bool {
	switch v := c.doc[name].(type) {
	case bool:
		return v
	case string:
		return v == "Y" || v == "true" || v == "1"
	case json.Number:
		return v == "1"
	}
	return false
}

func (c call) millis() int64 {
	n, err := strconv.ParseInt(c.text(c.fields.Time), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// file is the address of a file, if the call has one: in a field for it, or as
// the text of a call whose type is that of a file.
func (c call) file() (address string, inText bool) {
	if a := c.text(c.fields.File); web(a) {
		return a, false
	}
	switch strings.ToLower(c.text(c.fields.Type)) {
	case "im", "image", "photo", "fi", "file", "video", "audio":
		if a := strings.TrimSpace(c.text(c.fields.Text)); web(a) && !strings.ContainsAny(a, " \n") {
			return a, true
		}
	}
	return "", false
}

func web(address string) bool {
	return len(address) <= 2048 && (strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://"))
}
