package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// part takes a merge of contacts back: addresses, and the messages that go with them
// to other conversations, at the places they have in time. It happens seldom; what
// the batch came to is written first, so that there is one place to look.
func (b *batch) part(d *events.Decision, i int, f events.Fact, reversed *events.ContactMergeReversed) error {
	if err := b.contact(d, reversed); err != nil {
		return err
	}
	if d.Contact == reversed.Into && len(reversed.Moved) > 0 {
		if err := b.flush(); err != nil {
			return err
		}
		*b = *newBatch(b.tx)
		for _, moved := range reversed.Moved {
			for _, id := range moved.Messages {
				if err := b.moveMessage(d, &moved, id); err != nil {
					return fmt.Errorf("move message %s: %w", id, err)
				}
			}
		}
		if err := b.flush(); err != nil { // whoever comes after reads where they are
			return err
		}
		*b = *newBatch(b.tx)
	}
	if line, ok := views.Line(d, f); ok {
		return b.addLine(d, i, &line)
	}
	return nil
}

func (b *batch) moveMessage(d *events.Decision, moved *events.MovedMessages, id events.MessageID) error {
	key, value := findMessage(b.tx, moved.From, id)
	if key == nil {
		return nil // never said, as far as this log tells
	}
	_, _, text := cutItem(value)
	var m events.Message
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%w: message: %w", ErrDamaged, err)
	}
	position := key[len(ownerPrefix(ofConversation, string(m.ConversationID))):]
	to := append(ownerPrefix(ofConversation, string(moved.Into)), position...)
	if !bytes.Equal(to, key) {
		b.remove(b.items, bytes.Clone(key))
		b.put(b.tx.Bucket(bucketMessages), messageKey(generation(d.Seq), id), []byte(moved.Into))
	}
	m.ConversationID, m.ContactID = moved.Into, moved.Contact
	return b.putItem(to, bytes.Clone(value[:len(value)-len(text)]), &m)
}
