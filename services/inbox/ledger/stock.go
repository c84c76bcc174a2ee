package ledger

import (
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// move keeps the backlog of now, and that of the beginning of every day since. A
// decision with a time before the newest day, as another process's clock may give,
// is put into the days after it.
func (b *batch) move(at int64, r *reports.Record) error {
	today := dayNumber(at)
	if !b.begun || today > b.today {
		if err := b.beginDay(today); err != nil {
			return err
		}
	}
	days := b.tx.Bucket(bucketDays)
	for late := today + 1; late <= b.today; late++ {
		if days.Get(number(late)) == nil {
			continue // nothing was decided on it
		}
		if err := add(days, append(number(late), number(r.Place)...), r.Value); err != nil {
			return err
		}
	}
	standing, conversation := b.tx.Bucket(bucketStanding), number(r.Conversation)
	if r.Value > 0 {
		if err := standing.Put(conversation, number(r.Place)); err != nil {
			return err
		}
	} else if err := standing.Delete(conversation); err != nil {
		return err
	}
	return add(b.tx.Bucket(bucketStock), number(r.Place), r.Value)
}

// beginDay stores the backlog as it stands, under the day and, for each place, the
// day and its number.
func (b *batch) beginDay(today uint32) error {
	days := b.tx.Bucket(bucketDays)
	if err := days.Put(number(today), []byte{}); err != nil {
		return err
	}
	err := b.tx.Bucket(bucketStock).ForEach(func(place, n []byte) error {
		return days.Put(append(number(today), place...), slices.Clone(n))
	})
	if err != nil {
		return err
	}
	b.today, b.begun = today, true
	return b.tx.Bucket(bucketMeta).Put(keyDay, number(today))
}

// add adds to a stored number, which goes when it comes to nought.
func add(to *bbolt.Bucket, key []byte, n int64) error {
	if v := to.Get(key); v != nil {
		was, read := binary.Varint(v)
		if read <= 0 {
			return errDamaged
		}
		n += was
	}
	if n == 0 {
		return to.Delete(key)
	}
	return to.Put(key, binary.AppendVarint(nil, n))
}
