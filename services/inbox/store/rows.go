package store

import (
	"bytes"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// rowFold is a conversation's row before the batch and as it now is.
type rowFold struct {
	known  bool
	before views.Row
	now    views.Row
	conv   *events.Conversation
}

func (b *batch) conversation(d *events.Decision, c *events.Conversation) error {
	f := b.convs[c.ID]
	if f == nil {
		f = new(rowFold)
		if v := b.rows.Get([]byte(c.ID)); v != nil {
			if _, err := readRow(&f.before, v, false); err != nil {
				return fmt.Errorf("read row %s: %w", c.ID, err)
			}
			f.known, f.before.ID = true, c.ID
			f.now = f.before
		}
		b.convs[c.ID] = f
	}
	var before *views.Row
	if f.known || f.conv != nil {
		before = &f.now
	}
	f.now, f.conv = views.RowOf(c, before, d.Seq), c
	return nil
}

// roomForRow is a little more than most rows take, in bytes.
const roomForRow = 1024

func (b *batch) flushRow(f *rowFold) error {
	conv := *f.conv
	conv.Channels, conv.Inboxes, conv.Tags = orEmpty(conv.Channels), orEmpty(conv.Inboxes), orEmpty(conv.Tags)
	// bbolt keeps the value until the transaction ends, so it is a slice of its own.
	value := conv.AppendJSON(appendRow(make([]byte, 0, roomForRow), &f.now))
	if value == nil {
		return fmt.Errorf("conversation %s cannot be written", conv.ID)
	}
	b.put(b.rows, []byte(conv.ID), value)
	b.moveLists(f)
	b.moveCounters(f)
	b.moveHold(f)
	return nil
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// moveLists takes the row out of where it stood and puts it where it stands.
func (b *batch) moveLists(f *rowFold) {
	lists := b.tx.Bucket(bucketLists)
	var old [][]byte
	if f.known {
		old = listKeys(&f.before)
	}
	now := listKeys(&f.now)
	for _, key := range old {
		if !hasKey(now, key) {
			b.remove(lists, key)
		}
	}
	for _, key := range now {
		if !hasKey(old, key) {
			b.put(lists, key, nil)
		}
	}
}

func listKeys(r *views.Row) [][]byte {
	var room [12]views.Listing
	listings := r.Listings(room[:0])
	keys := make([][]byte, 0, 2*len(listings))
	for _, l := range listings {
		keys = append(keys, listKey(byUpdated, l, r))
		if r.Waiting != 0 {
			keys = append(keys, listKey(byWaiting, l, r))
		}
	}
	return keys
}

func listKey(order byte, l views.Listing, r *views.Row) []byte {
	key := make([]byte, 0, 3+len(l.Value)+2+8+len(r.ID))
	return appendPosition(listPrefix(key, order, l, r.Status), order, r)
}

func hasKey(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}

func (b *batch) moveCounters(f *rowFold) {
	if f.known && sameListings(&f.before, &f.now) {
		if was, is := f.before.CountsAsUnread(), f.now.CountsAsUnread(); was != is {
			b.counts[views.UnreadCounter] += step(is)
		}
		return
	}
	if f.known {
		b.count(&f.before, -1)
	}
	b.count(&f.now, 1)
}

func sameListings(a, c *views.Row) bool {
	var roomA, roomC [12]views.Listing
	la, lc := a.Listings(roomA[:0]), c.Listings(roomC[:0])
	if a.Status != c.Status || len(la) != len(lc) {
		return false
	}
	for i := range la {
		if la[i] != lc[i] {
			return false
		}
	}
	return true
}

func (b *batch) count(r *views.Row, by int64) {
	var room [12]views.Listing
	for _, l := range r.Listings(room[:0]) {
		name := l.Counter(r.Status)
		b.counts[name] += by
		if r.Status == events.Open && l.By != views.ByTeam && l.By != views.ByQueue {
			b.cells[cellKey(r.Team, r.Queue, name)] += by
		}
	}
	if r.CountsAsUnread() {
		b.counts[views.UnreadCounter] += by
	}
}

// cellKey names a counter of one team and queue. Neither has a nought in its name, and
// the counter's begins after the second.
func cellKey(team, queue, name string) string { return team + "\x00" + queue + "\x00" + name }

func step(up bool) int64 {
	if up {
		return 1
	}
	return -1
}

// moveHold keeps the set of conversations that a contact has; a merge of
// contacts moves a conversation from one to another.
func (b *batch) moveHold(f *rowFold) {
	if f.known && f.before.Contact == f.now.Contact {
		return
	}
	holds := b.tx.Bucket(bucketHolds)
	if f.known {
		b.remove(holds, pairKey(string(f.before.Contact), string(f.now.ID)))
	}
	b.put(holds, pairKey(string(f.now.Contact), string(f.now.ID)), nil)
}
