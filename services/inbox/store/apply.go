package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Apply brings decisions, in the order of the log, into the views, within the
// caller's writing transaction. Those already in are skipped. upTo is the
// sequence that the views stand for afterwards; it may lie beyond the last
// decision where the log has messages that cannot be read. The decisions are
// shared with other readers of the feed and are not changed.
func Apply(tx *bbolt.Tx, decisions []*events.Decision, upTo uint64) error {
	since := applied(tx)
	if upTo <= since {
		return nil
	}
	b := newBatch(tx)
	for _, d := range decisions {
		if d.Seq <= since {
			continue
		}
		if err := b.decision(d); err != nil {
			return fmt.Errorf("apply decision %d: %w", d.Seq, err)
		}
	}
	if err := b.flush(); err != nil {
		return fmt.Errorf("write views up to %d: %w", upTo, err)
	}
	return tx.Bucket(bucketMeta).Put(keyApplied, binary.BigEndian.AppendUint64(nil, upTo))
}

// batch folds what a run of decisions changes until it is written once.
type batch struct {
	tx                  *bbolt.Tx
	rows, items, folded *bbolt.Bucket
	convs               map[events.ConversationID]*rowFold
	contacts            map[events.ContactID]*views.Contact
	messages            map[events.MessageID]*messageFold
	counts, cells       map[string]int64
	books               map[events.InboxID]*[3]uint64
	// fresh are the items added by this batch, by owner, oldest place first.
	fresh map[string][]freshItem
	// writes are keys to be set or deleted, by bucket. They are sorted before
	// they are written: an insertion into a page that has grown by thousands of
	// keys within the transaction costs in proportion to what stands behind it.
	writes map[*bbolt.Bucket][]write
	// folds says whether any conversation is folded into another, so that most
	// messages need no look-up of it.
	folds bool
}

// fill is how full a page of the buckets whose keys come mostly at the end, of
// the bucket or of a list, is left when it is split: they leave full pages
// behind them. It halves the room that rows take.
const fill = 0.8

type write struct {
	key, value []byte
	remove     bool
}

func newBatch(tx *bbolt.Tx) *batch {
	for _, name := range [][]byte{bucketRows, bucketLists, bucketItems} {
		tx.Bucket(name).FillPercent = fill // of the bucket that this transaction holds
	}
	folded := tx.Bucket(bucketFolded)
	first, _ := folded.Cursor().First()
	return &batch{
		tx: tx, folds: first != nil,
		rows: tx.Bucket(bucketRows), items: tx.Bucket(bucketItems), folded: folded,
		fresh:    map[string][]freshItem{},
		writes:   map[*bbolt.Bucket][]write{},
		convs:    map[events.ConversationID]*rowFold{},
		contacts: map[events.ContactID]*views.Contact{},
		messages: map[events.MessageID]*messageFold{},
		counts:   map[string]int64{},
		cells:    map[string]int64{},
		books:    map[events.InboxID]*[3]uint64{},
	}
}

func (b *batch) decision(d *events.Decision) error {
	for i := range d.Conversations {
		if err := b.conversation(d, &d.Conversations[i]); err != nil {
			return err
		}
	}
	for i, f := range d.Facts {
		if err := b.fact(d, i, f); err != nil {
			return fmt.Errorf("fact %s: %w", f.Type, err)
		}
	}
	return nil
}

func (b *batch) fact(d *events.Decision, i int, f events.Fact) error {
	switch body := f.Body.(type) {
	case *events.MessageAdded:
		return b.addMessage(d, &body.Message)
	case *events.InboundStored:
		b.book(body.Inbox)[0]++
	case *events.InboundDuplicate:
		b.book(body.Inbox)[1]++
	case *events.InboundRejected:
		b.book(body.Inbox)[2]++
	case *events.ConversationMerged:
		b.folds = true
		if err := b.folded.Put(pairKey(string(body.Into), string(body.From)), nil); err != nil {
			return err
		}
	case *events.ConversationMergeReversed:
		if err := b.folded.Delete(pairKey(string(body.Into), string(body.From))); err != nil {
			return err
		}
	case *events.ContactMergeReversed:
		return b.part(d, i, f, body)
	default:
		if conv, id, ok := views.Target(f.Body); ok {
			return b.editMessage(conv, id, f.Body, d.At)
		}
		if erased, ok := f.Body.(*events.ContactErased); ok {
			return b.erase(d, i, f, erased)
		}
		if views.ConcernsContact(f.Body) {
			if err := b.contact(d, f.Body); err != nil {
				return err
			}
		}
	}
	if line, ok := views.Line(d, f); ok {
		return b.addLine(d, i, &line)
	}
	return nil
}

func (b *batch) contact(d *events.Decision, body events.Body) error {
	c, known := b.contacts[d.Contact]
	if !known {
		c = &views.Contact{ID: d.Contact}
		if v := b.tx.Bucket(bucketContacts).Get([]byte(d.Contact)); v != nil {
			if err := json.Unmarshal(v, c); err != nil {
				return fmt.Errorf("%w: contact: %w", ErrDamaged, err)
			}
		}
	}
	if c.Apply(d, body) {
		b.contacts[d.Contact] = c
	}
	return nil
}

func (b *batch) book(inbox events.InboxID) *[3]uint64 {
	book := b.books[inbox]
	if book == nil {
		book = new([3]uint64)
		b.books[inbox] = book
	}
	return book
}

// flush writes what the batch came to.
func (b *batch) flush() error {
	for _, f := range b.convs {
		if err := b.flushRow(f); err != nil {
			return err
		}
	}
	for _, f := range b.messages {
		if err := b.flushMessage(f); err != nil {
			return err
		}
	}
	contacts := b.tx.Bucket(bucketContacts)
	for id, c := range b.contacts {
		v, err := json.Marshal(c)
		if err != nil {
			return err
		}
		b.put(contacts, []byte(id), v)
	}
	for bucket, ws := range b.writes {
		slices.SortFunc(ws, func(x, y write) int { return bytes.Compare(x.key, y.key) })
		for _, w := range ws {
			if err := w.to(bucket); err != nil {
				return err
			}
		}
	}
	return b.flushNumbers()
}

// put sets a key when the batch is written. A key is put or deleted once in a
// batch, for what is written is what the batch came to.
func (b *batch) put(bucket *bbolt.Bucket, key, value []byte) {
	b.writes[bucket] = append(b.writes[bucket], write{key: key, value: value})
}

func (b *batch) remove(bucket *bbolt.Bucket, key []byte) {
	b.writes[bucket] = append(b.writes[bucket], write{key: key, remove: true})
}

func (w *write) to(bucket *bbolt.Bucket) error {
	if w.remove {
		return bucket.Delete(w.key)
	}
	return bucket.Put(w.key, w.value)
}

func (b *batch) flushNumbers() error {
	if err := flushCounts(b.tx.Bucket(bucketCounters), b.counts); err != nil {
		return err
	}
	if err := flushCounts(b.tx.Bucket(bucketCells), b.cells); err != nil {
		return err
	}
	books := b.tx.Bucket(bucketBooks)
	for _, id := range slices.Sorted(maps.Keys(b.books)) {
		book := readBook(books.Get([]byte(id)))
		v := make([]byte, 0, 24)
		for i, n := range b.books[id] {
			v = binary.BigEndian.AppendUint64(v, book[i]+n)
		}
		if err := books.Put([]byte(id), v); err != nil {
			return err
		}
	}
	return nil
}

func readCount(v []byte) int64 {
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

func readBook(v []byte) (book [3]uint64) {
	if len(v) == 24 {
		for i := range book {
			book[i] = binary.BigEndian.Uint64(v[8*i:])
		}
	}
	return book
}

// flushCounts adds to counters; one that comes to nought is not kept.
func flushCounts(counters *bbolt.Bucket, by map[string]int64) error {
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if by[name] == 0 {
			continue
		}
		key := []byte(name)
		n := readCount(counters.Get(key)) + by[name]
		if n == 0 {
			if err := counters.Delete(key); err != nil {
				return err
			}
			continue
		}
		if err := counters.Put(key, binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
			return err
		}
	}
	return nil
}
