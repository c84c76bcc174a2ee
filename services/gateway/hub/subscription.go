package hub

import (
	"encoding/json"
	"slices"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// Out is where the frames of a subscription go; *ws.Conn is one. Neither method
// may wait, and neither keeps a promise after it has returned an error.
type Out interface {
	Send(frame []byte) error
	SendPrepared(m *websocket.PreparedMessage, size int) error
	// Close ends the socket; the first close wins.
	Close(code int, reason string)
}

// Subscription is one view of one socket. It is made by [NewSubscription] and
// not changed by anybody but the Hub; a person whose rights changed gets a new
// one.
type Subscription struct {
	id     string
	prefix []byte // the frame up to and with the id
	view   string
	filter live.Filter
	viewer *access.Viewer
	out    Out
	keys   []access.Key

	after  uint64 // events up to here have been sent; guarded by the Hub once joined
	stamp  uint64 // the last fan-out that looked at it; guarded by the Hub
	joined bool   // it is in the index; guarded by the Hub
}

// NewSubscription makes a subscription that has not yet joined.
func NewSubscription(id, view string, filter live.Filter, viewer *access.Viewer, out Out) *Subscription {
	quoted, _ := json.Marshal(id) // a string is always encoded
	s := &Subscription{id: id, view: view, filter: filter, viewer: viewer, out: out}
	s.prefix = append([]byte(`{"type":"`+live.TypeEvent+`","id":`), quoted...)
	switch view {
	case live.ViewConversation:
		s.keys = []access.Key{conversationKey(filter.Conversation)}
	case live.ViewMine:
		s.keys = []access.Key{mineKey(viewer.ID)}
	default:
		s.keys = viewer.Keys()
	}
	return s
}

// The index also knows who asked for one conversation, and for their own.
func conversationKey(id events.ConversationID) access.Key { return access.Key("c:" + id) }
func mineKey(id events.AgentID) access.Key                { return access.Key("m:" + id) }

// InView reports whether a conversation belongs to the view, access aside.
func (s *Subscription) InView(c *events.Conversation) bool {
	switch s.view {
	case live.ViewConversation:
		return c.ID == s.filter.Conversation
	case live.ViewMine:
		if c.Assignee != s.viewer.ID {
			return false
		}
	case live.ViewUnassigned:
		if c.Assignee != "" {
			return false
		}
	}
	f := &s.filter
	return (f.Conversation == "" || f.Conversation == c.ID) &&
		(f.Status == "" || f.Status == c.Status) &&
		(f.Queue == "" || f.Queue == c.Queue) &&
		(f.Team == "" || f.Team == c.Team) &&
		(f.Channel == "" || slices.Contains(c.Channels, f.Channel)) &&
		(f.Tag == "" || slices.Contains(c.Tags, f.Tag))
}

type verdict int

const (
	nothing verdict = iota
	show
	hide
)

// judge says what a touched conversation means for this subscription.
func (s *Subscription) judge(t *touched) verdict {
	inView := s.InView(t.conv)
	wasInView := t.moved && !t.opened
	if t.prior != nil {
		wasInView = s.viewer.Sees(t.prior) && s.InView(t.prior)
	} else if s.view == live.ViewConversation {
		wasInView = inView // an id never changes
	}
	switch {
	case s.viewer.Sees(t.conv):
		if inView || wasInView {
			return show
		}
	case wasInView && !t.opened && (t.moved || t.prior != nil):
		return hide
	}
	return nothing
}
