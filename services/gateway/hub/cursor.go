package hub

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// ErrCursor says that a cursor was not made by any gateway.
var ErrCursor = errors.New("cursor is not one of ours")

// Cursor names the place after a sequence of the log. The checksum is no secret:
// it tells a mistake from a cursor.
func Cursor(seq uint64) string {
	body := "c1." + strconv.FormatUint(seq, 36)
	return body + "." + cursorSum(body)
}

// ParseCursor reads a cursor of any gateway, or gives ErrCursor.
func ParseCursor(s string) (uint64, error) {
	body, sum, ok := cutLast(s)
	if !ok || len(s) > 32 || sum != cursorSum(body) || !strings.HasPrefix(body, "c1.") {
		return 0, ErrCursor
	}
	seq, err := strconv.ParseUint(body[3:], 36, 64)
	if err != nil || Cursor(seq) != s {
		return 0, ErrCursor
	}
	return seq, nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func cursorSum(body string) string {
	return fmt.Sprintf("%04x", crc32.ChecksumIEEE([]byte(body))&0xffff)
}
