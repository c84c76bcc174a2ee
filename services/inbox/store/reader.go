package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// ErrNotFound means that there is no such thing as of this sequence.
var ErrNotFound = errors.New("not found")

// Reader reads within one transaction: everything it says stands for one
// sequence. It is valid within the View that made it, on one goroutine.
type Reader struct{ tx *bbolt.Tx }

// View runs read with a Reader. Reads do not wait for writes, nor writes for
// reads; a read that lasts long keeps old pages from being used again.
func (s *Store) View(read func(*Reader) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return read(&Reader{tx: tx}) })
}

// AsOf is the sequence that the answers stand for.
func (r *Reader) AsOf() uint64 { return applied(r.tx) }

// Conversation appends the JSON of a conversation.
func (r *Reader) Conversation(to []byte, id events.ConversationID) ([]byte, error) {
	value := r.tx.Bucket(bucketRows).Get([]byte(id))
	if value == nil {
		return to, ErrNotFound
	}
	var row views.Row
	text, err := readRow(&row, value, true)
	if err != nil {
		return to, fmt.Errorf("conversation %s: %w", id, err)
	}
	return append(to, text...), nil
}

// Row is what lists know of a conversation, and its JSON, which is valid within
// the View.
func (r *Reader) Row(id events.ConversationID) (views.Row, []byte, error) {
	value := r.tx.Bucket(bucketRows).Get([]byte(id))
	if value == nil {
		return views.Row{}, nil, ErrNotFound
	}
	row := views.Row{ID: id}
	text, err := readRow(&row, value, false)
	if err != nil {
		return views.Row{}, nil, fmt.Errorf("conversation %s: %w", id, err)
	}
	return row, text, nil
}

// Message reads one message by its id, whichever conversation it is in. It
// names the conversation that shows it.
func (r *Reader) Message(id events.MessageID) (*events.Message, error) {
	m, _, err := r.Stored("", id)
	if err != nil {
		return nil, err
	}
	m.ConversationID = r.ShownIn(m.ConversationID)
	return m, nil
}

// Stored is Message for a caller who knows in which conversation the message
// was probably said, and saves the look-up. The message names where it was said,
// which may have been folded into another conversation since; seq is the
// decision that added it.
func (r *Reader) Stored(conv events.ConversationID, id events.MessageID) (m *events.Message, seq uint64, err error) {
	key, value := findMessage(r.tx, conv, id)
	if key == nil {
		return nil, 0, ErrNotFound
	}
	_, seq, text := cutItem(value)
	m = new(events.Message)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, 0, fmt.Errorf("message %s: %w", id, err)
	}
	return m, seq, nil
}

// ShownIn follows a conversation to the one it was folded into.
func (r *Reader) ShownIn(conv events.ConversationID) events.ConversationID {
	rows := r.tx.Bucket(bucketRows)
	// A chain ends at the first that is not merged; the bound guards against a
	// ring, which no router makes.
	for range 32 {
		value := rows.Get([]byte(conv))
		var row views.Row
		text, err := readRow(&row, value, true)
		if err != nil || row.Status != events.Merged {
			break
		}
		var c struct {
			Into events.ConversationID `json:"merged_into"`
		}
		if json.Unmarshal(text, &c) != nil || c.Into == "" {
			break
		}
		conv = c.Into
	}
	return conv
}

// Counters calls yield with every counter that is not nought, in the order of
// names. The name is valid until yield returns.
func (r *Reader) Counters(yield func(name []byte, n int64)) error {
	return r.tx.Bucket(bucketCounters).ForEach(func(k, v []byte) error {
		yield(k, readCount(v))
		return nil
	})
}

// Cells calls yield with every counter of the open conversations of one team in one
// queue that is not nought, those of one pair together.
func (r *Reader) Cells(yield func(team events.TeamID, queue events.QueueID, name string, n int64)) error {
	return r.tx.Bucket(bucketCells).ForEach(func(k, v []byte) error {
		team, rest, _ := strings.Cut(string(k), "\x00")
		queue, name, _ := strings.Cut(rest, "\x00")
		yield(events.TeamID(team), events.QueueID(queue), name, readCount(v))
		return nil
	})
}

// Books calls yield with the books of every inbox that the log tells of.
func (r *Reader) Books(yield func(inbox events.InboxID, stored, duplicate, rejected uint64)) error {
	return r.tx.Bucket(bucketBooks).ForEach(func(k, v []byte) error {
		book := readBook(v)
		yield(events.InboxID(k), book[0], book[1], book[2])
		return nil
	})
}
