package routing

import (
	"strings"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

func (c *order) merge(body commands.MergeBody) *commands.Problem {
	reason := body.Reason
	if reason == "" {
		reason = "by hand"
	}
	if problem := c.draft.Merge(body.From, reason, false); problem != nil {
		return problem
	}
	c.further = append(c.further, c.draft.Marker(body.From))
	return nil
}

func (c *order) reverseMerge(body commands.ReverseMergeBody) *commands.Problem {
	if problem := c.draft.ReverseMerge(body.From, func(events.ConversationID) events.ConversationID {
		return events.ConversationID(id.New("cv"))
	}); problem != nil {
		return problem
	}
	c.further = append(c.further, c.draft.Marker(body.From))
	return nil
}

// updateContact changes what agents may change. An address an agent adds counts
// as stated, and one that another contact holds makes a suggestion instead.
func (c *order) updateContact(body commands.UpdateContactBody) *commands.Problem {
	if problem := c.draft.Rename(body.Name, body.Attributes); problem != nil {
		return problem
	}
	for _, p := range body.RemovePoints {
		if problem := c.draft.RemovePoint(p, "by hand"); problem != nil {
			return problem
		}
	}
	for _, p := range body.AddPoints {
		p.Value = strings.TrimSpace(p.Value)
		if p.Kind == "email" {
			p.Value = strings.ToLower(p.Value)
		}
		if p.Kind == "" || p.Value == "" || len(p.Value) > 320 || len(p.Kind) > 32 {
			return invalid("an address needs a kind and a value of at most 320 bytes")
		}
		p.Trust = events.Stated
		owner, owned := c.router.store.owner(p.Key())
		switch {
		case owned && owner.Contact != c.draft.Subject():
			c.draft.Suggest(owner.Contact, p, "an agent added an address of this contact")
		default:
			c.draft.AddPoint(p, "by hand")
		}
	}
	return nil
}

var _ conversation.World = (*store)(nil)
