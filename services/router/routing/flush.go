package routing

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"

	"go.etcd.io/bbolt"
)

// put is one change to a bucket; a nil value deletes.
type put struct {
	bucket     []byte
	key, value []byte
}

// write commits a layer and the progress it stands for in one transaction. It
// runs beside the deciding goroutine: values in a layer are never changed.
func (s *store) write(l *layer, p progress) error {
	puts, err := l.encode()
	if err != nil {
		return fmt.Errorf("encode router state: %w", err)
	}
	state, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode progress: %w", err)
	}
	puts = append(puts, put{bucketProgress, keyState, state})
	sort.Slice(puts, func(i, j int) bool { // pages are visited once and in order
		if b := string(puts[i].bucket); b != string(puts[j].bucket) {
			return b < string(puts[j].bucket)
		}
		return string(puts[i].key) < string(puts[j].key)
	})
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, p := range puts {
			b := tx.Bucket(p.bucket)
			var err error
			if p.value == nil {
				err = b.Delete(p.key)
			} else {
				err = b.Put(p.key, p.value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *layer) encode() ([]put, error) {
	puts := make([]put, 0, l.size()+1)
	var failed error
	add := func(bucket []byte, key string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			failed = err
		}
		puts = append(puts, put{bucket, []byte(key), data})
	}
	for id, c := range l.contacts {
		add(bucketContact, string(id), c)
	}
	for id, c := range l.conversations {
		add(bucketConversation, string(id), c)
	}
	for id, m := range l.messages {
		add(bucketMessage, string(id), m)
	}
	for key, p := range l.points {
		if p == nil {
			puts = append(puts, put{bucketPoint, []byte(key), nil})
		} else {
			add(bucketPoint, key, p)
		}
	}
	for key, content := range l.seen {
		puts = append(puts, put{bucketSeen, []byte(key), []byte(content)})
	}
	for key, m := range l.threads {
		puts = append(puts, put{bucketThread, []byte(key), []byte(m)})
	}
	for key, receipts := range l.held {
		if len(receipts) == 0 {
			puts = append(puts, put{bucketHeld, []byte(key), nil})
		} else {
			add(bucketHeld, key, receipts)
		}
	}
	for key, set := range l.snooze {
		if set {
			puts = append(puts, put{bucketSnooze, []byte(key), []byte{}})
		} else {
			puts = append(puts, put{bucketSnooze, []byte(key), nil})
		}
	}
	puts, err := l.encodeIndexes(puts)
	return puts, errors.Join(failed, err)
}

// load reads the progress that the file stands for.
func (s *store) load() (progress, error) {
	var p progress
	raw := s.get(bucketProgress, keyState)
	if s.damage != nil {
		return p, s.damage
	}
	if raw == nil {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("read progress: %w", err)
	}
	return p, nil
}

// settle makes flushed values clean: they equal the file now.
func (s *store) settle() {
	for _, c := range s.flushing.contacts {
		s.recent.putContact(c)
	}
	for _, c := range s.flushing.conversations {
		s.recent.putConversation(c)
	}
	for key, p := range s.flushing.points {
		s.recent.putPoint(key, p)
	}
	s.flushing = nil
}
