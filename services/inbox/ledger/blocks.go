package ledger

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

func (b *batch) writeBlocks() error {
	keys := make([]blockKey, 0, len(b.blocks))
	for k := range b.blocks {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y blockKey) int { return cmp.Or(cmp.Compare(x.code, y.code), cmp.Compare(x.hour, y.hour)) })
	entries := b.tx.Bucket(bucketEntries)
	for _, k := range keys {
		if err := appendBlock(entries, k, b.blocks[k]); err != nil {
			return err
		}
	}
	return nil
}

// appendBlock adds records to the newest chunk of an hour, and begins others where
// they do not fit: chunks depend on the records alone and not on how they came.
func appendBlock(entries *bbolt.Bucket, k blockKey, records []byte) error {
	chunk, held := newest(entries, k)
	held = slices.Clone(held)
	cut := len(held)
	all := append(held, records...)
	for len(all) > chunkBytes {
		fits, next := cut, cut
		err := reports.ReadBlock(all[cut:], func(r *reports.Record) {
			next += len(r.Append(nil))
			if next <= chunkBytes {
				fits = next
			}
		})
		if err != nil || fits == 0 {
			return errors.Join(errDamaged, err)
		}
		if err := entries.Put(chunkKey(k.code, k.hour, chunk), all[:fits]); err != nil {
			return err
		}
		all, chunk, cut = all[fits:], chunk+1, 0
	}
	return entries.Put(chunkKey(k.code, k.hour, chunk), all)
}

// newest is the newest chunk of an hour.
func newest(entries *bbolt.Bucket, k blockKey) (chunk uint32, held []byte) {
	first := chunkKey(k.code, k.hour, 0)
	c := entries.Cursor()
	last := chunkKey(k.code, k.hour, 1<<32-1)
	key, value := c.Seek(last)
	if string(key) != string(last) {
		if key == nil {
			key, value = c.Last()
		} else {
			key, value = c.Prev()
		}
	}
	if len(key) != 9 || string(key[:5]) != string(first[:5]) {
		return 0, nil
	}
	return binary.BigEndian.Uint32(key[5:]), value
}
