// Package sketch keeps the spread of many durations in little room: count, sum,
// least and greatest exactly, and quantiles within [Accuracy]. Sketches merge: one
// of a day is the merge of those of its hours, and says what it would say had it
// seen every value itself. It wraps DataDog's DDSketch; see "DDSketch: a fast and
// fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019.
//
// A sketch is for one goroutine. It has no clock and draws no chance: the same
// values in any order give the same sketch and the same bytes.
package sketch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

// Accuracy is how far a quantile may be off, as a part of its value.
const Accuracy = 0.01

var scale = func() mapping.IndexMapping {
	m, err := mapping.NewLogarithmicMapping(Accuracy)
	if err != nil {
		panic(err) // the accuracy is a constant between nought and one
	}
	return m
}()

// Sketch is the spread of values that are not negative; those that are count as
// nought. The zero Sketch is empty and ready for use. It is not to be
// copied after its first value: the copy would share half of it.
type Sketch struct {
	count, sum, least, most int64
	dd                      *ddsketch.DDSketch
}

// Add takes in one value.
func (s *Sketch) Add(v int64) {
	v = max(v, 0)
	if s.count == 0 || v < s.least {
		s.least = v
	}
	s.most = max(s.most, v)
	s.count++
	s.sum += v
	_ = s.sketch().Add(float64(v)) // refuses only NaN and what is beyond an int64
}

func (s *Sketch) sketch() *ddsketch.DDSketch {
	if s.dd == nil {
		s.dd = ddsketch.NewDDSketch(scale, store.NewSparseStore(), store.NewSparseStore())
	}
	return s.dd
}

// Merge takes in all values of another, which stays as it was.
func (s *Sketch) Merge(o *Sketch) {
	if o.count == 0 {
		return
	}
	if s.count == 0 || o.least < s.least {
		s.least = o.least
	}
	s.most = max(s.most, o.most)
	s.count += o.count
	s.sum += o.sum
	_ = s.sketch().MergeWith(o.dd) // refuses only another scale
}

// Count is how many values there are.
func (s *Sketch) Count() int64 { return s.count }

// Sum is their sum; it is exact.
func (s *Sketch) Sum() int64 { return s.sum }

// Least is the smallest value, and nought where there is none.
func (s *Sketch) Least() int64 { return s.least }

// Most is the greatest value, and nought where there is none.
func (s *Sketch) Most() int64 { return s.most }

// Quantile is the value below which a part q of all values lies, between nought
// and one; nought where there are no values. It is never beyond the least or the
// greatest.
func (s *Sketch) Quantile(q float64) int64 {
	if s.count == 0 {
		return 0
	}
	v, err := s.dd.GetValueAtQuantile(min(max(q, 0), 1))
	if err != nil {
		return 0
	}
	return min(max(int64(v+0.5), s.least), s.most)
}

const version = 1

// AppendBinary appends the sketch's bytes; equal sketches have equal ones.
func (s *Sketch) AppendBinary(to []byte) ([]byte, error) {
	to = append(to, version)
	to = binary.AppendUvarint(to, uint64(s.count))
	if s.count == 0 {
		return to, nil
	}
	to = binary.AppendUvarint(to, uint64(s.sum))
	to = binary.AppendUvarint(to, uint64(s.least))
	to = binary.AppendUvarint(to, uint64(s.most))
	to = binary.AppendUvarint(to, uint64(s.dd.GetZeroCount()))
	var bins [][2]int64
	s.dd.GetPositiveValueStore().ForEach(func(index int, count float64) bool {
		bins = append(bins, [2]int64{int64(index), int64(count)})
		return false
	})
	slices.SortFunc(bins, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	to = binary.AppendUvarint(to, uint64(len(bins)))
	for _, b := range bins {
		to = binary.AppendVarint(to, b[0])
		to = binary.AppendUvarint(to, uint64(b[1]))
	}
	return to, nil
}

// errShort says that bytes end early or hold what no sketch writes.
var errShort = errors.New("not the bytes of a sketch")

// maxIndex is beyond the index of any int64.
const maxIndex = 1 << 16

// Read takes a sketch from the front of bytes and returns what follows it. Bytes
// that no sketch wrote are an error.
func Read(from []byte) (*Sketch, []byte, error) {
	s := new(Sketch)
	if len(from) == 0 || from[0] != version {
		return nil, nil, fmt.Errorf("read sketch: %w", errShort)
	}
	r := reader{rest: from[1:]}
	s.count = r.number()
	if s.count == 0 && !r.bad {
		return s, r.rest, nil
	}
	s.sum, s.least, s.most = r.number(), r.number(), r.number()
	total := r.number()
	dd := s.sketch()
	if total > 0 {
		_ = dd.AddWithCount(0, float64(total))
	}
	for range r.number() {
		index, n := binary.Varint(r.rest)
		if n <= 0 || index < -maxIndex || index > maxIndex {
			r.bad = true
			break
		}
		r.rest = r.rest[n:]
		count := r.number()
		if r.bad || count == 0 || count > s.count {
			r.bad = true
			break
		}
		total += count
		dd.GetPositiveValueStore().AddWithCount(int(index), float64(count))
	}
	if r.bad || total != s.count || s.least > s.most {
		return nil, nil, fmt.Errorf("read sketch: %w", errShort)
	}
	return s, r.rest, nil
}

type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) number() int64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<62 || r.bad {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return int64(v)
}
