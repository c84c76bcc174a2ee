package wording

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const (
	// maxDepth bounds how often a sentence may stand in another's place.
	maxDepth = 4
	// maxSentence bounds in bytes what is looked for among the patterns.
	maxSentence = 4 << 10
)

// catalogue finds sentences of one language by the English ones.
type catalogue struct {
	whole    map[string]string
	patterns []pattern // in the order in which they are tried
}

// pattern is a sentence with places. begin is its fixed text before the first. One
// that stands around a sentence says nothing by itself: what is in its first place must
// be in the catalogue.
type pattern struct {
	begin  string
	form   *regexp.Regexp
	said   string
	fixed  int
	around bool
}

var korean = sync.OnceValue(func() *catalogue {
	return newCatalogue(koreanFields, koreanGateway, koreanRouter, koreanSettings, koreanChannels)
})

// newCatalogue joins the parts. English and translation have their places as %s, in
// the same order, or as %1, %2… where the translation has them in another.
func newCatalogue(parts ...map[string]string) *catalogue {
	c := &catalogue{whole: map[string]string{}}
	for _, part := range parts {
		for english, said := range part {
			pieces := strings.Split(english, "%s")
			if len(pieces) == 1 {
				c.whole[english] = said
				continue
			}
			p := pattern{begin: pieces[0], said: said, around: strings.HasPrefix(english, "%s (")}
			for i := range pieces {
				p.fixed += len(pieces[i])
				pieces[i] = regexp.QuoteMeta(pieces[i])
			}
			p.form = regexp.MustCompile(`(?s)\A` + strings.Join(pieces, `(.*?)`) + `\z`)
			c.patterns = append(c.patterns, p)
		}
	}
	slices.SortFunc(c.patterns, func(a, b pattern) int {
		return cmp.Or(cmp.Compare(a.turn(), b.turn()), cmp.Compare(b.fixed, a.fixed), cmp.Compare(a.form.String(), b.form.String()))
	})
	return c
}

// turn is when a pattern is tried: what stands around another sentence first, and last
// what begins with a place, which would take much that is more than a word.
func (p *pattern) turn() int {
	switch {
	case p.around:
		return 0
	case p.begin != "":
		return 1
	}
	return 2
}

func (c *catalogue) say(sentence string, depth int) (string, bool) {
	if said, ok := c.whole[sentence]; ok {
		return said, true
	}
	if depth == 0 || len(sentence) > maxSentence {
		return sentence, false
	}
	for i := range c.patterns {
		p := &c.patterns[i]
		if !strings.HasPrefix(sentence, p.begin) {
			continue
		}
		found := p.form.FindStringSubmatch(sentence)
		if found == nil {
			continue
		}
		if p.around {
			if _, known := c.say(found[1], depth-1); !known {
				continue
			}
		}
		return p.fill(found[1:], func(s string) string {
			said, _ := c.say(s, depth-1)
			return said
		}), true
	}
	return sentence, false
}

// fill puts the places into the translation.
func (p *pattern) fill(places []string, say func(string) string) string {
	var out strings.Builder
	next := 0
	for i := 0; i < len(p.said); i++ {
		if p.said[i] != '%' || i+1 == len(p.said) {
			out.WriteByte(p.said[i])
			continue
		}
		at := next
		switch d := p.said[i+1]; {
		case d == 's':
			next++
		case d >= '1' && d <= '9':
			at = int(d - '1')
		default:
			out.WriteByte('%')
			continue
		}
		i++
		if at < len(places) {
			out.WriteString(say(places[at]))
		}
	}
	return out.String()
}
