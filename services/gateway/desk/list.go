package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// rounds bounds how many pages are asked for to fill one. A person behind
// walls may get a short page, which still has a cursor for the rest.
const rounds = 10

// List asks for a page of conversations and leaves out what the viewer does not
// see. Rows stay as the inbox encoded them. Assignee "me" is the viewer. AsOf is
// that of the oldest part of the page.
//
// The walls stand here and not in the query: the rule has one home, package
// access, and the question carries no copy of it that could differ.
func (d *Desk) List(ctx context.Context, v *access.Viewer, q queries.ListConversations) (*ask.Page, error) {
	if q.Assignee == "me" {
		q.Assignee = string(v.ID)
	}
	want, due := q.Limit, q.Callback == CallbackDue
	if due {
		q.Callback = callbackOpen
	}
	var out *ask.Page
	for range rounds {
		page, err := ask.Rows(ctx, d.Ask, queries.Conversations, q)
		if err != nil {
			return nil, err
		}
		rows := page.Items
		if out == nil {
			out = page
			out.Items = rows[:0] // what is left out makes room for what follows it
		}
		for _, row := range rows {
			seen, err := seesRow(v, row)
			if err != nil {
				return nil, err
			}
			if seen && due {
				if seen, err = d.dueRow(row); err != nil {
					return nil, err
				}
			}
			if seen {
				out.Items = append(out.Items, row)
			}
		}
		out.AsOf = min(out.AsOf, page.AsOf)
		out.NextCursor = page.NextCursor
		if page.NextCursor == "" || want == 0 || len(out.Items) > want/2 {
			return out, nil
		}
		q.Cursor, q.Limit = page.NextCursor, want-len(out.Items)
	}
	return out, nil
}

// The callback filters: the inbox knows the first, and time alone makes the other of it.
const (
	callbackOpen = "open"
	CallbackDue  = "due" // an open promise to call without a wanted time, or whose time has come
)

// dueRow reports whether the call that a row promises is due, as the board counts it.
func (d *Desk) dueRow(row json.RawMessage) (bool, error) {
	var c struct {
		Callback *struct {
			WantedAt *time.Time `json:"wanted_at"`
		} `json:"callback"`
	}
	if err := json.Unmarshal(row, &c); err != nil {
		return false, fmt.Errorf("decode row: %w", err)
	}
	return c.Callback != nil && (c.Callback.WantedAt == nil || !c.Callback.WantedAt.After(d.Clock.Now())), nil
}

func seesRow(v *access.Viewer, row json.RawMessage) (bool, error) {
	if v.Administrator() {
		return true, nil
	}
	w, err := ask.WallOf(row)
	if err != nil {
		return false, fmt.Errorf("decode row: %w", err)
	}
	return v.Sees(&events.Conversation{Team: w.Team, Queue: w.Queue, Assignee: w.Assignee}), nil
}

// Standing is how many open and snoozed conversations there are in a queue, as far as
// anybody here was told of them when it was asked.
func (d *Desk) Standing(ctx context.Context, queue events.QueueID) (open, snoozed int64, err error) {
	found, err := ask.Query[queries.CountersAnswer](ctx, d.Ask, queries.Counters, queries.AskCounters{MinSeq: d.now()})
	if err != nil {
		return 0, 0, err
	}
	key := "queue/" + string(queue) + "/"
	return found.Counts[key+string(events.Open)], found.Counts[key+string(events.Snoozed)], nil
}

// Messages asks for messages of a conversation that the viewer sees.
func (d *Desk) Messages(ctx context.Context, v *access.Viewer, q queries.ListMessages) (*ask.Page, error) {
	if _, err := d.Conversation(ctx, v, q.Conversation); err != nil {
		return nil, err
	}
	return ask.Rows(ctx, d.Ask, queries.Messages, q)
}

// maxFolds bounds how many conversations a message is followed through.
const maxFolds = 32

// Message is a message as it stands now, for who sees it in a conversation: the
// one it was said in, or one that this was folded into since.
func (d *Desk) Message(ctx context.Context, v *access.Viewer, in events.ConversationID, message events.MessageID) (*events.Message, error) {
	m, err := d.MessageNow(ctx, message)
	if err != nil {
		return nil, err
	}
	reached, seen, at := false, false, m.ConversationID
	for range maxFolds {
		c, err := d.stateAt(ctx, at, d.now())
		if err != nil {
			return nil, err
		}
		reached = reached || c.ID == in
		seen = v.Sees(c) && (c.ID == in || c.MergedInto == "") || seen
		if c.MergedInto == "" {
			break
		}
		at = c.MergedInto
	}
	if !reached || !seen {
		return nil, noMessage()
	}
	return m, nil
}

// MessageNow is a message as it stands now, whoever asks: the answer waits until
// the inbox has read as far as anybody here was told of when it was asked. Whoever has
// just been told of a file, or that it was taken back, finds it so.
func (d *Desk) MessageNow(ctx context.Context, message events.MessageID) (*events.Message, error) {
	m, err := ask.Query[events.Message](ctx, d.Ask, queries.Message, queries.ByID{ID: string(message), MinSeq: d.now()})
	var p *ask.Problem
	if errors.As(err, &p) && p.Status == http.StatusNotFound {
		return nil, noMessage()
	}
	return m, err
}

func noMessage() error {
	return ask.Refuse(http.StatusNotFound, "not_found", "there is no such message")
}
