package people

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// keptDays is for how many days of the log former records are kept, the newest
// included: a week, wherever in a day it begins, and as much again.
const keptDays = 15

var (
	days   = []byte("day")    // the place of a day's first decision
	former = []byte("former") // by day, of whom that day changed: as they stood when it began
	erased = []byte("erased") // of whom something was erased: what, and where the log says so
)

// formers are the former records within one transaction. Days are those of the log:
// the latest that any decision so far has named, so that a clock that goes back opens
// no day anew.
type formers struct {
	days, former, erased *bbolt.Bucket
	day                  uint32
	of                   *bbolt.Bucket               // of the day; nil before the first
	ahead                uint32                      // a day that the log has come to, farther on perhaps
	stood                map[events.ContactID][]byte // when the day began, of whom the batch has touched since
}

func openFormers(tx *bbolt.Tx, ahead uint32) formers {
	f := formers{ahead: ahead, days: tx.Bucket(days), former: tx.Bucket(former), erased: tx.Bucket(erased), stood: map[events.ContactID][]byte{}}
	if k, _ := f.days.Cursor().Last(); k != nil {
		f.day = binary.BigEndian.Uint32(k)
		f.of = f.former.Bucket(k)
	}
	return f
}

// reach opens the day of a decision, where it is a new one, and forgets the oldest.
func (f *formers) reach(at time.Time, seq uint64) (err error) {
	day := dayOf(at)
	if f.of != nil && day <= f.day {
		return nil
	}
	key := dayKey(day)
	if f.of, err = f.former.CreateBucketIfNotExists(key); err == nil {
		err = f.days.Put(key, binary.BigEndian.AppendUint64(nil, seq))
	}
	if err != nil {
		return fmt.Errorf("begin a day: %w", err)
	}
	f.day = day
	clear(f.stood)
	var old [][]byte
	c := f.days.Cursor()
	for k, _ := c.First(); k != nil && binary.BigEndian.Uint32(k)+keptDays <= day; k, _ = c.Next() {
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old {
		if err = f.days.Delete(k); err == nil {
			err = f.former.DeleteBucket(k)
		}
		if err != nil {
			return fmt.Errorf("forget a day: %w", err)
		}
	}
	return nil
}

func dayOf(at time.Time) uint32 { return uint32(max(at.Unix()/86_400, 0)) }

func dayKey(day uint32) []byte { return binary.BigEndian.AppendUint32(nil, day) }

// stands tells how a contact stands, who has not changed in the day so far or of whom
// it is kept already: nothing where there is none.
func (f *formers) stands(id events.ContactID, record []byte) { f.stood[id] = record }

// lost reports whether the day will be forgotten before anybody can ask: the log is
// read from far behind.
func (f *formers) lost() bool { return f.day+keptDays <= f.ahead }

// knows reports whether stands was told of a contact since the day began.
func (f *formers) knows(id events.ContactID) bool {
	_, ok := f.stood[id]
	return ok || f.lost()
}

// note keeps how a contact stood when the day began, at their first change of the day:
// nothing of one who was not there.
func (f *formers) note(id events.ContactID) error {
	if f.lost() || f.of.Get([]byte(id)) != nil {
		return nil
	}
	if err := f.of.Put([]byte(id), append([]byte{}, f.stood[id]...)); err != nil { // never nil, which would be no entry
		return fmt.Errorf("keep a contact: %w", err)
	}
	return nil
}

// erasure is what was erased of a contact up to a place in the log.
type erasure struct {
	Seq  uint64         `json:"seq"`
	At   time.Time      `json:"at"`
	What []string       `json:"what"`
	left []events.Point // what they have today; of those before no list is kept
}

// maxErased bounds a list; who had more erased than that had all of it.
const maxErased = 100

// erase takes out of what is kept of a contact what was to be erased, and notes it
// for whoever reads the log again.
func (f *formers) erase(d *events.Decision, what *events.ContactErased) error {
	id := []byte(d.Contact)
	c := f.former.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		of := f.former.Bucket(k)
		r, ok, err := decode(of.Get(id))
		if err != nil {
			return err
		}
		if !ok {
			continue // they were not there
		}
		r.erase(what)
		data, err := json.Marshal(r)
		if err == nil {
			err = of.Put(id, data)
		}
		if err != nil {
			return fmt.Errorf("erase what a contact was: %w", err)
		}
	}
	var e erasure
	if v := f.erased.Get(id); v != nil {
		if err := json.Unmarshal(v, &e); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
	}
	e.Seq, e.At = d.Seq, d.At.UTC()
	e.What = append(e.What, what.What...)
	slices.Sort(e.What)
	if e.What = slices.Compact(e.What); len(e.What) > maxErased {
		e.What = []string{"*"}
	}
	data, err := json.Marshal(e)
	if err == nil {
		err = f.erased.Put(id, data)
	}
	if err != nil {
		return fmt.Errorf("note what was erased: %w", err)
	}
	return nil
}

// erasedOf is what was erased of a contact; nil for nothing.
func erasedOf(tx *bbolt.Tx, id events.ContactID) (*erasure, error) {
	v := tx.Bucket(erased).Get([]byte(id))
	if v == nil {
		return nil, nil
	}
	e := new(erasure)
	if err := json.Unmarshal(v, e); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	r, ok, err := read(tx.Bucket(bucket), id)
	if ok {
		e.left = r.Points
	}
	return e, err
}

// from is a record of the past without what was erased since. The record given stays
// as it is.
func (e *erasure) from(r *Record) *Record {
	out := *r
	out.Attributes, out.Points = maps.Clone(r.Attributes), slices.DeleteFunc(slices.Clone(r.Points), func(p events.Point) bool {
		return !slices.ContainsFunc(e.left, func(left events.Point) bool { return left.Key() == p.Key() })
	})
	out.erase(&events.ContactErased{What: e.What})
	return &out
}

// begun is the last day that had begun at a place in the log, and its first place;
// where all that are kept began later it is the oldest. False where there is none.
func begun(tx *bbolt.Tx, place uint64) (day uint32, first uint64, ok bool) {
	c := tx.Bucket(days).Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		day, first, ok = binary.BigEndian.Uint32(k), binary.BigEndian.Uint64(v), true
		if first <= place {
			break
		}
	}
	return day, first, ok
}

// stood is the record of a contact as it stood when a day began: what the first day
// since then has kept that changed it, else as it stands. False where the day is
// kept no more.
func stood(tx *bbolt.Tx, id events.ContactID, day uint32) (r *Record, kept bool, err error) {
	c := tx.Bucket(days).Cursor()
	key := dayKey(day)
	k, _ := c.Seek(key)
	if !slices.Equal(k, key) {
		return nil, false, nil
	}
	var found []byte
	for ; k != nil && found == nil; k, _ = c.Next() {
		found = tx.Bucket(former).Bucket(k).Get([]byte(id))
	}
	if found == nil {
		found = tx.Bucket(bucket).Get([]byte(id))
	}
	r, _, err = decode(found)
	return r, true, err
}
