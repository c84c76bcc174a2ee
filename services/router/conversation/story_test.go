package conversation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// book is a World in memory, with the decisions that made it.
type book struct {
	now           time.Time
	n             int
	contacts      map[events.ContactID]*Contact
	conversations map[events.ConversationID]*State
	messages      map[events.MessageID]MessageRef
	held          map[string][]Receipt
	roads         map[string][]Outgoing
	orders        map[string]OrderRef
	purchases     map[events.ContactID][]Purchase
	queues        map[events.QueueID]config.Queue
	presences     map[events.AgentID]events.Presence
	room          func(events.AgentID, []*events.Conversation) bool
	left          map[events.AgentID]bool // works here no more
	log           []*events.Decision
}

func newBook() *book {
	return &book{
		now: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), contacts: map[events.ContactID]*Contact{},
		conversations: map[events.ConversationID]*State{}, messages: map[events.MessageID]MessageRef{}, held: map[string][]Receipt{},
		roads: map[string][]Outgoing{}, orders: map[string]OrderRef{}, purchases: map[events.ContactID][]Purchase{}, queues: map[events.QueueID]config.Queue{}, presences: map[events.AgentID]events.Presence{},
	}
}

func (b *book) Contact(id events.ContactID) (*Contact, bool) { c, ok := b.contacts[id]; return c, ok }
func (b *book) Conversation(id events.ConversationID) (*State, bool) {
	s, ok := b.conversations[id]
	return s, ok
}
func (b *book) Message(id events.MessageID) (MessageRef, bool) { m, ok := b.messages[id]; return m, ok }
func (b *book) Held(key string) []Receipt                      { return b.held[key] }

func (b *book) Outgoing(key string) []Outgoing               { return b.roads[key] }
func (b *book) Order(key string) (OrderRef, bool)            { o, ok := b.orders[key]; return o, ok }
func (b *book) Purchases(id events.ContactID) []Purchase     { return b.purchases[id] }
func (b *book) Queue(id events.QueueID) (config.Queue, bool) { q, ok := b.queues[id]; return q, ok }
func (b *book) Presence(id events.AgentID) (events.Presence, bool) {
	p, ok := b.presences[id]
	return p, ok
}
func (b *book) Clocks() Clocks { return nil }
func (b *book) Room(id events.AgentID, more ...*events.Conversation) bool {
	return b.room == nil || b.room(id, more)
}
func (b *book) Works(id events.AgentID) bool { return !b.left[id] }
func (b *book) Candidates(c *events.Conversation) events.Choice {
	return events.Choice{Queue: c.Queue, Candidates: []events.Candidate{{Agent: "somebody"}}}
}
func (b *book) QueueOf(team events.TeamID) (events.QueueID, bool) {
	for id, q := range b.queues {
		if slices.Contains(q.Teams, team) {
			return id, true
		}
	}
	return "", false
}
func (b *book) Talks(id events.ContactID) []events.ConversationID {
	var out []events.ConversationID
	for c, s := range b.conversations {
		if s.Contact.ID == id {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

func (b *book) draft(contact events.ContactID) *Draft {
	b.n++
	b.now = b.now.Add(time.Second)
	return NewDraft(b, fmt.Sprint("d", b.n), contact, b.now, events.Cause{Kind: "command"}, events.Author{Kind: "agent", ID: "anna"})
}

// keep makes a draft, and what goes beside it, the present.
func (b *book) keep(drafts ...*Draft) *events.Decision {
	first := drafts[0].Finish()
	if first == nil {
		return &events.Decision{}
	}
	b.log = append(b.log, first)
	for _, d := range drafts[1:] {
		b.log = append(b.log, d.Finish())
	}
	b.take(drafts[0].Work)
	return first
}

func (b *book) take(w *Work) {
	maps.Copy(b.presences, w.Presences)
	for id, c := range w.Contacts {
		b.contacts[id] = c
	}
	for id, s := range w.Conversations {
		b.conversations[id] = s
	}
	for id, m := range w.Messages {
		b.messages[id] = m
	}
	maps.Copy(b.roads, w.Roads)
	maps.Copy(b.orders, w.Orders)
	maps.Copy(b.purchases, w.Purchased)
	for key, r := range w.Receipts {
		b.held[key] = r
		if len(r) == 0 {
			delete(b.held, key)
		}
	}
}

// replayed is the state that the log alone gives, through its wire form.
func (b *book) replayed(t interface{ Fatal(...any) }) *book {
	out := newBook()
	for _, d := range b.log {
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		stored, err := events.DecodeDecision(data)
		if err != nil {
			t.Fatal(err)
		}
		w := NewWork(out)
		w.Replay(stored)
		out.take(w)
	}
	return out
}

func (b *book) state(t interface{ Fatal(...any) }) string {
	data, err := json.Marshal([]any{b.contacts, b.conversations, b.messages, b.held, b.roads, b.orders, b.purchases})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func email(name string) events.Point {
	return events.Point{Kind: "email", Value: name + "@example.com", Trust: events.Stated}
}

// meets makes a contact known.
func (b *book) meets(name string, points ...events.Point) events.ContactID {
	id := events.ContactID("ct" + name + "00")
	d := b.draft(id)
	d.Meet(true, name, nil, append(points, email(name)), "new")
	b.keep(d)
	return id
}

// writes has a contact say something, into a conversation or a new one.
func (b *book) writes(contact events.ContactID, join events.ConversationID, change ...func(*Arrival)) (events.ConversationID, *events.Decision) {
	d := b.draft(contact)
	n := fmt.Sprint(b.n)
	from := email(string(contact))
	a := Arrival{NewID: events.ConversationID("cv" + n), Join: join, Reason: "it wrote", Queue: "front", Message: events.Message{
		ID: events.MessageID("ms" + n), ContactID: contact, Direction: events.In, Kind: events.KindMessage, Channel: "email", InboxID: "mail",
		From: &from, Text: "text " + n, ThreadIDs: []string{"<" + n + "@x>"}, Attachments: []events.Attachment{}, Status: events.StatusReceived, OccurredAt: b.now, ReceivedAt: b.now,
	}}
	for _, c := range change {
		c(&a)
	}
	id := d.Receive(a)
	return id, b.keep(d)
}

// answers has an agent answer in a conversation.
func (b *book) answers(t interface{ Fatal(...any) }, c events.ConversationID) (events.MessageID, *events.Decision) {
	s := b.conversations[c]
	d := b.draft(s.Contact.ID)
	id := events.MessageID(fmt.Sprint("out", b.n))
	road, _ := s.LastRoad(func(Road) bool { return true })
	if problem := d.Answer(s, id, road, commands.ReplyBody{Text: "an answer"}); problem != nil {
		t.Fatal(problem)
	}
	return id, b.keep(d)
}

// does changes a conversation and wants it allowed.
func (b *book) does(t interface{ Fatal(...any) }, c events.ConversationID, change func(*Draft, *State) *commands.Problem) *events.Decision {
	s := b.conversations[c]
	d := b.draft(s.Contact.ID)
	if problem := change(d, s); problem != nil {
		t.Fatal(problem)
	}
	return b.keep(d)
}

func resolve(d *Draft, s *State) *commands.Problem { return d.Resolve(s, "") }

func facts(d *events.Decision) string {
	var names []string
	for _, f := range d.Facts {
		names = append(names, f.Type)
	}
	return strings.Join(names, " ")
}

func wantFacts(t *testing.T, d *events.Decision, want string) {
	t.Helper()
	if got := facts(d); got != want {
		t.Fatalf("facts are %q, want %q", got, want)
	}
}

func TestACustomerWritesForTheFirstTime(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	c, d := b.writes(kim, "")
	wantFacts(t, d, "conversation.opened message.added")
	row := b.conversations[c].Conversation
	if row.Unread != 1 || row.WaitingSince == nil || row.Status != events.Open || row.Queue != "front" || row.Version != 1 {
		t.Fatalf("row is %+v", row)
	}
}

func TestAnAnswerStandsBehindItsQuestionThoughTheCustomersClockIsAhead(t *testing.T) {
	b := newBook()
	c, _ := b.writes(b.meets("kim"), "", func(a *Arrival) { a.Message.OccurredAt = b.now.Add(MaxAhead - time.Minute) })
	asked := b.conversations[c].LastMessage.OccurredAt
	_, d := b.answers(t, c)
	wantFacts(t, d, "message.added message.send_requested")
	if row := b.conversations[c]; !row.LastMessage.OccurredAt.After(asked) || row.Unread != 0 || row.WaitingSince != nil {
		t.Fatalf("row is %+v, last %+v", row.Conversation, row.LastMessage)
	}
}

func TestAReplyReopensWhatWasResolvedButMachineMailDoesNot(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	c, _ := b.writes(kim, "")
	b.does(t, c, resolve)
	_, d := b.writes(kim, c, func(a *Arrival) { a.Message.Flag("automatic") })
	wantFacts(t, d, "message.added")
	if row := b.conversations[c]; row.Status != events.Resolved || row.WaitingSince != nil {
		t.Fatalf("an out-of-office note made it %s, waiting since %v", row.Status, row.WaitingSince)
	}
	_, d = b.writes(kim, c)
	wantFacts(t, d, "conversation.reopened message.added")
	if !slices.Equal(b.contacts[kim].Live, []events.ConversationID{c}) {
		t.Fatalf("live: %v", b.contacts[kim].Live)
	}
}

func TestReopeningByHandIsRefusedWhereAnotherIsOpen(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	first, _ := b.writes(kim, "")
	b.does(t, first, resolve)
	b.writes(kim, "")
	s := b.conversations[first]
	if problem := b.draft(kim).Reopen(s, ""); problem == nil || problem.Code != commands.Conflict {
		t.Fatalf("got %v", problem)
	}
}

func TestASnoozeEndsAtItsTimeOrWhenTheCustomerWrites(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	c, _ := b.writes(kim, "")
	until := b.now.Add(time.Hour)
	snooze := func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, until) }
	b.does(t, c, snooze)
	d := b.draft(kim)
	d.Wake(b.conversations[c], until.Add(-time.Second))
	if !d.Empty() {
		t.Fatal("woken before its time")
	}
	d.Wake(b.conversations[c], until)
	wantFacts(t, b.keep(d), "conversation.woken")
	b.does(t, c, snooze)
	_, decision := b.writes(kim, c)
	wantFacts(t, decision, "conversation.woken message.added")
}

func TestWhoClaimsWhatAnotherHasIsTold(t *testing.T) {
	b := newBook()
	c, _ := b.writes(b.meets("kim"), "")
	version := b.conversations[c].Version
	b.does(t, c, func(d *Draft, s *State) *commands.Problem {
		return d.Assign(s, version, commands.AssignBody{Assignee: "bora"})
	})
	problem := b.draft("ctkim00").Assign(b.conversations[c], version, commands.AssignBody{Assignee: "anna"})
	if problem == nil || problem.Code != commands.Conflict || problem.Conversation.Assignee != "bora" {
		t.Fatalf("got %+v", problem)
	}
}

func TestTheNewestWordsAreShownAsTheyAreNow(t *testing.T) {
	b := newBook()
	c, d := b.writes(b.meets("kim"), "")
	id := d.Conversations[0].LastMessage.ID
	b.does(t, c, func(d *Draft, _ *State) *commands.Problem { return d.Edit(id, "better  words", "") })
	if text := b.conversations[c].LastMessage.Text; text != "better words" {
		t.Fatalf("after the edit the row shows %q", text)
	}
	b.does(t, c, func(d *Draft, _ *State) *commands.Problem { return d.Remove(id) })
	if text := b.conversations[c].LastMessage.Text; text != "" {
		t.Fatalf("after the removal the row shows %q", text)
	}
}

func TestAReceiptOfAnInboundMessageSaysNothing(t *testing.T) {
	b := newBook()
	_, d := b.writes(b.meets("kim"), "")
	_, problem := b.draft("ctkim00").Report(d.Conversations[0].LastMessage.ID, events.Delivery{Status: events.StatusRead})
	if problem == nil {
		t.Fatal("a customer's message was marked as read by the customer")
	}
}

func TestAReceiptThatComesBeforeTheSendResultCounts(t *testing.T) {
	b := newBook()
	c, _ := b.writes(b.meets("kim"), "")
	out, _ := b.answers(t, c)
	early := b.draft("")
	if !early.Hold("email", "mail", events.Delivery{ProviderIDs: []string{"<p1>"}, Status: events.StatusFailed, Detail: "no such mailbox"}) {
		t.Fatal("the receipt was not held")
	}
	b.keep(early)
	b.does(t, c, func(d *Draft, _ *State) *commands.Problem {
		_, problem := d.BeginSend(commands.BeginSendBody{Message: out})
		return problem
	})
	d := b.does(t, c, func(d *Draft, _ *State) *commands.Problem {
		return d.EndSend(commands.EndSendBody{Message: out, Result: events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"<p1>"}}})
	})
	wantFacts(t, d, "message.status_changed message.status_changed")
	if status := b.messages[out].Status; status != events.StatusFailed || len(b.held) != 0 {
		t.Fatalf("the message is %s, still held %v", status, b.held)
	}
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

func TestWhatCannotCountIsNotHeld(t *testing.T) {
	for name, report := range map[string]events.Delivery{
		"no id":          {Status: events.StatusRead},
		"no status":      {ProviderIDs: []string{"p"}},
		"unknown status": {ProviderIDs: []string{"p"}, Status: "eaten"},
		"endless id":     {ProviderIDs: []string{strings.Repeat("p", maxHeldID+1)}, Status: events.StatusRead},
	} {
		if newBook().draft("").Hold("email", "mail", report) {
			t.Errorf("%s was held", name)
		}
	}
}

func merge(t interface{ Fatal(...any) }, b *book, into, from events.ContactID) *events.Decision {
	d := b.draft(into)
	if problem := d.Merge(from, "by hand", false); problem != nil {
		t.Fatal(problem)
	}
	return b.keep(d, d.Marker(from))
}

func reverse(t interface{ Fatal(...any) }, b *book, into, from events.ContactID) *events.Decision {
	d := b.draft(into)
	if problem := d.ReverseMerge(from, func(c events.ConversationID) events.ConversationID {
		return c + events.ConversationID(fmt.Sprint("-apart", b.n))
	}); problem != nil {
		t.Fatal(problem)
	}
	return b.keep(d, d.Marker(from))
}

// belongings are the addresses and the conversations under way of contacts.
func (b *book) belongings(ids ...events.ContactID) string {
	out := ""
	for _, id := range ids {
		var points []string
		for _, p := range b.contacts[id].Points {
			points = append(points, fmt.Sprint(p))
		}
		slices.Sort(points)
		out += fmt.Sprintln(id, points, b.contacts[id].Live)
	}
	return out
}

func TestAMergeJoinsTwoOpenConversationsAndItsReversalGivesThemBack(t *testing.T) {
	b := newBook()
	shared := events.Point{Kind: "phone", Value: "+8210", Trust: events.Stated}
	kim, lee := b.meets("kim", shared), b.meets("lee", shared)
	mine, _ := b.writes(kim, "")
	theirs, _ := b.writes(lee, "")
	before := b.belongings(kim, lee)
	wantFacts(t, merge(t, b, kim, lee), "contact.merged conversation.merged")
	if b.conversations[theirs].MergedInto != mine || b.conversations[mine].Unread != 2 || len(b.contacts[kim].Live) != 1 {
		t.Fatalf("after the merge: %+v", b.conversations[mine].Conversation)
	}
	wantFacts(t, reverse(t, b, kim, lee), "conversation.merge_reversed contact.merge_reversed")
	if after := b.belongings(kim, lee); after != before {
		t.Fatalf("before %s\nafter  %s", before, after)
	}
	if s := b.conversations[theirs]; s.Contact.ID != lee || s.Status != events.Open || b.conversations[mine].Unread != 1 {
		t.Fatalf("theirs %+v, mine has %d unread", s.Conversation, b.conversations[mine].Unread)
	}
}

func TestAResolvedConversationOfAFoldedContactGoesOnWithTheOneThatStands(t *testing.T) {
	b := newBook()
	kim, lee := b.meets("kim"), b.meets("lee")
	old, _ := b.writes(lee, "")
	b.does(t, old, resolve)
	merge(t, b, kim, lee)
	b.writes(kim, old)
	if s := b.conversations[old]; s.Contact.ID != kim || s.Status != events.Open || !slices.Contains(b.contacts[kim].Live, old) || len(b.contacts[lee].Live) != 0 {
		t.Fatalf("%+v; live: kim %v, lee %v", s.Conversation, b.contacts[kim].Live, b.contacts[lee].Live)
	}
	reverse(t, b, kim, lee)
	if s := b.conversations[old]; s.Contact.ID != lee || !slices.Contains(b.contacts[lee].Live, old) || len(b.contacts[kim].Live) != 0 {
		t.Fatalf("after the reversal %+v; live: kim %v, lee %v", s.Conversation, b.contacts[kim].Live, b.contacts[lee].Live)
	}
}

func TestAnAddressTakenAwayAfterAMergeDoesNotComeBack(t *testing.T) {
	b := newBook()
	kim, lee := b.meets("kim"), b.meets("lee")
	merge(t, b, kim, lee)
	d := b.draft(kim)
	if problem := d.RemovePoint(email("lee"), "wrong"); problem != nil {
		t.Fatal(problem)
	}
	b.keep(d)
	reverse(t, b, kim, lee)
	if len(b.contacts[lee].Points) != 0 {
		t.Fatalf("lee holds %v", b.contacts[lee].Points)
	}
}

func TestWhatAStrangerTypesIsBounded(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	for i := range 500 {
		d := b.draft(kim)
		d.Meet(false, "", map[string]string{fmt.Sprint("k", i): "v"}, []events.Point{{Kind: "email", Value: fmt.Sprint(i), Trust: events.Claimed}}, "typed")
		d.Suggest(events.ContactID(fmt.Sprint("other", i)), email("x"), "typed")
		b.keep(d)
	}
	c := b.contacts[kim]
	if len(c.Points) > maxPoints || len(c.Suggested) > maxSuggested || len(c.Attributes) > MaxAttributes {
		t.Fatalf("%d addresses, %d suggestions, %d attributes", len(c.Points), len(c.Suggested), len(c.Attributes))
	}
}
