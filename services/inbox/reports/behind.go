package reports

import (
	"cmp"
	"errors"
	"slices"
	"time"

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

// ErrNothingBehind says that there is no such number, or no such part of it.
var ErrNothingBehind = errors.New("nothing stands behind that: a number is one of the glossary's, and a part of a share is above or below")

// Conversations names those behind a number, or behind a part of a share: above
// where none is named.
func Conversations(s Source, q Query, n Number, part queries.ReportPart, before uint32, limit int) (Behind, error) {
	if err := q.Check(); err != nil {
		return Behind{}, err
	}
	from := behind(n, part)
	if len(from) == 0 {
		return Behind{}, ErrNothingBehind
	}
	all := map[uint32]bool{}
	for _, code := range from {
		w := &walk{source: s, query: &q, glass: newGlass(s, &q), code: code, spots: map[spot]bool{}, found: map[uint32]int64{}}
		var err error
		if code == BacklogCode {
			err = w.stood()
		} else {
			err = w.happened()
		}
		if err != nil {
			return Behind{}, err
		}
		for c, n := range w.found {
			if n > 0 && c != 0 {
				all[c] = true
			}
		}
	}
	return pageOf(s, all, before, limit)
}

// behind are the noted numbers whose conversations stand behind a number. A sum of
// scores has those of its answers, as a score may be nought, and the time of agents
// those that their work lay in: they are available for all of it.
func behind(n Number, part queries.ReportPart) []Code {
	s := shareOf(n)
	list := []Number{n}
	switch {
	case part != "" && part != queries.ReportAbove && part != queries.ReportBelow:
		return nil
	case s != nil && part == queries.ReportBelow:
		list = s.below
	case s != nil:
		list = slices.Concat(s.above, s.minus)
	}
	var out []Code
	for _, n := range list {
		for _, o := range opinions {
			if n == o.sum {
				n = o.answered
			}
		}
		if n == queries.ReportAvailableTime {
			n = queries.ReportBusyTime
		}
		if code, ok := codes[n]; ok && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// walk goes over the records of a number and weighs the conversations in them.
type walk struct {
	source Source
	query  *Query
	glass  *glass
	code   Code
	spots  map[spot]bool
	found  map[uint32]int64
	failed error
}

func (w *walk) takes(r *Record) bool {
	s, err := w.glass.spot(w.code, r)
	takes, known := w.spots[s]
	if err == nil && !known {
		_, takes, err = w.glass.at(w.code, s)
		w.spots[s] = takes
	}
	if err != nil {
		w.failed = err
		return false
	}
	return takes
}

func (w *walk) happened() error {
	from, to := w.query.seconds()
	first, last := hours(from, to)
	err := w.source.Scan(w.code, first, last, func(at int64, r *Record) {
		if at < from || at >= to || !w.takes(r) {
			return
		}
		if w.code.spread() { // what could not be measured is part of it too
			w.found[r.Conversation] = 1
		} else {
			w.found[r.Conversation] += r.Value
		}
	})
	if err == nil && w.failed == nil && w.code == busyCode {
		_, end := w.source.Span()
		err = ongoing(w.source, w.glass, w.code, end, func(begin time.Time, _ Place, ms int64, c uint32) {
			if at := begin.Unix(); at >= from && at < to {
				w.found[c] += ms
			}
		})
	}
	return errors.Join(err, w.failed)
}

// stood goes back from the backlog of now to the end of the range.
func (w *walk) stood() error {
	_, to := w.query.seconds()
	err := w.source.Standing(func(conversation, place uint32) {
		if w.takes(&Record{Place: place}) {
			w.found[conversation]++
		}
	})
	if err != nil {
		return err
	}
	_, end := w.source.Span()
	first, last := hours(to, max(end, to))
	err = w.source.Scan(BacklogCode, first-hour, last, func(at int64, r *Record) {
		if at >= to && w.takes(r) {
			w.found[r.Conversation] -= r.Value
		}
	})
	return errors.Join(err, w.failed)
}

func pageOf(s Source, found map[uint32]bool, before uint32, limit int) (Behind, error) {
	out := Behind{Total: len(found)}
	var numbers []uint32
	for c := range found {
		if before == 0 || c < before {
			numbers = append(numbers, c)
		}
	}
	slices.SortFunc(numbers, func(a, b uint32) int { return cmp.Compare(b, a) })
	if len(numbers) > limit {
		numbers = numbers[:limit]
		out.Next = numbers[limit-1]
	}
	for _, c := range numbers {
		id, err := s.Name(c)
		if err != nil {
			return Behind{}, err
		}
		out.Items = append(out.Items, id)
	}
	return out, nil
}
