package sending

import (
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// saveEvery is how often the place is written down at most.
const saveEvery = 10 * time.Second

var (
	placeBucket = []byte("place")
	placeKey    = []byte("pump")
)

// place is how far the facts have been copied: up to Fact, when OUTBOUND had come
// to Outbound. It spares the next start the facts since the last answer, which is
// all of them where nobody answers here. The file is derived: without it, or where
// OUTBOUND is not the stream that it speaks of, the stream says the place.
type place struct{ Fact, Outbound uint64 }

// places keeps the place in dispatch.db; nil keeps none.
type places struct {
	db    *bolt.DB
	saved place
	at    time.Time
}

func openPlaces(dir string) (*places, error) {
	if dir == "" {
		return nil, nil
	}
	db, _, _, err := bolt.OpenOrRemove(filepath.Join(dir, "dispatch.db"), bolt.Options{Schema: 1})
	if err != nil {
		return nil, fmt.Errorf("open the pump's place: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(placeBucket)
		return err
	})
	if err != nil {
		_ = db.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open the pump's place: %w", err)
	}
	return &places{db: db}, nil
}

// load is the place as it was saved; nought where none was, or it cannot be read.
func (p *places) load() (at place) {
	if p == nil {
		return at
	}
	_ = p.db.View(func(tx *bbolt.Tx) error { // an unreadable place is none
		v := tx.Bucket(placeBucket).Get(placeKey)
		fact, rest, err := bolt.CutUint64(v)
		if err != nil {
			return err
		}
		outbound, _, err := bolt.CutUint64(rest)
		if err != nil {
			return err
		}
		at = place{fact, outbound}
		return nil
	})
	p.saved = at
	return at
}

// save writes the place down, now and then or when it must.
func (p *places) save(at place, must bool) error {
	if p == nil || at == p.saved || !must && time.Since(p.at) < saveEvery {
		return nil
	}
	err := p.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(placeBucket).Put(placeKey, bolt.AppendUint64(bolt.AppendUint64(nil, at.Fact), at.Outbound))
	})
	if err != nil {
		return fmt.Errorf("save the pump's place: %w", err)
	}
	p.saved, p.at = at, time.Now()
	return nil
}

func (p *places) close() error {
	if p == nil {
		return nil
	}
	return p.db.Close()
}
