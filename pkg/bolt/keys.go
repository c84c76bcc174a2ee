package bolt

import (
	"encoding/binary"
	"errors"
)

// ErrKey is returned by the Cut functions for bytes that no Append function
// wrote.
var ErrKey = errors.New("malformed key")

// The Append functions write keys whose order as bytes is the order of what
// went in, field by field, so a prefix of the fields is a prefix of the key.
// Each Cut function takes one field off the front and returns the rest.

// AppendUint64 adds v so that smaller comes first; eight bytes.
func AppendUint64(key []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(key, v) }

// CutUint64 undoes AppendUint64.
func CutUint64(key []byte) (uint64, []byte, error) {
	if len(key) < 8 {
		return 0, nil, ErrKey
	}
	return binary.BigEndian.Uint64(key), key[8:], nil
}

// AppendNewest adds v so that larger comes first; eight bytes. A cursor that
// walks forward then meets the newest row first.
func AppendNewest(key []byte, v uint64) []byte { return AppendUint64(key, ^v) }

// CutNewest undoes AppendNewest.
func CutNewest(key []byte) (uint64, []byte, error) {
	v, rest, err := CutUint64(key)
	return ^v, rest, err
}

// A string ends with 0x00 0x01, and a 0x00 within it is written 0x00 0xff. The
// end sorts before any continuation, so "a" < "a\x00" < "ab" whatever field
// follows.
const (
	stop   = 0x01
	escape = 0xff
)

// AppendString adds s so that keys sort as strings do; len(s)+2 bytes, and one
// more for each zero byte in s.
func AppendString(key []byte, s string) []byte {
	for i := range len(s) {
		key = append(key, s[i])
		if s[i] == 0 {
			key = append(key, escape)
		}
	}
	return append(key, 0, stop)
}

// CutString undoes AppendString.
func CutString(key []byte) (string, []byte, error) {
	var s []byte
	for i := 0; i < len(key); i++ {
		if key[i] != 0 {
			s = append(s, key[i])
			continue
		}
		i++
		switch {
		case i == len(key):
			return "", nil, ErrKey
		case key[i] == stop:
			return string(s), key[i+1:], nil
		case key[i] != escape:
			return "", nil, ErrKey
		}
		s = append(s, 0)
	}
	return "", nil, ErrKey
}

// After returns the smallest key that sorts after every key with the prefix,
// or nil when there is none. It is where a walk backwards over the prefix
// begins.
func After(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
