package ledger

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// list is a Keeper that only writes down what is noted.
type list struct {
	items  map[events.ConversationID]*reports.Item
	duties map[events.AgentID]*reports.Duty
	asked  map[events.SurveyID]*reports.Asking
	noted  []reports.Entry
	// What conversations carry, and agents have in hand.
	carried map[events.ConversationID]reports.Place
	hands   map[events.AgentID]map[events.ConversationID]reports.Hand
}

func listOf(day *daytest.Day) *list {
	l := &list{
		items: map[events.ConversationID]*reports.Item{}, duties: map[events.AgentID]*reports.Duty{}, asked: map[events.SurveyID]*reports.Asking{},
		carried: map[events.ConversationID]reports.Place{}, hands: map[events.AgentID]map[events.ConversationID]reports.Hand{},
	}
	fold := reports.NewFold(l, plainOf(day))
	for _, d := range day.Log {
		fold.Apply(d)
	}
	return l
}

func (l *list) Item(id events.ConversationID) *reports.Item      { return l.items[id] }
func (l *list) Save(id events.ConversationID, it *reports.Item)  { l.items[id] = it }
func (l *list) SaveDuty(id events.AgentID, d *reports.Duty)      { l.duties[id] = d }
func (l *list) Asking(id events.SurveyID) *reports.Asking        { return l.asked[id] }
func (l *list) SaveAsking(id events.SurveyID, a *reports.Asking) { l.asked[id] = a }
func (l *list) Note(e reports.Entry)                             { l.noted = append(l.noted, e) }
func (l *list) Carried(id events.ConversationID) reports.Place   { return l.carried[id] }
func (l *list) Carry(id events.ConversationID, p reports.Place)  { l.carried[id] = p }
func (l *list) Hands(id events.AgentID) []reports.Hand {
	return slices.Collect(maps.Values(l.hands[id]))
}
func (l *list) Drop(id events.AgentID, c events.ConversationID) { delete(l.hands[id], c) }
func (l *list) Take(id events.AgentID, h reports.Hand) {
	if l.hands[id] == nil {
		l.hands[id] = map[events.ConversationID]reports.Hand{}
	}
	l.hands[id][h.Conversation] = h
}
func (l *list) Duty(id events.AgentID) *reports.Duty {
	if d := l.duties[id]; d != nil {
		return d
	}
	return new(reports.Duty)
}

// Whatever the batches, and with the file closed and opened between them, it holds
// exactly what was noted: every entry at its second, the backlog at the beginning of
// every day, and the conversations in it. To see it fail, leave out the late days in
// move, or let appendBlock begin a chunk with every batch.
func TestTheFileHoldsWhatWasNoted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dice := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "dice") }
		day := daytest.New(dice, start.Add(9*time.Hour), 4, 4)
		for range rapid.IntRange(30, 150).Draw(rt, "steps") {
			day.Step()
		}
		for i, d := range day.Log { // another process's clock
			if i > 0 && dice(20) == 0 {
				d.At = d.At.Add(-time.Duration(dice(30)) * time.Hour)
			}
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "reports.db")
		log, w := day.Log, &writer{settings: plainOf(day)}
		for len(log) > 0 {
			n := min(rapid.IntRange(1, 120).Draw(rt, "part"), len(log))
			db, _, err := open(path, 1)
			if err != nil {
				rt.Fatal(err)
			}
			write(t, db, w, log[:n], func() int { return 1 + dice(40) })
			if err := db.Close(); err != nil {
				rt.Fatal(err)
			}
			log, w = log[n:], &writer{settings: plainOf(day)}
		}
		db := opened(t, path, 1)
		want := listOf(day)
		view(t, db, func(s source) { compare(rt, s, want) })
		once := fresh(t)
		write(t, once, &writer{settings: plainOf(day)}, day.Log, func() int { return len(day.Log) })
		if hashOf(t, db) != hashOf(t, once) {
			rt.Fatal("the file depends on how decisions came")
		}
	})
}

func compare(t *rapid.T, s source, want *list) {
	wanted := map[string]int{}
	stock := map[int64]map[reports.Place]int64{}
	first, last := int64(1<<62), int64(0)
	for _, e := range want.noted {
		wanted[fmt.Sprint(e)]++
		first, last = min(first, e.At/day), max(last, e.At/day)
	}
	standing := map[events.ConversationID]reports.Place{}
	for _, e := range want.noted {
		if e.Code != reports.BacklogCode {
			continue
		}
		for d := e.At/day + 1; d <= last; d++ {
			if stock[d] == nil {
				stock[d] = map[reports.Place]int64{}
			}
			stock[d][e.Place] += e.Value
		}
		if e.Value > 0 {
			standing[e.Conversation] = e.Place
		} else {
			delete(standing, e.Conversation)
		}
	}
	got := map[string]int{}
	for code := range reports.Codes {
		err := s.Scan(code, 0, (last+2)*day, func(at int64, r *reports.Record) {
			p, err := s.Place(r.Place)
			if err != nil {
				t.Fatal(err)
			}
			e := reports.Entry{At: at, Code: code, Value: r.Value, Place: p}
			if r.Conversation > 0 {
				if e.Conversation, err = s.Name(r.Conversation); err != nil {
					t.Fatal(err)
				}
			}
			got[fmt.Sprint(e)]++
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !maps.Equal(got, wanted) {
		t.Fatalf("%d kinds of entries, not %d", len(got), len(wanted))
	}
	for d := first; d <= last; d++ {
		held := map[reports.Place]int64{}
		at, err := s.Stock(d*day+5, func(place uint32, n int64) {
			p, err := s.Place(place)
			if err != nil {
				t.Fatal(err)
			}
			held[p] = n
		})
		if err != nil || at > d*day+5 {
			t.Fatal(at, err)
		}
		then := maps.Clone(stock[at/day])
		maps.DeleteFunc(then, func(_ reports.Place, n int64) bool { return n == 0 })
		if len(then)+len(held) > 0 && !maps.Equal(held, then) {
			t.Fatalf("day %d, as of %d: the backlog is %v, not %v", d, at/day, held, then)
		}
	}
	compareHeld(t, s, want)
	now := map[events.ConversationID]reports.Place{}
	err := s.Standing(func(c, place uint32) {
		id, err := s.Name(c)
		p, err2 := s.Place(place)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		now[id] = p
	})
	if err != nil || !maps.Equal(now, standing) {
		t.Fatalf("in the backlog are %v, not %v (%v)", now, standing, err)
	}
}

// compareHeld holds what conversations carry and agents have in hand against a list.
func compareHeld(t *rapid.T, s source, want *list) {
	carried := map[events.ConversationID]reports.Place{}
	err := s.tx.Bucket(bucketCarried).ForEach(func(k, _ []byte) error {
		n, err := readNumber(k)
		if err != nil {
			return err
		}
		id, err := s.Name(n)
		if err != nil {
			return err
		}
		place, err := s.Carried(n)
		if err != nil {
			return err
		}
		carried[id], err = s.Place(place)
		return err
	})
	if err != nil || !maps.Equal(carried, want.carried) {
		t.Fatalf("conversations carry %v, not %v (%v)", carried, want.carried, err)
	}
	for agent, hands := range want.hands {
		got := map[events.ConversationID]reports.Hand{}
		err := s.Hands(agent, func(c, place uint32, units int) {
			id, err := s.Name(c)
			p, err2 := s.Place(place)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			got[id] = reports.Hand{Conversation: id, Place: p, Units: units}
		})
		if err != nil || !maps.Equal(got, hands) {
			t.Fatalf("%s has %v in hand, not %v (%v)", agent, got, hands, err)
		}
	}
}

// A block that nobody wrote is an error, and no panic.
func FuzzReadBlock(f *testing.F) {
	r := reports.Record{Into: 3599, Place: 70000, Conversation: 1, Value: -1}
	f.Add(r.Append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		if err := reports.ReadBlock(data, func(r *reports.Record) { again = r.Append(again) }); err == nil {
			n := 0
			if err := reports.ReadBlock(again, func(*reports.Record) { n++ }); err != nil {
				t.Fatal(err)
			}
		}
		if p, err := reports.ReadPlace(data); err == nil {
			if q, err := reports.ReadPlace(p.Append(nil)); err != nil || p != q {
				t.Fatal("a place does not come back", err)
			}
		}
	})
}

// A month in Seoul by day, told by the file, is the sum of its days.
func TestTheFileAnswersInAnyZone(t *testing.T) {
	day := someDay(7, 3000)
	db := fresh(t)
	write(t, db, &writer{settings: plainOf(day)}, day.Log, func() int { return 500 })
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	view(t, db, func(s source) {
		q := reports.Query{From: start.AddDate(0, 0, -3), To: day.Now.AddDate(0, 0, 3), Zone: seoul}
		whole, err := reports.Ask(s, q)
		if err != nil {
			t.Fatal(err)
		}
		q.By = []reports.Dimension{queries.ByDay}
		days, err := reports.Ask(s, q)
		if err != nil || len(days.Rows) < 2 {
			t.Fatal(len(days.Rows), err)
		}
		sum := int64(0)
		for _, r := range days.Rows {
			sum += r.Counts[queries.ReportOpened]
		}
		if n := whole.Rows[0].Counts[queries.ReportOpened]; n != sum || n == 0 {
			t.Fatalf("%d opened, by day %d", n, sum)
		}
		if !slices.IsSortedFunc(days.Rows, func(a, b queries.ReportRow) int { return a.From.Compare(b.From) }) {
			t.Fatal("days are out of order")
		}
	})
}
