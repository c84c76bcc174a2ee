package store_test

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// model is what the inbox should say, worked out slowly and by other means than
// the store's: whole lists are filtered and sorted, everything is counted.
type model struct {
	convs map[events.ConversationID]events.Conversation
	rank  map[events.ConversationID]uint64
	said  []saidMessage
	into  map[events.ConversationID]events.ConversationID
	books map[events.InboxID][3]uint64
}

type saidMessage struct {
	seq  uint64
	ours bool
	m    events.Message
}

func modelOf(ds []*events.Decision) *model {
	m := &model{
		convs: map[events.ConversationID]events.Conversation{}, rank: map[events.ConversationID]uint64{},
		into: map[events.ConversationID]events.ConversationID{}, books: map[events.InboxID][3]uint64{},
	}
	for _, d := range ds {
		for _, c := range d.Conversations {
			if before, ok := m.convs[c.ID]; !ok || !before.UpdatedAt.Equal(c.UpdatedAt) {
				m.rank[c.ID] = d.Seq
			}
			m.convs[c.ID] = c
		}
		for _, f := range d.Facts {
			m.fact(d, f.Body)
		}
	}
	return m
}

func (m *model) fact(d *events.Decision, body events.Body) {
	book := func(inbox events.InboxID, i int) {
		b := m.books[inbox]
		b[i]++
		m.books[inbox] = b
	}
	switch f := body.(type) {
	case *events.MessageAdded:
		m.said = append(m.said, saidMessage{d.Seq, f.Message.Direction == events.Out, f.Message})
	case *events.ConversationMerged:
		m.into[f.From] = f.Into
	case *events.ConversationMergeReversed:
		delete(m.into, f.From)
	case *events.InboundStored:
		book(f.Inbox, 0)
	case *events.InboundDuplicate:
		book(f.Inbox, 1)
	case *events.InboundRejected:
		book(f.Inbox, 2)
	}
}

// shows is where a conversation's messages are seen.
func (m *model) shows(id events.ConversationID) events.ConversationID {
	for m.into[id] != "" {
		id = m.into[id]
	}
	return id
}

func (m *model) list(f views.Filter, order string) []string {
	var ids []string
	for id, c := range m.convs {
		if m.matches(&f, &c) && (order != "waiting" || c.WaitingSince != nil) {
			ids = append(ids, string(id))
		}
	}
	sort.Slice(ids, func(i, j int) bool {
		a, b := events.ConversationID(ids[i]), events.ConversationID(ids[j])
		if order == "waiting" {
			wa, wb := *m.convs[a].WaitingSince, *m.convs[b].WaitingSince
			if !wa.Equal(wb) {
				return wa.Before(wb)
			}
		} else if m.rank[a] != m.rank[b] {
			return m.rank[a] > m.rank[b]
		}
		return a < b
	})
	return ids
}

func (m *model) matches(f *views.Filter, c *events.Conversation) bool {
	ok := c.Status == f.Status || f.Status == "" && c.Status != events.Merged
	ok = ok && (f.Queue == "" || string(c.Queue) == f.Queue)
	ok = ok && (f.Team == "" || string(c.Team) == f.Team)
	ok = ok && (f.Contact == "" || c.Contact.ID == f.Contact)
	ok = ok && (f.Channel == "" || slices.Contains(c.Channels, f.Channel))
	ok = ok && (f.Inbox == "" || slices.Contains(c.Inboxes, events.InboxID(f.Inbox)))
	ok = ok && (f.Tag == "" || slices.Contains(c.Tags, f.Tag))
	ok = ok && (!f.Callback || c.Callback != nil && c.Status != events.Merged)
	ok = ok && (f.Clock == "" || f.Clock == lateness(c))
	switch f.Assignee {
	case "":
	case "none":
		ok = ok && c.Assignee == ""
	default:
		ok = ok && string(c.Assignee) == f.Assignee
	}
	return ok
}

// lateness is how a conversation's promises stand, as the board has it.
func lateness(c *events.Conversation) string {
	working := c.Status == events.Open || c.Status == events.Snoozed
	switch {
	case working && slices.ContainsFunc(c.Clocks, func(k events.Clock) bool { return k.Breached }):
		return "breached"
	case working && slices.ContainsFunc(c.Clocks, func(k events.Clock) bool { return k.Warned }):
		return "at-risk"
	}
	return ""
}

// cell is a counter of the open conversations of one team in one queue.
type cell struct {
	team  events.TeamID
	queue events.QueueID
	name  string
}

// cells counts those of each team and queue as if there were no others.
func (m *model) cells() map[cell]int64 {
	n := map[cell]int64{}
	for _, c := range m.convs {
		if c.Status != events.Open {
			continue
		}
		for name, by := range countersOf([]events.Conversation{c}) {
			if kind, _, _ := strings.Cut(name, "/"); kind != "queue" && kind != "team" && kind != "unread" {
				n[cell{c.Team, c.Queue, name}] += by
			}
		}
	}
	return n
}

func (m *model) counters() map[string]int64 {
	return countersOf(slices.Collect(maps.Values(m.convs)))
}

func countersOf(convs []events.Conversation) map[string]int64 {
	n := map[string]int64{}
	for _, c := range convs {
		st := "/" + string(c.Status)
		n["status"+st]++
		if c.Status == events.Merged {
			continue
		}
		if c.Callback != nil {
			n["callback"+st]++
		}
		if l := lateness(&c); l != "" {
			n["clock/"+l+st]++
		}
		if c.Unread > 0 {
			n["unread"]++
		}
		if c.Assignee == "" {
			n["unassigned"+st]++
		} else {
			n["assignee/"+string(c.Assignee)+st]++
		}
		if c.Queue != "" {
			n["queue/"+string(c.Queue)+st]++
		}
		if c.Team != "" {
			n["team/"+string(c.Team)+st]++
		}
		for _, v := range c.Channels {
			n["channel/"+v+st]++
		}
		for _, v := range c.Inboxes {
			n["inbox/"+string(v)+st]++
		}
		for _, v := range c.Tags {
			n["tag/"+v+st]++
		}
	}
	return n
}

// messages are the ids of what a conversation shows, in no order.
func (m *model) messages(conv events.ConversationID) []string {
	var ids []string
	if m.convs[conv].Status == events.Merged {
		return nil
	}
	for _, s := range m.said {
		if m.shows(s.m.ConversationID) == conv {
			ids = append(ids, string(s.m.ID))
		}
	}
	return ids
}

func idOf(t fataler, item []byte) string {
	t.Helper()
	var v struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(item, &v); err != nil {
		t.Fatalf("%v in %s", err, item)
	}
	return v.ID
}
