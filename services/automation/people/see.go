package people

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// see is what expressions see of a contact that stands: their own record and
// those of whoever was folded into them.
func see(r *Record, find func(events.ContactID) (*Record, bool)) *config.ScopeContact {
	c := config.SeeContact(r.ID, r.Name, r.Points, r.Attributes)
	for _, id := range r.Segments {
		c.Segments = append(c.Segments, string(id))
	}
	placed := map[string]events.Order{} // one that was stated again after a merge stands with both
	live := map[events.ConversationID]bool{}
	var seen []events.ContactID
	for family := []*Record{r}; len(family) > 0; family = family[1:] {
		m := family[0]
		seen = append(seen, m.ID)
		for i := range m.Orders {
			o := &m.Orders[i]
			key := string(o.Inbox) + "\x00" + o.ID
			if known, ok := placed[key]; ok {
				placed[key] = o.Restated(known) // who stands was told last
			} else {
				placed[key] = o.Order
			}
		}
		for _, id := range m.Live {
			live[id] = true
		}
		c.ConversationCount += m.Opened
		c.MessagesCount += m.Messages
		c.FirstSeen = earlier(c.FirstSeen, m.FirstSeen)
		c.LastSeen = later(c.LastSeen, m.LastSeen)
		if m.LastWrote.After(c.LastMessageAt) {
			c.LastMessageAt = m.LastWrote
			if c.Attributes["language"] == "" && c.Attributes["locale"] == "" && m.Language != "" {
				c.Language = m.Language
			}
		}
		if m.Score != nil && m.ScoredAt.After(c.ScoredAt) {
			c.Score, c.ScoredAt = *m.Score, m.ScoredAt
		}
		for _, id := range m.Merged {
			if !slices.Contains(seen, id) && len(seen) < maxMerged {
				if from, ok := find(id); ok {
					family = append(family, from)
				}
			}
		}
	}
	c.OpenConversations = len(live)
	orders := make([]config.ScopeOrder, 0, len(placed))
	for _, o := range placed {
		if !o.Part {
			orders = append(orders, config.SeeOrder(&o))
		}
	}
	config.SetOrders(c, orders)
	return c
}

func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.Equal(config.Never) && a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
