package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// layout is the version of the file's layout.
const layout = 3

// schema changes with the layout and with the formula.
func schema(formula int) uint64 { return layout<<32 | uint64(formula) }

var (
	bucketEntries       = []byte("entries")
	bucketPlaces        = []byte("places")
	bucketPlaceNames    = []byte("placenames")
	bucketConversations = []byte("conversations")
	bucketNames         = []byte("names")
	bucketDuties        = []byte("duties")
	bucketAskings       = []byte("askings")
	bucketCarried       = []byte("carried")
	bucketHands         = []byte("hands")
	bucketStock         = []byte("stock")
	bucketStanding      = []byte("standing")
	bucketDays          = []byte("days")
	bucketOrders        = []byte("orders")
	bucketFolded        = []byte("folded")
	bucketFolds         = []byte("folds")
	bucketSegments      = []byte("segments")
	bucketMeta          = []byte("meta")

	buckets = [][]byte{
		bucketEntries, bucketPlaces, bucketPlaceNames, bucketConversations, bucketNames, bucketDuties, bucketAskings, bucketCarried, bucketHands,
		bucketStock, bucketStanding, bucketDays, bucketOrders, bucketFolded, bucketFolds, bucketSegments, bucketMeta,
	}
	keySpan = []byte("span")
	keyDay  = []byte("day")
)

// errDamaged says that the file holds what nobody wrote; it is made anew.
var errDamaged = errors.New("the file of reports is damaged")

// open opens or makes the file; why is the reason for a removal.
func open(path string, formula int) (db *bolt.DB, why, err error) {
	db, _, why, err = bolt.OpenOrRemove(path, bolt.Options{Schema: schema(formula), Mmap: 64 << 20})
	if err != nil {
		return nil, why, fmt.Errorf("open reports: %w", err)
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
		return nil, why, errors.Join(fmt.Errorf("make buckets: %w", err), db.Close())
	}
	return db, why, nil
}

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func readNumber(v []byte) (uint32, error) {
	if len(v) < 4 {
		return 0, errDamaged
	}
	return binary.BigEndian.Uint32(v), nil
}

// A chunk is a value of the bucket of entries. It is written anew for every record
// that is added to it, so it is small, and a page of the file holds it.
const (
	chunkBytes = 1800
	hour       = 3600
	day        = 24 * hour
)

func chunkKey(code reports.Code, at int64, chunk uint32) []byte {
	key := append(make([]byte, 0, 9), byte(code))
	key = binary.BigEndian.AppendUint32(key, hourNumber(at))
	return binary.BigEndian.AppendUint32(key, chunk)
}

// hourNumber counts hours from 1970; what a broken clock put before stands at its
// beginning.
func hourNumber(at int64) uint32 { return uint32(min(max(reports.HourOf(at)/hour, 0), 1<<32-1)) }

func dayNumber(at int64) uint32 { return uint32(min(max(at/day, 0), 1<<32-1)) }

func span(tx *bbolt.Tx) (begin, end int64) {
	v := tx.Bucket(bucketMeta).Get(keySpan)
	if len(v) != 16 {
		return 0, 0
	}
	return int64(binary.BigEndian.Uint64(v)), int64(binary.BigEndian.Uint64(v[8:]))
}

func putSpan(tx *bbolt.Tx, begin, end int64) error {
	return tx.Bucket(bucketMeta).Put(keySpan, bolt.AppendUint64(bolt.AppendUint64(nil, uint64(begin)), uint64(end)))
}
