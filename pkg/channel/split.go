package channel

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Length is a text's length as the provider counts it.
func (u Unit) Length(text string) int {
	switch u {
	case Bytes:
		return len(text)
	case UTF16:
		n := 0
		for _, r := range text {
			n += utf16.RuneLen(r) // -1 for what is no character, which is not in a decoded string
		}
		return n
	}
	return utf8.RuneCountInString(text)
}

// Split cuts a text into parts that the provider takes, at the end of a
// paragraph, line, sentence or word where one is in the second half of a part,
// and never inside a character or between a letter and its marks. Joined again
// the parts differ from the text in white space only. A text that fits is one
// part; an empty one too.
func (l Limits) Split(text string) []string {
	if l.Text <= 0 || l.Unit.Length(text) <= l.Text {
		return []string{text}
	}
	var parts []string
	for rest := text; rest != ""; {
		end := l.fits(rest)
		if end < len(rest) {
			end = breakAt(rest, end)
		}
		if part := strings.TrimSpace(rest[:end]); part != "" {
			parts = append(parts, part)
		}
		rest = strings.TrimLeft(rest[end:], " \t\r\n")
	}
	if parts == nil {
		return []string{""}
	}
	return parts
}

// fits is how many bytes of text go into one message: whole grapheme clusters,
// or characters of one that is longer than a message.
func (l Limits) fits(text string) int {
	used, end := 0, 0
	for rest, state := text, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		n := l.Unit.Length(cluster)
		if used+n > l.Text {
			if end > 0 {
				return end
			}
			return l.characters(cluster)
		}
		used, end = used+n, end+len(cluster)
	}
	return len(text)
}

func (l Limits) characters(cluster string) int {
	used := 0
	for i, r := range cluster {
		n := l.Unit.Length(string(r))
		if used+n > l.Text && i > 0 {
			return i
		}
		used += n
	}
	return len(cluster)
}

var breaks = []string{"\n\n", "\n", ". ", "? ", "! ", "。", "！", "？", " "}

// breakAt is the best place to cut at or before end.
func breakAt(text string, end int) int {
	for _, b := range breaks {
		if at := strings.LastIndex(text[:min(len(text), end+len(b))], b); at >= end/2 && at > 0 {
			if cut := at + len(strings.TrimRight(b, " \n")); cut <= end && cut > 0 {
				return cut
			}
		}
	}
	return end
}
