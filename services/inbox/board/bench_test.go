package board

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

// crowd is a hundred thousand open conversations in twenty queues, with five
// hundred agents, after which a day goes on for as many decisions as are asked.
func crowd(tb testing.TB, decisions int) (*Board, []*events.Decision, *daytest.Day) {
	tb.Helper()
	chance := rand.New(rand.NewPCG(1, 2))
	day := daytest.New(chance.IntN, start, 20, 500)
	b := furnished(day)
	for _, a := range day.Agents {
		b.Apply(&events.Decision{At: day.Now, Facts: []events.Fact{events.NewFact(&events.AgentPresenceChanged{Presence: events.Presence{Agent: a.ID, State: events.AgentAvailable, Since: day.Now}})}})
	}
	for i := range 100_000 {
		day.Now = day.Now.Add(time.Millisecond)
		b.Apply(day.Make(func() { day.Open(i%4, i%20) }))
	}
	var next []*events.Decision
	for len(next) < decisions {
		day.Now = day.Now.Add(-time.Second) // a busy day: many decisions a second
		if d := day.Step(); d != nil {
			next = append(next, d)
		}
	}
	if n := b.At(day.Now).Total.Open; n < 100_000 {
		tb.Fatalf("%d are open", n)
	}
	return b, next, day
}

// One decision of any kind, with a hundred thousand open.
func BenchmarkDecision(b *testing.B) {
	board, next, _ := crowd(b, 200_000)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		board.Apply(next[i%len(next)])
	}
}

// The whole board: twenty queues, fifty teams, fifty inboxes and five hundred
// agents.
func BenchmarkSnapshot(b *testing.B) {
	board, next, day := crowd(b, 20_000)
	for i := range 50 {
		board.SetTeam(config.Team{ID: events.TeamID(fmt.Sprint("more", i))})
		board.SetInbox(&config.Inbox{ID: events.InboxID(fmt.Sprint("more", i)), Channel: "email"})
	}
	for _, d := range next {
		board.Apply(d)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		board.At(day.Now.Add(time.Duration(i) * time.Millisecond))
	}
}

// A hundred thousand open conversations copied, during which the board stands still.
func BenchmarkSave(b *testing.B) {
	board, _, _ := crowd(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		board.Save()
	}
}

// BenchmarkWrite goes on beside the board.
func BenchmarkWrite(b *testing.B) {
	board, _, _ := crowd(b, 1)
	saved := board.Save()
	b.ReportAllocs()
	for b.Loop() {
		if err := saved.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead is what a start waits for.
func BenchmarkRead(b *testing.B) {
	board, _, _ := crowd(b, 1)
	var data bytes.Buffer
	if err := board.Save().Write(&data); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(data.Len()))
	for b.Loop() {
		if _, err := Read(zone, bytes.NewReader(data.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
