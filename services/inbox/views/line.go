package views

import (
	"slices"
	"strings"

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
	case *events.ConversationAssigned:
		item.Conversation = b.Conversation
		set("assignee", string(b.Assignee))
		set("team", string(b.Team))
		set("reason", b.Reason)
	case *events.ConversationTransferred:
		item.Conversation = b.Conversation
		set("queue", string(b.Queue))
		set("team", string(b.Team))
		set("assignee", string(b.Assignee))
		set("note", b.Note)
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
	default:
		return item, false
	}
	if len(detail) > 0 {
		item.Detail = detail
	}
	return item, true
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
