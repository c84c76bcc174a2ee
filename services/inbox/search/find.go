package search

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Query asks for the newest documents that hold every word of Text. After is
// the Sort of the last hit seen, empty for the first; Size is at most 1000.
type Query struct {
	Text string
	// Contacts leaves messages out.
	Contacts bool
	After    string
	Size     int
}

// Hit is a message, or a contact where Message is empty. Sort falls from hit to
// hit and is never the same twice.
type Hit struct {
	Conversation events.ConversationID
	Message      events.MessageID
	Contact      events.ContactID
	Sort         string
}

// maxWords is how many words of a query count.
const maxWords = 24

// Find searches, newest first. ErrUnavailable while there is no index. A text
// without words finds nothing.
func (s *Searcher) Find(ctx context.Context, q Query) ([]Hit, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.idx == nil {
		return nil, ErrUnavailable
	}
	what := build(q.Text)
	if what == nil {
		return nil, nil
	}
	if q.Contacts {
		kind := query.NewTermQuery("c")
		kind.SetField(fieldKind)
		what = query.NewConjunctionQuery([]query.Query{kind, what})
	}
	req := bleve.NewSearchRequestOptions(what, min(max(q.Size, 1), 1000), 0, false)
	req.Score = "none"
	req.SortBy([]string{"-" + fieldSort})
	if q.After != "" {
		req.SetSearchAfter([]string{q.After})
	}
	res, err := s.idx.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	hits := make([]Hit, 0, len(res.Hits))
	for _, h := range res.Hits {
		hit := Hit{Sort: h.Sort[0]}
		if contact, ok := strings.CutPrefix(h.ID, "c"); ok {
			hit.Contact = events.ContactID(contact)
		} else {
			conv, id, _ := strings.Cut(strings.TrimPrefix(h.ID, "m"), "\x00")
			hit.Conversation, hit.Message = events.ConversationID(conv), events.MessageID(id)
		}
		hits = append(hits, hit)
	}
	return hits, nil
}

// build makes the question; nil for a text without words.
func build(text string) query.Query {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	terms := cut(text, false)
	if len(terms) > maxWords {
		terms = terms[:maxWords]
	}
	last := len(terms) - 1
	r, _ := utf8.DecodeLastRuneInString(text)
	typing := last >= 0 && scriptOf(r) == word
	var all []query.Query
	for i, t := range terms {
		all = append(all, one(t, i == last && typing))
	}
	var either []query.Query
	if len(all) > 0 {
		either = append(either, query.NewConjunctionQuery(all))
	}
	if digits := digitsOf(text); len(digits) >= leastDigits {
		p := query.NewPrefixQuery(digits)
		p.SetField(fieldPhone)
		either = append(either, p)
	}
	switch len(either) {
	case 0:
		return nil
	case 1:
		return either[0]
	}
	return query.NewDisjunctionQuery(either)
}

// one asks for a word. What is being typed is a prefix, but for a single letter,
// which nearly every text would hold; a lone character of a pair is one too.
func one(term string, typing bool) query.Query {
	r, size := utf8.DecodeRuneInString(term)
	alone := size == len(term)
	if alone && scriptOf(r) == pairs || typing && !alone && scriptOf(r) == word {
		p := query.NewPrefixQuery(term)
		p.SetField(fieldText)
		return p
	}
	t := query.NewTermQuery(term)
	t.SetField(fieldText)
	return t
}

func hash32(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return h.Sum32()
}
