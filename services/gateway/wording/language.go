package wording

import (
	"strconv"
	"strings"
)

// Language is one that refusals can be read in, as BCP 47 writes it.
type Language string

// The languages there are. English is what is said where none of those asked for is
// here.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// maxHeader bounds in bytes how much of an Accept-Language is read.
const maxHeader = 1024

// Preferred reads an Accept-Language: the language of ours with the most weight, the
// first of equals; English where it names none of ours.
func Preferred(header string) Language {
	best, weight := English, 0.0
	for part := range strings.SplitSeq(header[:min(len(header), maxHeader)], ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(v, 64); err != nil {
				continue
			}
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if l := Language(primary); (l == English || l == Korean) && q > weight {
			best, weight = l, q
		}
	}
	return best
}

// Say puts a sentence into the language. One that is not in the catalogue is returned
// as it is.
func (l Language) Say(sentence string) string {
	said, _ := l.say(sentence)
	return said
}

// Knows reports whether Say has the sentence in the language. English it always has.
func (l Language) Knows(sentence string) bool {
	_, known := l.say(sentence)
	return known
}

func (l Language) say(sentence string) (string, bool) {
	if l != Korean || sentence == "" {
		return sentence, true
	}
	return korean().say(sentence, maxDepth)
}

// Title is the title of a problem with this HTTP status; English has net/http's.
func (l Language) Title(status int, english string) string {
	if l == Korean {
		if title, ok := koreanTitles[status]; ok {
			return title
		}
	}
	return english
}
