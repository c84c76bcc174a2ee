package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// rounds bounds how many pages are asked for to fill one. A person behind
// walls may get a short page, which still has a cursor for the rest.
const rounds = 4

// List asks for a page of conversations and leaves out what the viewer does not
// see. Rows stay as the inbox encoded them. Assignee "me" is the viewer. AsOf is
// that of the oldest part of the page.
//
// The walls stand here and not in the query: the rule has one home, package
// access, and the question carries no copy of it that could differ.
func (d *Desk) List(ctx context.Context, v *access.Viewer, q queries.ListConversations) (*queries.Page[json.RawMessage], error) {
	if q.Assignee == "me" {
		q.Assignee = string(v.ID)
	}
	want := q.Limit
	out := &queries.Page[json.RawMessage]{Items: []json.RawMessage{}}
	for round := range rounds {
		page, err := ask.Rows(ctx, d.Ask, queries.Conversations, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Items {
			seen, err := seesRow(v, row)
			if err != nil {
				return nil, err
			}
			if seen {
				out.Items = append(out.Items, row)
			}
		}
		if round == 0 || page.AsOf < out.AsOf {
			out.AsOf = page.AsOf
		}
		out.NextCursor = page.NextCursor
		if page.NextCursor == "" || want == 0 || len(out.Items) > want/2 {
			return out, nil
		}
		q.Cursor, q.Limit = page.NextCursor, want-len(out.Items)
	}
	return out, nil
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

// Messages asks for messages of a conversation that the viewer sees.
func (d *Desk) Messages(ctx context.Context, v *access.Viewer, q queries.ListMessages) (*queries.Page[json.RawMessage], error) {
	if _, err := d.Conversation(ctx, v, q.Conversation); err != nil {
		return nil, err
	}
	return ask.Rows(ctx, d.Ask, queries.Messages, q)
}
