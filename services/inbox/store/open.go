package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// Schema is the version of the layout; a file of another one is built anew.
const Schema = 5

var (
	bucketMeta     = []byte("meta")
	bucketRows     = []byte("rows")
	bucketLists    = []byte("lists")
	bucketCounters = []byte("counters")
	bucketCells    = []byte("cells")
	bucketItems    = []byte("items")
	bucketFolded   = []byte("folded")
	bucketContacts = []byte("contacts")
	bucketHolds    = []byte("holds")
	bucketMessages = []byte("messages")
	bucketBooks    = []byte("books")

	buckets = [][]byte{
		bucketMeta, bucketRows, bucketLists, bucketCounters, bucketCells, bucketItems,
		bucketFolded, bucketContacts, bucketHolds, bucketMessages, bucketBooks,
	}
	keyApplied = []byte("applied")
)

// ErrRebuilding says that there is no file to read at this moment: it is being
// replaced.
var ErrRebuilding = errors.New("views are being rebuilt")

// Store is an open file of views. Reads may come from any goroutine; Apply is
// called by one.
type Store struct{ db *bolt.DB }

// Open opens or makes the file. A file that cannot be trusted (see pkg/bolt) is
// removed and begun anew; why then holds the reason. The caller closes the
// Store.
func Open(path string) (s *Store, why error, err error) {
	db, _, why, err := bolt.OpenOrRemove(path, bolt.Options{Schema: Schema, Mmap: 64 << 20})
	if err != nil {
		return nil, why, fmt.Errorf("open views: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close() // the first error is the one to tell
		return nil, why, fmt.Errorf("make buckets: %w", err)
	}
	return &Store{db: db}, why, nil
}

// DB is the file, for the projection that runs transactions over it.
func (s *Store) DB() *bolt.DB { return s.db }

// Close syncs and closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Hash is the hash over all views, with the sequence they stand for. Buckets
// named in skip are left out: those that are not this package's.
func (s *Store) Hash(skip ...string) (hash string, asOf uint64, err error) {
	for {
		before := s.Applied()
		if hash, err = bolt.Hash(s.db.DB, skip...); err != nil {
			return "", 0, err
		}
		if before == s.Applied() {
			return hash, before, nil
		}
	}
}

// Applied is the sequence of the last decision in the views.
func (s *Store) Applied() uint64 {
	var seq uint64
	_ = s.db.View(func(tx *bbolt.Tx) error { // fails only on a closed file, which holds nothing
		seq = applied(tx)
		return nil
	})
	return seq
}

func applied(tx *bbolt.Tx) uint64 {
	v := tx.Bucket(bucketMeta).Get(keyApplied)
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}
