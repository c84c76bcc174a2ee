package telemetrychannel

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// memory is what was said last, by rule and customer. It is no projection: every
// write is synced, and nothing can make it anew.
type memory struct{ db *bbolt.DB }

var bucketSaid = []byte("said")

// said is one row. Statement is set until it is stored in the log.
type said struct {
	Until     time.Time `json:"until"`
	Statement []byte    `json:"statement,omitempty"`
}

func openMemory(dir string) (*memory, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open memory: %w", err)
	}
	db, err := bolt.OpenKept(filepath.Join(dir, "telemetry.db"), time.Second)
	if err != nil {
		return nil, fmt.Errorf("open memory: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucketSaid)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open memory: %w", err), db.Close())
	}
	return &memory{db}, nil
}

func (m *memory) close() error { return m.db.Close() }

func memoryKey(inbox events.InboxID, rule string, point events.Point) []byte {
	key := bolt.AppendString(bolt.AppendString(nil, string(inbox)), rule)
	return bolt.AppendString(key, point.Key())
}

// claim takes the right to say something until the time. It is false where the
// same was said within its time; then an earlier word that was never stored is
// given back, if there is one.
func (m *memory) claim(key []byte, in *events.Inbound, now, until time.Time) (earlier *events.Inbound, claimed bool, err error) {
	data, err := in.Encode()
	if err != nil {
		return nil, false, fmt.Errorf("encode statement: %w", err)
	}
	err = m.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketSaid)
		if old := b.Get(key); old != nil {
			var row said
			if err := json.Unmarshal(old, &row); err != nil {
				return fmt.Errorf("read memory: %w", err)
			}
			if row.Statement != nil {
				earlier, err = events.DecodeInbound(row.Statement)
				return err
			}
			if now.Before(row.Until) {
				return nil
			}
		}
		row, err := json.Marshal(said{Until: until.UTC(), Statement: data})
		if err != nil {
			return fmt.Errorf("write memory: %w", err)
		}
		claimed = true
		return b.Put(key, row)
	})
	if err != nil {
		return nil, false, fmt.Errorf("claim: %w", err)
	}
	return earlier, claimed, nil
}

// stored notes that the word is in the log.
func (m *memory) stored(key []byte) error {
	err := m.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketSaid)
		old := b.Get(key)
		if old == nil {
			return nil
		}
		var row said
		if err := json.Unmarshal(old, &row); err != nil {
			return err
		}
		row.Statement = nil
		data, err := json.Marshal(row)
		if err != nil {
			return err
		}
		return b.Put(key, data)
	})
	if err != nil {
		return fmt.Errorf("note what is stored: %w", err)
	}
	return nil
}

// pending gives the words of an inbox that were never stored, by their keys.
func (m *memory) pending(inbox events.InboxID) (map[string]*events.Inbound, error) {
	out := map[string]*events.Inbound{}
	prefix := bolt.AppendString(nil, string(inbox))
	end := string(bolt.After(prefix))
	err := m.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketSaid).Cursor()
		for key, value := c.Seek(prefix); key != nil && string(key) < end; key, value = c.Next() {
			var row said
			if err := json.Unmarshal(value, &row); err != nil {
				return err
			}
			if row.Statement == nil {
				continue
			}
			in, err := events.DecodeInbound(row.Statement)
			if err != nil {
				return err
			}
			out[string(key)] = in
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read memory: %w", err)
	}
	return out, nil
}

// forget drops what was said long enough ago.
func (m *memory) forget(now time.Time) error {
	err := m.db.Update(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketSaid).Cursor()
		for key, value := c.First(); key != nil; key, value = c.Next() {
			var row said
			if err := json.Unmarshal(value, &row); err != nil {
				return err
			}
			if row.Statement == nil && !now.Before(row.Until) {
				if err := c.Delete(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget what was said: %w", err)
	}
	return nil
}
