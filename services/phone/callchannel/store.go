package callchannel

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/phone/calls"
)

var (
	bucketCalls = []byte("calls")
	bucketDue   = []byte("due")
	bucketMarks = []byte("marks")
)

// maxLegs bounds the legs of one call.
const maxLegs = 256

// store keeps the legs. It may be used from many goroutines.
type store struct {
	db   *bbolt.DB
	wake chan struct{} // has room for one: something is due at another time
}

// entry is a call as the store keeps it.
type entry struct {
	Legs  []calls.Leg `json:"legs,omitempty"`
	Ended bool        `json:"ended,omitempty"` // something beside the legs said so
	// Due is when to state the call, in nanoseconds since 1970; nought: never.
	Due     int64  `json:"due,omitempty"`
	Stated  string `json:"stated,omitempty"` // hash of what was stated last
	Touched int64  `json:"touched"`          // seconds since 1970
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open store of legs: %w", err)
	}
	db, err := bolt.OpenKept(filepath.Join(dir, "legs.db"), time.Second)
	if err != nil {
		return nil, fmt.Errorf("open store of legs: %w", err)
	}
	// Requests that come together share a sync; alone none waits for company.
	db.MaxBatchDelay = time.Millisecond
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketCalls, bucketDue, bucketMarks} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store of legs: %w", err), db.Close())
	}
	return &store{db: db, wake: make(chan struct{}, 1)}, nil
}

func (s *store) close() error { return s.db.Close() }

// batch is what comes in at once. Ended are calls that are over. Mark, if it has
// a name, is stored with the legs.
type batch struct {
	inbox            events.InboxID
	legs             []calls.Leg
	ended            []string
	mark             string
	markValue        any
	now              time.Time
	settle, patience time.Duration
}

// add stores a batch durably. News counts the legs that said something new; over
// are those that found their call full.
func (s *store) add(b batch) (news int, over []calls.Leg, err error) {
	err = s.db.Batch(func(tx *bbolt.Tx) error {
		news, over = 0, nil // a batch that shares its fate with others may run again
		touched := map[string]*entry{}
		load := func(call string) (*entry, error) {
			key := string(callKey(b.inbox, call))
			if e, ok := touched[key]; ok {
				return e, nil
			}
			e, err := readEntry(tx, []byte(key))
			touched[key] = e
			return e, err
		}
		changed := map[string]bool{}
		for _, l := range b.legs {
			e, err := load(l.Call)
			if err != nil {
				return err
			}
			merged := calls.Merge(e.Legs, l)
			switch {
			case len(merged) > maxLegs:
				over = append(over, l)
			case !slices.Equal(merged, e.Legs):
				e.Legs = merged
				news++
				changed[string(callKey(b.inbox, l.Call))] = true
			}
		}
		for _, call := range b.ended {
			e, err := load(call)
			if err != nil {
				return err
			}
			if !e.Ended {
				e.Ended = true
				changed[string(callKey(b.inbox, call))] = true
			}
		}
		for key := range changed {
			if err := b.write(tx, []byte(key), touched[key]); err != nil {
				return err
			}
		}
		return b.writeMark(tx)
	})
	if err != nil {
		return 0, nil, fmt.Errorf("store legs: %w", err)
	}
	if news > 0 || len(b.ended) > 0 {
		s.stir()
	}
	return news, over, nil
}

func (b *batch) write(tx *bbolt.Tx, key []byte, e *entry) error {
	was := e.Due
	e.Touched = b.now.Unix()
	if len(e.Legs) > 0 {
		wait := b.patience
		if e.Ended || calls.FoldAll(e.Legs).Closed {
			wait = b.settle
		}
		e.Due = b.now.Add(wait).UnixNano()
	}
	return writeEntry(tx, key, e, was)
}

func (b *batch) writeMark(tx *bbolt.Tx) error {
	if b.mark == "" {
		return nil
	}
	data, err := json.Marshal(b.markValue)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketMarks).Put(callKey(b.inbox, b.mark), data)
}

// mark reads how far a file was read; ok is false where it never was.
func (s *store) mark(inbox events.InboxID, name string, into any) (ok bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		data := tx.Bucket(bucketMarks).Get(callKey(inbox, name))
		if ok = data != nil; !ok {
			return nil
		}
		return json.Unmarshal(data, into)
	})
	return ok, err
}

// ripe is a call that is to be stated.
type ripe struct {
	key  []byte
	due  int64
	last string // hash of what was stated before
	legs []calls.Leg
}

func (r ripe) inbox() events.InboxID {
	inbox, _, _ := bytes.Cut(r.key, []byte{0})
	return events.InboxID(inbox)
}

// ripe returns up to limit calls that are due, the earliest first, and when the
// next one after them will be; nought where none waits.
func (s *store) ripe(now time.Time, limit int) (out []ripe, next time.Time, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketDue).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			due, key := int64(binary.BigEndian.Uint64(k)), k[8:]
			if due > now.UnixNano() || len(out) == limit {
				next = time.Unix(0, due)
				return nil
			}
			e, err := readEntry(tx, key)
			if err != nil {
				return err
			}
			out = append(out, ripe{key: bytes.Clone(key), due: due, last: e.Stated, legs: e.Legs})
		}
		return nil
	})
	return out, next, err
}

// settled notes what was stated, by the hashes in stated. A call that got
// another leg meanwhile stays due.
func (s *store) settled(done []ripe, stated map[string]string) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, r := range done {
			e, err := readEntry(tx, r.key)
			if err != nil {
				return err
			}
			if hash := stated[string(r.key)]; hash != "" {
				e.Stated = hash
			}
			was := e.Due
			if e.Due == r.due {
				e.Due = 0
			}
			if err := writeEntry(tx, r.key, e, was); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note stated calls: %w", err)
	}
	return nil
}

// forget drops calls that nothing has touched since before, and says how many.
func (s *store) forget(before time.Time) (int, error) {
	n := 0
	for {
		var old [][]byte
		err := s.db.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketCalls).Cursor()
			for k, v := c.First(); k != nil && len(old) < 1000; k, v = c.Next() {
				var e entry
				if json.Unmarshal(v, &e) == nil && e.Due == 0 && e.Touched < before.Unix() {
					old = append(old, bytes.Clone(k))
				}
			}
			return nil
		})
		if err != nil || len(old) == 0 {
			return n, err
		}
		err = s.db.Update(func(tx *bbolt.Tx) error {
			for _, k := range old {
				e, err := readEntry(tx, k)
				if err != nil {
					return err
				}
				if e.Due == 0 && e.Touched < before.Unix() {
					if err := tx.Bucket(bucketCalls).Delete(k); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("forget old calls: %w", err)
		}
		n += len(old)
	}
}

// waiting is how many calls are to be stated.
func (s *store) waiting() (n int) {
	_ = s.db.View(func(tx *bbolt.Tx) error { // a closed store has none
		n = tx.Bucket(bucketDue).Stats().KeyN
		return nil
	})
	return n
}

func (s *store) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func callKey(inbox events.InboxID, call string) []byte {
	return append(append([]byte(inbox), 0), call...)
}

func dueKey(due int64, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(due)), key...)
}

func readEntry(tx *bbolt.Tx, key []byte) (*entry, error) {
	e := &entry{}
	data := tx.Bucket(bucketCalls).Get(key)
	if data == nil {
		return e, nil
	}
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("read legs: %w", err)
	}
	return e, nil
}

func writeEntry(tx *bbolt.Tx, key []byte, e *entry, was int64) error {
	due := tx.Bucket(bucketDue)
	if was != 0 && was != e.Due {
		if err := due.Delete(dueKey(was, key)); err != nil {
			return err
		}
	}
	if e.Due != 0 {
		if err := due.Put(dueKey(e.Due, key), nil); err != nil {
			return err
		}
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketCalls).Put(key, data)
}
