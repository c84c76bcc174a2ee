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

// shownOfContact is how many conversations a contact's page holds at most: the newest.
const shownOfContact = 50

// Contact is a contact's page without what the viewer may not know of: conversations
// that they do not see, suggestions of contacts who do not exist for them, and, where
// they see only a part of the contact, whoever was folded into it.
//
// A contact all of whose conversations are behind walls does not exist for the viewer;
// one that has none yet does. One that was folded into another has none any more: it
// exists for those who see everything of the other.
func (d *Desk) Contact(ctx context.Context, v *access.Viewer, contact events.ContactID, minSeq uint64) (*queries.ContactPage, error) {
	page, whole, err := d.acquainted(ctx, v, contact, minSeq)
	if err != nil || v.Administrator() {
		return page, err
	}
	if !whole {
		page.Merged = []queries.MergedContact{}
	}
	suggestions := page.Suggestions
	page.Suggestions = []queries.Suggestion{}
	for _, s := range suggestions {
		known, err := d.knows(ctx, v, s.Other, minSeq)
		if err != nil {
			return nil, err
		}
		if known {
			page.Suggestions = append(page.Suggestions, s)
		}
	}
	return page, nil
}

// Unfold makes sure that the viewer may take a contact out of another again: that they
// see all of it.
func (d *Desk) Unfold(ctx context.Context, v *access.Viewer, contact events.ContactID, minSeq uint64) error {
	_, whole, err := d.acquainted(ctx, v, contact, minSeq)
	if err == nil && !whole {
		return noContact()
	}
	return err
}

func noContact() error {
	return ask.Refuse(http.StatusNotFound, "not_found", "there is no such contact")
}

// knows reports whether a contact exists for the viewer.
func (d *Desk) knows(ctx context.Context, v *access.Viewer, contact events.ContactID, minSeq uint64) (bool, error) {
	_, _, err := d.acquainted(ctx, v, contact, minSeq)
	var p *ask.Problem
	if errors.As(err, &p) && p.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// acquainted is the page of a contact who exists for the viewer, with the conversations
// that they see, and whether those are all there are. One who was folded into another has
// none.
func (d *Desk) acquainted(ctx context.Context, v *access.Viewer, contact events.ContactID, minSeq uint64) (page *queries.ContactPage, whole bool, err error) {
	page, err = d.contactNow(ctx, contact, minSeq)
	if err != nil || v.Administrator() {
		return page, true, err
	}
	into, err := d.standsFor(ctx, page, minSeq)
	if err != nil {
		return nil, false, err
	}
	seen, whole, err := d.part(ctx, v, into, minSeq)
	switch {
	case err != nil:
		return nil, false, err
	case !seen, into != page && !whole:
		return nil, false, noContact()
	}
	return page, whole, nil
}

// contactNow is a contact's page, whoever asks.
func (d *Desk) contactNow(ctx context.Context, contact events.ContactID, minSeq uint64) (*queries.ContactPage, error) {
	page, err := ask.Query[queries.ContactPage](ctx, d.Ask, queries.Contact, queries.ByID{ID: string(contact), MinSeq: minSeq})
	var p *ask.Problem
	if errors.As(err, &p) && p.Status == http.StatusNotFound {
		return nil, noContact()
	}
	return page, err
}

// standsFor is the page of whoever a contact was folded into in the end, or its own.
func (d *Desk) standsFor(ctx context.Context, page *queries.ContactPage, minSeq uint64) (*queries.ContactPage, error) {
	for range maxFolds {
		if page.MergedInto == "" {
			return page, nil
		}
		into, err := d.contactNow(ctx, page.MergedInto, minSeq)
		if err != nil {
			return nil, err
		}
		page = into
	}
	return nil, noContact()
}

// part takes out of a page what the viewer does not see. seen is false where that is
// everything, whole where it is nothing.
func (d *Desk) part(ctx context.Context, v *access.Viewer, page *queries.ContactPage, minSeq uint64) (seen, whole bool, err error) {
	all := page.Conversations
	page.Conversations = []events.Conversation{}
	for i := range all {
		if v.Sees(&all[i]) {
			page.Conversations = append(page.Conversations, all[i])
		}
	}
	n := len(page.Conversations)
	seen, whole = n > 0 || len(all) == 0, n == len(all)
	if len(all) < shownOfContact || seen && !whole {
		return seen, whole, nil
	}
	return d.olderParts(ctx, v, page.ID, minSeq) // there may be more than a page shows
}

// olderParts is part for a contact of more conversations than a page shows. Of those who
// have more than are looked at nobody sees the whole.
func (d *Desk) olderParts(ctx context.Context, v *access.Viewer, contact events.ContactID, minSeq uint64) (seen, whole bool, err error) {
	q := queries.ListConversations{Contact: contact, Limit: maxOwn, MinSeq: minSeq}
	hidden := false
	for range rounds {
		page, err := ask.Rows(ctx, d.Ask, queries.Conversations, q)
		if err != nil {
			return false, false, err
		}
		for _, row := range page.Items {
			sees, err := seesRow(v, row)
			if err != nil {
				page.Release()
				return false, false, err
			}
			seen, hidden = seen || sees, hidden || !sees
		}
		q.Cursor = page.NextCursor
		page.Release()
		switch {
		case seen && hidden:
			return true, false, nil
		case q.Cursor == "":
			return seen, !hidden, nil
		}
	}
	return seen, false, nil
}

// Timeline is a contact's line of time without what the viewer may not know of: what
// belongs to conversations that they do not see, and what names contacts who do not exist
// for them or may have been told of one.
func (d *Desk) Timeline(ctx context.Context, v *access.Viewer, q queries.ListTimeline) (*ask.Page, error) {
	contact, whole, err := d.acquainted(ctx, v, q.Contact, q.MinSeq)
	if err != nil {
		return nil, err
	}
	page, err := ask.Rows(ctx, d.Ask, queries.Timeline, q)
	if err != nil || v.Administrator() {
		return page, err
	}
	l := looker{desk: d, viewer: v, contact: contact, mixed: !whole && len(contact.Merged) > 0, minSeq: q.MinSeq, seen: map[events.ConversationID]bool{}, known: map[events.ContactID]bool{}}
	for i := range contact.Conversations {
		l.seen[contact.Conversations[i].ID] = true
	}
	items := page.Items[:0]
	for _, raw := range page.Items {
		show, err := l.shows(ctx, raw)
		if err != nil {
			return nil, err
		}
		if show {
			items = append(items, raw)
		}
	}
	page.Items = items
	return page, nil
}

// looker looks through one page of a timeline for one viewer. mixed says that lines of
// the contact's own may be of somebody who was folded into it.
type looker struct {
	desk    *Desk
	viewer  *access.Viewer
	contact *queries.ContactPage
	mixed   bool
	minSeq  uint64
	seen    map[events.ConversationID]bool
	known   map[events.ContactID]bool
}

func (l *looker) shows(ctx context.Context, raw json.RawMessage) (bool, error) {
	var line struct {
		Conversation events.ConversationID `json:"conversation_id"`
		Order        json.RawMessage       `json:"order"`
		Detail       struct {
			From events.ContactID `json:"from"`
			Into events.ContactID `json:"into"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(raw, &line); err != nil {
		return false, fmt.Errorf("decode timeline: %w", err)
	}
	switch {
	case line.Conversation != "":
		return l.sees(ctx, line.Conversation)
	case len(line.Order) > 0:
		return true, nil
	case l.mixed:
		return false, nil
	}
	for _, named := range []events.ContactID{line.Detail.From, line.Detail.Into} {
		if known, err := l.knows(ctx, named); err != nil || !known {
			return false, err
		}
	}
	return true, nil
}

func (l *looker) sees(ctx context.Context, conversation events.ConversationID) (bool, error) {
	if seen, asked := l.seen[conversation]; asked {
		return seen, nil
	}
	_, err := l.desk.ConversationAt(ctx, l.viewer, conversation, l.minSeq)
	var p *ask.Problem
	if err != nil && !(errors.As(err, &p) && p.Status == http.StatusNotFound) {
		return false, err
	}
	l.seen[conversation] = err == nil
	return err == nil, nil
}

func (l *looker) knows(ctx context.Context, contact events.ContactID) (bool, error) {
	if contact == "" || contact == l.contact.ID {
		return true, nil
	}
	if known, asked := l.known[contact]; asked {
		return known, nil
	}
	known, err := l.desk.knows(ctx, l.viewer, contact, l.minSeq)
	l.known[contact] = known
	return known, err
}
