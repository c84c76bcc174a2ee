package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Line makes the timeline's line of a fact that is no message, or reports false
// for a fact that makes none: bookkeeping, receipts and readings, which would
// drown what happened.
func Line(d *events.Decision, f events.Fact) (queries.TimelineItem, bool) {
	item := queries.TimelineItem{Seq: d.Seq, At: d.At.UTC(), Fact: f.Type, Actor: d.Actor}
	detail := map[string]string{}
	set := func(k, v string) {
		if v != "" {
			detail[k] = v
		}
	}
	switch b := f.Body.(type) {
	case *events.ConversationOpened:
		item.Conversation = b.Conversation
		set("channel", b.Channel)
		set("inbox", string(b.Inbox))
		set("reason", b.Reason)
		set("route", string(b.Route))
	case *events.ConversationAssigned:
		item.Conversation = b.Conversation
		set("assignee", string(b.Assignee))
		set("team", string(b.Team))
		set("reason", b.Reason)
		item.Choice = b.Choice
	case *events.ConversationTransferred:
		item.Conversation = b.Conversation
		set("queue", string(b.Queue))
		set("team", string(b.Team))
		set("assignee", string(b.Assignee))
		set("note", b.Note)
		set("route", string(b.Route))
		item.Choice = b.Choice
	case *events.ConversationTagged:
		item.Conversation = b.Conversation
		set("added", strings.Join(b.Added, ","))
		set("removed", strings.Join(b.Removed, ","))
	case *events.ConversationSnoozed:
		item.Conversation = b.Conversation
		set("until", b.Until.UTC().Format("2006-01-02T15:04:05Z07:00"))
	case *events.ConversationWoken:
		item.Conversation = b.Conversation
		set("reason", b.Reason)
	case *events.ConversationResolved:
		item.Conversation = b.Conversation
		set("reason", b.Reason)
	case *events.ConversationReopened:
		item.Conversation = b.Conversation
		set("reason", b.Reason)
	case *events.ConversationMerged:
		item.Conversation = b.Into
		set("from", string(b.From))
		set("reason", b.Reason)
	case *events.ConversationMergeReversed:
		item.Conversation = b.Into
		set("from", string(b.From))
	case *events.ContactCreated:
	case *events.ContactPointAdded:
		setPoint(set, b.Point)
		set("reason", b.Reason)
	case *events.ContactPointRemoved:
		setPoint(set, b.Point)
		set("reason", b.Reason)
	case *events.ContactUpdated:
		if b.Name != nil {
			set("name", *b.Name)
		}
		set("attributes", strings.Join(sortedKeys(b.Attributes), ","))
	case *events.ContactMerged:
		set("from", string(b.From))
		set("into", string(b.Into))
		set("reason", b.Reason)
	case *events.ContactMergeReversed:
		set("from", string(b.From))
		set("into", string(b.Into))
		set("reason", b.Reason)
	case *events.CallbackRequested:
		item.Conversation = b.Conversation
		callbackDetail(set, &b.Callback)
	case *events.CallbackClosed:
		item.Conversation = b.Conversation
		set("callback", string(b.Callback))
		set("outcome", b.Outcome)
		set("message", string(b.Message))
		set("reason", b.Reason)
	case *events.OrderStated:
		order := b.Order
		item.Order = &order
		if at := order.UpdatedAt.UTC(); !at.IsZero() && at.Before(item.At) {
			item.At = at // what the shop did then, though it is heard of only now
		}
		set("inbox", string(b.Inbox))
	case *events.ContactErased:
		set("what", strings.Join(b.What, ","))
		set("reason", b.Reason)
	default:
		if !workLine(&item, set, f.Body) {
			return item, false
		}
	}
	if len(detail) > 0 {
		item.Detail = detail
	}
	return item, true
}

func callbackDetail(set func(k, v string), c *events.Callback) {
	set("callback", string(c.ID))
	set("number", c.Number)
	set("reason", c.Reason)
	set("note", c.Note)
	set("message", string(c.Message))
	if c.WantedAt != nil {
		set("wanted_at", c.WantedAt.UTC().Format(time.RFC3339))
	}
	if c.Attempts > 0 {
		set("attempts", strconv.Itoa(c.Attempts))
	}
}

// Erasable says whether a line of a contact's own (one that belongs to no
// conversation) shows what an erasure deletes: with everything erased, all but
// the merges and the erasures themselves.
func Erasable(line *queries.TimelineItem, f *events.ContactErased) bool {
	switch line.Fact {
	case (*events.OrderStated)(nil).FactType():
		return ErasesAll(f)
	case (*events.ContactUpdated)(nil).FactType():
		return ErasesAll(f) || slices.Contains(f.What, "name") && line.Detail["name"] != ""
	case (*events.ContactPointAdded)(nil).FactType(), (*events.ContactPointRemoved)(nil).FactType():
		return ErasesAll(f) || slices.Contains(f.What, line.Detail["kind"])
	}
	return false
}

// EraseLine takes out of a line of a conversation what people wrote and numbers
// they are reached by, and reports whether there was any.
func EraseLine(line *queries.TimelineItem) bool {
	had := false
	for _, k := range []string{"number", "note", "comment"} {
		if _, ok := line.Detail[k]; ok {
			delete(line.Detail, k)
			had = true
		}
	}
	return had
}

func setPoint(set func(k, v string), p events.Point) {
	set("kind", p.Kind)
	set("value", p.Value)
	set("trust", string(p.Trust))
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
