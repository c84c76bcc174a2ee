package routing

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// book is settings of service levels that tests change.
type book struct {
	mu       sync.Mutex
	policies []config.Policy
	hours    []config.Hours
	weights  map[string]config.Weight
	changed  chan struct{}
}

func (b *book) Policies() []config.Policy {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.policies)
}

func (b *book) Hours() []config.Hours {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.hours)
}

func (b *book) Workload() config.Workload {
	b.mu.Lock()
	defer b.mu.Unlock()
	return config.Workload{Weights: b.weights}
}

func (b *book) Changed() (policies, hours, workload <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed, nil, nil
}

// change alters a copy: what was handed out is read-only.
func (b *book) change(alter func(*book)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.policies, b.hours = copied(b.policies), copied(b.hours)
	alter(b)
	close(b.changed)
	b.changed = make(chan struct{})
}

func copied[T any](list []T) (out []T) {
	raw, err := json.Marshal(list)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// fast promises an answer in ten minutes and an end in an hour, and warns when a
// fifth is left.
func fast() config.Policy {
	return config.Policy{ID: "fast", Name: "fast", WarnBefore: 20, Targets: []config.Target{{FirstResponse: 600, NextResponse: 600, Resolution: 3600}}}
}

// office is open from nine to six of a day in March, in UTC.
func office() config.Hours {
	h := config.Hours{ID: "office", Name: "office", Zone: "UTC"}
	day := []config.Block{{From: "09:00", To: "18:00"}}
	h.Week = config.Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}
	return h
}

// newOffice is a router with the shop's queue, one more, and promises.
func newOffice(t testing.TB, q config.Queue, b *book, agents ...config.Agent) (*house, *crew, *book) {
	t.Helper()
	h := newHouse(t)
	h.stop()
	q.ID = "sales"
	h.inboxes.all[0].Queue = "sales"
	b.changed = make(chan struct{})
	c := &crew{queues: []config.Queue{q, {ID: "night", Mode: config.QueuePull}}, agents: agents, changed: make(chan struct{})}
	h.staff, h.levels = c, b
	h.start()
	return h, c, b
}

// asks has a customer write now, perhaps in reply to something.
func (h *house) asks(id, who string, to ...string) events.Conversation {
	h.t.Helper()
	in := statement("shop", "webhook", id, "hello", point("external", who, events.Stated))
	in.OccurredAt, in.ReceivedAt, in.Message.InReplyTo = h.clock.Now(), h.clock.Now(), to
	return conversationOf(h.t, h.say(in))
}

func (h *house) log() []*events.Decision {
	h.t.Helper()
	_, last, err := h.facts.Bounds(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	var all []*events.Decision
	for cursor := h.out.From(0); len(all) == 0 || all[len(all)-1].Seq < last; {
		batch, err := cursor.Next(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range batch {
			all = append(all, e.Value)
		}
	}
	return all
}

func clockOf(c events.Conversation, kind events.ClockKind) *events.Clock {
	for i := range c.Clocks {
		if c.Clocks[i].Kind == kind {
			return &c.Clocks[i]
		}
	}
	return nil
}

func warned(kind events.ClockKind) func(events.Conversation) bool {
	return func(c events.Conversation) bool { k := clockOf(c, kind); return k != nil && k.Warned }
}

func missed(kind events.ClockKind) func(events.Conversation) bool {
	return func(c events.Conversation) bool { k := clockOf(c, kind); return k != nil && k.Breached }
}

// A promise is told in the row from the customer's first word, warns and is missed
// at its moments, and the answer ends it. Each is said once, and none of it makes
// an agent's view of the conversation stale.
func TestAPromiseIsKeptTrackOf(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Policy: "fast"}, &book{policies: []config.Policy{fast()}})
	row := h.asks("m1", "kim")
	k := clockOf(row, events.FirstResponse)
	if k == nil || !k.StartedAt.Equal(h.clock.Now()) || !k.DueAt.Equal(k.StartedAt.Add(10*time.Minute)) || !k.WarnAt.Equal(k.StartedAt.Add(8*time.Minute)) {
		t.Fatalf("the clocks are %+v", row.Clocks)
	}
	h.clock.Add(8*time.Minute - time.Second)
	h.asks("m2", "lee") // something else happens, and nothing is due yet
	if k := clockOf(h.row(row.ID, func(events.Conversation) bool { return true }), events.FirstResponse); k.Warned {
		t.Fatal("warned too early")
	}
	h.clock.Add(time.Second)
	h.row(row.ID, warned(events.FirstResponse))
	h.clock.Add(2 * time.Minute)
	late := h.row(row.ID, missed(events.FirstResponse))
	if late.Version != row.Version {
		t.Fatalf("time alone moved the version from %d to %d", row.Version, late.Version)
	}
	h.clock.Add(time.Minute)
	if r := h.command(commands.Reply, commands.Envelope{Conversation: row.ID, Version: row.Version}, commands.ReplyBody{Text: "sorry", ClientID: "r1"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	stopped := bodies[*events.ClockStopped](h.log())
	if len(stopped) != 1 || stopped[0].Outcome != "missed" || stopped[0].Took != (11*time.Minute).Milliseconds() {
		t.Fatalf("stopped as %+v", stopped)
	}
	if n := len(bodies[*events.ClockBreached](h.log())); n != 1 {
		t.Fatalf("%d breaches", n)
	}
}

// What comes due while nobody decides is said when somebody does again, once.
func TestATimerOutlivesTheRouter(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Policy: "fast"}, &book{policies: []config.Policy{fast()}})
	row := h.asks("m1", "kim")
	h.stop()
	h.clock.Add(9 * time.Minute)
	h.start()
	h.row(row.ID, warned(events.FirstResponse))
	h.stop()
	if err := bolt.Remove(h.dir + "/router.db"); err != nil {
		t.Fatal(err)
	}
	h.clock.Add(2 * time.Hour)
	h.start()
	h.row(row.ID, missed(events.Resolution))
	h.row(row.ID, missed(events.FirstResponse))
	ds := h.log()
	if w, b := len(bodies[*events.ClockWarned](ds)), len(bodies[*events.ClockBreached](ds)); w != 2 || b != 2 {
		t.Fatalf("%d warnings and %d breaches of two clocks", w, b)
	}
}

// Two conversations that become one wait since the longer wait, and its promise
// is the one that counts; taken apart again, each has its own.
func TestAMergeCarriesTheWait(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Policy: "fast"}, &book{policies: []config.Policy{fast()}})
	first := h.asks("m1", "kim")
	start := h.clock.Now()
	h.clock.Add(5 * time.Minute)
	second := h.asks("m2", "lee")
	if r := h.command(commands.MergeContacts, commands.Envelope{Contact: second.Contact.ID}, commands.MergeBody{From: first.Contact.ID}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	row := h.row(second.ID, func(c events.Conversation) bool { return c.MergedInto == "" })
	if k := clockOf(row, events.FirstResponse); k == nil || !k.StartedAt.Equal(start) || len(row.Clocks) != 2 {
		t.Fatalf("the clocks are %+v", row.Clocks)
	}
	if r := h.command(commands.ReverseMerge, commands.Envelope{Contact: second.Contact.ID}, commands.ReverseMergeBody{From: first.Contact.ID}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	row = h.row(first.ID, func(c events.Conversation) bool { return c.Status == events.Open })
	for _, kind := range []events.ClockKind{events.FirstResponse, events.Resolution} {
		if k := clockOf(row, kind); k == nil || !k.StartedAt.Equal(start) {
			t.Fatalf("apart again its clocks are %+v", row.Clocks)
		}
	}
	row = h.row(second.ID, func(c events.Conversation) bool { return c.Unread == 1 })
	for _, kind := range []events.ClockKind{events.FirstResponse, events.Resolution} {
		if k := clockOf(row, kind); k == nil || !k.StartedAt.Equal(start.Add(5*time.Minute)) {
			t.Fatalf("and those of the other %+v", row.Clocks)
		}
	}
}

// A changed policy, changed hours and another policy for the queue give running
// clocks their new ends, also where the change was made while nobody decided.
func TestRunningClocksFollowTheSettings(t *testing.T) {
	h, c, b := newOffice(t, config.Queue{Policy: "fast"}, &book{policies: []config.Policy{fast()}, hours: []config.Hours{office()}})
	row := h.asks("m1", "kim") // Thursday, 5 March, 09:00
	start := h.clock.Now()
	due := func(at time.Time) func(events.Conversation) bool {
		return func(c events.Conversation) bool {
			k := clockOf(c, events.FirstResponse)
			return k != nil && k.DueAt.Equal(at)
		}
	}
	b.change(func(b *book) { b.policies[0].Targets[0].FirstResponse = 10 * 3600 })
	h.row(row.ID, due(start.Add(10*time.Hour)))
	b.change(func(b *book) { b.policies[0].Hours = "office" })
	h.row(row.ID, due(start.Add(25*time.Hour))) // nine hours today, one tomorrow
	h.stop()
	b.change(func(b *book) { b.hours[0].Week.Thursday[0].To = "17:00" })
	h.start()
	h.row(row.ID, due(start.Add(26*time.Hour)))
	calm := fast()
	calm.ID, calm.Targets[0].FirstResponse = "calm", 7200
	b.change(func(b *book) { b.policies = append(b.policies, calm) })
	c.change(func(c *crew) { c.queues[0].Policy = "calm" })
	h.row(row.ID, due(start.Add(2*time.Hour)))
	if r := h.command(commands.Transfer, commands.Envelope{Conversation: row.ID}, commands.TransferBody{Queue: "night"}); r.Problem != nil || r.Conversation.Clocks != nil {
		t.Fatalf("a queue without a promise has clocks %+v, %v", r.Conversation.Clocks, r.Problem)
	}
	if r := h.command(commands.Transfer, commands.Envelope{Conversation: row.ID}, commands.TransferBody{Queue: "sales"}); r.Problem != nil || !due(start.Add(2*time.Hour))(*r.Conversation) {
		t.Fatalf("back again it has %+v, %v", r.Conversation.Clocks, r.Problem)
	}
	c.change(func(c *crew) { c.queues[0].Policy = "" })
	h.row(row.ID, func(c events.Conversation) bool { return c.Clocks == nil })
}

// A queue that begins to give out work gives out what has waited there; one that
// goes back to being worked by hand lets go of what waits.
func TestABacklogFollowsTheMode(t *testing.T) {
	h, c, _ := newOffice(t, config.Queue{}, &book{}, config.Agent{ID: "anna", Capacity: 20})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	first := h.asks("m1", "kim")
	h.clock.Add(time.Second)
	second := h.asks("m2", "lee")
	c.change(func(c *crew) { c.queues[0].Mode = config.QueuePush })
	h.row(first.ID, assignedTo("anna"))
	waits := func(c events.Conversation) bool { return c.Wait != nil && c.Assignee == "" }
	if row := h.row(second.ID, waits); !row.Wait.Since.Equal(*row.WaitingSince) {
		t.Fatalf("waits since %v instead of %v", row.Wait.Since, row.WaitingSince)
	}
	h.stop()
	c.change(func(c *crew) { c.queues[0].Mode = config.QueueManual })
	h.start()
	h.row(second.ID, func(c events.Conversation) bool { return c.Wait == nil && c.Assignee == "" })
}

// A closed queue that holds gives out nothing, whoever is there; what waits goes
// out at the opening, first come first served, after a restart too.
func TestAClosedQueueHolds(t *testing.T) {
	b := &book{hours: []config.Hours{office()}}
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush, Hours: "office", Closed: config.ClosedHolds}, b, config.Agent{ID: "anna", Capacity: 20})
	h.clock.Add(10 * time.Hour) // 19:00
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	first := h.asks("m1", "kim")
	h.clock.Add(time.Minute)
	second := h.asks("m2", "lee")
	waits := func(c events.Conversation) bool { return c.Wait != nil && c.Assignee == "" }
	h.row(first.ID, waits)
	wantProblem(t, h.command(commands.TakeNext, commands.Envelope{}, struct{}{}), commands.NotFound)
	h.stop()
	h.clock.Add(14*time.Hour - 2*time.Minute) // a minute before nine
	h.start()
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	h.row(first.ID, waits)
	h.clock.Add(time.Minute)
	h.row(first.ID, assignedTo("anna"))
	h.row(second.ID, waits)
	given := bodies[*events.ConversationAssigned](h.log())
	if len(given) != 1 || given[0].Choice == nil || given[0].Choice.Waited != (14*time.Hour).Milliseconds() {
		t.Fatalf("given as %+v", given)
	}
}

// A closed queue that moves sends on what comes, in the place it has.
func TestAClosedQueueMoves(t *testing.T) {
	b := &book{hours: []config.Hours{office()}}
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush, Hours: "office", Closed: config.ClosedMoves, ClosedTo: "night"}, b)
	early := h.asks("m1", "kim")
	h.clock.Add(10 * time.Hour)
	moved := func(c events.Conversation) bool { return c.Queue == "night" && c.Wait != nil }
	h.row(early.ID, moved)
	row := h.row(h.asks("m2", "lee").ID, moved)
	if !row.Wait.Since.Equal(*row.WaitingSince) {
		t.Fatalf("its place was %v, is %v", row.WaitingSince, row.Wait.Since)
	}
}

// What a channel weighs counts at once.
func TestTheWorkloadCounts(t *testing.T) {
	h, _, b := newOffice(t, config.Queue{Mode: config.QueuePush}, &book{weights: map[string]config.Weight{"webhook": {Units: 100}}}, config.Agent{ID: "anna", Capacity: 100})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	first, second := h.asks("m1", "kim"), h.asks("m2", "lee")
	h.row(first.ID, assignedTo("anna"))
	h.row(second.ID, assignedTo(""))
	b.change(func(b *book) { b.weights = map[string]config.Weight{"webhook": {Units: 50}} })
	h.row(second.ID, assignedTo("anna"))
}

// Who asks for a call at a time keeps the place of the day they asked, is offered
// to nobody before that time, and is the first then. A call in vain takes nothing
// from that, and the clock begins at the time they named.
func TestACallbackKeepsItsPlace(t *testing.T) {
	h, _, _ := newOffice(t, config.Queue{Mode: config.QueuePush, Policy: "fast"}, &book{policies: []config.Policy{fast()}}, config.Agent{ID: "anna", Capacity: 20})
	at := h.clock.Now().Add(2 * time.Hour)
	wish := statement("shop", "webhook", "w1", "", point("external", "kim", events.Stated))
	wish.OccurredAt, wish.ReceivedAt, wish.Type, wish.Message = h.clock.Now(), h.clock.Now(), events.CallbackWanted, nil
	wish.Callback = &events.CallbackRequest{Number: "+82212345678", WantedAt: &at}
	row := conversationOf(t, h.say(wish))
	asked := h.clock.Now()
	if k := clockOf(row, events.FirstResponse); row.Wait == nil || k == nil || !k.StartedAt.Equal(at) {
		t.Fatalf("waits as %+v with %+v", row.Wait, row.Clocks)
	}
	h.clock.Add(time.Minute)
	other := h.asks("m1", "lee")
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	h.row(other.ID, assignedTo("anna"))
	h.row(row.ID, assignedTo(""))
	third := h.asks("m2", "cho")
	h.stop()
	h.clock.Add(2 * time.Hour)
	h.start()
	h.row(row.ID, assignedTo(""))
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: other.ID}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	row = h.row(row.ID, assignedTo("anna"))
	h.row(third.ID, assignedTo(""))
	next := h.clock.Now().Add(time.Hour)
	for _, step := range []struct {
		name string
		body any
	}{
		{commands.CloseCallback, commands.CloseCallbackBody{Callback: row.Callback.ID, Outcome: "attempted"}},
		{commands.RequestCallback, commands.RequestCallbackBody{WantedAt: &next}},
		{commands.Assign, commands.AssignBody{}},
	} {
		if r := h.command(step.name, commands.Envelope{Conversation: row.ID}, step.body); r.Problem != nil {
			t.Fatalf("%s: %v", step.name, r.Problem)
		}
	}
	h.row(third.ID, assignedTo("anna"))
	row = h.row(row.ID, assignedTo(""))
	if row.Wait == nil || !row.Wait.Since.Equal(asked) || row.Callback.Attempts != 1 {
		t.Fatalf("after a call in vain it waits as %+v, %+v", row.Wait, row.Callback)
	}
	h.clock.Add(time.Hour)
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: third.ID}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.row(row.ID, assignedTo("anna"))
}

// What is late goes ahead of what has waited longer, where the policy says so, and
// from the moment on at which it is.
func TestWhatIsLateIsRaised(t *testing.T) {
	calm, hard := fast(), fast()
	calm.ID, calm.Targets[0] = "calm", config.Target{FirstResponse: 7200}
	hard.Raise = config.Raise{Warned: 1, Missed: 2}
	h, c, _ := newOffice(t, config.Queue{Mode: config.QueuePush, Policy: "calm"}, &book{policies: []config.Policy{calm, hard}}, config.Agent{ID: "anna", Capacity: 20})
	h.inboxes.mu.Lock()
	h.inboxes.all[2].Queue = "vip"
	h.inboxes.mu.Unlock()
	c.change(func(c *crew) {
		c.queues = append(c.queues, config.Queue{ID: "vip", Mode: config.QueuePush, Policy: "fast"})
	})
	early := h.asks("m1", "kim")
	h.clock.Add(5 * time.Minute)
	in := statement("chat", "webchat", "m2", "hello", events.Point{Kind: "visitor", Value: "lee", Scope: "chat", Trust: events.Proved})
	in.OccurredAt = h.clock.Now()
	vip := conversationOf(t, h.say(in))
	h.clock.Add(8 * time.Minute)
	h.row(vip.ID, warned(events.FirstResponse)) // one step is worth ten minutes
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	h.row(vip.ID, assignedTo("anna"))
	h.row(early.ID, assignedTo(""))
}
