package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxID bounds an id in bytes; a longer one is no id.
const MaxID = 500

// ID is an id of Meta. Most come as strings, some as numbers that do not fit a
// float, so the digits are kept as they stand.
type ID string

// UnmarshalJSON takes a string or a whole number; null is the empty id.
func (id *ID) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case bytes.Equal(data, []byte("null")):
		*id = ""
		return nil
	case len(data) > 0 && data[0] == '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		if len(text) > MaxID || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return errors.New("an id is too long or holds a control character")
		}
		*id = ID(text)
		return nil
	}
	if len(data) > MaxID || bytes.ContainsFunc(data, func(r rune) bool { return r < '0' || r > '9' }) {
		return errors.New("an id is neither a string nor a whole number")
	}
	*id = ID(data)
	return nil
}

// Stamp is a moment as Meta writes it: seconds or milliseconds, as a number or as
// a string. What is neither counts as missing, since a time is never worth a
// message.
type Stamp int64

// UnmarshalJSON never fails.
func (s *Stamp) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(bytes.TrimSpace(data)), `"`), 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	*s = Stamp(n)
	return nil
}

// milliseconds begin here: as seconds it would be the year 5138.
const milliseconds = 100_000_000_000

// lastMoment is the end of the year 9999 in milliseconds, the last that JSON can
// write.
const lastMoment = 253_402_300_799_999

// Time is the moment, or otherwise where there is none.
func (s Stamp) Time(otherwise time.Time) time.Time {
	switch {
	case s <= 0 || s > lastMoment:
		return otherwise
	case s >= milliseconds:
		return time.UnixMilli(int64(s)).UTC()
	}
	return time.Unix(int64(s), 0).UTC()
}

// String is the number as it came.
func (s Stamp) String() string { return strconv.FormatInt(int64(s), 10) }

// Attribute cuts a value to what a statement may carry of a customer.
func Attribute(value string) string { return Cut(value, 512) }

// Cut shortens text to at most limit bytes, never within a character.
func Cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
