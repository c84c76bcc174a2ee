package board

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
	"github.com/tributary-inbox/tributary/services/inbox/recounttest"
)

var (
	zone  = time.FixedZone("here", 9*3600)
	start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

// furnished is a board that knows the settings of a day.
func furnished(day *daytest.Day) *Board {
	b := New(zone, config.DefaultWorkload())
	for i := range day.Agents[:len(day.Agents)/2] {
		b.SetAgent(day.Agents[i])
	}
	for _, q := range day.Queues {
		b.SetQueue(q)
	}
	for _, a := range day.Agents[len(day.Agents)/2:] {
		b.SetAgent(a)
	}
	for i := range 3 {
		b.SetTeam(config.Team{ID: events.TeamID(fmt.Sprint("tm", i))})
	}
	for i := range day.Inboxes {
		b.SetInbox(&day.Inboxes[i])
	}
	return b
}

func rapidDice(t *rapid.T) daytest.Dice {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "dice") }
}

// Days of any traffic: at random moments every number of the board is what comes
// out when all decisions so far are counted anew. To see it fail, leave out the
// call of down in waiters.remove, the taken in moved, the loop of course.upTo, or
// pass in At.
func TestEveryNumberIsWhatARecountGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := daytest.New(rapidDice(t), start, rapid.IntRange(1, 4).Draw(t, "queues"), rapid.IntRange(1, 6).Draw(t, "agents"))
		b := furnished(day)
		for range rapid.IntRange(30, 200).Draw(t, "steps") {
			if d := day.Step(); d != nil {
				b.Apply(d)
			}
			if rapid.IntRange(0, 15).Draw(t, "look") > 0 {
				continue
			}
			day.Now = day.Now.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "later")) * time.Millisecond)
			differ(t, day, b)
			opens(t, b.At(day.Now), b)
		}
		differ(t, day, b)
		opens(t, b.At(day.Now), b)
	})
}

// opens has every number of every line open to as many conversations as it says. To
// see it fail, leave out the pass in it.
func opens(t fataler, answer *queries.BoardAnswer, b *Board) {
	check := func(kind queries.BoardKind, l *queries.BoardLine) {
		for number, want := range map[queries.BoardNumber]int{
			queries.BoardOpen: l.Open, queries.BoardSnoozed: l.Snoozed, queries.BoardWaiting: l.Waiting, queries.BoardOffered: l.Offered,
			queries.BoardInWork: l.InWork, queries.BoardAtRisk: l.AtRisk, queries.BoardBreached: l.Breached, queries.BoardLate: l.ServiceNow.Late,
			queries.BoardCallbacks: l.Callbacks, queries.BoardCallbacksDue: l.CallbacksDue,
		} {
			found, ok := b.Behind([]queries.BoardScope{{Kind: kind, ID: l.ID}}, number, answer.At)
			if !ok || len(found) != want {
				t.Fatalf("behind %s of %s %q are %d (%v), the board says %d", number, kind, l.ID, len(found), ok, want)
			}
			if number == queries.BoardWaiting && want > 0 && found[0].ID != l.Longest {
				t.Fatalf("%s %q: the first is %s, the longest %s", kind, l.ID, found[0].ID, l.Longest)
			}
		}
	}
	check(queries.BoardTotal, &answer.Total)
	for kind, lines := range map[queries.BoardKind][]queries.BoardLine{
		queries.BoardQueue: answer.Queues, queries.BoardTeam: answer.Teams, queries.BoardChannel: answer.Channels, queries.BoardInbox: answer.Inboxes, queries.BoardAside: answer.Asides,
	} {
		for i := range lines {
			check(kind, &lines[i])
		}
	}
	if _, ok := b.Behind([]queries.BoardScope{{Kind: queries.BoardQueue, ID: "nothing"}}, queries.BoardOpen, answer.At); ok {
		t.Fatalf("a line that is not there opens")
	}
	if _, ok := b.Behind([]queries.BoardScope{{Kind: queries.BoardTotal}}, "staff", answer.At); ok {
		t.Fatalf("a number that counts no conversations opens")
	}
}

type fataler interface{ Fatalf(string, ...any) }

func differ(t fataler, day *daytest.Day, b *Board) {
	board := b.At(day.Now)
	board.Minutes = b.Minutes(day.Now, queries.BoardHour)
	got, err := json.MarshalIndent(board, "", " ")
	want, err2 := json.MarshalIndent(recounttest.Board(day, zone, day.Now), "", " ")
	if err != nil || err2 != nil {
		t.Fatalf("%v %v", err, err2)
	}
	if string(got) != string(want) {
		t.Fatalf("after %d decisions the board says\n%s", len(day.Log), firstDifference(string(got), string(want)))
	}
}

func firstDifference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-300):min(len(s), i+100)] }
	return cut(got) + "\n--- a recount says\n" + cut(want)
}

// A board made anew from the log is the same, whenever it learns the settings.
func TestABoardMadeAnewIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := daytest.New(rapidDice(t), start, 3, 4)
		b := furnished(day)
		for range rapid.IntRange(30, 120).Draw(t, "steps") {
			if d := day.Step(); d != nil {
				b.Apply(d)
			}
		}
		again := furnished(day)
		for i := 0; i < len(day.Log); i++ {
			data, err := day.Log[i].Encode()
			if err != nil {
				t.Fatalf("%v", err)
			}
			d, err := events.DecodeDecision(data)
			if err != nil {
				t.Fatalf("%v", err)
			}
			d.Seq = day.Log[i].Seq
			again.Apply(d)
		}
		one, _ := json.Marshal(b.At(day.Now))
		two, _ := json.Marshal(again.At(day.Now))
		if string(one) != string(two) {
			t.Fatalf("%s", firstDifference(string(one), string(two)))
		}
	})
}

// What stands on the board follows when teams, capacities and weights change.
func TestSettingsThatChangeMoveWhatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := daytest.New(rapidDice(t), start, 4, 4)
		b := New(zone, config.Workload{Weights: map[string]config.Weight{"email": {Units: 3}}})
		for range rapid.IntRange(20, 100).Draw(t, "steps") {
			if d := day.Step(); d != nil {
				b.Apply(d)
			}
		}
		for i, q := range day.Queues { // as they are not
			q.Teams = day.Queues[(i+1)%len(day.Queues)].Teams
			b.SetQueue(q)
		}
		b.RemoveQueue(day.Queues[0].ID)
		for _, a := range day.Agents {
			a.Disabled, a.Teams = true, nil
			b.SetAgent(a)
		}
		b.SetWorkload(config.DefaultWorkload())
		for _, q := range day.Queues {
			b.SetQueue(q)
		}
		for _, a := range day.Agents {
			b.SetAgent(a)
		}
		got, want := b.At(day.Now), recounttest.Board(day, zone, day.Now)
		if len(got.Agents) != len(want.Agents) {
			t.Fatalf("%d agents", len(got.Agents))
		}
		for i := range got.Agents {
			if g, w := got.Agents[i], want.Agents[i]; g.Load != w.Load || g.InWork != w.InWork || g.Offered != w.Offered || g.Capacity != w.Capacity {
				t.Fatalf("an agent has %+v, a recount says %+v", g, w)
			}
		}
		for _, g := range append(got.Teams, got.Queues...) {
			for _, w := range append(want.Teams, want.Queues...) {
				if g.ID == w.ID && (g.Waiting != w.Waiting || g.Open != w.Open || g.Longest != w.Longest || *g.Staff != *w.Staff) {
					t.Fatalf("%s says %+v, a recount %+v", g.ID, g, w)
				}
			}
		}
	})
}
