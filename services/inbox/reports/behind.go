package reports

import (
	"cmp"
	"errors"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Behind are the conversations behind a number of a query's rows taken together.
// Items are the newest first, at most limit of those that began before the one
// numbered before, nought for the first page; next asks for the page after it and
// is nought on the last one. Total counts them all.
type Behind struct {
	Items []events.ConversationID
	Total int
	Next  uint32
}

// ErrNothingBehind says that a number has no conversations of its own.
var ErrNothingBehind = errors.New("no conversations stand behind that number: for a share, ask for the counts it is made of")

// Conversations names those behind a number.
func Conversations(s Source, q Query, n Number, before uint32, limit int) (Behind, error) {
	if err := q.Check(); err != nil {
		return Behind{}, err
	}
	code, ok := codes[n]
	if kind := n.Kind(); !ok || kind != queries.ReportCount && kind != queries.ReportSpread {
		return Behind{}, ErrNothingBehind
	}
	w := &walk{source: s, query: &q, places: map[uint32]bool{}, found: map[uint32]int64{}}
	var err error
	if code == BacklogCode {
		err = w.stood()
	} else {
		err = w.happened(code)
	}
	if err != nil {
		return Behind{}, err
	}
	return w.page(before, limit)
}

// walk goes over records and weighs the conversations in them.
type walk struct {
	source Source
	query  *Query
	places map[uint32]bool
	found  map[uint32]int64
	failed error
}

func (w *walk) takes(place uint32) bool {
	takes, known := w.places[place]
	if !known {
		p, err := w.source.Place(place)
		if err != nil {
			w.failed = err
			return false
		}
		takes = w.query.takes(&p)
		w.places[place] = takes
	}
	return takes
}

func (w *walk) happened(code Code) error {
	from, to := w.query.seconds()
	first, last := hours(from, to)
	err := w.source.Scan(code, first, last, func(at int64, r *Record) {
		if at < from || at >= to || !w.takes(r.Place) {
			return
		}
		if code.spread() { // what could not be measured is part of it too
			w.found[r.Conversation] = 1
		} else {
			w.found[r.Conversation] += r.Value
		}
	})
	return errors.Join(err, w.failed)
}

// stood goes back from the backlog of now to the end of the range.
func (w *walk) stood() error {
	_, to := w.query.seconds()
	err := w.source.Standing(func(conversation, place uint32) {
		if w.takes(place) {
			w.found[conversation]++
		}
	})
	if err != nil {
		return err
	}
	_, end := w.source.Span()
	first, last := hours(to, max(end, to))
	err = w.source.Scan(BacklogCode, first-hour, last, func(at int64, r *Record) {
		if at >= to && w.takes(r.Place) {
			w.found[r.Conversation] -= r.Value
		}
	})
	return errors.Join(err, w.failed)
}

func (w *walk) page(before uint32, limit int) (Behind, error) {
	var out Behind
	var numbers []uint32
	for c, n := range w.found {
		if n > 0 && c != 0 {
			out.Total++
			if before == 0 || c < before {
				numbers = append(numbers, c)
			}
		}
	}
	slices.SortFunc(numbers, func(a, b uint32) int { return cmp.Compare(b, a) })
	if len(numbers) > limit {
		numbers = numbers[:limit]
		out.Next = numbers[limit-1]
	}
	for _, c := range numbers {
		id, err := w.source.Name(c)
		if err != nil {
			return Behind{}, err
		}
		out.Items = append(out.Items, id)
	}
	return out, nil
}
