package reports

import (
	"maps"
	"math/rand/v2"
	"slices"

	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

const conv = events.ConversationID("cv1")

// told has a ledger hear of facts about one conversation.
func told(l *memory, at time.Time, row events.Conversation, bodies ...events.Body) {
	row.ID = conv
	d := &events.Decision{At: at, Conversations: []events.Conversation{row}}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	l.Apply(d)
}

func message(direction events.Direction, at time.Time, author string) *events.MessageAdded {
	return &events.MessageAdded{Message: events.Message{ConversationID: conv, Direction: direction, Kind: events.KindMessage, Channel: "email", InboxID: "in1", Author: events.Author{Kind: author, ID: "anna"}, OccurredAt: at}}
}

func whole(t *testing.T, l *memory) Row {
	t.Helper()
	table, err := l.Query(Query{From: start.AddDate(-1, 0, 0), To: start.AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return table.Rows[0]
}

// Elsewhere a reopened chat shows five days to first response, because the time
// runs from when it was opened (chatwoot#12058). Here a first response is had
// once, and what comes after the reopening is measured from there.
func TestReopenedFirstResponseIsNotCountedAgain(t *testing.T) {
	l, open, done := newMemory(zone), events.Conversation{Status: events.Open}, events.Conversation{Status: events.Resolved}
	at := start
	told(l, at, open, &events.ConversationOpened{Conversation: conv, Channel: "email", Inbox: "in1"}, message(events.In, at, "contact"))
	told(l, at.Add(2*time.Minute), open, message(events.Out, at.Add(2*time.Minute), "agent"))
	told(l, at.Add(10*time.Minute), done, &events.ConversationResolved{Conversation: conv})
	at = start.AddDate(0, 0, 5)
	told(l, at, open, &events.ConversationReopened{Conversation: conv}, message(events.In, at, "contact"))
	told(l, at.Add(3*time.Minute), open, message(events.Out, at.Add(3*time.Minute), "agent"))
	told(l, at.Add(20*time.Minute), done, &events.ConversationResolved{Conversation: conv})
	r := whole(t, l)
	if s := r.Spreads[queries.ReportFirstResponse]; s.Count != 1 || s.Most != (2*time.Minute).Milliseconds() {
		t.Errorf("first response %+v", s)
	}
	if s := r.Spreads[queries.ReportNextResponse]; s.Count != 1 || s.Most != (3*time.Minute).Milliseconds() {
		t.Errorf("next response %+v", s)
	}
	if s := r.Spreads[queries.ReportResolutionTime]; s.Count != 2 || s.Most != (20*time.Minute).Milliseconds() || s.Average != (15*time.Minute).Milliseconds() {
		t.Errorf("resolution %+v", s)
	}
	if r.Shares[queries.ReportReopenRate] != 0.5 || r.Shares[queries.ReportResolutionRate] != 1 || r.Counts[queries.ReportBacklog] != 0 {
		t.Errorf("%+v", r)
	}
}

// The newest score of a survey is the one that counts, at its own time; it belongs to
// the agent who was asked about, whoever has the conversation by then.
func TestAScoreThatIsThoughtBetterOf(t *testing.T) {
	l, done, at := newMemory(zone), events.Conversation{Status: events.Resolved, Assignee: "bela"}, start
	asked := events.Survey{ID: "su1", Kind: events.NPS, Agent: "anna", AskedAt: at}
	told(l, at, done, &events.SurveyAsked{Conversation: conv, Survey: asked})
	answer := func(survey events.SurveyID, score int) {
		at = at.Add(time.Hour)
		told(l, at, done, &events.SurveyAnswered{Conversation: conv, Survey: survey, Kind: events.NPS, Score: score})
	}
	answer("su1", 3)
	if r := whole(t, l); r.Shares[queries.ReportNPSScore] != -100 || r.Shares[queries.ReportNPSResponse] != 1 {
		t.Fatalf("%+v", r)
	}
	answer("su0", 0) // of an older asking
	answer("su1", 10)
	r := whole(t, l)
	if r.Shares[queries.ReportNPSScore] != 100 || r.Counts[queries.ReportNPSAnswered] != 1 || r.Counts[queries.ReportNPSSum] != 10 {
		t.Fatalf("%+v", r)
	}
	table, err := l.Query(Query{From: at, To: at.Add(time.Hour), By: []Dimension{queries.ByAgent}, Numbers: []Number{queries.ReportNPSScore}})
	if err != nil || len(table.Rows) != 1 || table.Rows[0].Keys[0] != "anna" || len(table.Rows[0].Counts) != 0 {
		t.Fatalf("%+v %v", table.Rows, err)
	}
}

// A button of an earlier survey of the same conversation counts where that one was
// asked, beside the newer one's.
func TestAScoreOfTheSurveyBeforeTheNewest(t *testing.T) {
	l, done, at := newMemory(zone), events.Conversation{Status: events.Resolved}, start
	say := func(b events.Body) { at = at.Add(time.Minute); told(l, at, done, b) }
	say(&events.SurveyAsked{Conversation: conv, Survey: events.Survey{ID: "su1", Kind: events.CSAT, Agent: "anna", AskedAt: at}})
	say(&events.SurveyAsked{Conversation: conv, Survey: events.Survey{ID: "su2", Kind: events.CSAT, Agent: "bela", AskedAt: at}})
	for _, a := range []struct {
		survey events.SurveyID
		score  int
	}{{"su2", 1}, {"su1", 2}, {"su1", 5}, {"su0", 3}} {
		say(&events.SurveyAnswered{Conversation: conv, Survey: a.survey, Kind: events.CSAT, Score: a.score})
	}
	table, err := l.Query(Query{From: start, To: at.Add(time.Hour), By: []Dimension{queries.ByAgent}, Numbers: []Number{queries.ReportCSATAnswered, queries.ReportCSATSum}})
	got := map[string][2]int64{}
	for _, r := range table.Rows {
		got[r.Keys[0]] = [2]int64{r.Counts[queries.ReportCSATAnswered], r.Counts[queries.ReportCSATSum]}
	}
	if want := map[string][2]int64{"anna": {1, 5}, "bela": {1, 1}}; err != nil || !maps.Equal(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
}

// A survey goes along when its conversation is folded into another, and comes back
// with it; its answer is counted where it was asked, and once.
func TestAScoreThatCameAfterAMerge(t *testing.T) {
	l, at := newMemory(zone), start
	rows := map[events.ConversationID]events.Conversation{"cv1": {ID: "cv1", Status: events.Resolved}, "cv2": {ID: "cv2", Status: events.Open}}
	say := func(b events.Body, about ...events.ConversationID) {
		at = at.Add(time.Minute)
		d := &events.Decision{At: at, Facts: []events.Fact{events.NewFact(b)}}
		for _, id := range about {
			d.Conversations = append(d.Conversations, rows[id])
		}
		l.Apply(d)
	}
	answer := func(to events.ConversationID, score int) {
		say(&events.SurveyAnswered{Conversation: to, Survey: "su1", Kind: events.CSAT, Score: score}, to)
	}
	say(&events.ConversationOpened{Conversation: "cv2", Channel: "email"}, "cv2")
	say(&events.SurveyAsked{Conversation: "cv1", Survey: events.Survey{ID: "su1", Kind: events.CSAT, Agent: "anna", AskedAt: at}}, "cv1")
	rows["cv1"] = events.Conversation{ID: "cv1", Status: events.Merged, MergedInto: "cv2"}
	say(&events.ConversationMerged{From: "cv1", Into: "cv2"}, "cv1", "cv2")
	answer("cv2", 2)
	answer("cv2", 4)
	rows["cv1"] = events.Conversation{ID: "cv1", Status: events.Open}
	say(&events.ConversationMergeReversed{From: "cv1", Into: "cv2", Status: events.Open}, "cv1", "cv2")
	answer("cv1", 5)
	q := Query{From: start, To: at.Add(time.Hour), By: []Dimension{queries.ByAgent}, Numbers: []Number{queries.ReportCSATAnswered, queries.ReportCSATSum, queries.ReportCSATPoor}}
	table, err := l.Query(q)
	if err != nil || len(table.Rows) != 1 || table.Rows[0].Keys[0] != "anna" || !maps.Equal(table.Rows[0].Counts, map[Number]int64{queries.ReportCSATAnswered: 1, queries.ReportCSATSum: 5}) {
		t.Fatalf("%+v, %v", table.Rows, err)
	}
	if ids, total, err := l.Conversations(q, queries.ReportCSATAnswered, "", 5); err != nil || total != 1 || ids[0] != "cv1" {
		t.Fatalf("behind it stand %v of %d, %v", ids, total, err)
	}
}

// Of two available hours one was busy; what goes on is counted until the newest
// decision, and away is neither.
func TestOccupancyIsTheBusyPartOfTheAvailableTime(t *testing.T) {
	l, at := newMemory(zone), start
	l.staff["anna"] = []events.TeamID{"red", "blue"}
	stands := func(state events.AgentState) {
		l.Apply(&events.Decision{At: at, Facts: []events.Fact{events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: "anna", State: state}})}})
	}
	stands(events.AgentAvailable)
	at = at.Add(30 * time.Minute)
	told(l, at, events.Conversation{Status: events.Open, Assignee: "anna"}, &events.ConversationOpened{Conversation: conv})
	at = at.Add(time.Hour)
	told(l, at, events.Conversation{Status: events.Resolved, Assignee: "anna"}, &events.ConversationResolved{Conversation: conv})
	at = at.Add(20 * time.Minute)
	stands(events.AgentAway)
	at = at.Add(8 * time.Hour)
	stands(events.AgentAvailable)
	at = at.Add(10 * time.Minute)
	stands(events.AgentAvailable)
	table, err := l.Query(Query{From: start, To: start.Add(24 * time.Hour), By: []Dimension{queries.ByTeam}, Only: map[Dimension][]string{queries.ByTeam: {"red"}}})
	if err != nil || len(table.Rows) != 1 {
		t.Fatalf("%+v %v", table.Rows, err)
	}
	r := table.Rows[0]
	if got := time.Duration(r.Counts[queries.ReportAvailableTime]) * time.Millisecond; got.Round(time.Minute) != 2*time.Hour {
		t.Errorf("available %v", got)
	}
	if got := time.Duration(r.Counts[queries.ReportBusyTime]) * time.Millisecond; got != time.Hour {
		t.Errorf("busy %v", got)
	}
	if got := r.Shares[queries.ReportOccupancy]; got < 0.49 || got > 0.51 {
		t.Errorf("occupancy %v", got)
	}
}

// Nobody's numbers are made of what they may not see.
func TestAReportIsMadeOfWhatTheAskerSees(t *testing.T) {
	l, day := busy(2000)
	q := Query{From: start, To: day.Now.Add(time.Hour), By: []Dimension{queries.ByQueue, queries.ByTeam, queries.ByAgent}}
	for _, scope := range []queries.ReportScope{{Agent: "ag003"}, {Teams: []events.TeamID{"tm1"}}, {Queues: []events.QueueID{"qu01"}}, {Agent: "ag003", Teams: []events.TeamID{"tm1"}, Queues: []events.QueueID{"qu01"}}, {}} {
		q.Scope = &scope
		table, err := l.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) == 0 != (scope.Agent == "" && len(scope.Teams)+len(scope.Queues) == 0) {
			t.Errorf("%+v: %d rows", scope, len(table.Rows))
		}
		for _, r := range table.Rows {
			team := slices.Contains(scope.Teams, events.TeamID(r.Keys[1]))
			if len(scope.Teams) > 0 && !team {
				t.Errorf("%+v: a row of another team: %v", scope, r.Keys)
			}
			if r.Keys[2] != string(scope.Agent) && !slices.Contains(scope.Queues, events.QueueID(r.Keys[0])) && !team {
				t.Errorf("%+v: %v", scope, r.Keys)
			}
		}
	}
}

// An answer that no person wrote, and a note, answer nothing.
func TestOnlyAPersonAnswers(t *testing.T) {
	l, open, at := newMemory(zone), events.Conversation{Status: events.Open}, start
	told(l, at, open, &events.ConversationOpened{Conversation: conv}, message(events.In, at, "contact"))
	told(l, at.Add(time.Second), open, message(events.Out, at.Add(time.Second), "system"))
	told(l, at.Add(2*time.Second), open, message(events.Out, at.Add(2*time.Second), "bot"))
	automatic := message(events.Out, at.Add(3*time.Second), "agent")
	automatic.Message.Flags = []string{"automatic"}
	told(l, at.Add(3*time.Second), open, automatic)
	note := message(events.Out, at.Add(4*time.Second), "agent")
	note.Message.Kind = events.KindNote
	told(l, at.Add(4*time.Second), open, note)
	if s, there := whole(t, l).Spreads[queries.ReportFirstResponse]; there {
		t.Fatalf("answered: %+v", s)
	}
	told(l, at.Add(time.Minute), open, message(events.Out, at.Add(time.Minute), "agent"))
	if s := whole(t, l).Spreads[queries.ReportFirstResponse]; s.Count != 1 || s.Most != time.Minute.Milliseconds() {
		t.Fatalf("%+v", s)
	}
}

// Elsewhere a table and the cards above it disagree, 42 minutes against 7
// (chatwoot#14141). Here the cards are the merge of the rows: what the rows count
// adds up, and their averages weighted by their counts are the whole's.
func TestTableAndCardsAgree(t *testing.T) {
	l, day := busy(6000)
	q := Query{From: start, To: day.Now.Add(time.Hour)}
	total, err := l.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []Dimension{queries.ByHour, queries.ByDay, queries.ByChannel, queries.ByInbox, queries.ByQueue, queries.ByAgent} {
		q.By = []Dimension{by}
		table, err := l.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range counts {
			sum := int64(0)
			for _, r := range table.Rows {
				sum += r.Counts[n]
			}
			if timed := by == queries.ByHour || by == queries.ByDay; n == queries.ReportBacklog && timed {
				sum = table.Rows[len(table.Rows)-1].Counts[n]
			}
			if sum != total.Rows[0].Counts[n] || sum == 0 {
				t.Errorf("by %s %s adds up to %d, the card says %d", by, n, sum, total.Rows[0].Counts[n])
			}
		}
		for _, n := range spreads {
			count, most := int64(0), int64(0)
			for _, r := range table.Rows {
				count, most = count+r.Spreads[n].Count, max(most, r.Spreads[n].Most)
			}
			if card := total.Rows[0].Spreads[n]; count != card.Count || most != card.Most || count == 0 {
				t.Errorf("by %s %s has %d up to %d, the card %+v", by, n, count, most, card)
			}
		}
	}
}

func busy(steps int) (*memory, *daytest.Day) {
	chance := rand.New(rand.NewPCG(3, 4))
	day := daytest.New(chance.IntN, start, 5, 12)
	l := memoryOf(day)
	for range steps {
		if d := day.Step(); d != nil {
			l.Apply(d)
		}
	}
	return l, day
}

// Hours are those of the wall: in Kathmandu they begin at a quarter past, by UTC;
// and the day on which clocks are put back has 25 of them.
func TestHoursAndDaysAreThoseOfTheZone(t *testing.T) {
	nepal, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	l := newMemory(nepal)
	at := time.Date(2026, 3, 2, 18, 14, 59, 0, time.UTC) // a second before midnight
	told(l, at, events.Conversation{Status: events.Open}, &events.ConversationOpened{Conversation: conv})
	told(l, at.Add(time.Second), events.Conversation{Status: events.Resolved}, &events.ConversationResolved{Conversation: conv})
	table, err := l.Query(Query{From: at.Add(-time.Hour), To: at.Add(time.Hour), By: []Dimension{queries.ByDay}})
	if err != nil || len(table.Rows) != 2 {
		t.Fatalf("%+v %v", table, err)
	}
	if a, b := table.Rows[0], table.Rows[1]; a.Keys[0] != "2026-03-02" || a.Counts[queries.ReportOpened] != 1 || a.Counts[queries.ReportBacklog] != 1 || b.Keys[0] != "2026-03-03" || b.Counts[queries.ReportResolved] != 1 || b.Counts[queries.ReportBacklog] != 0 {
		t.Fatalf("%+v", table)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	l = newMemory(berlin)
	at = time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC)
	told(l, at, events.Conversation{Status: events.Open}, &events.ConversationOpened{Conversation: conv})
	told(l, at.AddDate(0, 0, 2), events.Conversation{Status: events.Open})
	day := time.Date(2026, 10, 25, 0, 0, 0, 0, berlin)
	table, err = l.Query(Query{From: day, To: day.AddDate(0, 0, 1), By: []Dimension{queries.ByHour}})
	if err != nil || len(table.Rows) != 24 { // the first of the 25 was over when it was opened
		t.Fatalf("%d hours, %v", len(table.Rows), err)
	}
	for _, r := range table.Rows {
		if r.Counts[queries.ReportBacklog] != 1 {
			t.Fatalf("%+v", r)
		}
	}
}

func TestAQuestionThatCannotBeIsRefused(t *testing.T) {
	l, day := busy(200)
	good := Query{From: start, To: day.Now}
	for name, change := range map[string]func(*Query){
		"no range":       func(q *Query) { q.To = q.From },
		"unknown group":  func(q *Query) { q.By = []Dimension{"mood"} },
		"twice":          func(q *Query) { q.By = []Dimension{queries.ByTag, queries.ByTag} },
		"hour and day":   func(q *Query) { q.By = []Dimension{queries.ByHour, queries.ByDay} },
		"narrow by hour": func(q *Query) { q.Only = map[Dimension][]string{queries.ByHour: {"x"}} },
	} {
		q := good
		change(&q)
		if _, err := l.Query(q); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	for n, part := range map[Number]queries.ReportPart{"mood": "", queries.ReportOccupancy: "beside"} {
		if _, _, err := l.Conversations(good, n, part, 10); err == nil {
			t.Errorf("conversations stand behind %s", n)
		}
	}
	page, err := Conversations(source{l}, good, queries.ReportOpened, "", 0, 2)
	if err != nil || len(page.Items) != 2 || page.Total < 3 || page.Next == 0 {
		t.Errorf("%+v %v", page, err)
	}
}

func BenchmarkApply(b *testing.B) {
	chance := rand.New(rand.NewPCG(3, 4))
	day := daytest.New(chance.IntN, start, 20, 100)
	var log []*events.Decision
	for len(log) < 100_000 {
		if d := day.Step(); d != nil {
			log = append(log, d)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	l := newMemory(zone)
	for i := range b.N {
		if i%len(log) == 0 {
			l = newMemory(zone)
		}
		l.Apply(log[i%len(log)])
	}
}

// A month by day and agent out of a hundred thousand decisions.
func BenchmarkQuery(b *testing.B) {
	l, day := busy(100_000)
	q := Query{From: day.Now.AddDate(0, -1, 0), To: day.Now, By: []Dimension{queries.ByDay, queries.ByAgent}}
	b.ResetTimer()
	for range b.N {
		if _, err := l.Query(q); err != nil {
			b.Fatal(err)
		}
	}
}
