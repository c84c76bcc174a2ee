package assignment

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// crowd is ten thousand who wait in twenty queues with five skills, and five
// hundred agents who are all full.
func crowd(tb testing.TB) (*Desk, []*events.Conversation, time.Time) {
	tb.Helper()
	d, now := New(config.DefaultWorkload()), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range 20 {
		q := config.Queue{ID: queueID(i), Mode: config.QueuePush, PreferFor: 60, Teams: []events.TeamID{events.TeamID(fmt.Sprint("tm", i%10))}, Relax: []config.Relax{{After: 120, By: 2}}}
		q.Needs = []events.Need{{Skill: events.SkillID(fmt.Sprint("sk", i%5)), Level: 1 + i%4}}
		d.SetQueue(q, Terms{Raise: config.Raise{Warned: 1, Missed: 2}})
	}
	for i := range 500 {
		a := config.Agent{ID: agentID(i), Capacity: 60, Teams: []events.TeamID{events.TeamID(fmt.Sprint("tm", i%10)), events.TeamID(fmt.Sprint("tm", i%7))}, Skills: map[events.SkillID]int{}}
		for s := range 5 {
			a.Skills[events.SkillID(fmt.Sprint("sk", s))] = (i + s) % 6
		}
		d.SetAgent(a)
		d.SetPresence(events.Presence{Agent: a.ID, State: events.AgentAvailable, Since: now})
	}
	var taken []*events.Conversation
	for i := range 12500 {
		now = now.Add(time.Millisecond)
		c := &events.Conversation{ID: events.ConversationID(fmt.Sprintf("cv%05d", i)), Status: events.Open, Channels: []string{[]string{"webchat", "email"}[i%2]}, Priority: i % 3}
		c.Wait = &events.Wait{Queue: queueID(i % 20), Since: now, Entered: now, Prefer: agentID(i % 700)}
		c.Clocks = clocks(now, i)
		d.Put(c)
		taken = append(taken, settle(d, c, now)...)
	}
	if n := len(d.items) - len(taken); n < 10000 {
		tb.Fatalf("%d wait", n)
	}
	return d, taken, now
}

// clocks are those of a conversation that waits for its first answer.
func clocks(now time.Time, i int) []events.Clock {
	due := now.Add(time.Duration(i%120) * time.Minute)
	return []events.Clock{
		{Kind: events.FirstResponse, StartedAt: now, DueAt: &due, Warned: i%5 == 0, Breached: i%11 == 0},
		{Kind: events.Resolution, StartedAt: now, DueAt: &due},
	}
}

// settle does what the desk asks for and lists what was given.
func settle(d *Desk, arrived *events.Conversation, now time.Time) (given []*events.Conversation) {
	for {
		a, ok := d.Next(now)
		if !ok {
			return given
		}
		if a.Verb != Give {
			panic(a.Verb)
		}
		c := d.items[a.Conversation].row
		c.Assignee, c.Wait = a.Agent, nil
		d.Put(&c)
		given = append(given, &c)
	}
}

// One decision is an agent who finishes a conversation and gets the next.
func BenchmarkDecision(b *testing.B) {
	d, taken, now := crowd(b)
	took := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		c := *taken[0]
		taken = taken[1:]
		now = now.Add(time.Millisecond)
		began := time.Now()
		c.Status = events.Resolved
		d.Put(&c)
		taken = append(taken, settle(d, &c, now)...)
		took = append(took, time.Since(began))
		// Somebody else comes, so that as many wait as before.
		n := &events.Conversation{ID: events.ConversationID(fmt.Sprintf("dv%07d", i)), Status: events.Open, Channels: c.Channels, Priority: i % 3}
		n.Clocks = clocks(now, i)
		n.Wait = &events.Wait{Queue: queueID(i % 20), Since: now, Entered: now, Prefer: agentID(i % 700)}
		d.Put(n)
		taken = append(taken, settle(d, n, now)...)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// A change of presence looks at what an agent holds and who waits for them.
func BenchmarkPresence(b *testing.B) {
	d, _, now := crowd(b)
	for i := 0; b.Loop(); i++ {
		d.SetPresence(events.Presence{Agent: agentID(i % 500), State: []events.AgentState{events.AgentAway, events.AgentAvailable}[i%2], Since: now})
		settle(d, nil, now)
	}
}
