package routing

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// maxHeld is for how many ids receipts are held in all. An account that another
// program sends through as well reports on messages that nobody here ever sends.
const maxHeld = 1 << 16

// ringSlot is an id for which a receipt was held, and which one it was. Slots are
// used in turn, so the oldest makes room for the newest: what is dropped follows
// from the log alone and not from when somebody looked. The slot "n" counts.
type ringSlot struct {
	Key string    `json:"k,omitempty"`
	At  time.Time `json:"t,omitzero"`
	N   uint64    `json:"n,omitempty"`
}

const ringCount = "n"

func (s *store) slot(name string) ringSlot {
	if v, ok := lookup(s, func(l *layer) (ringSlot, bool) { v, ok := l.ring[name]; return v, ok }); ok {
		return v
	}
	var v ringSlot
	s.read(bucketRing, []byte(name), &v)
	return v
}

// bound gives the newest receipt of an id its slot, and drops what it displaces.
func (s *store) bound(key string) {
	receipts := s.Held(key)
	if len(receipts) == 0 {
		return
	}
	count := s.slot(ringCount)
	name := strconv.FormatUint(count.N%maxHeld, 10)
	if old := s.slot(name); old.Key != "" && old.Key != key {
		left := slices.DeleteFunc(slices.Clone(s.Held(old.Key)), func(r conversation.Receipt) bool { return !r.At.After(old.At) })
		if len(left) == 0 {
			left = nil
		}
		s.fresh.held[old.Key] = left
	}
	s.fresh.ring[name] = ringSlot{Key: key, At: receipts[len(receipts)-1].At}
	count.N++
	s.fresh.ring[ringCount] = count
}

// Outgoing makes store a conversation.World.
func (s *store) Outgoing(key string) []conversation.Outgoing {
	if v, ok := lookup(s, func(l *layer) ([]conversation.Outgoing, bool) { v, ok := l.outgoing[key]; return v, ok }); ok {
		return v
	}
	var v []conversation.Outgoing
	s.read(bucketOutgoing, []byte(key), &v)
	return v
}

// Order makes store a conversation.World.
func (s *store) Order(key string) (conversation.OrderRef, bool) {
	if v, ok := lookup(s, func(l *layer) (conversation.OrderRef, bool) { v, ok := l.orders[key]; return v, ok }); ok {
		return v, true
	}
	var v conversation.OrderRef
	ok := s.read(bucketOrder, []byte(key), &v)
	return v, ok
}

// Purchases makes store a conversation.World. It is asked only where an order is
// stated and where a routing target names orders.
func (s *store) Purchases(id events.ContactID) []conversation.Purchase {
	if v, ok := lookup(s, func(l *layer) ([]conversation.Purchase, bool) { v, ok := l.purchases[id]; return v, ok }); ok {
		return v
	}
	var v []conversation.Purchase
	s.read(bucketPurchase, []byte(id), &v)
	return v
}

func talkKey(contact events.ContactID, c events.ConversationID) string {
	return string(contact) + "\x00" + string(c)
}

// Talks makes store a conversation.World. It is asked for rarely and goes over
// all that is not in the file yet.
func (s *store) Talks(id events.ContactID) []events.ConversationID {
	prefix := talkKey(id, "")
	found := map[string]bool{}
	s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketTalk).Cursor()
		for k, _ := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)); k, _ = c.Next() {
			found[string(k)] = true
		}
		return nil
	})
	for _, l := range []*layer{s.flushing, s.fresh} {
		if l == nil {
			continue
		}
		for k, put := range l.talks {
			if strings.HasPrefix(k, prefix) {
				found[k] = put
			}
		}
	}
	var out []events.ConversationID
	for k, there := range found {
		if there {
			out = append(out, events.ConversationID(k[len(prefix):]))
		}
	}
	slices.Sort(out)
	return out
}

// indexTalk keeps whose a conversation is.
func (s *store) indexTalk(before, after *conversation.State) {
	if before != nil && before.Contact.ID == after.Contact.ID {
		return
	}
	if before != nil {
		s.fresh.talks[talkKey(before.Contact.ID, before.ID)] = false
	}
	s.fresh.talks[talkKey(after.Contact.ID, after.ID)] = true
}

// promised finds the conversation with an open promise to call a number.
func (s *store) promised(number string) (events.ConversationID, bool) {
	if v, ok := lookup(s, func(l *layer) (events.ConversationID, bool) { v, ok := l.callbacks[number]; return v, ok }); ok {
		return v, v != ""
	}
	raw := s.get(bucketCallback, []byte(number))
	return events.ConversationID(raw), raw != nil
}

// indexCallback keeps which number was promised a call, and where.
func (s *store) indexCallback(before, after *conversation.State) {
	was, is := promise(before), promise(after)
	if was == is {
		return
	}
	if c, ok := s.promised(was); ok && c == after.ID {
		s.fresh.callbacks[was] = ""
	}
	if is != "" {
		s.fresh.callbacks[is] = after.ID
	}
}

// promise is the number that a conversation has promised a call; a folded one
// promises nothing of its own.
func promise(s *conversation.State) string {
	if s == nil || s.Callback == nil || s.Status == events.Merged {
		return ""
	}
	return conversation.Number(s.Callback.Number)
}

// encodeIndexes adds the puts of the indexes in this file.
func (l *layer) encodeIndexes(puts []put) ([]put, error) {
	var failed error
	add := func(bucket []byte, key string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			failed = err
		}
		puts = append(puts, put{bucket, []byte(key), data})
	}
	for name, slot := range l.ring {
		add(bucketRing, name, slot)
	}
	for key, list := range l.outgoing {
		if len(list) == 0 {
			puts = append(puts, put{bucketOutgoing, []byte(key), nil})
		} else {
			add(bucketOutgoing, key, list)
		}
	}
	for key, ref := range l.orders {
		add(bucketOrder, key, ref)
	}
	for id, list := range l.purchases {
		if len(list) == 0 {
			puts = append(puts, put{bucketPurchase, []byte(id), nil})
		} else {
			add(bucketPurchase, string(id), list)
		}
	}
	for key, there := range l.talks {
		if there {
			puts = append(puts, put{bucketTalk, []byte(key), []byte{}})
		} else {
			puts = append(puts, put{bucketTalk, []byte(key), nil})
		}
	}
	for number, c := range l.callbacks {
		if c != "" {
			puts = append(puts, put{bucketCallback, []byte(number), []byte(c)})
		} else {
			puts = append(puts, put{bucketCallback, []byte(number), nil})
		}
	}
	for id, p := range l.presences {
		add(bucketPresence, string(id), p)
	}
	for id, there := range l.desk {
		if there {
			puts = append(puts, put{bucketDesk, []byte(id), []byte{}})
		} else {
			puts = append(puts, put{bucketDesk, []byte(id), nil})
		}
	}
	return l.encodeTimes(puts), failed
}
