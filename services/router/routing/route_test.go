package routing

import (
	"slices"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// signs are routing targets that a test changes.
type signs struct {
	mu      sync.Mutex
	list    []config.Route
	changed chan struct{}
}

func (s *signs) Routes() []config.Route {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *signs) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *signs) set(list ...config.Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = list
	if s.changed != nil {
		close(s.changed)
	}
	s.changed = make(chan struct{})
}

// signposted is a router with routing targets and the queue sales.
func signposted(t *testing.T) (*house, *signs) {
	t.Helper()
	h, s := newHouse(t), &signs{}
	s.set()
	h.staff = &crew{queues: []config.Queue{{ID: "sales", Mode: config.QueuePush}, {ID: "vip", Mode: config.QueuePush}}, changed: make(chan struct{})}
	h.routes = s
	h.inboxes.all[0].Queue = "sales"
	h.stop()
	h.start()
	return h, s
}

// opens has somebody new write, and returns the opening and the row.
func (h *house) opens(id, who, text string) (*events.ConversationOpened, events.Conversation) {
	h.t.Helper()
	for _, d := range h.say(statement("shop", "webhook", id, text, point("email", who+"@example.com", events.Stated))) {
		for _, f := range d.Facts {
			if o, ok := f.Body.(*events.ConversationOpened); ok {
				return o, d.Conversations[0]
			}
		}
	}
	h.t.Fatal("nothing was opened")
	return nil, events.Conversation{}
}

// The first target that holds decides; one that is off, is none, fails, or leads to
// a queue that is gone holds nothing up; and a change counts from the next message.
func TestTheFirstTargetThatHoldsDecides(t *testing.T) {
	h, s := signposted(t)
	route := func(id string, position int, when string, queue events.QueueID) config.Route {
		return config.Route{ID: events.RouteID(id), Name: id, Position: position, When: when, Queue: queue}
	}
	off := route("off", -9, "true", "sales")
	off.Off = true
	tagged := route("b", 2, "message.text.contains('gold') && conversation.waiting", "vip")
	tagged.Tags, tagged.Priority, tagged.Needs = []string{"Gold"}, 3, []events.Need{{Skill: "korean", Level: 2}}
	s.set(off, route("none", -8, "contact.nmae == ''", "vip"), route("fails", -7, "1 / contact.open_conversations > 0", "vip"),
		route("hidden", -6, "contact.spent >= 0.0", "vip"), route("z", 2, "message.text.contains('gold')", "sales"), tagged, route("gone", 3, "message.text == 'lost'", "nowhere"))
	if o, c := h.opens("m1", "kim", "gold please"); o.Route != "b" || c.Queue != "vip" || c.Priority != 3 || !slices.Equal(c.Tags, []string{"gold"}) || c.Wait == nil || len(c.Wait.Needs) != 1 {
		t.Errorf("opened by %q as %+v", o.Route, c)
	}
	if o, c := h.opens("m2", "lee", "silver"); o.Route != "" || c.Queue != "sales" {
		t.Errorf("opened by %q as %+v", o.Route, c)
	}
	if o, c := h.opens("m3", "park", "lost"); o.Route != "gone" || c.Queue != "sales" || c.Wait == nil {
		t.Errorf("opened by %q as %+v", o.Route, c)
	}
	s.set(route("all", 0, "contact.email.endsWith('@example.com')", "vip"))
	if o, c := h.opens("m4", "choi", "silver"); o.Route != "all" || c.Queue != "vip" {
		t.Errorf("after the change opened by %q as %+v", o.Route, c)
	}
}

// A segment that the log names is seen by targets, after a restart from the log
// alone too; a contact that was folded into another is not segmented.
func TestTargetsSeeSegments(t *testing.T) {
	h, s := signposted(t)
	s.set(config.Route{ID: "r", Name: "r", When: "'vip' in contact.segments", Queue: "vip"})
	o, c := h.opens("m1", "kim", "hello")
	if o.Route != "" {
		t.Fatalf("opened by %q", o.Route)
	}
	segment := func(contact events.ContactID, list ...events.SegmentID) *commands.Result {
		t.Helper()
		return h.command(commands.SegmentContact, commands.Envelope{Contact: contact}, commands.SegmentContactBody{Segments: list})
	}
	if r := segment(c.Contact.ID, "vip"); r.Problem != nil || r.Seq == 0 {
		t.Fatalf("%+v", r)
	}
	if r := segment(c.Contact.ID, "vip"); r.Problem != nil || r.Seq != 0 {
		t.Fatalf("said again: %+v", r)
	}
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: c.ID, Version: c.Version}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatalf("who was segmented is out of date on a screen: %v", r.Problem)
	}
	h.stop()
	h.dir = t.TempDir()
	h.start()
	if o, c := h.opens("m2", "kim", "hello again"); o.Route != "r" || c.Queue != "vip" || !slices.Equal(c.Segments, []events.SegmentID{"vip"}) {
		t.Errorf("opened by %q as %+v", o.Route, c)
	}
	_, other := h.opens("m3", "lee", "hello")
	if r := h.command(commands.MergeContacts, commands.Envelope{Contact: c.Contact.ID}, commands.MergeBody{From: other.Contact.ID}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if r := segment(other.Contact.ID, "poor"); r.Problem == nil || r.Problem.Code != commands.Invalid {
		t.Errorf("who was folded in is segmented: %+v", r)
	}
}
