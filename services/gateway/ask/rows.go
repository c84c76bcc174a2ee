package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Page is a page whose rows lie in the answer they came in, one behind the other.
type Page struct {
	queries.Page[json.RawMessage]
	room *room
}

// room is what an answer and its cuts are written into.
type room struct {
	answer []byte
	items  []json.RawMessage
}

// maxRoom is the most that is kept of a room between pages.
const maxRoom = 1 << 20

var rooms = sync.Pool{New: func() any { return new(room) }}

// Release gives the page's room to the next one: nothing of it may be looked at
// afterwards. A page that is never released is the collector's.
func (p *Page) Release() {
	r := p.room
	if r == nil {
		return
	}
	*p = Page{}
	if cap(r.answer) <= maxRoom {
		clear(r.items[:cap(r.items)])
		rooms.Put(r)
	}
}

// Rows asks for a page and cuts it into rows without decoding them. A failure is
// a *Problem.
//
// An answer written as the inbox writes pages is cut in one pass; whatever else
// is JSON of the same meaning is decoded.
func Rows(ctx context.Context, c *Client, name string, question any) (*Page, error) {
	r := rooms.Get().(*room)
	data, near, err := c.query(ctx, name, question, r.answer)
	if err != nil {
		return nil, err
	}
	if page, ok := cut(data, r.items); ok {
		if r.items = page.Items; near {
			r.answer = data
		}
		return &Page{Page: page, room: r}, nil
	}
	page, err := decode[queries.Page[json.RawMessage]](name, data)
	if err != nil {
		return nil, err
	}
	return &Page{Page: *page}, nil
}

// cut takes an answer apart that begins and ends as expected. It looks at rows
// only as far as it must to find their ends: the inbox wrote them.
//
// Rows lie in items, as far as there is room.
func cut(data []byte, items []json.RawMessage) (page queries.Page[json.RawMessage], whole bool) {
	rest, ok := bytes.CutPrefix(data, []byte(`{"ok":{"items":[`))
	if !ok {
		return page, false
	}
	if page.Items = items[:0]; items == nil {
		page.Items = make([]json.RawMessage, 0, 64)
	}
	for len(rest) > 0 && rest[0] == '{' {
		n := objectEnd(rest)
		if n < 0 {
			return page, false
		}
		page.Items = append(page.Items, json.RawMessage(rest[:n:n]))
		if rest = rest[n:]; len(rest) > 1 && rest[0] == ',' && rest[1] == '{' {
			rest = rest[1:]
		}
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(`],"next_cursor":"`)); !ok {
		return page, false
	}
	cursor, rest, ok := bytes.Cut(rest, []byte(`","as_of":`))
	if !ok || bytes.ContainsAny(cursor, `"\`) || !utf8.Valid(cursor) {
		return page, false
	}
	number, ok := bytes.CutSuffix(rest, []byte("}}"))
	if !ok {
		return page, false
	}
	asOf, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		return page, false
	}
	page.NextCursor, page.AsOf = string(cursor), asOf
	return page, true
}

// objectEnd is the length of the JSON object that data begins with, or -1.
func objectEnd(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			n := stringEnd(data[i:])
			if n < 0 {
				return -1
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// stringEnd is the length of the JSON string that data begins with, with its
// quotes, or -1.
func stringEnd(data []byte) int {
	for i := 1; i < len(data); i++ {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		slashes := 0
		for data[i-1-slashes] == '\\' { // stops at the opening quote
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
	return -1
}

// Wall is what of a row decides who sees it.
type Wall struct {
	Team     events.TeamID  `json:"team"`
	Queue    events.QueueID `json:"queue"`
	Assignee events.AgentID `json:"assignee"`
}

// WallOf reads the wall of a conversation's row.
func WallOf(row []byte) (w Wall, err error) {
	if w, ok := quickWall(row); ok {
		return w, nil
	}
	err = json.Unmarshal(row, &w)
	return w, err
}

// quickWall goes over the keys of the outermost object only. Escaped text is
// left to package json.
func quickWall(row []byte) (w Wall, ok bool) {
	i := 1
	for i < len(row) && row[i] == '"' {
		n := stringEnd(row[i:])
		if n < 0 || i+n >= len(row) || row[i+n] != ':' {
			return w, false
		}
		key := row[i+1 : i+n-1]
		i += n + 1
		value, ok := valueAt(row[i:])
		if !ok {
			return w, false
		}
		var into *string
		switch string(key) {
		case "team":
			into = (*string)(&w.Team)
		case "queue":
			into = (*string)(&w.Queue)
		case "assignee":
			into = (*string)(&w.Assignee)
		}
		if into != nil {
			if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 || !utf8.Valid(value) {
				return w, false
			}
			*into = string(value[1 : len(value)-1])
		}
		if i += len(value); i < len(row) && row[i] == ',' {
			i++
		}
	}
	return w, i == len(row)-1 && row[i] == '}'
}

// valueAt is the JSON value that data begins with.
func valueAt(data []byte) ([]byte, bool) {
	if len(data) == 0 {
		return nil, false
	}
	n := 0
	switch data[0] {
	case '"':
		n = stringEnd(data)
	case '{', '[':
		n = objectEnd(data)
	default:
		n = bytes.IndexAny(data, ",}")
	}
	if n <= 0 {
		return nil, false
	}
	return data[:n], true
}
