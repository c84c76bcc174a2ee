package search

import (
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// stemMark stands before the stem of a word where the two differ, so that a stem
// is never taken for a word that somebody wrote.
const stemMark = "\x1f"

// Words of other lengths are no English words with an ending worth taking off.
const (
	leastStemmed = 3
	mostStemmed  = 32
)

// sentences cuts a text into its words, and the stems of English ones. Names are
// not cut so: James is no form of Jame.
type sentences struct{}

// Analyze makes the tokens of a text.
func (sentences) Analyze(text []byte) analysis.TokenStream {
	terms := cut(string(text))
	for _, t := range terms[:len(terms):len(terms)] {
		if stem := stemOf(t); stem != "" && stem != t {
			terms = append(terms, stemMark+stem)
		}
	}
	return stream(terms)
}

// stemOf is the stem of a word by Porter's second algorithm for English
// (snowballstem.org); empty for what cannot be English.
func stemOf(term string) string {
	if len(term) < leastStemmed || len(term) > mostStemmed {
		return ""
	}
	for i := range len(term) {
		if term[i] < 'a' || term[i] > 'z' {
			return ""
		}
	}
	env := snowballstem.NewEnv(term)
	english.Stem(env)
	return env.Current()
}
