package reports

import (
	"encoding/binary"
	"errors"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Entry is one thing that counts, or one that was measured. At is in seconds of
// Unix time. Value is 1 for a count, -1 where an earlier one is taken back, and
// what was measured for a sum or a spread: [Unmeasured] where it could not be.
// Conversation is empty for what is about an agent.
type Entry struct {
	At           int64
	Code         Code
	Value        int64
	Place        Place
	Conversation events.ConversationID
}

// Unmeasured is the value of a spread whose time in hours of business cannot be
// told.
const Unmeasured = -1

// Record is an entry as it is kept in a block: of one hour of UTC and one number.
// Into is in seconds, from the beginning of the hour. Place and Conversation are
// the keeper's numbers for them; nought is no conversation.
type Record struct {
	Into         uint16
	Place        uint32
	Conversation uint32
	Value        int64
}

// Append appends a record to a block.
func (r *Record) Append(to []byte) []byte {
	to = appendUvarint(to, uint64(r.Into))
	to = appendUvarint(to, uint64(r.Place))
	to = appendUvarint(to, uint64(r.Conversation))
	return binary.AppendVarint(to, r.Value)
}

var errBlock = errors.New("not a block of entries")

// ReadBlock gives the records of a block one after the other.
func ReadBlock(from []byte, each func(*Record)) error {
	var r Record
	for len(from) > 0 {
		into, rest, a := uvarint(from)
		place, rest, b := uvarint(rest)
		conversation, rest, c := uvarint(rest)
		value, n := binary.Varint(rest)
		if !a || !b || !c || n <= 0 || into >= hour || place > 1<<32-1 || conversation > 1<<32-1 {
			return errBlock
		}
		r = Record{uint16(into), uint32(place), uint32(conversation), value}
		from = rest[n:]
		each(&r)
	}
	return nil
}

const hour = 3600

// HourOf is the beginning of the hour of UTC in which a second falls.
func HourOf(unix int64) int64 {
	into := unix % hour
	if into < 0 {
		into += hour
	}
	return unix - into
}

func appendUvarint(to []byte, v uint64) []byte { return binary.AppendUvarint(to, v) }

// uvarint cuts a number from the front; most are short.
func uvarint(from []byte) (uint64, []byte, bool) {
	if len(from) > 0 && from[0] < 0x80 {
		return uint64(from[0]), from[1:], true
	}
	v, n := binary.Uvarint(from)
	if n <= 0 {
		return 0, from, false
	}
	return v, from[n:], true
}
