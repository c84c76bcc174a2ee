package views

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Row is what lists and filters need of a conversation. Times are Unix
// nanoseconds; nought means none.
type Row struct {
	ID       events.ConversationID
	Contact  events.ContactID
	Status   events.ConversationStatus
	Queue    string
	Team     string
	Assignee string
	Channels []string
	Inboxes  []string
	Tags     []string
	Waiting  int64
	Updated  int64
	Unread   int64
	// Callback says that a promise to call is open.
	Callback bool
	// Clock says how the promises stand, as a filter names it: queries.ClockAtRisk,
	// ClockBreached or, where neither holds or nobody works on it, nothing.
	Clock string
	// Rank is the log sequence that the list by recency sorts by.
	Rank uint64
}

// RowOf makes the row of a conversation as a decision at seq left it. before is
// the row it had, nil for a new one.
func RowOf(c *events.Conversation, before *Row, seq uint64) Row {
	r := Row{
		ID: c.ID, Contact: c.Contact.ID, Status: c.Status,
		Queue: string(c.Queue), Team: string(c.Team), Assignee: string(c.Assignee),
		Channels: distinct(c.Channels), Inboxes: distinct(c.Inboxes), Tags: distinct(c.Tags),
		Updated: nanos(c.UpdatedAt), Unread: int64(c.Unread), Rank: seq,
		Callback: c.Callback != nil && c.Status != events.Merged, Clock: clockOf(c),
	}
	if c.WaitingSince != nil {
		r.Waiting = nanos(*c.WaitingSince)
	}
	if before != nil && before.Updated == r.Updated {
		r.Rank = before.Rank
	}
	return r
}

func clockOf(c *events.Conversation) (stands string) {
	if c.Status != events.Open && c.Status != events.Snoozed {
		return ""
	}
	for i := range c.Clocks {
		switch {
		case c.Clocks[i].Breached:
			return queries.ClockBreached
		case c.Clocks[i].Warned:
			stands = queries.ClockAtRisk
		}
	}
	return stands
}

// distinct sorts and drops repetitions, so that a row stands once in a listing
// and equal rows have equal bytes.
func distinct[S ~string](in []S) []string {
	if len(in) == 0 {
		return nil
	}
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	if len(out) == 1 {
		return out
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nanos is the time in Unix nanoseconds; times outside 1678–2262, which Unix
// nanoseconds cannot hold, become the nearer end.
func nanos(t time.Time) int64 {
	switch y := t.Year(); {
	case t.IsZero():
		return 0
	case y <= 1677:
		return minTime
	case y >= 2262:
		return maxTime
	}
	return t.UnixNano()
}

// maxTime leaves room behind the last believable time, so that an answer to a
// message from the end of time still finds a place after it.
const (
	minTime = -1 << 63
	maxTime = 1<<63 - 1 - 1<<50
)

// Dimension is what a listing lists by.
type Dimension byte

// The dimensions.
// ByCallback holds what has an open promise to call, ByClock what is late or soon
// will be.
// Conversations of a contact are a set of their own, see package store.
const (
	ByStatus   Dimension = 'a'
	ByAssignee Dimension = 'g'
	ByQueue    Dimension = 'q'
	ByTeam     Dimension = 't'
	ByChannel  Dimension = 'c'
	ByInbox    Dimension = 'i'
	ByTag      Dimension = 'l'
	ByCallback Dimension = 'k'
	ByClock    Dimension = 's'
)

// Listing is one list that a row stands in, within its status. An empty value
// of ByAssignee means nobody.
type Listing struct {
	By    Dimension
	Value string
}

// Listings appends the listings of the row. A merged conversation stands only
// in the list of the merged.
func (r *Row) Listings(to []Listing) []Listing {
	to = append(to, Listing{By: ByStatus})
	if r.Status == events.Merged {
		return to
	}
	to = append(to, Listing{ByAssignee, r.Assignee})
	if r.Queue != "" {
		to = append(to, Listing{ByQueue, r.Queue})
	}
	if r.Team != "" {
		to = append(to, Listing{ByTeam, r.Team})
	}
	for _, v := range r.Channels {
		to = append(to, Listing{ByChannel, v})
	}
	for _, v := range r.Inboxes {
		to = append(to, Listing{ByInbox, v})
	}
	for _, v := range r.Tags {
		to = append(to, Listing{ByTag, v})
	}
	if r.Callback {
		to = append(to, Listing{By: ByCallback})
	}
	if r.Clock != "" {
		to = append(to, Listing{ByClock, r.Clock})
	}
	return to
}

// Counter is the name under which a listing's size with one status is kept and
// answered.
func (l Listing) Counter(status events.ConversationStatus) string {
	tail := "/" + string(status)
	switch l.By {
	case ByStatus:
		return "status" + tail
	case ByAssignee:
		if l.Value == "" {
			return "unassigned" + tail
		}
		return "assignee/" + l.Value + tail
	case ByQueue:
		return "queue/" + l.Value + tail
	case ByTeam:
		return "team/" + l.Value + tail
	case ByChannel:
		return "channel/" + l.Value + tail
	case ByInbox:
		return "inbox/" + l.Value + tail
	case ByCallback:
		return "callback" + tail
	case ByClock:
		return "clock/" + l.Value + tail
	default:
		return "tag/" + l.Value + tail
	}
}

// UnreadCounter counts conversations, not merged ones, with something unread.
const UnreadCounter = "unread"

// CountsAsUnread says whether the row is in [UnreadCounter].
func (r *Row) CountsAsUnread() bool { return r.Unread > 0 && r.Status != events.Merged }
