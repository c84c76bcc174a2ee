package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// erase deletes what a customer demanded: from their record and those folded
// into it, from the lines of their timeline and, where everything is to go, from
// all that was said with them so far. It happens once in a long while and goes
// over everything of one contact; what the batch came to is written first, so
// that there is one place to look.
func (b *batch) erase(d *events.Decision, i int, f events.Fact, erased *events.ContactErased) error {
	if err := b.contact(d, f.Body); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	*b = *newBatch(b.tx)
	r := Reader{tx: b.tx}
	c, err := r.contact(d.Contact)
	if err != nil {
		return err
	}
	family := append(r.mergedInto(c), d.Contact)
	for _, id := range family {
		if err := b.eraseContact(&r, d, id, erased); err != nil {
			return err
		}
	}
	if err := b.flush(); err != nil { // whoever comes after reads what is left
		return err
	}
	*b = *newBatch(b.tx)
	if line, ok := views.Line(d, f); ok {
		return b.addLine(d, i, &line)
	}
	return nil
}

func (b *batch) eraseContact(r *Reader, d *events.Decision, id events.ContactID, erased *events.ContactErased) error {
	if c, err := r.contact(id); err == nil && id != d.Contact {
		c.Erase(d, erased)
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		b.put(b.tx.Bucket(bucketContacts), []byte(id), text)
	}
	if err := b.eraseItems(ownerPrefix(ofContact, string(id)), func(line *queries.TimelineItem) (keep, changed bool) {
		return !views.Erasable(line, erased), false
	}); err != nil {
		return err
	}
	if !views.ErasesAll(erased) {
		return nil
	}
	for _, conv := range r.allHeldBy(id) {
		if err := b.eraseItems(ownerPrefix(ofConversation, conv), func(line *queries.TimelineItem) (keep, changed bool) {
			return true, views.EraseLine(line)
		}); err != nil {
			return err
		}
	}
	return nil
}

// eraseItems goes over an owner's items: messages are hidden, of lines the
// caller decides.
func (b *batch) eraseItems(owner []byte, line func(*queries.TimelineItem) (keep, changed bool)) error {
	c := b.items.Cursor()
	for k, v := c.Seek(owner); bytes.HasPrefix(k, owner); k, v = c.Next() {
		if len(v) == 0 {
			continue
		}
		_, _, text := cutItem(v)
		key, head := bytes.Clone(k), v[:len(v)-len(text)]
		if v[0] == itemMessage {
			var m events.Message
			if err := json.Unmarshal(text, &m); err != nil {
				return fmt.Errorf("%w: message: %w", ErrDamaged, err)
			}
			if views.Erase(&m) {
				if err := b.putItem(key, head, &m); err != nil {
					return err
				}
			}
			continue
		}
		var item queries.TimelineItem
		if err := json.Unmarshal(text, &item); err != nil {
			return fmt.Errorf("%w: line: %w", ErrDamaged, err)
		}
		switch keep, changed := line(&item); {
		case !keep:
			b.remove(b.items, key)
		case changed:
			if err := b.putItem(key, head, &item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) putItem(key, head []byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b.put(b.items, key, append(append(make([]byte, 0, len(head)+len(text)), head...), text...))
	return nil
}

// allHeldBy is heldBy without its bound.
func (r *Reader) allHeldBy(contact events.ContactID) []string {
	var ids []string
	prefix := pairKey(string(contact), "")
	c := r.tx.Bucket(bucketHolds).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		ids = append(ids, string(k[len(prefix):]))
	}
	return ids
}

// Hidden calls yield with every message of a contact's conversations, and of
// those of whoever was folded into it, that shows nothing any more.
func (r *Reader) Hidden(contact events.ContactID, yield func(events.ConversationID, events.MessageID)) error {
	c, err := r.contact(contact)
	if err != nil {
		return err
	}
	for _, id := range append(r.mergedInto(c), contact) {
		for _, conv := range r.allHeldBy(id) {
			if err := hidden(r.tx, conv, yield); err != nil {
				return err
			}
		}
	}
	return nil
}

func hidden(tx *bbolt.Tx, conv string, yield func(events.ConversationID, events.MessageID)) error {
	owner := ownerPrefix(ofConversation, conv)
	c := tx.Bucket(bucketItems).Cursor()
	for k, v := c.Seek(owner); bytes.HasPrefix(k, owner); k, v = c.Next() {
		if len(v) == 0 || v[0] != itemMessage {
			continue
		}
		_, _, text := cutItem(v)
		var m events.Message
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("%w: message: %w", ErrDamaged, err)
		}
		if m.HasFlag(views.FlagErased) {
			yield(m.ConversationID, m.ID)
		}
	}
	return nil
}
