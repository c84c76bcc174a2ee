package store

import (
	"bytes"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// MaxScan is how many rows are looked at for one page. A filter that keeps few
// of them gets a shorter page with a cursor to go on from, in bounded time.
const MaxScan = 1000

// maxPageBytes ends a page early, so that an answer fits into one bus message.
const maxPageBytes = 4 << 20

// Page is a list page as bytes: JSON values in order, without separators.
type Page struct {
	// Buf holds the items end to end; Ends[i] is where item i ends.
	Buf  []byte
	Ends []int
	// Next is empty on the last page.
	Next string
}

// Add appends an item.
func (p *Page) Add(item []byte) {
	p.Buf = append(p.Buf, item...)
	p.Ends = append(p.Ends, len(p.Buf))
}

// Reset empties the page and keeps its room.
func (p *Page) Reset() { p.Buf, p.Ends, p.Next = p.Buf[:0], p.Ends[:0], "" }

// Conversations fills the page with rows of the filter. order is "updated"
// (also "") or "waiting"; limit is 1 or more. ErrCursor for a cursor that is
// not of this filter and order.
func (r *Reader) Conversations(page *Page, f *views.Filter, order, cursor string, limit int) error {
	o := byte(byUpdated)
	if order == "waiting" {
		o = byWaiting
	}
	hash := filterHash(f, o)
	after, err := decodeCursor(hash, cursor)
	if err != nil {
		return err
	}
	if f.Contact != "" {
		return r.ofContact(page, f, o, hash, after, limit)
	}
	listings, total := r.choose(f)
	if total == 0 {
		return nil
	}
	return r.fill(page, f, r.walkLists(f, o, listings, after), hash, limit)
}

func filterHash(f *views.Filter, order byte) uint32 {
	parts := []string{
		"conversations", string(order), string(f.Status), f.Queue, f.Team, f.Assignee,
		f.Channel, f.Inbox, f.Tag, string(f.Contact),
	}
	if f.Callback {
		parts = append(parts, "callback")
	}
	if f.Clock != "" {
		parts = append(parts, "clock", f.Clock)
	}
	return listHash(parts...)
}

// choose picks the listings that hold the fewest rows, by the counters.
func (r *Reader) choose(f *views.Filter) (best []views.Listing, total int64) {
	counters := r.tx.Bucket(bucketCounters)
	total = -1
	for _, source := range f.Sources() {
		var n int64
		for _, l := range source {
			for _, s := range f.Statuses() {
				n += readCount(counters.Get([]byte(l.Counter(s))))
			}
		}
		if total < 0 || n < total {
			best, total = source, n
		}
	}
	return best, total
}

func (r *Reader) walkLists(f *views.Filter, order byte, listings []views.Listing, after []byte) *walk {
	prefixes := make([][]byte, 0, 3*len(listings))
	for _, l := range listings {
		for _, s := range f.Statuses() {
			prefixes = append(prefixes, listPrefix(nil, order, l, s))
		}
	}
	return newWalk(r.tx.Bucket(bucketLists), prefixes, after, false)
}

// fill takes matching rows off the walk. United listings give a row once for
// each listing it stands in, one after the other.
func (r *Reader) fill(page *Page, f *views.Filter, w *walk, hash uint32, limit int) error {
	rows := r.tx.Bucket(bucketRows).Cursor() // one for all rows; Get makes one each
	var row views.Row
	var last []byte
	for scanned := 0; ; {
		position, _, ok := w.next()
		if !ok {
			return nil
		}
		if bytes.Equal(position, last) {
			continue
		}
		if len(page.Ends) == limit || scanned == MaxScan || len(page.Buf) >= maxPageBytes {
			page.Next = encodeCursor(hash, last)
			return nil
		}
		scanned++
		last = position
		id := position[8:]
		text, err := readRow(&row, at(rows, id), true)
		if err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
		row.ID = events.ConversationID(id)
		if f.Match(&row) {
			page.Add(text)
		}
	}
}

// at is the value of the key, or nil.
func at(c *bbolt.Cursor, key []byte) []byte {
	k, v := c.Seek(key)
	if !bytes.Equal(k, key) {
		return nil
	}
	return v
}

// MaxHeld bounds how many conversations of one contact are listed: the newest
// by id, which is the order they were opened in.
const MaxHeld = 2000

// ofContact reads all of a contact's conversations, of which there are few, and
// sorts them.
func (r *Reader) ofContact(page *Page, f *views.Filter, order byte, hash uint32, after []byte, limit int) error {
	type held struct {
		position []byte
		text     []byte
	}
	var all []held
	rows := r.tx.Bucket(bucketRows)
	for _, id := range r.heldBy(f.Contact) {
		row := views.Row{ID: events.ConversationID(id)}
		text, err := readRow(&row, rows.Get([]byte(id)), true)
		if err != nil {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
		if !f.Match(&row) || order == byWaiting && row.Waiting == 0 {
			continue
		}
		position := appendPosition(nil, order, &row)
		if after == nil || bytes.Compare(position, after) > 0 {
			all = append(all, held{position, text})
		}
	}
	slices.SortFunc(all, func(a, b held) int { return bytes.Compare(a.position, b.position) })
	for i, h := range all {
		if i == limit || len(page.Buf) >= maxPageBytes {
			page.Next = encodeCursor(hash, all[i-1].position)
			return nil
		}
		page.Add(h.text)
	}
	return nil
}

// heldBy are the ids of a contact's conversations, merged ones among them.
func (r *Reader) heldBy(contact events.ContactID) []string {
	var ids []string
	l := leg{c: r.tx.Bucket(bucketHolds).Cursor(), prefix: pairKey(string(contact), "")}
	for l.start(nil, true); l.key != nil && len(ids) < MaxHeld; l.set(l.c.Prev()) {
		ids = append(ids, string(l.key[len(l.prefix):]))
	}
	return ids
}
