package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"

	"go.etcd.io/bbolt"
)

// Hash is a SHA-256, in hex, over every bucket, key and value in order, but
// for the top buckets named. Two files with the same content have the same
// hash however they came about. It reads within one transaction and takes as
// long as reading the whole file does.
func Hash(db *bbolt.DB, skip ...string) (string, error) {
	h := hasher{h: sha256.New()}
	err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if slices.Contains(skip, string(name)) {
				return nil
			}
			return h.bucket(name, b)
		})
	})
	if err != nil {
		return "", fmt.Errorf("hash derived data: %w", err)
	}
	return hex.EncodeToString(h.h.Sum(nil)), nil
}

type hasher struct{ h hash.Hash }

func (h hasher) bucket(name []byte, b *bbolt.Bucket) error {
	h.field('b', name)
	h.number('s', b.Sequence())
	err := b.ForEach(func(k, v []byte) error {
		if v == nil {
			return h.bucket(k, b.Bucket(k))
		}
		h.field('k', k)
		h.field('v', v)
		return nil
	})
	h.field('e', nil)
	return err
}

// field writes its kind and length first, so that no two contents look alike.
func (h hasher) field(kind byte, data []byte) {
	h.number(kind, uint64(len(data)))
	h.h.Write(data)
}

func (h hasher) number(kind byte, n uint64) {
	h.h.Write(binary.BigEndian.AppendUint64([]byte{kind}, n))
}
