package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Kinds of items.
const (
	itemMessage = 'm'
	itemLine    = 'f'
)

// messageFold is a message that the batch has added or read.
type messageFold struct {
	key   []byte
	head  []byte // kind, inbox and sequence, before the JSON
	m     events.Message
	dirty bool
}

// freshItem is an item of this batch, as far as those who come after need it.
type freshItem struct {
	place views.Place
	inbox string
	kind  byte
}

func (b *batch) addMessage(d *events.Decision, added *events.Message) error {
	m := *added
	if m.ContactID == "" {
		m.ContactID = d.Contact
	}
	m.Attachments = orEmpty(m.Attachments)
	fromProvider := d.Cause.Kind == "inbound" && m.ProviderID != ""
	arrival := views.ArrivalOf(&m, fromProvider)
	inbox := string(m.InboxID)
	if arrival.Ours {
		inbox = ""
	}
	owner := ownerPrefix(ofConversation, string(m.ConversationID))
	place := arrival.Settle(b.newest(m.ConversationID))
	b.addFresh(owner, freshItem{place, inbox, itemMessage})
	b.messages[m.ID] = &messageFold{
		key: appendPlace(owner, place), head: itemHead(itemMessage, inbox, d.Seq),
		m: m, dirty: true,
	}
	b.put(b.tx.Bucket(bucketMessages), messageKey(generation(d.Seq), m.ID), []byte(m.ConversationID))
	return nil
}

func (b *batch) addFresh(owner []byte, item freshItem) {
	list := b.fresh[string(owner)]
	at, _ := slices.BinarySearchFunc(list, item.place, func(x freshItem, p views.Place) int { return x.place.Compare(p) })
	b.fresh[string(owner)] = slices.Insert(list, at, item)
}

// newest walks over what a conversation shows, newest first: what is stored,
// and what this batch has added.
func (b *batch) newest(conv events.ConversationID) func(func(views.Neighbour) bool) {
	return func(yield func(views.Neighbour) bool) {
		owners := [][]byte{ownerPrefix(ofConversation, string(conv))}
		if b.folds {
			owners = threadPrefixes(b.folded, conv)
		}
		stored := b.storedNeighbours(conv, owners)
		old, more := stored()
		fresh := make([][]freshItem, len(owners))
		for i, o := range owners {
			fresh[i] = b.fresh[string(o)]
		}
		for {
			best := latest(fresh)
			switch {
			case best < 0 && !more:
				return
			case best < 0 || more && old.Compare(tail(fresh[best]).place) > 0:
				if !yield(old) {
					return
				}
				old, more = stored()
			default:
				item := tail(fresh[best])
				fresh[best] = fresh[best][:len(fresh[best])-1]
				if !yield(b.neighbour(item.place, item.inbox, item.kind, nil)) {
					return
				}
			}
		}
	}
}

// latest is the list whose last item has the latest place, -1 when all are empty.
func latest(lists [][]freshItem) int {
	best := -1
	for i, l := range lists {
		if len(l) > 0 && (best < 0 || tail(l).place.Compare(tail(lists[best]).place) > 0) {
			best = i
		}
	}
	return best
}

func tail(l []freshItem) freshItem { return l[len(l)-1] }

func (b *batch) neighbour(place views.Place, inbox string, kind byte, text []byte) views.Neighbour {
	return views.Neighbour{Place: place, Inbox: events.InboxID(inbox), ThreadIDs: func() []string {
		if kind != itemMessage {
			return nil
		}
		return b.threadIDs(place.ID, text)
	}}
}

// storedNeighbours gives the stored items, newest first, one a call.
func (b *batch) storedNeighbours(conv events.ConversationID, owners [][]byte) func() (views.Neighbour, bool) {
	if f := b.convs[conv]; len(owners) == 1 && f != nil && !f.known {
		return func() (views.Neighbour, bool) { return views.Neighbour{}, false }
	}
	w := newWalk(b.items, owners, nil, true)
	return func() (views.Neighbour, bool) {
		for {
			position, value, ok := w.next()
			if !ok {
				return views.Neighbour{}, false
			}
			place, err := cutPlace(position)
			if err != nil || len(value) == 0 {
				continue // no item of ours; nothing to stand beside
			}
			inbox, _, text := cutItem(value)
			return b.neighbour(place, inbox, value[0], text), true
		}
	}
}

func (b *batch) threadIDs(id string, text []byte) []string {
	var m struct {
		ProviderID string   `json:"provider_id"`
		ThreadIDs  []string `json:"thread_ids"`
	}
	if f := b.messages[events.MessageID(id)]; f != nil {
		m.ProviderID, m.ThreadIDs = f.m.ProviderID, f.m.ThreadIDs
	} else if json.Unmarshal(text, &m) != nil {
		return nil
	}
	return append(slices.Clone(m.ThreadIDs), m.ProviderID)
}

func itemHead(kind byte, inbox string, seq uint64) []byte {
	return binary.AppendUvarint(appendText([]byte{kind}, inbox), seq)
}

// cutItem parts an item's value into its inbox, the sequence of the decision
// that added it, and its JSON.
func cutItem(value []byte) (inbox string, seq uint64, text []byte) {
	rd := rowReader{b: value[1:]}
	inbox = rd.text()
	seq, n := binary.Uvarint(rd.b)
	if n <= 0 {
		return inbox, 0, nil
	}
	return inbox, seq, rd.b[n:]
}

func (b *batch) addLine(d *events.Decision, i int, line *queries.TimelineItem) error {
	owner := ownerPrefix(ofContact, string(d.Contact))
	newest := func(func(views.Neighbour) bool) {}
	if line.Conversation != "" {
		owner = ownerPrefix(ofConversation, string(line.Conversation))
		newest = b.newest(line.Conversation)
	}
	at := views.ArrivalOf(&events.Message{OccurredAt: line.At, Direction: events.Out}, false)
	at.ID = fmt.Sprintf("%016x%04x", d.Seq, i)
	value, err := json.Marshal(line)
	if err != nil {
		return err
	}
	place := at.Settle(newest)
	b.addFresh(owner, freshItem{place, "", itemLine})
	b.put(b.items, appendPlace(owner, place), append(itemHead(itemLine, "", d.Seq), value...))
	return nil
}

func (b *batch) editMessage(conv events.ConversationID, id events.MessageID, body events.Body, at time.Time) error {
	f := b.messages[id]
	if f == nil {
		var err error
		if f, err = b.readMessage(conv, id); err != nil || f == nil {
			return err
		}
	}
	// What the feed shares must not be written to: appending makes a copy.
	f.m.Flags, f.m.ThreadIDs = slices.Clip(f.m.Flags), slices.Clip(f.m.ThreadIDs)
	if views.Edit(&f.m, body, at) {
		f.dirty = true
		b.messages[id] = f
	}
	return nil
}

// readMessage fetches a message of an earlier batch; nil when there is none.
func (b *batch) readMessage(conv events.ConversationID, id events.MessageID) (*messageFold, error) {
	key, value := findMessage(b.tx, conv, id)
	if key == nil {
		return nil, nil
	}
	_, _, text := cutItem(value)
	f := &messageFold{key: bytes.Clone(key), head: bytes.Clone(value[:len(value)-len(text)])}
	if err := json.Unmarshal(text, &f.m); err != nil {
		return nil, fmt.Errorf("%w: message: %w", ErrDamaged, err)
	}
	return f, nil
}

// roomForMessage is a little more than most messages take beside their text, in
// bytes.
const roomForMessage = 896

func (b *batch) flushMessage(f *messageFold) error {
	if !f.dirty {
		return nil
	}
	value := f.m.AppendJSON(append(make([]byte, 0, len(f.head)+len(f.m.Text)+roomForMessage), f.head...))
	if value == nil {
		return fmt.Errorf("message %s cannot be written", f.m.ID)
	}
	b.put(b.items, f.key, value)
	return nil
}

// nearby is how many of a conversation's newest items are looked at before the
// index is asked: receipts and edits are mostly about the newest messages.
const nearby = 32

// findMessage finds a message's item by the conversation it should be in, or by
// the index where that is not known or wrong. The slices belong to tx.
func findMessage(tx *bbolt.Tx, conv events.ConversationID, id events.MessageID) (key, value []byte) {
	if conv != "" {
		if key, value = scanForMessage(tx, conv, id, nearby); key != nil {
			return key, value
		}
	}
	home, ok := homeOf(tx, id)
	if !ok {
		return nil, nil
	}
	return scanForMessage(tx, home, id, 0)
}

// scanForMessage looks from the newest on; most nought looks at all.
func scanForMessage(tx *bbolt.Tx, conv events.ConversationID, id events.MessageID, most int) (key, value []byte) {
	prefix := ownerPrefix(ofConversation, string(conv))
	l := leg{c: tx.Bucket(bucketItems).Cursor(), prefix: prefix}
	for l.start(nil, true); l.key != nil; l.set(l.c.Prev()) {
		if len(l.value) > 0 && l.value[0] == itemMessage && bytes.HasSuffix(l.key, []byte(id)) {
			if p, err := cutPlace(l.key[len(prefix):]); err == nil && p.ID == string(id) {
				return l.key, l.value
			}
		}
		if most--; most == 0 {
			break
		}
	}
	return nil, nil
}

// homeOf asks the index in which conversation a message was said.
func homeOf(tx *bbolt.Tx, id events.MessageID) (events.ConversationID, bool) {
	index := tx.Bucket(bucketMessages)
	for gen := generation(applied(tx) + 1<<14); ; gen-- {
		if v := index.Get(messageKey(gen, id)); v != nil {
			return events.ConversationID(v), true
		}
		if gen == 0 {
			return "", false
		}
	}
}

// threadPrefixes are the owners whose items a conversation shows: its own, and
// those of every conversation folded into it, directly or by way of another.
func threadPrefixes(folded *bbolt.Bucket, conv events.ConversationID) [][]byte {
	ids := members(folded, string(conv))
	out := make([][]byte, len(ids))
	for i, id := range ids {
		out[i] = ownerPrefix(ofConversation, id)
	}
	return out
}

func members(folded *bbolt.Bucket, conv string) []string {
	ids := []string{conv}
	c := folded.Cursor()
	for i := 0; i < len(ids); i++ {
		prefix := pairKey(ids[i], "")
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			if from := string(k[len(prefix):]); !slices.Contains(ids, from) {
				ids = append(ids, from)
			}
		}
	}
	return ids
}
