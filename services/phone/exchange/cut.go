package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
)

// MaxRecord bounds one record of a file, in bytes. A longer one is cut at its
// next line break and will be rejected by whoever reads it, so that a quote that
// is never closed holds up nothing after it.
const MaxRecord = 64 << 10

// Cut takes complete records off the front of what has been read of a growing
// file and says how many bytes they take. What is left over is no record yet: it
// has no line break, or a quote is open (where quoted says that line breaks
// within quotes belong to a field). Records have no line ends; empty lines are
// none.
func Cut(data []byte, quoted bool) (records [][]byte, used int) {
	for used < len(data) {
		end := recordEnd(data[used:], quoted)
		if end < 0 {
			return records, used
		}
		if r := bytes.TrimRight(data[used:used+end], "\r"); len(bytes.TrimSpace(r)) > 0 {
			records = append(records, r)
		}
		used += end + 1
	}
	return records, used
}

// recordEnd is where the line break stands that ends the first record, or -1.
func recordEnd(data []byte, quoted bool) int {
	if !quoted {
		return bytes.IndexByte(data, '\n')
	}
	open := false
	for i, b := range data {
		if i >= MaxRecord {
			return bytes.IndexByte(data, '\n')
		}
		switch {
		case b == '"':
			open = !open
		case b == '\n' && !open:
			return i
		}
	}
	return -1
}

// Split reads the fields of one record; all of it must be one record.
func Split(record []byte, delimiter rune) ([]string, error) {
	c := csv.NewReader(bytes.NewReader(record))
	c.FieldsPerRecord, c.LazyQuotes, c.Comma = -1, true, delimiter
	fields, err := c.Read()
	if err != nil {
		return nil, errors.New("not a line of CSV")
	}
	if c.InputOffset() < int64(len(bytes.TrimRight(record, "\r\n"))) {
		return nil, errors.New("a quote is not closed, or the line is too long")
	}
	return fields, nil
}

// Lines is a bufio.SplitFunc over records as [Cut] sees them; the last one needs
// no line break. A token keeps its line breaks, so that lines can be counted.
func Lines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if len(data) == 0 {
		return 0, nil, nil
	}
	end := recordEnd(data, true)
	switch {
	case end >= 0:
		return end + 1, data[:end+1], nil
	case !atEOF:
		return 0, nil, nil
	}
	// A quote that never closed: what it swallowed is given line by line.
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	return len(data), data, nil
}
