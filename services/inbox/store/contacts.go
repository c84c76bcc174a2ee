package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Contacts fills the page with contacts in the order of their ids, those merged
// into others or erased left out.
func (r *Reader) Contacts(page *Page, cursor string, limit int) error {
	hash := listHash("contacts")
	after, err := decodeCursor(hash, cursor)
	if err != nil {
		return err
	}
	w := newWalk(r.tx.Bucket(bucketContacts), [][]byte{nil}, after, false)
	var last []byte
	for scanned := 0; ; scanned++ {
		id, value, ok := w.next()
		if !ok {
			return nil
		}
		if len(page.Ends) == limit || scanned == MaxScan || len(page.Buf) >= maxPageBytes {
			page.Next = encodeCursor(hash, last)
			return nil
		}
		last = id
		var c views.Contact
		if err := json.Unmarshal(value, &c); err != nil {
			return fmt.Errorf("contact %s: %w", id, err)
		}
		if c.Hidden() {
			continue
		}
		if err := r.addContact(page, &c); err != nil {
			return err
		}
	}
}

// AddContact adds one contact to the page, without its conversations.
func (r *Reader) AddContact(page *Page, id events.ContactID) error {
	c, err := r.contact(id)
	if err != nil {
		return err
	}
	return r.addContact(page, c)
}

func (r *Reader) addContact(page *Page, c *views.Contact) error {
	item, err := json.Marshal(r.contactPage(c))
	if err != nil {
		return err
	}
	page.Add(item)
	return nil
}

// contactPage is a contact's page without its conversations.
func (r *Reader) contactPage(c *views.Contact) *queries.ContactPage {
	out := &queries.ContactPage{
		ID: c.ID, Name: c.Name, Points: orEmpty(c.Points), Attributes: c.Attributes, Note: c.Note,
		Conversations: []events.Conversation{}, Merged: []queries.MergedContact{}, MergedInto: c.MergedInto,
		Suggestions: []queries.Suggestion{}, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		Orders: r.orders(c), Segments: c.Segments, ErasedAt: c.ErasedAt,
	}
	if out.Attributes == nil {
		out.Attributes = map[string]string{}
	}
	for _, m := range c.Merged {
		out.Merged = append(out.Merged, queries.MergedContact{
			ID: m.ID, Name: r.nameOf(m.ID), Reason: m.Reason, Automatic: m.Automatic, At: m.At,
		})
	}
	for _, s := range c.Suggestions {
		out.Suggestions = append(out.Suggestions, queries.Suggestion{
			Other: s.Other, Name: r.nameOf(s.Other), Point: s.Point, Reason: s.Reason, At: s.At,
		})
	}
	return out
}

// orders are those of a contact and of whoever was folded into it. Part of an
// order whose rest is not known any more is none.
func (r *Reader) orders(c *views.Contact) []queries.ContactOrder {
	out := c.Orders
	for _, id := range r.mergedInto(c) {
		from, err := r.contact(id)
		if err != nil {
			continue // not in this log (yet)
		}
		for _, o := range from.Orders {
			out = views.PutOrder(out, o)
		}
	}
	return slices.DeleteFunc(slices.Clone(out), func(o queries.ContactOrder) bool { return o.Order.Part })
}
