package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// Carried implements reports.Keeper.
func (b *batch) Carried(id events.ConversationID) reports.Place {
	s := b.record(id)
	if s.carried == nil {
		s.carried = new(reports.Place)
		if v := b.tx.Bucket(bucketCarried).Get(number(s.number)); v != nil {
			n, err := readNumber(v)
			b.fail(err)
			*s.carried = b.read(n)
		}
	}
	return *s.carried
}

// Carry implements reports.Keeper.
func (b *batch) Carry(id events.ConversationID, p reports.Place) {
	s := b.record(id)
	s.carried = &p
	b.fail(b.tx.Bucket(bucketCarried).Put(number(s.number), number(b.place(p))))
}

// read is a place by its number.
func (b *batch) read(n uint32) reports.Place {
	p, err := reports.ReadPlace(b.tx.Bucket(bucketPlaceNames).Get(number(n)))
	if err != nil {
		b.fail(fmt.Errorf("%w: %w", errDamaged, err))
	}
	return p
}

// handKey is that of a conversation that an agent has in hand.
func handKey(agent events.AgentID, conversation uint32) []byte {
	return binary.BigEndian.AppendUint32(bolt.AppendString(nil, string(agent)), conversation)
}

// Hands implements reports.Keeper.
func (b *batch) Hands(id events.AgentID) []reports.Hand {
	var out []reports.Hand
	at := source{b.tx, new(known)}
	b.fail(at.Hands(id, func(conversation, place uint32, units int) {
		name, err := at.Name(conversation)
		b.fail(err)
		out = append(out, reports.Hand{Conversation: name, Place: b.read(place), Units: units})
	}))
	return out
}

// Take implements reports.Keeper.
func (b *batch) Take(id events.AgentID, h reports.Hand) {
	value := append(number(b.place(h.Place)), number(uint32(min(max(h.Units, 0), 1<<31)))...)
	b.fail(b.tx.Bucket(bucketHands).Put(handKey(id, b.record(h.Conversation).number), value))
}

// Drop implements reports.Keeper.
func (b *batch) Drop(id events.AgentID, c events.ConversationID) {
	b.fail(b.tx.Bucket(bucketHands).Delete(handKey(id, b.record(c).number)))
}

// Carried implements reports.Source.
func (s source) Carried(conversation uint32) (uint32, error) {
	v := s.tx.Bucket(bucketCarried).Get(number(conversation))
	if v == nil {
		return 0, nil
	}
	return readNumber(v)
}

// Hands implements reports.Source.
func (s source) Hands(agent events.AgentID, each func(conversation, place uint32, units int)) error {
	prefix := bolt.AppendString(nil, string(agent))
	c := s.tx.Bucket(bucketHands).Cursor()
	for key, value := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = c.Next() {
		if len(key) != len(prefix)+4 || len(value) != 8 {
			return errDamaged
		}
		each(binary.BigEndian.Uint32(key[len(prefix):]), binary.BigEndian.Uint32(value), int(binary.BigEndian.Uint32(value[4:])))
	}
	return nil
}
