package ledger

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// source reads the file within one transaction; it implements reports.Source.
type source struct {
	tx    *bbolt.Tx
	known *known
}

// known are places that were read before: they never change, and a question about a
// month meets tens of thousands.
type known struct {
	mu     sync.RWMutex // guards all below
	places []reports.Place
	read   []bool
}

func (k *known) get(n uint32) (reports.Place, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if int(n) >= len(k.places) || !k.read[n] {
		return reports.Place{}, false
	}
	return k.places[n], true
}

func (k *known) put(n uint32, p reports.Place) {
	if n >= maxPlaces {
		return // the newest are the most, but the oldest are enough
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if more := int(n) + 1 - len(k.places); more > 0 {
		more = max(more, min(len(k.places), maxPlaces-len(k.places)))
		k.places, k.read = append(k.places, make([]reports.Place, more)...), append(k.read, make([]bool, more)...)
	}
	k.places[n], k.read[n] = p, true
}

// Span implements reports.Source.
func (s source) Span() (begin, end int64) { return span(s.tx) }

// Place implements reports.Source.
func (s source) Place(n uint32) (reports.Place, error) {
	if p, ok := s.known.get(n); ok {
		return p, nil
	}
	v := s.tx.Bucket(bucketPlaceNames).Get(number(n))
	if v == nil {
		return reports.Place{}, fmt.Errorf("%w: a place is missing", errDamaged)
	}
	p, err := reports.ReadPlace(v)
	if err != nil {
		return p, fmt.Errorf("%w: %w", errDamaged, err)
	}
	s.known.put(n, p)
	return p, nil
}

// Scan implements reports.Source.
func (s source) Scan(code reports.Code, from, to int64, each func(at int64, r *reports.Record)) error {
	c := s.tx.Bucket(bucketEntries).Cursor()
	until := hourNumber(to)
	for key, value := c.Seek(chunkKey(code, from, 0)); len(key) == 9 && reports.Code(key[0]) == code; key, value = c.Next() {
		n := binary.BigEndian.Uint32(key[1:])
		if n >= until {
			return nil
		}
		begins := int64(n) * hour
		if err := reports.ReadBlock(value, func(r *reports.Record) { each(begins+int64(r.Into), r) }); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
	}
	return nil
}

// Stock implements reports.Source.
func (s source) Stock(before int64, each func(place uint32, n int64)) (int64, error) {
	begin, _ := s.Span()
	c := s.tx.Bucket(bucketDays).Cursor()
	key, _ := c.Seek(number(dayNumber(before) + 1))
	if key == nil {
		key, _ = c.Last()
	} else {
		key, _ = c.Prev()
	}
	if len(key) < 4 {
		return reports.HourOf(min(begin, before)), nil
	}
	at := binary.BigEndian.Uint32(key)
	for key, value := c.Seek(number(at)); len(key) >= 4 && binary.BigEndian.Uint32(key) == at; key, value = c.Next() {
		if len(key) == 4 {
			continue // the day itself
		}
		n, read := binary.Varint(value)
		if read <= 0 || len(key) != 8 {
			return 0, errDamaged
		}
		each(binary.BigEndian.Uint32(key[4:]), n)
	}
	return int64(at) * day, nil
}

// Standing implements reports.Source.
func (s source) Standing(each func(conversation, place uint32)) error {
	return s.tx.Bucket(bucketStanding).ForEach(func(k, v []byte) error {
		if len(k) != 4 || len(v) != 4 {
			return errDamaged
		}
		each(binary.BigEndian.Uint32(k), binary.BigEndian.Uint32(v))
		return nil
	})
}

// Duties implements reports.Source.
func (s source) Duties(each func(events.AgentID, *reports.Duty)) error {
	return s.tx.Bucket(bucketDuties).ForEach(func(k, v []byte) error {
		var d reports.Duty
		if err := json.Unmarshal(v, &d); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		each(events.AgentID(k), &d)
		return nil
	})
}

// Name implements reports.Source.
func (s source) Name(n uint32) (events.ConversationID, error) {
	v := s.tx.Bucket(bucketNames).Get(number(n))
	if v == nil {
		return "", fmt.Errorf("%w: a conversation is missing", errDamaged)
	}
	return events.ConversationID(v), nil
}
