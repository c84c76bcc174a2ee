package imap

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Mark is how far a mailbox was read. UIDs up to UID were handed over. Base is
// the highest UID that stood there when this validity was first seen: of the
// mails up to it only those count that came after the inbox was made.
type Mark struct {
	Validity uint32 `json:"validity"`
	UID      uint32 `json:"uid"`
	Base     uint32 `json:"base"`
}

var bucketMarks = []byte("marks")

// Store keeps marks in a file: a bbolt bucket "marks", key the mailbox's name,
// value the mark as JSON. Every write is synced, since a mark cannot be derived
// from anything; lost, it costs fetching everything since the inbox was made.
type Store struct{ db *bbolt.DB }

// OpenStore opens or creates the file. The caller closes the store.
func OpenStore(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open mailbox marks: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 5 * time.Second, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, fmt.Errorf("open mailbox marks: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucketMarks)
		return err
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open mailbox marks: %w", err)
	}
	return &Store{db}, nil
}

// Close lets go of the file.
func (s *Store) Close() error { return s.db.Close() }

// Load reads a mark; one that was never saved is zero.
func (s *Store) Load(mailbox string) (Mark, error) {
	var m Mark
	err := s.db.View(func(tx *bbolt.Tx) error {
		data := tx.Bucket(bucketMarks).Get([]byte(mailbox))
		if data == nil {
			return nil
		}
		return json.Unmarshal(data, &m)
	})
	if err != nil {
		return Mark{}, fmt.Errorf("load mailbox mark: %w", err)
	}
	return m, nil
}

// Save writes a mark and returns once it is synced.
func (s *Store) Save(mailbox string, m Mark) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("save mailbox mark: %w", err)
	}
	err = s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMarks).Put([]byte(mailbox), data) })
	if err != nil {
		return fmt.Errorf("save mailbox mark: %w", err)
	}
	return nil
}
