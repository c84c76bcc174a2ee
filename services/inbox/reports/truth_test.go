package reports

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// by is one number of a report by a dimension, without what is nought.
func by(t *testing.T, l *memory, dimension Dimension, n Number) map[string]int64 {
	t.Helper()
	table, err := l.Query(Query{From: start.AddDate(-1, 0, 0), To: start.AddDate(1, 0, 0), By: []Dimension{dimension}, Numbers: []Number{n}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, r := range table.Rows {
		if v := r.Counts[n]; v != 0 {
			out[r.Keys[0]] = v
		}
	}
	return out
}

func is(t *testing.T, what string, got, want map[string]int64) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}

// A promise is one however many calls it takes, and however often more is told of
// it.
func TestAPromiseIsCountedOnce(t *testing.T) {
	l, at := newMemory(zone), start
	row := events.Conversation{Status: events.Open}
	asked := events.Callback{ID: "cb1", Number: "+8210", RequestedAt: at}
	for tries := range 3 {
		asked.Attempts = tries
		cb := asked
		row.Callback = &cb
		told(l, at, row, &events.CallbackRequested{Conversation: conv, Callback: cb})
		at = at.Add(10 * time.Minute)
	}
	row.Callback = nil
	told(l, at, row, &events.CallbackClosed{Conversation: conv, Callback: "cb1", Outcome: "reached"})
	next := events.Callback{ID: "cb2", RequestedAt: at}
	row.Callback = &next
	told(l, at, row, &events.CallbackRequested{Conversation: conv, Callback: next})
	r := whole(t, l)
	if a, b := r.Counts[queries.ReportCallbacksAsked], r.Counts[queries.ReportCallbacksReached]; a != 2 || b != 1 {
		t.Errorf("%d asked, %d reached", a, b)
	}
	if s := r.Spreads[queries.ReportCallbackTime]; s.Count != 1 || s.Most != (30*time.Minute).Milliseconds() {
		t.Errorf("callback time %+v", s)
	}
	if s := r.Spreads[queries.ReportCallbackBusiness]; s.Count != 1 || s.Most != (30*time.Minute).Milliseconds() {
		t.Errorf("in business time %+v", s) // the first half of the hour is open
	}
}

// Whoever is reached by a call is answered, also in the time of the calendar; who
// named a time waits from then on, and what is written to them before is no answer.
func TestAReachedCallAnswers(t *testing.T) {
	l, at := newMemory(zone), start
	wanted := at.Add(time.Hour)
	cb := events.Callback{ID: "cb1", RequestedAt: at, WantedAt: &wanted}
	row := events.Conversation{Status: events.Open, Callback: &cb, Assignee: "anna"}
	wish := message(events.In, at, "contact")
	wish.Message.Flags = []string{"callback"}
	told(l, at, row, &events.ConversationOpened{Conversation: conv, Channel: "email", Inbox: "in1"}, wish, &events.CallbackRequested{Conversation: conv, Callback: cb})
	told(l, at.Add(time.Minute), row, message(events.Out, at.Add(time.Minute), "agent"))
	if s, there := whole(t, l).Spreads[queries.ReportFirstResponse]; there {
		t.Fatalf("answered before the time: %+v", s)
	}
	row.Callback = nil
	at = wanted.Add(5 * time.Minute)
	told(l, at, row, &events.CallbackClosed{Conversation: conv, Callback: "cb1", Outcome: "reached"})
	if s := whole(t, l).Spreads[queries.ReportFirstResponse]; s.Count != 1 || s.Most != (5*time.Minute).Milliseconds() {
		t.Fatalf("%+v", s)
	}
	told(l, at.Add(time.Hour), row, message(events.Out, at.Add(time.Hour), "agent"))
	if s, there := whole(t, l).Spreads[queries.ReportNextResponse]; there {
		t.Fatalf("nobody asked anything more: %+v", s)
	}
	// A call that is called off is not waited for; what was asked beside it is.
	other := events.Callback{ID: "cb2", RequestedAt: at}
	row.Callback = &other
	told(l, at, row, &events.CallbackRequested{Conversation: conv, Callback: other})
	row.Callback = nil
	told(l, at, row, &events.CallbackClosed{Conversation: conv, Callback: "cb2", Outcome: "cancelled"})
	told(l, at.Add(time.Hour), row, message(events.Out, at.Add(time.Hour), "agent"))
	if s, there := whole(t, l).Spreads[queries.ReportNextResponse]; there {
		t.Fatalf("the call was called off: %+v", s)
	}
}

// Only a customer who gave up is abandoned: not one whose queue was deleted, whom
// somebody moved, or of whom an older log says left, which it never said of people.
func TestOnlyTheCustomerAbandons(t *testing.T) {
	l, row := newMemory(zone), events.Conversation{Status: events.Open, Queue: "qu1"}
	for i, reason := range []string{
		events.PlaceTaken, events.PlaceAnswered, events.PlaceReached, events.PlaceCancelled, events.PlaceInVain, events.PlaceResolved,
		events.PlaceSnoozed, events.PlaceMerged, events.PlaceTransferred, events.PlaceStopped, "left", events.PlaceAbandoned,
	} {
		told(l, start.Add(time.Duration(i)*time.Minute), row, &events.ConversationUnqueued{Conversation: conv, Queue: "qu1", Reason: reason})
	}
	is(t, "abandoned", by(t, l, queries.ByQueue, queries.ReportAbandoned), map[string]int64{"qu1": 1})
}

// Volume is by the tags and segments that a conversation carries by now, whenever
// they came, also after it was over; and by the agent who had it or came next.
func TestVolumeIsByWhatAConversationCarriesNow(t *testing.T) {
	l, at := newMemory(zone), start
	row := events.Conversation{Status: events.Open, Queue: "qu1"}
	say := func(bodies ...events.Body) { at = at.Add(time.Minute); told(l, at, row, bodies...) }
	say(&events.ConversationOpened{Conversation: conv, Channel: "email", Inbox: "in1"}, message(events.In, at, "contact"))
	is(t, "nobody had it", by(t, l, queries.ByAgent, queries.ReportOpened), map[string]int64{"": 1})
	say(message(events.In, at, "contact"))
	row.Assignee = "anna"
	say(&events.ConversationAssigned{Conversation: conv, Assignee: "anna"})
	say(message(events.In, at, "contact"))
	row.Assignee = "bela"
	say(&events.ConversationAssigned{Conversation: conv, Assignee: "bela"})
	row.Assignee = ""
	say(&events.ConversationAssigned{Conversation: conv})
	say(message(events.In, at, "contact"))
	row.Assignee = "cora"
	say(&events.ConversationAssigned{Conversation: conv, Assignee: "cora"})
	row.Status = events.Resolved
	say(&events.ConversationResolved{Conversation: conv})
	is(t, "opened by agent", by(t, l, queries.ByAgent, queries.ReportOpened), map[string]int64{"anna": 1})
	is(t, "received by agent", by(t, l, queries.ByAgent, queries.ReportReceived), map[string]int64{"anna": 3, "cora": 1})
	is(t, "opened by tag", by(t, l, queries.ByTag, queries.ReportOpened), map[string]int64{"": 1})

	row.Tags, row.Segments = []string{"refund"}, []events.SegmentID{"vip"}
	say(&events.ConversationTagged{Conversation: conv, Added: []string{"refund"}})
	is(t, "tagged, opened", by(t, l, queries.ByTag, queries.ReportOpened), map[string]int64{"refund": 1})
	is(t, "tagged, received", by(t, l, queries.ByTag, queries.ReportReceived), map[string]int64{"refund": 4})
	is(t, "tagged, resolved", by(t, l, queries.ByTag, queries.ReportResolved), map[string]int64{"refund": 1})
	is(t, "in a segment", by(t, l, queries.BySegment, queries.ReportOpened), map[string]int64{"vip": 1})
	q := Query{From: start, To: at, Only: map[Dimension][]string{queries.ByTag: {"refund"}}}
	if ids, total, err := l.Conversations(q, queries.ReportOpened, "", 10); err != nil || total != 1 || ids[0] != conv {
		t.Errorf("behind the tag stand %v %v", ids, err)
	}
	q.Scope = &queries.ReportScope{Agent: "anna"}
	if table, err := l.Query(q); err != nil || table.Rows[0].Counts[queries.ReportOpened] != 1 || table.Rows[0].Counts[queries.ReportReceived] != 3 {
		t.Errorf("anna's own: %+v %v", table.Rows, err)
	}
	row.Tags = nil
	say(&events.ConversationTagged{Conversation: conv, Removed: []string{"refund"}})
	is(t, "untagged", by(t, l, queries.ByTag, queries.ReportOpened), map[string]int64{"": 1})
}

// Who comes and goes a thousand times costs no more than a bounded list.
func TestGapsAreBounded(t *testing.T) {
	l, at := newMemory(zone), start
	row := events.Conversation{Status: events.Open}
	const times = maxGaps + 20
	for i := range times {
		at = at.Add(time.Minute)
		row.Assignee = ""
		told(l, at, row, message(events.In, at, "contact"))
		row.Assignee = events.AgentID(fmt.Sprint("ag", i))
		told(l, at, row, &events.ConversationAssigned{Conversation: conv, Assignee: row.Assignee})
	}
	got := by(t, l, queries.ByAgent, queries.ReportReceived)
	if got[""] != times-maxGaps || got["ag0"] != 1 || got[fmt.Sprint("ag", maxGaps-1)] != 1 || len(got) != maxGaps+1 {
		t.Fatalf("%v", got)
	}
}

// An agent's time lies in what they have in hand, by what it takes of their capacity;
// by agent it is what it always was, and a share of it is never made up.
func TestBusyTimeLiesInTheWork(t *testing.T) {
	l, at := newMemory(zone), start
	rows := map[events.ConversationID]events.Conversation{}
	say := func(id events.ConversationID, channel string, c events.Conversation) {
		c.ID = id
		rows[id] = c
		l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.ConversationOpened{Conversation: id, Channel: channel})}, Conversations: []events.Conversation{c}})
	}
	l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: "anna", State: events.AgentAvailable}})}})
	say("cv1", "email", events.Conversation{Status: events.Open, Assignee: "anna", Queue: "mails", Tags: []string{"refund"}})
	at = at.Add(4 * time.Minute)
	say("cv2", "phone", events.Conversation{Status: events.Open, Assignee: "anna", Queue: "calls"})
	at = at.Add(11 * time.Minute)
	l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: "anna", State: events.AgentAway}})}})
	minute := time.Minute.Milliseconds()
	is(t, "by queue", by(t, l, queries.ByQueue, queries.ReportBusyTime), map[string]int64{"mails": 5 * minute, "calls": 10 * minute})
	is(t, "by channel", by(t, l, queries.ByChannel, queries.ReportBusyTime), map[string]int64{"email": 5 * minute, "phone": 10 * minute})
	is(t, "by tag", by(t, l, queries.ByTag, queries.ReportBusyTime), map[string]int64{"refund": 5 * minute, "": 10 * minute})
	is(t, "by agent", by(t, l, queries.ByAgent, queries.ReportBusyTime), map[string]int64{"anna": 15 * minute})
	is(t, "available", by(t, l, queries.ByQueue, queries.ReportAvailableTime), map[string]int64{"": 15 * minute})
	for _, n := range []Number{queries.ReportBusyTime, queries.ReportOccupancy, queries.ReportAvailableTime} {
		if ids, total, err := l.Conversations(Query{From: start, To: at}, n, "", 10); err != nil || total != 2 {
			t.Errorf("behind %s stand %v %v", n, ids, err)
		}
	}
	// Whoever sees the queue and not the agent sees none of it: they see nothing of the
	// agent's available time either.
	for scope, want := range map[*queries.ReportScope]int64{{Agent: "bela", Queues: []events.QueueID{"mails"}}: 0, {Agent: "anna"}: 15 * minute} {
		table, err := l.Query(Query{From: start, To: at, Scope: scope})
		if err != nil || table.Rows[0].Counts[queries.ReportBusyTime] != want || table.Rows[0].Counts[queries.ReportAvailableTime] != want {
			t.Errorf("%+v: %+v %v", scope, table.Rows, err)
		}
	}
	for _, q := range []struct {
		by, only Dimension
		told     bool
	}{{by: queries.ByAgent, told: true}, {by: queries.ByHour, told: true}, {by: queries.ByTeam, told: true}, {by: queries.ByQueue}, {by: queries.ByChannel}, {by: queries.ByTag}, {by: queries.ByHour, only: queries.ByQueue}} {
		ask := Query{From: start, To: start.Add(time.Hour), By: []Dimension{q.by}}
		if q.only != "" {
			ask.Only = map[Dimension][]string{q.only: {"", "mails"}}
		}
		table, err := l.Query(ask)
		if err != nil || len(table.Rows) == 0 {
			t.Fatal(table, err)
		}
		for _, r := range table.Rows {
			if v, there := r.Shares[queries.ReportOccupancy]; there != q.told || there && v != 1 {
				t.Errorf("%+v: occupancy %v %v", q, v, there)
			}
		}
	}
}

// Whoever has hundreds in hand works on none in particular: the time is theirs.
func TestTimeIsPartedAmongSoMany(t *testing.T) {
	for n, want := range map[int]int{maxHands: maxHands, maxHands + 1: 0} {
		l, at := newMemory(zone), start
		l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: "anna", State: events.AgentAvailable}})}})
		for i := range n {
			c := events.Conversation{ID: events.ConversationID(fmt.Sprintf("cv%04d", i)), Status: events.Open, Assignee: "anna", Queue: "qu1"}
			l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.ConversationOpened{Conversation: c.ID})}, Conversations: []events.Conversation{c}})
		}
		at = at.Add(time.Hour)
		l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: "anna", State: events.AgentAway}})}})
		is(t, fmt.Sprint(n, " in hand"), by(t, l, queries.ByAgent, queries.ReportBusyTime), map[string]int64{"anna": time.Hour.Milliseconds()})
		if _, total, err := l.Conversations(Query{From: start, To: at}, queries.ReportBusyTime, "", 50); err != nil || total != want {
			t.Errorf("%d in hand: behind the time stand %d, %v", n, total, err)
		}
	}
}
