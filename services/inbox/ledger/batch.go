package ledger

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// maxPlaces bounds the places that are remembered between batches, and between
// questions.
const maxPlaces = 1 << 16

// writer folds decisions into the file. It is for one goroutine.
type writer struct {
	settings reports.Settings
	places   map[reports.Place]uint32 // what is committed
	pending  map[reports.Place]uint32 // what the last transaction stored, if it was
}

// batch is one transaction of a writer. It implements reports.Keeper; what fails is
// told at the end.
type batch struct {
	w      *writer
	tx     *bbolt.Tx
	known  map[events.ConversationID]*saved
	duties map[events.AgentID]*reports.Duty
	asked  map[events.SurveyID]*reports.Asking // nil for one that is not known
	fresh  map[reports.Place]uint32            // new places
	blocks map[blockKey][]byte
	today  uint32 // the newest day whose beginning is stored
	begun  bool   // today is one
	begin  int64
	end    int64
	failed error
}

// saved is a conversation's record.
type saved struct {
	number uint32
	item   *reports.Item
	dirty  bool
	// carried is what the conversation carries, nil while nobody has looked.
	carried *reports.Place
}

type blockKey struct {
	code reports.Code
	hour int64
}

// apply folds decisions in one transaction.
func (w *writer) apply(tx *bbolt.Tx, decisions []*events.Decision) error {
	w.commit(tx)
	b := &batch{
		w: w, tx: tx, known: map[events.ConversationID]*saved{}, duties: map[events.AgentID]*reports.Duty{}, asked: map[events.SurveyID]*reports.Asking{},
		fresh: map[reports.Place]uint32{}, blocks: map[blockKey][]byte{},
	}
	b.begin, b.end = span(tx)
	if v := tx.Bucket(bucketMeta).Get(keyDay); len(v) == 4 {
		b.today, b.begun = binary.BigEndian.Uint32(v), true
	}
	fold := reports.NewFold(b, w.settings)
	for _, d := range decisions {
		b.extend(d.At.Unix())
		fold.Apply(d)
		b.fail(b.customer(d))
		if b.failed != nil {
			return b.failed
		}
	}
	w.pending = b.fresh
	return b.flush()
}

// commit remembers the places of the last transaction where it was committed: on a
// full disk it is tried again.
func (w *writer) commit(tx *bbolt.Tx) {
	if w.places == nil || len(w.places) > maxPlaces {
		w.places = map[reports.Place]uint32{}
	}
	for p, n := range w.pending {
		if v := tx.Bucket(bucketPlaces).Get(p.Append(nil)); string(v) == string(number(n)) {
			w.places[p] = n
		}
	}
	w.pending = nil
}

func (b *batch) fail(err error) {
	if b.failed == nil && err != nil {
		b.failed = err
	}
}

func (b *batch) extend(at int64) {
	if b.end == 0 {
		b.begin, b.end = at, at+1
	}
	b.begin, b.end = min(b.begin, at), max(b.end, at+1)
}

func (b *batch) record(id events.ConversationID) *saved {
	if s, ok := b.known[id]; ok {
		return s
	}
	s := new(saved)
	b.known[id] = s
	if v := b.tx.Bucket(bucketConversations).Get([]byte(id)); v != nil {
		n, err := readNumber(v)
		s.number = n
		if err == nil && len(v) > 4 {
			s.item = new(reports.Item)
			err = json.Unmarshal(v[4:], s.item)
		}
		if err != nil {
			b.fail(fmt.Errorf("%w: a conversation: %w", errDamaged, err))
		}
		return s
	}
	s.number, s.dirty = b.next(bucketNames), true
	b.fail(b.tx.Bucket(bucketNames).Put(number(s.number), []byte(id)))
	return s
}

// next is the next number of a bucket.
func (b *batch) next(bucket []byte) uint32 {
	n, err := b.tx.Bucket(bucket).NextSequence()
	if err == nil && n > 1<<32-1 {
		err = errors.New("more than four billion of them")
	}
	b.fail(err)
	return uint32(n)
}

// Item implements reports.Keeper.
func (b *batch) Item(id events.ConversationID) *reports.Item { return b.record(id).item }

// Save implements reports.Keeper.
func (b *batch) Save(id events.ConversationID, it *reports.Item) {
	s := b.record(id)
	s.item, s.dirty = it, true
}

// Duty implements reports.Keeper.
func (b *batch) Duty(id events.AgentID) *reports.Duty {
	d, ok := b.duties[id]
	if !ok {
		d = new(reports.Duty)
		if v := b.tx.Bucket(bucketDuties).Get([]byte(id)); v != nil {
			if err := json.Unmarshal(v, d); err != nil {
				b.fail(fmt.Errorf("%w: an agent: %w", errDamaged, err))
			}
		}
		b.duties[id] = d
	}
	return d
}

// SaveDuty implements reports.Keeper.
func (b *batch) SaveDuty(id events.AgentID, d *reports.Duty) { b.duties[id] = d }

// Asking implements reports.Keeper.
func (b *batch) Asking(id events.SurveyID) *reports.Asking {
	a, ok := b.asked[id]
	if !ok {
		if v := b.tx.Bucket(bucketAskings).Get([]byte(id)); v != nil {
			a = new(reports.Asking)
			if err := json.Unmarshal(v, a); err != nil {
				b.fail(fmt.Errorf("%w: an asking: %w", errDamaged, err))
				a = nil
			}
		}
		b.asked[id] = a
	}
	return a
}

// SaveAsking implements reports.Keeper.
func (b *batch) SaveAsking(id events.SurveyID, a *reports.Asking) { b.asked[id] = a }

// place finds the number of a place.
func (b *batch) place(p reports.Place) uint32 {
	if n, ok := b.w.places[p]; ok {
		return n
	}
	if n, ok := b.fresh[p]; ok {
		return n
	}
	key := p.Append(nil)
	if v := b.tx.Bucket(bucketPlaces).Get(key); v != nil {
		n, err := readNumber(v)
		b.fail(err)
		b.fresh[p] = n
		return n
	}
	n := b.next(bucketPlaceNames)
	b.fail(b.tx.Bucket(bucketPlaces).Put(key, number(n)))
	b.fail(b.tx.Bucket(bucketPlaceNames).Put(number(n), key))
	b.fresh[p] = n
	return n
}

// Note implements reports.Keeper.
func (b *batch) Note(e reports.Entry) {
	r := reports.Record{Place: b.place(e.Place), Value: e.Value}
	at := max(e.At, 0)
	if e.Conversation != "" {
		r.Conversation = b.record(e.Conversation).number
	}
	if e.Code == reports.BacklogCode {
		b.fail(b.move(at, &r))
	}
	k := blockKey{e.Code, reports.HourOf(at)}
	r.Into = uint16(at - k.hour)
	b.blocks[k] = r.Append(b.blocks[k])
}

// flush writes what the decisions came to, in the order of keys.
func (b *batch) flush() error {
	if b.failed != nil {
		return b.failed
	}
	conversations := b.tx.Bucket(bucketConversations)
	for _, id := range sorted(b.known) {
		s := b.known[id]
		if !s.dirty {
			continue
		}
		value := number(s.number)
		if s.item != nil {
			text, err := json.Marshal(s.item)
			if err != nil {
				return err
			}
			value = append(value, text...)
		}
		if err := conversations.Put([]byte(id), value); err != nil {
			return err
		}
	}
	if err := errors.Join(putAll(b.tx.Bucket(bucketDuties), b.duties), putAll(b.tx.Bucket(bucketAskings), b.asked)); err != nil {
		return err
	}
	if err := b.writeBlocks(); err != nil {
		return err
	}
	return putSpan(b.tx, b.begin, b.end)
}

// putAll writes as JSON, in the order of keys, what there is.
func putAll[K ~string, V any](to *bbolt.Bucket, all map[K]*V) error {
	for _, id := range sorted(all) {
		if all[id] == nil {
			continue
		}
		text, err := json.Marshal(all[id])
		if err == nil {
			err = to.Put([]byte(id), text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
