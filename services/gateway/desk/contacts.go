package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// Contact is a contact's page without the conversations that the viewer does
// not see. A contact all of whose conversations are behind walls does not exist
// for the viewer; one that has none yet does.
func (d *Desk) Contact(ctx context.Context, v *access.Viewer, contact events.ContactID, minSeq uint64) (*queries.ContactPage, error) {
	page, err := ask.Query[queries.ContactPage](ctx, d.Ask, queries.Contact, queries.ByID{ID: string(contact), MinSeq: minSeq})
	if err != nil {
		var p *ask.Problem
		if errors.As(err, &p) && p.Status == http.StatusNotFound {
			return nil, ask.Refuse(http.StatusNotFound, "not_found", "there is no such contact")
		}
		return nil, err
	}
	all := len(page.Conversations)
	seen := page.Conversations[:0]
	for i := range page.Conversations {
		if v.Sees(&page.Conversations[i]) {
			seen = append(seen, page.Conversations[i])
		}
	}
	page.Conversations = seen
	if all > 0 && len(seen) == 0 {
		return nil, ask.Refuse(http.StatusNotFound, "not_found", "there is no such contact")
	}
	return page, nil
}

// Timeline is a contact's line of time without what belongs to conversations
// that the viewer does not see.
func (d *Desk) Timeline(ctx context.Context, v *access.Viewer, q queries.ListTimeline) (*ask.Page, error) {
	contact, err := d.Contact(ctx, v, q.Contact, q.MinSeq)
	if err != nil {
		return nil, err
	}
	page, err := ask.Rows(ctx, d.Ask, queries.Timeline, q)
	if err != nil || v.Administrator() {
		return page, err
	}
	seen := make(map[events.ConversationID]bool, len(contact.Conversations))
	for i := range contact.Conversations {
		seen[contact.Conversations[i].ID] = true
	}
	items := page.Items[:0]
	for _, raw := range page.Items {
		var line struct {
			Conversation events.ConversationID `json:"conversation_id"`
		}
		if err := json.Unmarshal(raw, &line); err != nil {
			return nil, fmt.Errorf("decode timeline: %w", err)
		}
		if line.Conversation == "" || seen[line.Conversation] {
			items = append(items, raw)
		}
	}
	page.Items = items
	return page, nil
}
