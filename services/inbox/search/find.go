package search

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Query asks for the newest messages that hold every word of Text, or for
// contacts, the last changed first. After is the Sort of the last hit seen, empty
// for the first; Size is at most 1000.
type Query struct {
	Text     string
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

// SortLen is the length of every Hit's Sort, which is hexadecimal.
const SortLen = 24

// Find searches. ErrUnavailable while there is no index. A text without words
// finds nothing.
func (s *Searcher) Find(ctx context.Context, q Query) ([]Hit, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.idx == nil {
		return nil, ErrUnavailable
	}
	what := build(q.Text, q.Contacts)
	if what == nil {
		return nil, nil
	}
	q.Size = min(max(q.Size, 1), 1000)
	if q.Contacts {
		return s.idx.inWindow(ctx, contactWindow, what, q.After, q.Size)
	}
	newest := s.at.Load()
	if len(q.After) == SortLen {
		seq, err := strconv.ParseUint(q.After[:16], 16, 64)
		if err != nil {
			return nil, fmt.Errorf("place of a hit: %w", err)
		}
		newest = min(newest, seq)
	}
	return s.idx.backward(ctx, newest, what, q.After, q.Size)
}

// backward goes through windows from the one that holds newest on.
func (x *index) backward(ctx context.Context, newest uint64, what query.Query, after string, size int) ([]Hit, error) {
	var hits []Hit
	for level, end := 0, newest+1; end > 0 && len(hits) < size; {
		// The first window may reach beyond newest; After keeps that out.
		at, block := 0, (end-1)>>windowBits[0]
		for l := 1; l <= level && end%(1<<windowBits[l]) == 0; l++ {
			at, block = l, (end-1)>>windowBits[l]
		}
		found, err := x.inWindow(ctx, windowTerm(at, block), what, after, size-len(hits))
		if err != nil {
			return nil, err
		}
		hits = append(hits, found...)
		end = block << windowBits[at]
		level = min(level+1, len(windowBits)-1)
	}
	return hits, nil
}

func (x *index) inWindow(ctx context.Context, window string, what query.Query, after string, size int) ([]Hit, error) {
	where := query.NewTermQuery(window)
	where.SetField(fieldWindow)
	req := bleve.NewSearchRequestOptions(query.NewConjunctionQuery([]query.Query{where, what}), size, 0, false)
	req.Score = "none"
	req.SortBy([]string{"-" + fieldSort})
	if after != "" {
		req.SetSearchAfter([]string{after})
	}
	res, err := x.SearchInContext(ctx, req)
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

// build makes the question; nil for a text without words. Numbers are asked for
// as such only of contacts.
func build(text string, contacts bool) query.Query {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	terms := cut(text)
	if len(terms) > maxWords {
		terms = terms[:maxWords]
	}
	last := len(terms) - 1
	r, _ := utf8.DecodeLastRuneInString(text)
	typing := last >= 0 && scriptOf(r) == word
	var all []query.Query
	for i, t := range terms {
		q := one(t, i == last && typing)
		if stem := stemOf(t); stem != "" && !contacts {
			// Texts that say the stem itself, and those that say another form.
			q = query.NewDisjunctionQuery([]query.Query{q, one(stem, false), one(stemMark+stem, false)})
		}
		all = append(all, q)
	}
	var either []query.Query
	if len(all) > 0 {
		either = append(either, query.NewConjunctionQuery(all))
	}
	if digits := digitsOf(text); contacts && len(digits) >= leastDigits {
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

// one asks for a word. What is being typed is a beginning, but for a single
// letter, which nearly every text would hold; so is a lone character of a pair.
func one(term string, typing bool) query.Query {
	r, _ := utf8.DecodeRuneInString(term)
	n := utf8.RuneCountInString(term)
	switch {
	case scriptOf(r) == pairs && n == 1, typing && n >= onsetLeast && n <= onsetMost:
		t := query.NewTermQuery(term)
		t.SetField(fieldOnset)
		return t
	case typing && n > onsetMost:
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
