package answers

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// pages keeps the room of pages between answers.
var pages = sync.Pool{New: func() any { return new(store.Page) }}

// paged reads a page and writes it as an answer: stored JSON goes through
// untouched.
func (s *Server) paged(room []byte, fill func(*store.Reader, *store.Page) error) ([]byte, error) {
	page := pages.Get().(*store.Page)
	defer func() {
		if cap(page.Buf) <= 1<<20 {
			page.Reset()
			pages.Put(page)
		}
	}()
	var asOf uint64
	err := s.views.View(func(r *store.Reader) error {
		asOf = r.AsOf()
		return fill(r, page)
	})
	if err != nil {
		return nil, err
	}
	return writePage(room, page, asOf), nil
}

func writePage(room []byte, page *store.Page, asOf uint64) []byte {
	out := slices.Grow(room, len(page.Buf)+len(page.Ends)+len(page.Next)+80)
	out = append(out, `{"ok":{"items":[`...)
	for i := range page.Ends {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, page.Item(i)...)
	}
	out = append(out, `],"next_cursor":"`...)
	out = append(out, page.Next...) // letters, digits, - and _ only
	out = append(out, `","as_of":`...)
	out = strconv.AppendUint(out, asOf, 10)
	return append(out, "}}"...)
}

func (s *Server) conversations(ctx context.Context, data, room []byte) ([]byte, error) {
	q, err := read[queries.ListConversations](data)
	if err != nil {
		return nil, err
	}
	filter, n, err := listed(&q)
	if err != nil {
		return nil, err
	}
	if err := s.at(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	if strings.TrimSpace(q.Q) != "" {
		return s.search(ctx, &q, &filter, n, room)
	}
	return s.paged(room, func(r *store.Reader, page *store.Page) error {
		return r.Conversations(page, &filter, q.Sort, q.Cursor, n)
	})
}

func listed(q *queries.ListConversations) (views.Filter, int, error) {
	n, err := limit(q.Limit)
	if err != nil {
		return views.Filter{}, 0, err
	}
	if q.Sort != "" && q.Sort != "updated" && q.Sort != "waiting" {
		return views.Filter{}, 0, invalid("sort is neither updated nor waiting")
	}
	if err := words(string(q.Queue), string(q.Team), q.Assignee, q.Channel, string(q.Inbox), q.Tag, string(q.Contact), q.Q); err != nil {
		return views.Filter{}, 0, err
	}
	filter, err := views.FilterOf(q)
	if err != nil {
		return filter, 0, invalid("status, assignee, callback or clock is not one that can be asked for")
	}
	return filter, n, nil
}

func (s *Server) messages(ctx context.Context, data, room []byte) ([]byte, error) {
	q, err := read[queries.ListMessages](data)
	if err != nil {
		return nil, err
	}
	n, err := limit(q.Limit)
	if err != nil {
		return nil, err
	}
	if err := words(string(q.Conversation)); err != nil {
		return nil, err
	}
	if err := s.at(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	return s.paged(room, func(r *store.Reader, page *store.Page) error {
		return r.Messages(page, q.Conversation, q.Cursor, n, q.Forward)
	})
}

func (s *Server) timeline(ctx context.Context, data, room []byte) ([]byte, error) {
	q, err := read[queries.ListTimeline](data)
	if err != nil {
		return nil, err
	}
	n, err := limit(q.Limit)
	if err != nil {
		return nil, err
	}
	if err := words(string(q.Contact)); err != nil {
		return nil, err
	}
	if err := s.at(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	return s.paged(room, func(r *store.Reader, page *store.Page) error {
		return r.Timeline(page, q.Contact, q.Cursor, n)
	})
}

func (s *Server) counters(ctx context.Context, data, _ []byte) ([]byte, error) {
	q, err := read[queries.AskCounters](data)
	if err != nil {
		return nil, err
	}
	if err := s.at(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	out := []byte(`{"ok":{"counts":{`)
	var asOf uint64
	var cells []queries.CounterCell
	err = s.views.View(func(r *store.Reader) error {
		asOf = r.AsOf()
		if q.Cells {
			if cells, err = cellsOf(r); err != nil {
				return err
			}
		}
		return r.Counters(func(name []byte, n int64) {
			if out[len(out)-1] != '{' {
				out = append(out, ',')
			}
			out = appendName(out, name)
			out = append(out, ':')
			out = strconv.AppendInt(out, n, 10)
		})
	})
	if err != nil {
		return nil, err
	}
	if out = append(out, '}'); len(cells) > 0 {
		data, err := json.Marshal(cells)
		if err != nil {
			return nil, err
		}
		out = append(append(out, `,"cells":`...), data...)
	}
	out = append(out, `,"as_of":`...)
	out = strconv.AppendUint(out, asOf, 10)
	return append(out, "}}"...), nil
}

func cellsOf(r *store.Reader) (out []queries.CounterCell, err error) {
	err = r.Cells(func(team events.TeamID, queue events.QueueID, name string, n int64) {
		if last := len(out) - 1; last < 0 || out[last].Team != team || out[last].Queue != queue {
			out = append(out, queries.CounterCell{Team: team, Queue: queue, Counts: map[string]int64{}})
		}
		out[len(out)-1].Counts[name] = n
	})
	return out, err
}

// appendName writes a JSON string; names are nearly always plain.
func appendName(to, name []byte) []byte {
	for _, c := range name {
		if c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			text, err := json.Marshal(string(name))
			if err != nil {
				return append(to, `""`...) // a string can always be written
			}
			return append(to, text...)
		}
	}
	to = append(append(to, '"'), name...)
	return append(to, '"')
}

func (s *Server) books(ctx context.Context, data, _ []byte) ([]byte, error) {
	q, err := read[queries.ByID](data)
	if err != nil {
		return nil, err
	}
	if err := s.at(ctx, q.MinSeq); err != nil {
		return nil, err
	}
	out := queries.BooksAnswer{Inboxes: map[events.InboxID]queries.Book{}}
	err = s.views.View(func(r *store.Reader) error {
		out.AsOf = r.AsOf()
		return r.Books(func(id events.InboxID, stored, duplicate, rejected uint64) {
			out.Inboxes[id] = queries.Book{Stored: stored, Duplicate: duplicate, Rejected: rejected}
		})
	})
	if err != nil {
		return nil, err
	}
	return answer(out)
}
