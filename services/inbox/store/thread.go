package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// Messages fills the page with messages that a conversation shows, in the
// order of reading: oldest first within the page. Going backward, the first
// page is the newest and the cursor leads to older ones; forward begins with
// the oldest. A conversation that was folded into another shows nothing.
func (r *Reader) Messages(page *Page, conv events.ConversationID, cursor string, limit int, forward bool) error {
	row, _, err := r.Row(conv)
	if err != nil {
		return err
	}
	direction := "backward"
	if forward {
		direction = "forward"
	}
	hash := listHash("messages", direction, string(conv))
	after, err := decodeCursor(hash, cursor)
	if err != nil || row.Status == events.Merged {
		return err
	}
	w := newWalk(r.tx.Bucket(bucketItems), threadPrefixes(r.tx.Bucket(bucketFolded), conv), after, !forward)
	own := ownerPrefix(ofConversation, string(conv))
	var texts [][]byte
	var last []byte
	size := 0
	for {
		position, value, ok := w.next()
		if !ok {
			break
		}
		if len(value) == 0 || value[0] != itemMessage {
			continue
		}
		if len(texts) == limit || size >= maxPageBytes {
			page.Next = encodeCursor(hash, last)
			break
		}
		_, _, text := cutItem(value)
		if !bytes.Equal(w.prefix(), own) {
			if text, err = showIn(text, conv); err != nil {
				return err
			}
		}
		texts, last, size = append(texts, text), position, size+len(text)
	}
	if !forward {
		slices.Reverse(texts)
	}
	for _, text := range texts {
		page.Add(text)
	}
	return nil
}

// showIn rewrites the conversation of a message that is shown elsewhere.
func showIn(text []byte, conv events.ConversationID) ([]byte, error) {
	var m events.Message
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("read folded message: %w", err)
	}
	m.ConversationID = conv
	return json.Marshal(&m)
}

// Timeline fills the page with everything of one contact, newest first: the
// items of all its conversations, and what happened to the contact and to those
// that were merged into it. An order of which the contact's page knows stands
// there once: where it last changed, and as it is by now.
func (r *Reader) Timeline(page *Page, contact events.ContactID, cursor string, limit int) error {
	c, err := r.contact(contact)
	if err != nil {
		return err
	}
	hash := listHash("timeline", string(contact))
	after, err := decodeCursor(hash, cursor)
	if err != nil {
		return err
	}
	w, shown := r.walkTimeline(c, after)
	orders := r.orders(c)
	var last []byte
	for {
		position, value, ok := w.next()
		if !ok {
			return nil
		}
		if len(page.Ends) == limit || len(page.Buf) >= maxPageBytes {
			page.Next = encodeCursor(hash, last)
			return nil
		}
		last = position
		if err := addTimelineItem(page, value, shown[string(w.prefix())], orders); err != nil {
			return err
		}
	}
}

// walkTimeline walks over all that a contact's timeline shows. shown tells in
// which conversation the items of an owner are seen: a conversation that was
// folded into another is seen there, whoever's that one is.
func (r *Reader) walkTimeline(c *views.Contact, after []byte) (w *walk, shown map[string]events.ConversationID) {
	shown = map[string]events.ConversationID{}
	prefixes := [][]byte{ownerPrefix(ofContact, string(c.ID))}
	for _, id := range r.mergedInto(c) {
		prefixes = append(prefixes, ownerPrefix(ofContact, string(id)))
	}
	rows, folded := r.tx.Bucket(bucketRows), r.tx.Bucket(bucketFolded)
	var row views.Row
	for _, id := range r.heldBy(c.ID) {
		if _, err := readRow(&row, rows.Get([]byte(id)), true); err != nil || row.Status == events.Merged {
			continue
		}
		for _, p := range threadPrefixes(folded, events.ConversationID(id)) {
			prefixes = append(prefixes, p)
			shown[string(p)] = events.ConversationID(id)
		}
	}
	return newWalk(r.tx.Bucket(bucketItems), prefixes, after, true), shown
}

func addTimelineItem(page *Page, value []byte, shown events.ConversationID, orders []queries.ContactOrder) error {
	if len(value) == 0 {
		return fmt.Errorf("%w: empty item", ErrDamaged)
	}
	_, _, text := cutItem(value)
	if value[0] == itemLine {
		return addTimelineLine(page, text, orders)
	}
	var m events.Message
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	m.ConversationID = shown
	item, err := json.Marshal(&queries.TimelineItem{
		At: m.OccurredAt, Fact: "message.added", Conversation: shown, Message: &m, Actor: m.Author,
	})
	if err != nil {
		return err
	}
	page.Add(item)
	return nil
}

// addTimelineLine leaves out an order that stands elsewhere as it is by now.
func addTimelineLine(page *Page, text []byte, orders []queries.ContactOrder) error {
	if len(orders) == 0 || !bytes.Contains(text, []byte(`"order":{`)) {
		page.Add(text)
		return nil
	}
	var line queries.TimelineItem
	if err := json.Unmarshal(text, &line); err != nil {
		return fmt.Errorf("read line: %w", err)
	}
	at := slices.IndexFunc(orders, func(o queries.ContactOrder) bool {
		return line.Order != nil && o.Order.ID == line.Order.ID && string(o.Inbox) == line.Detail["inbox"]
	})
	if at < 0 {
		page.Add(text) // older than the orders that a page keeps
		return nil
	}
	if orders[at].Seq != line.Seq {
		return nil
	}
	line.Order = &orders[at].Order
	text, err := json.Marshal(&line)
	if err != nil {
		return err
	}
	page.Add(text)
	return nil
}

func (r *Reader) contact(id events.ContactID) (*views.Contact, error) {
	v := r.tx.Bucket(bucketContacts).Get([]byte(id))
	if v == nil {
		return nil, ErrNotFound
	}
	c := new(views.Contact)
	if err := json.Unmarshal(v, c); err != nil {
		return nil, fmt.Errorf("contact %s: %w", id, err)
	}
	return c, nil
}

// mergedInto lists the contacts folded into c, directly or by way of another.
func (r *Reader) mergedInto(c *views.Contact) []events.ContactID {
	var ids []events.ContactID
	for queue := []*views.Contact{c}; len(queue) > 0; queue = queue[1:] {
		for _, m := range queue[0].Merged {
			if m.ID == c.ID || slices.Contains(ids, m.ID) {
				continue
			}
			ids = append(ids, m.ID)
			if from, err := r.contact(m.ID); err == nil {
				queue = append(queue, from)
			}
		}
	}
	return ids
}

// Contact is the page of one contact, with at most 50 of its conversations, the
// newest first; the others come from a list with the contact as filter.
func (r *Reader) Contact(id events.ContactID) (*queries.ContactPage, error) {
	c, err := r.contact(id)
	if err != nil {
		return nil, err
	}
	out := r.contactPage(c)
	var page Page
	if err := r.Conversations(&page, &views.Filter{Contact: id}, "", "", 50); err != nil {
		return nil, err
	}
	for i := range page.Ends {
		var conv events.Conversation
		if err := json.Unmarshal(page.Item(i), &conv); err != nil {
			return nil, fmt.Errorf("contact %s: %w", id, err)
		}
		out.Conversations = append(out.Conversations, conv)
	}
	return out, nil
}

// Item is item i of the page.
func (p *Page) Item(i int) []byte {
	start := 0
	if i > 0 {
		start = p.Ends[i-1]
	}
	return p.Buf[start:p.Ends[i]]
}

func (r *Reader) nameOf(id events.ContactID) string {
	c, err := r.contact(id)
	if err != nil {
		return "" // not in this log (yet); the id stands for itself
	}
	return c.Name
}

// Indexed is what search keeps of a contact: its record, and the names of those
// that were merged into it. ErrNotFound for one that the views do not know.
func (r *Reader) Indexed(id events.ContactID) (*views.Contact, []string, error) {
	c, err := r.contact(id)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, from := range r.mergedInto(c) {
		if n := r.nameOf(from); n != "" {
			names = append(names, n)
		}
	}
	return c, names, nil
}

// Held are the ids of the conversations that a contact has, the newest opened
// first, at most [MaxHeld]; merged ones among them.
func (r *Reader) Held(contact events.ContactID) []events.ConversationID {
	ids := r.heldBy(contact)
	out := make([]events.ConversationID, len(ids))
	for i, id := range ids {
		out[i] = events.ConversationID(id)
	}
	return out
}
