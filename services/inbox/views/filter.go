package views

import (
	"fmt"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Nobody is the assignee filter for conversations without one.
const Nobody = "none"

// OpenCallback is the callback filter for conversations that have promised a
// call; it is the only one.
const OpenCallback = "open"

// Filter is what a row must be to be listed. Empty fields mean any; without a
// status, merged conversations are left out. Who may see a row is not asked here: the
// rule of that is the gateway's.
type Filter struct {
	Status   events.ConversationStatus
	Queue    string
	Team     string
	Assignee string
	Channel  string
	Inbox    string
	Tag      string
	Contact  events.ContactID
	Callback bool // only with an open promise to call
	// Clock is queries.ClockAtRisk or ClockBreached.
	Clock string
}

// FilterOf reads the filter out of a query. An unknown status, callback or clock, and an
// assignee "me" that the caller did not replace, are errors of the asker.
func FilterOf(q *queries.ListConversations) (Filter, error) {
	f := Filter{
		Status: q.Status, Queue: string(q.Queue), Team: string(q.Team), Assignee: q.Assignee,
		Channel: q.Channel, Inbox: string(q.Inbox), Tag: q.Tag, Contact: q.Contact,
		Callback: q.Callback == OpenCallback, Clock: q.Clock,
	}
	switch q.Status {
	case "", events.Open, events.Snoozed, events.Resolved, events.Merged:
	default:
		return f, fmt.Errorf("unknown status %q", q.Status)
	}
	if q.Callback != "" && q.Callback != OpenCallback {
		return f, fmt.Errorf("unknown callback %q", q.Callback)
	}
	if q.Clock != "" && q.Clock != queries.ClockAtRisk && q.Clock != queries.ClockBreached {
		return f, fmt.Errorf("unknown clock %q", q.Clock)
	}
	if q.Assignee == "me" {
		return f, fmt.Errorf("assignee %q names nobody here", q.Assignee)
	}
	return f, nil
}

// Statuses are those that the filter admits, in a fixed order.
func (f *Filter) Statuses() []events.ConversationStatus {
	if f.Status != "" {
		return []events.ConversationStatus{f.Status}
	}
	if f.Clock != "" {
		return []events.ConversationStatus{events.Open, events.Snoozed}
	}
	return []events.ConversationStatus{events.Open, events.Snoozed, events.Resolved}
}

// Match says whether the row is listed.
func (f *Filter) Match(r *Row) bool {
	switch {
	case f.Status == "" && r.Status == events.Merged, f.Status != "" && r.Status != f.Status:
		return false
	case f.Queue != "" && r.Queue != f.Queue, f.Team != "" && r.Team != f.Team:
		return false
	case f.Assignee == Nobody && r.Assignee != "":
		return false
	case f.Assignee != "" && f.Assignee != Nobody && r.Assignee != f.Assignee:
		return false
	case f.Callback && !r.Callback, f.Clock != "" && r.Clock != f.Clock:
		return false
	case f.Contact != "" && r.Contact != f.Contact:
		return false
	case f.Channel != "" && !slices.Contains(r.Channels, f.Channel):
		return false
	case f.Inbox != "" && !slices.Contains(r.Inboxes, f.Inbox):
		return false
	case f.Tag != "" && !slices.Contains(r.Tags, f.Tag):
		return false
	}
	return true
}

// Sources are the sets of listings in which every row of the filter is found:
// each element alone is enough, and within one the listings are united. The
// caller walks the smallest and matches what it finds.
func (f *Filter) Sources() [][]Listing {
	out := [][]Listing{{{By: ByStatus}}}
	if f.Status == events.Merged {
		return out
	}
	add := func(by Dimension, value string) {
		if value != "" {
			out = append(out, []Listing{{by, value}})
		}
	}
	if f.Assignee == Nobody {
		out = append(out, []Listing{{By: ByAssignee}})
	} else {
		add(ByAssignee, f.Assignee)
	}
	add(ByQueue, f.Queue)
	add(ByTeam, f.Team)
	add(ByChannel, f.Channel)
	add(ByInbox, f.Inbox)
	add(ByTag, f.Tag)
	if f.Callback {
		out = append(out, []Listing{{By: ByCallback}})
	}
	add(ByClock, f.Clock)
	return out
}
