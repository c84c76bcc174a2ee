package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"golang.org/x/text/unicode/norm"
)

// Bounds of what is indexed of one text and of one word. A longer word is cut,
// in the index and in the query alike, so it is still found.
const (
	maxText = 64 << 10
	maxTerm = 64
)

// analyzer cuts a text into the words of the package comment.
type analyzer struct{}

// Analyze makes the tokens of a text. Only terms matter here: the index keeps
// neither positions nor frequencies.
func (analyzer) Analyze(text []byte) analysis.TokenStream {
	return stream(cut(string(text)))
}

// beginnings cuts a text into what a query's last word may be: see onset.
type beginnings struct{}

// Analyze makes the tokens of a text.
func (beginnings) Analyze(text []byte) analysis.TokenStream { return stream(onsets(string(text))) }

func stream(words []string) analysis.TokenStream {
	out := make(analysis.TokenStream, len(words))
	tokens := make([]analysis.Token, len(words))
	for i, w := range words {
		tokens[i] = analysis.Token{Term: []byte(w), Position: i + 1, End: len(w)}
		out[i] = &tokens[i]
	}
	return out
}

type script int

const (
	none script = iota
	word
	pairs // Hangul, Han, Kana: no spaces that can be relied on
)

func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return word
		}
		return none
	case unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana), r == 'ー', r == '々':
		return pairs
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return word
	}
	return none
}

// fold brings text to one form. Accents go; the marks that make Japanese
// voiced sounds and Hangul syllables are part of their letters after NFKC and
// stay.
func fold(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	if ascii(text) {
		return strings.ToLower(text)
	}
	// One character may become eighteen.
	if text = norm.NFKC.String(text); len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		if scriptOf(r) == word && r >= utf8.RuneSelf {
			for _, part := range norm.NFD.String(string(r)) {
				if !unicode.Is(unicode.Mn, part) {
					b.WriteRune(unicode.ToLower(part))
				}
			}
			continue
		}
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// runs calls each with every run of one script, in order.
func runs(text string, each func(run string, kind script)) {
	text = fold(text)
	start, kind := 0, none
	for at, r := range text {
		if k := scriptOf(r); k != kind {
			if kind != none {
				each(text[start:at], kind)
			}
			start, kind = at, k
		}
	}
	if kind != none {
		each(text[start:], kind)
	}
}

// cut gives the terms of a text in order.
func cut(text string) (terms []string) {
	runs(text, func(run string, kind script) {
		if kind == word {
			terms = append(terms, clip(run))
		} else {
			terms = appendPairs(terms, run)
		}
	})
	return terms
}

// A word that is being typed is looked up by its first characters, which are
// terms of their own: to go through all words that begin with them would cost
// more the more common they are. Longer beginnings are rare enough for that.
const (
	onsetLeast = 2
	onsetMost  = 10
)

// onsets are the beginnings of a text's words, and each character of its runs
// of pairs, so that one alone is found wherever it stands.
func onsets(text string) (terms []string) {
	seen := map[string]bool{}
	add := func(t string) {
		if !seen[t] {
			seen[t] = true
			terms = append(terms, t)
		}
	}
	runs(text, func(run string, kind script) {
		n := 0
		for at, r := range run {
			n++
			end := at + utf8.RuneLen(r)
			switch {
			case kind == pairs:
				add(run[at:end])
			case n > onsetMost:
				return
			case n >= onsetLeast:
				add(run[:end])
			}
		}
	})
	return terms
}

func clip(term string) string {
	if len(term) <= maxTerm {
		return term
	}
	return strings.ToValidUTF8(term[:maxTerm], "")
}

func appendPairs(terms []string, run string) []string {
	before := -1
	for at, r := range run {
		if before >= 0 {
			terms = append(terms, run[before:at+utf8.RuneLen(r)])
		}
		before = at
	}
	if _, size := utf8.DecodeRuneInString(run); size == len(run) {
		terms = append(terms, run)
	}
	return terms
}

// digitsOf are the digits of a text that is nothing but a number with its
// punctuation; empty for any other text. The zeros in front, which stand for a
// country's or a city's prefix, are left out.
func digitsOf(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(text) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune("+-–()./ \u00a0", r):
		default:
			return ""
		}
	}
	return strings.TrimLeft(b.String(), "0")
}

// leastDigits is how many digits of a number find it.
const leastDigits = 4

// endings are the digits of a number from every one of them on, so that a prefix
// of one of them is any run of digits of the number.
func endings(number string) []string {
	digits := digitsOf(number)
	if len(digits) > 32 {
		digits = digits[:32]
	}
	var out []string
	for i := 0; i+leastDigits <= len(digits); i++ {
		out = append(out, digits[i:])
	}
	return out
}
