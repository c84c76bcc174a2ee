package store

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/fnv"
)

// ErrCursor means that a cursor is not one that this list gave out.
var ErrCursor = errors.New("cursor does not belong to this list")

// maxCursor bounds what is read of a cursor; a position holds at most a few
// identifiers.
const maxCursor = 4096

// A cursor is the position of the last entry that was looked at, with a hash
// over the list it belongs to. What has not moved since stands on one side of
// that position and stays there, so it is neither skipped nor shown again.
func encodeCursor(list uint32, position []byte) string {
	b := binary.BigEndian.AppendUint32([]byte{1}, list)
	return base64.RawURLEncoding.EncodeToString(append(b, position...))
}

// decodeCursor gives nil for an empty cursor, which is the beginning.
func decodeCursor(list uint32, cursor string) ([]byte, error) {
	if cursor == "" {
		return nil, nil
	}
	if len(cursor) > maxCursor {
		return nil, ErrCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	// The least is version, list and the eight bytes every position begins with.
	if err != nil || len(b) < 13 || b[0] != 1 || binary.BigEndian.Uint32(b[1:]) != list {
		return nil, ErrCursor
	}
	return b[5:], nil
}

// listHash names a list by everything that decides what is in it and how it is
// ordered.
func listHash(parts ...string) uint32 {
	h := fnv.New32a()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(p))
	}
	return h.Sum32()
}
