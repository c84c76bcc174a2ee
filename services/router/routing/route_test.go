package routing

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

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
		route("hidden", -6, "contact.score == -1", "vip"), route("z", 2, "message.text.contains('gold')", "sales"), tagged, route("gone", 3, "message.text == 'lost'", "nowhere"))
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

// A target sees what a customer has ordered until then, less what was refunded, of a
// contact that was folded into them too and each order once; and the same after a
// restart from the log alone.
//
// To see it fail: leave an order with the contact that it was stated of first, or the
// purchases out of what take stores.
func TestTargetsSeeOrders(t *testing.T) {
	h, s := signposted(t)
	buys := func(id, who, order, total string, ago time.Duration, refunds ...events.Refund) {
		t.Helper()
		in := statement("shop", "webhook", id, "", point("email", who+"@example.com", events.Stated))
		in.Type, in.Message = events.OrderWasStated, nil
		in.Purchase = &events.Order{ID: order, Currency: "KRW", Total: total, PlacedAt: h.clock.Now().Add(-ago), UpdatedAt: h.clock.Now(), Lines: []events.OrderLine{{Title: "Shoes", SKU: "S-1", Quantity: 2}}}
		if len(refunds) > 0 {
			in.Purchase = &events.Order{ID: order, Part: true, UpdatedAt: h.clock.Now(), Refunds: refunds}
		}
		h.say(in)
	}
	spent := func(at int, when string) config.Route {
		return config.Route{ID: events.RouteID(fmt.Sprint("r", at)), Name: "r", Position: at, When: when, Queue: "vip"}
	}
	s.set(spent(1, "contact.spent_since(now - days(90)) > 500.0"), spent(2, "contact.orders.exists(o, 'S-1' in o.skus) && contact.orders_count == 1"), spent(3, "contact.last_order_at > now - days(365)"))
	route := func(id, who, want string) events.Conversation {
		t.Helper()
		o, c := h.opens(id, who, "hello")
		if string(o.Route) != want {
			t.Errorf("%s: opened by %q, want %q", id, o.Route, want)
		}
		if r := h.command(commands.Resolve, commands.Envelope{Conversation: c.ID, Version: c.Version}, commands.ReasonBody{}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
		return c
	}
	route("m1", "kim", "")
	buys("o1", "kim", "1", "300", time.Hour)
	route("m2", "kim", "r2")
	buys("o2", "kim", "2", "400", 100*24*time.Hour) // long ago
	route("m3", "kim", "r3")
	buys("o3", "lee", "3", "250", time.Hour)
	kim, lee := route("m4", "kim", "r3"), route("m5", "lee", "r2")
	if r := h.command(commands.MergeContacts, commands.Envelope{Contact: kim.Contact.ID}, commands.MergeBody{From: lee.Contact.ID}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	route("m6", "lee", "r1") // 300 and 250
	h.clock.Add(time.Minute)
	buys("o4", "lee", "3", "200", time.Hour) // as the shop has it now
	route("m7", "kim", "r3")
	h.clock.Add(time.Minute)
	buys("o5", "kim", "1", "400", time.Hour)
	route("m8", "kim", "r1")
	h.stop()
	h.dir = t.TempDir()
	h.start()
	route("m9", "kim", "r1")
	h.clock.Add(time.Minute)
	buys("o6", "kim", "1", "", 0, events.Refund{ID: "f1", Amount: "150"})
	route("m10", "kim", "r3")
}

// A segment that the log names is seen by targets, after a restart from the log
// alone too; a contact that was folded into another is not segmented.
func TestTargetsSeeSegments(t *testing.T) {
	h, s := signposted(t)
	_, c := h.opens("m1", "kim", "hello")
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
	s.set(config.Route{ID: "r", Name: "r", When: "'vip' in contact.segments", Queue: "vip"})
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
