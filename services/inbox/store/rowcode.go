package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// ErrDamaged means that the file holds what this program did not write there.
// It is to be removed and built anew.
var ErrDamaged = errors.New("views are damaged")

var errRow = fmt.Errorf("%w: row", ErrDamaged)

// appendRow writes the columns of a row; the conversation's JSON follows them.
func appendRow(b []byte, r *views.Row) []byte {
	b = binary.BigEndian.AppendUint64(b, r.Rank)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Updated))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Waiting))
	b = binary.AppendVarint(b, r.Unread)
	b = append(b, byte(flags(r)))
	for _, s := range [...]string{string(r.Status), string(r.Contact), r.Queue, r.Team, r.Assignee} {
		b = appendText(b, s)
	}
	for _, l := range [...][]string{r.Channels, r.Inboxes, r.Tags} {
		b = binary.AppendUvarint(b, uint64(len(l)))
		for _, s := range l {
			b = appendText(b, s)
		}
	}
	return b
}

// The flags of a row.
const (
	rowCallback = 1 << iota
	rowAtRisk
	rowBreached
)

type rowFlags byte

func flags(r *views.Row) (out rowFlags) {
	if r.Callback {
		out |= rowCallback
	}
	switch r.Clock {
	case queries.ClockAtRisk:
		out |= rowAtRisk
	case queries.ClockBreached:
		out |= rowBreached
	}
	return out
}

func (r rowFlags) clock() string {
	switch {
	case r&rowBreached != 0:
		return queries.ClockBreached
	case r&rowAtRisk != 0:
		return queries.ClockAtRisk
	}
	return ""
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// rowReader takes a row apart. With alias set, the strings are windows on the
// bytes and live as long as the read transaction; within a writing transaction
// they must be copied, because bbolt may map the file anew.
type rowReader struct {
	b     []byte
	alias bool
	bad   bool
}

// readRow fills r, keeping the room of its slices, and returns the JSON.
func readRow(r *views.Row, value []byte, alias bool) ([]byte, error) {
	if len(value) < 24 {
		return nil, errRow
	}
	r.Rank = binary.BigEndian.Uint64(value)
	r.Updated = int64(binary.BigEndian.Uint64(value[8:]))
	r.Waiting = int64(binary.BigEndian.Uint64(value[16:]))
	rd := rowReader{b: value[24:], alias: alias}
	unread, n := binary.Varint(rd.b)
	if n <= 0 || n == len(rd.b) {
		return nil, errRow
	}
	is := rowFlags(rd.b[n])
	r.Unread, r.Callback, r.Clock = unread, is&rowCallback != 0, is.clock()
	rd.b = rd.b[n+1:]
	r.Status = events.ConversationStatus(rd.text())
	r.Contact = events.ContactID(rd.text())
	r.Queue, r.Team, r.Assignee = rd.text(), rd.text(), rd.text()
	r.Channels, r.Inboxes, r.Tags = rd.list(r.Channels), rd.list(r.Inboxes), rd.list(r.Tags)
	if rd.bad {
		return nil, errRow
	}
	return rd.b, nil
}

func (rd *rowReader) text() string {
	n, size := binary.Uvarint(rd.b)
	if size <= 0 || n > uint64(len(rd.b)-size) {
		rd.bad, rd.b = true, nil
		return ""
	}
	raw := rd.b[size : size+int(n)]
	rd.b = rd.b[size+int(n):]
	if rd.alias {
		return unsafe.String(unsafe.SliceData(raw), len(raw))
	}
	return string(raw)
}

func (rd *rowReader) list(to []string) []string {
	to = to[:0]
	n, size := binary.Uvarint(rd.b)
	if size <= 0 || n > uint64(len(rd.b)) {
		rd.bad, rd.b = true, nil
		return to
	}
	rd.b = rd.b[size:]
	for range n {
		to = append(to, rd.text())
	}
	return to
}
