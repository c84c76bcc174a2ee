package imap

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// Mark is how far a mailbox was read. UIDs up to UID were handed over. Base is
// the highest UID that stood there when this validity was first seen: of the
// mails up to it only those count that came after the inbox was made.
type Mark struct {
	Validity uint32 `json:"validity"`
	UID      uint32 `json:"uid"`
	Base     uint32 `json:"base"`
}

var bucketMarks, bucketTokens = []byte("marks"), []byte("tokens")

// Store keeps marks in a file: a bbolt bucket "marks", key the mailbox's name,
// value the mark as JSON. Every write is synced, since a mark cannot be derived
// from anything; lost, it costs fetching everything since the inbox was made.
//
// Beside them, in the bucket "tokens", stand the refresh tokens that a server
// gave in place of those of the settings; lost, somebody may have to sign in
// anew. The file is readable for its owner only.
type Store struct {
	db *bbolt.DB

	mu    sync.Mutex // guards turns
	turns map[string]*sync.Mutex
}

// OpenStore opens or creates the file. The caller closes the store.
func OpenStore(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open mailbox marks: %w", err)
	}
	db, err := bolt.OpenKept(path, 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("open mailbox marks: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMarks, bucketTokens} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open mailbox marks: %w", err)
	}
	return &Store{db: db, turns: map[string]*sync.Mutex{}}, nil
}

// Close lets go of the file.
func (s *Store) Close() error { return s.db.Close() }

// Load reads a mark; one that was never saved is zero.
func (s *Store) Load(mailbox string) (Mark, error) {
	var m Mark
	if err := s.load(bucketMarks, mailbox, &m); err != nil {
		return Mark{}, fmt.Errorf("load mailbox mark: %w", err)
	}
	return m, nil
}

// Save writes a mark and returns once it is synced.
func (s *Store) Save(mailbox string, m Mark) error {
	if err := s.save(bucketMarks, mailbox, m); err != nil {
		return fmt.Errorf("save mailbox mark: %w", err)
	}
	return nil
}

func (s *Store) load(bucket []byte, key string, into any) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		data := tx.Bucket(bucket).Get([]byte(key))
		if data == nil {
			return nil
		}
		return json.Unmarshal(data, into)
	})
}

func (s *Store) save(bucket []byte, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put([]byte(key), data) })
}

// turn waits until nobody else renews the tokens of a mailbox; done ends the
// turn.
func (s *Store) turn(mailbox string) (done func()) {
	s.mu.Lock()
	lock, ok := s.turns[mailbox]
	if !ok {
		lock = new(sync.Mutex)
		s.turns[mailbox] = lock
	}
	s.mu.Unlock()
	lock.Lock()
	return lock.Unlock
}
