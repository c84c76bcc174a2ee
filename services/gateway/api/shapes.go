package api

import (
	"encoding/json"
	"io"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// row is a T as another service encoded it.
type row[T any] json.RawMessage

// Schema describes a row as a T.
func (row[T]) Schema(r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }

// page is a list as every operation answers it. Its fields say what it looks
// like; what is written is the page that it came as, untouched.
type page[T any] struct {
	Items      []row[T] `json:"items"`
	NextCursor string   `json:"next_cursor"`
	AsOf       uint64   `json:"as_of,omitempty"`

	came *ask.Page
}

// passOn answers with a page as it came, and gives it back once it is written.
func passOn[T any](p *ask.Page) *answer[page[T]] { return &answer[page[T]]{page[T]{came: p}} }

// appendJSON is what package json would write, but that rows are not looked at
// again: they were found to be JSON when they were cut out of the answer, and
// going through fifty of them once more takes longer than finding them.
func (p page[T]) appendJSON(b []byte) []byte {
	b = append(b, `{"items":[`...)
	for i, item := range p.came.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	cursor, _ := json.Marshal(p.came.NextCursor) // a string is always encoded
	b = append(append(b, `],"next_cursor":`...), cursor...)
	if p.came.AsOf != 0 {
		b = strconv.AppendUint(append(b, `,"as_of":`...), p.came.AsOf, 10)
	}
	p.came.Release()
	return append(b, '}')
}

// rooms are where pages are written before they go out.
var rooms = sync.Pool{New: func() any { room := make([]byte, 0, 64<<10); return &room }}

// formats is huma's JSON with a short way for pages.
func formats() map[string]huma.Format {
	f := huma.DefaultJSONFormat
	f.Marshal = func(w io.Writer, v any) error {
		p, ok := v.(interface{ appendJSON([]byte) []byte })
		if !ok {
			return huma.DefaultJSONFormat.Marshal(w, v)
		}
		room := rooms.Get().(*[]byte)
		*room = append(p.appendJSON((*room)[:0]), '\n')
		_, err := w.Write(*room) // keeps nothing of it
		if cap(*room) <= 1<<20 {
			rooms.Put(room)
		}
		return err
	}
	return map[string]huma.Format{"application/json": f, "json": f}
}

// document is a JSON object that only its owner understands.
type document json.RawMessage

// MarshalJSON gives the bytes as they came, and an object where there are none.
func (d document) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("{}"), nil
	}
	return d, nil
}

// UnmarshalJSON keeps the bytes.
func (d *document) UnmarshalJSON(data []byte) error {
	*d = append((*d)[:0], data...)
	return nil
}

// Schema lets any object through.
func (document) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// answer is a body of type T.
type answer[T any] struct{ Body T }

// list is a whole list that fits one page.
type list[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// nothing is the answer without a body.
type nothing struct{}

// done is what a command answers: each part is there when the command made it.
// ID is that of the message, where one was made.
type done struct {
	ID           events.MessageID     `json:"id,omitempty"`
	Seq          uint64               `json:"seq,omitempty"`
	Conversation *events.Conversation `json:"conversation,omitempty"`
	Contact      events.ContactID     `json:"contact,omitempty"`
	Message      *events.Message      `json:"message,omitempty"`
}

var attachmentType = reflect.TypeFor[events.Attachment]()
