package assignment

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// crowd is some thousands who wait in twenty queues with five skills, and five
// hundred agents who are all full.
func crowd(tb testing.TB, waiting int) (*Desk, []*events.Conversation, time.Time) {
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
	for i := 0; len(d.items)-len(taken) < waiting; i++ {
		now = now.Add(time.Millisecond)
		c := &events.Conversation{ID: events.ConversationID(fmt.Sprintf("cv%05d", i)), Status: events.Open, Channels: []string{[]string{"webchat", "email"}[i%2]}, Priority: i % 3}
		c.Wait = &events.Wait{Queue: queueID(i % 20), Since: now, Entered: now, Prefer: agentID(i % 700)}
		c.Clocks = clocks(now, i)
		d.Put(c)
		taken = append(taken, settle(d, c, now)...)
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
	d, taken, now := crowd(b, 10_000)
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

// What a decision looks at grows with the agents and with the kinds of work that
// wait, not with how many wait: that is what keeps one under a millisecond with ten
// thousand waiting, whatever the machine. BenchmarkDecision tells how long it takes.
//
// To see it fail: have firstIn look at all of a line, or again at every class for
// every agent.
func TestADecisionLooksAtFew(t *testing.T) {
	var most [2]int
	for i, waiting := range []int{2_500, 10_000} {
		d, taken, now := crowd(t, waiting)
		classes := 0
		for _, q := range d.queues {
			classes += len(q.classes)
		}
		gave := 0
		for range 500 {
			c := *taken[0]
			taken = taken[1:]
			now = now.Add(time.Millisecond)
			before := d.looked
			c.Status = events.Resolved
			d.Put(&c)
			given := settle(d, &c, now)
			taken, gave = append(taken, given...), gave+len(given)
			most[i] = max(most[i], d.looked-before)
		}
		if gave < 250 {
			t.Fatalf("of 500 agents who had finished one only %d got another", gave)
		}
		// Two looks at the agents, to choose and to say why, and two at what waits: for
		// the agent, and to see that nobody better is passed over; then once more for
		// the next that the agent might have.
		if bound := 2*len(d.agents) + 4*2*classes; most[i] > bound {
			t.Fatalf("with %d waiting in %d classes a decision looked at %d, beyond %d", waiting, classes, most[i], bound)
		}
	}
	if most[1] > 2*most[0] {
		t.Fatalf("four times as many wait, and a decision looks at %d instead of %d", most[1], most[0])
	}
	t.Logf("a decision looks at %d with 2500 waiting and at %d with 10000", most[0], most[1])
}

// A change of presence looks at what an agent holds and who waits for them.
func BenchmarkPresence(b *testing.B) {
	d, _, now := crowd(b, 10_000)
	for i := 0; b.Loop(); i++ {
		d.SetPresence(events.Presence{Agent: agentID(i % 500), State: []events.AgentState{events.AgentAway, events.AgentAvailable}[i%2], Since: now})
		settle(d, nil, now)
	}
}
