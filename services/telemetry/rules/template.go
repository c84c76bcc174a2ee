package rules

import (
	"errors"
	"strings"
	"unicode"
)

// part is a piece of text, or a place to fill.
type part struct {
	text  string
	place Pointer
}

func parseTemplate(s string) ([]part, error) {
	if len(s) > MaxTemplate {
		return nil, errors.New("a text is too long")
	}
	var out []part
	for {
		before, rest, open := strings.Cut(s, "{{")
		out = append(out, part{text: before})
		if !open {
			return out, nil
		}
		name, after, closed := strings.Cut(rest, "}}")
		place := Pointer(strings.TrimSpace(name))
		if !closed || place == "" {
			return nil, errors.New("a place in a text is written {{/pointer}}")
		}
		if err := place.check(); err != nil {
			return nil, err
		}
		out = append(out, part{place: place})
		s = after
	}
}

// fill gives the text for an event, at most limit bytes of it.
func fill(template string, doc any, limit int) string {
	parts, err := parseTemplate(template)
	if err != nil {
		return "" // Check has refused it
	}
	var b strings.Builder
	for _, p := range parts {
		text := p.text
		if p.place != "" {
			text = p.place.text(doc)
		}
		if b.WriteString(text[:min(len(text), max(limit+4-b.Len(), 0))]); b.Len() > limit {
			break
		}
	}
	return clean(b.String(), limit)
}

// clean drops what no screen shows, and cuts at a whole character.
func clean(s string, limit int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}
