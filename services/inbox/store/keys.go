package store

import (
	"encoding/binary"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Orders of a list.
const (
	byUpdated = 'u' // newest first
	byWaiting = 'w' // longest first; only what waits
)

// statusCode is a status in a key. An unknown one, written by a newer router,
// is listed under its own code and found by no filter of this program.
func statusCode(s events.ConversationStatus) byte {
	switch s {
	case events.Open:
		return 'o'
	case events.Snoozed:
		return 's'
	case events.Resolved:
		return 'r'
	case events.Merged:
		return 'm'
	}
	return '?'
}

func listPrefix(b []byte, order byte, l views.Listing, status events.ConversationStatus) []byte {
	return bolt.AppendString(append(b, order, byte(l.By), statusCode(status)), l.Value)
}

// position is where a row stands in a list, the part of a key after the prefix.
// Positions of different lists of one order compare with each other.
func appendPosition(b []byte, order byte, r *views.Row) []byte {
	if order == byWaiting {
		b = binary.BigEndian.AppendUint64(b, flip(r.Waiting))
	} else {
		b = bolt.AppendNewest(b, r.Rank)
	}
	return append(b, r.ID...)
}

// flip makes signed numbers sort as unsigned ones.
func flip(n int64) uint64   { return uint64(n) ^ 1<<63 }
func unflip(n uint64) int64 { return int64(n ^ 1<<63) }

// Owners of items.
const (
	ofConversation = 'v'
	ofContact      = 'c'
)

func ownerPrefix(kind byte, id string) []byte {
	return bolt.AppendString([]byte{kind}, id)
}

func appendPlace(b []byte, p views.Place) []byte {
	b = binary.BigEndian.AppendUint64(b, flip(p.At))
	b = binary.BigEndian.AppendUint64(b, flip(p.Occurred))
	b = bolt.AppendString(b, p.Order)
	return append(b, p.ID...)
}

func cutPlace(b []byte) (views.Place, error) {
	at, b, err := bolt.CutUint64(b)
	if err != nil {
		return views.Place{}, err
	}
	occurred, b, err := bolt.CutUint64(b)
	if err != nil {
		return views.Place{}, err
	}
	order, b, err := bolt.CutString(b)
	if err != nil {
		return views.Place{}, err
	}
	return views.Place{At: unflip(at), Occurred: unflip(occurred), Order: order, ID: string(b)}, nil
}

// generation is the part of the messages index that a sequence belongs to; see
// the package comment.
func generation(seq uint64) uint64 { return seq >> 14 }

func messageKey(gen uint64, id events.MessageID) []byte {
	return append(bolt.AppendUint64(make([]byte, 0, 8+len(id)), gen), id...)
}

func pairKey(a, b string) []byte {
	return append(bolt.AppendString(make([]byte, 0, len(a)+len(b)+2), a), b...)
}
