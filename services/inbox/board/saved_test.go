package board

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

// A board that is written down and read again in the middle of a day, settings
// changing, ends the day as the one that was not. To see it fail, leave the duty,
// the promised calls, the units or where an inbox leads out of what is saved.
func TestABoardReadAgainGoesOnAsBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := daytest.New(rapidDice(t), start, 4, 4)
		b := furnished(day)
		again := b
		for i := range rapid.IntRange(20, 150).Draw(t, "steps") {
			if rapid.IntRange(0, 25).Draw(t, "save") == 0 {
				var data bytes.Buffer
				if err := again.Save().Write(&data); err != nil {
					t.Fatal(err)
				}
				var err error
				if again, err = Read(zone, &data); err != nil || data.Len() > 0 {
					t.Fatal(err, data.Len())
				}
			}
			if rapid.IntRange(0, 20).Draw(t, "settings") == 0 {
				for _, each := range distinctBoards(b, again) {
					change(each, day, i)
				}
			}
			if d := day.Step(); d != nil {
				for _, each := range distinctBoards(b, again) {
					each.Apply(d)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "look") == 0 {
				alike(t, b, again, day)
			}
		}
		alike(t, b, again, day)
	})
}

func distinctBoards(a, b *Board) []*Board {
	if a == b {
		return []*Board{a}
	}
	return []*Board{a, b}
}

func change(b *Board, day *daytest.Day, i int) {
	b.Pass(day.Now)
	q := day.Queues[i%len(day.Queues)]
	switch i % 6 {
	case 0:
		b.RemoveQueue(q.ID)
	case 1:
		q.Teams = []events.TeamID{"tm9"}
		b.SetQueue(q)
	case 2:
		a := day.Agents[i%len(day.Agents)]
		a.Disabled = true
		b.SetAgent(a)
	case 3:
		b.RemoveInbox(day.Inboxes[i%len(day.Inboxes)].ID)
	case 4:
		in := day.Inboxes[i%len(day.Inboxes)]
		in.Queue, in.Team = q.ID, events.TeamID([]string{"", "tm0"}[i%2])
		b.SetInbox(&in)
	default:
		b.SetAgent(day.Agents[i%len(day.Agents)])
		b.SetQueue(q)
	}
}

func alike(t *rapid.T, b, again *Board, day *daytest.Day) {
	whole := func(b *Board) []byte {
		board := b.At(day.Now)
		board.Minutes = b.Minutes(day.Now, queries.BoardHour)
		data, _ := json.Marshal(board)
		return data
	}
	one, two := whole(b), whole(again)
	if string(one) != string(two) {
		t.Fatalf("%s", firstDifference(string(two), string(one)))
	}
}

func TestALineThatWasTakenAwayStaysWhileSomethingStandsInIt(t *testing.T) {
	b := New(zone, config.DefaultWorkload())
	b.SetQueue(config.Queue{ID: "qu1"})
	c := events.Conversation{ID: "cv1", Status: events.Open, Queue: "qu1"}
	b.Apply(&events.Decision{At: start, Conversations: []events.Conversation{c}})
	b.RemoveQueue("qu1")
	if n := len(b.At(start).Queues); n != 1 {
		t.Fatalf("%d lines while a conversation stands there", n)
	}
	c.Status = events.Resolved
	b.Apply(&events.Decision{At: start, Conversations: []events.Conversation{c}})
	if n := len(b.At(start).Queues); n != 0 {
		t.Fatalf("%d lines after it is empty", n)
	}
	b.SetQueue(config.Queue{ID: "qu1"})
	if n := len(b.At(start).Queues); n != 1 {
		t.Fatalf("%d lines after it was made again", n)
	}
}

func FuzzRead(f *testing.F) {
	var data bytes.Buffer
	if err := New(zone, config.DefaultWorkload()).Save().Write(&data); err != nil {
		f.Fatal(err)
	}
	f.Add(data.Bytes())
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Read(zone, bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatal(err)
			}
			return
		}
		b.At(start)
	})
}
