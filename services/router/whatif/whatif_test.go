package whatif

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

const target = time.Minute

var plain = config.Queue{ID: "front", Mode: config.QueuePush}

func play(t interface{ Fatal(...any) }, d Day, w World) Played {
	p, ok := Simulate(&d, w, nil)
	if !ok {
		t.Fatal("the run was stopped by nobody")
	}
	return p
}

// Where nothing but the desk decides, the day played again is the day to the
// second, for everybody in it.
func TestADayPlayedAgainIsThatDay(t *testing.T) {
	for name, q := range map[string]config.Queue{
		"given":   plain,
		"offered": {ID: "front", Mode: config.QueuePush, OfferFor: 30},
		"wrap-up": {ID: "front", Mode: config.QueuePush, WrapUp: 45},
	} {
		c := newCentre(1, 4, q)
		c.leaves = 200
		c.everybody(events.AgentAvailable)
		c.lives(2 * time.Hour) // before the day
		from := c.now
		c.lives(4 * time.Hour)
		d := c.day(from, c.now)
		was, again := Was(&d, c.world), play(t, d, c.world)
		if len(was.Ends) < 200 || len(was.Ends) != len(again.Ends) {
			t.Fatalf("%s: %d came, again %d", name, len(was.Ends), len(again.Ends))
		}
		n := 0
		for i := range was.Ends {
			if was.Ends[i] != again.Ends[i] {
				if n++; n < 4 {
					t.Errorf("%s: was %+v, again %+v", name, was.Ends[i], again.Ends[i])
				}
			}
		}
		if n > 0 {
			t.Errorf("%s: %d of %d are otherwise", name, n, len(was.Ends))
		}
		if a, b := was.Run(target), again.Run(target); math.Abs(a.Occupancy-b.Occupancy) > 0.01 || math.Abs(a.Agents-b.Agents) > 0.05 {
			t.Errorf("%s: occupancy %.3f by %.2f agents, again %.3f by %.2f", name, a.Occupancy, a.Agents, b.Occupancy, b.Agents)
		}
	}
}

// With agents who come and go, decline and do not answer, the day played again is
// near to what it was: every figure within a tenth, or a few seconds.
func TestALivelyDayPlayedAgainIsNear(t *testing.T) {
	for seed := range uint64(5) {
		c := newCentre(seed, 6, config.Queue{ID: "front", Mode: config.QueuePush, OfferFor: 20, WrapUp: 20, OverflowTo: "back", OverflowAfter: 120}, config.Queue{ID: "back", Mode: config.QueuePush, OfferFor: 20})
		c.declines, c.leaves, c.restless, c.arrivals = 150, 150, 2, 24
		c.everybody(events.AgentAvailable)
		c.lives(time.Hour)
		from := c.now
		c.lives(6 * time.Hour)
		d := c.day(from, c.now)
		was, played := Was(&d, c.world), play(t, d, c.world)
		a, b := was.Run(target), played.Run(target)
		near := func(what string, was, again, slack float64) {
			t.Helper()
			if math.Abs(was-again) > slack+was/10 {
				t.Errorf("seed %d: %s was %.3f, again %.3f", seed, what, was, again)
			}
		}
		near("arrivals", float64(a.Total.Arrivals), float64(b.Total.Arrivals), 0)
		near("taken", float64(a.Total.Taken), float64(b.Total.Taken), 2)
		near("abandoned", float64(a.Total.Abandoned), float64(b.Total.Abandoned), 4)
		near("average wait", float64(a.Total.Average), float64(b.Total.Average), 10_000)
		near("median wait", float64(a.Total.Median), float64(b.Total.Median), 10_000)
		near("in time", a.Total.InTime, b.Total.InTime, 0.05)
		near("occupancy", a.Occupancy, b.Occupancy, 0.05)
		if a.Total.Taken < 300 || a.Total.Average == 0 {
			t.Errorf("seed %d: nothing to compare: %+v", seed, a.Total)
		}
	}
}

// In one queue of equal agents, with one more nobody waits longer, and with one
// fewer nobody waits less.
func TestMoreAgentsNeverWaitLonger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCentre(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 5).Draw(t, "agents"), plain)
		for i := range c.world.Agents {
			c.world.Agents[i].Capacity = config.DefaultWeight.Units
			c.desk.SetAgent(c.world.Agents[i])
		}
		c.arrivals = rapid.IntRange(5, 40).Draw(t, "arrivals")
		c.everybody(events.AgentAvailable)
		c.lives(time.Duration(rapid.IntRange(20, 90).Draw(t, "minutes")) * time.Minute)
		d := c.day(morning, c.now)
		before := play(t, d, c.world)
		for n := -1; n <= 3; n++ {
			if n < 0 && len(c.world.Agents) == 1 {
				continue
			}
			d2, w2 := Changed(&queries.WhatIf{Agents: n}, d, c.world)
			after := play(t, d2, w2)
			for i := range after.Ends {
				a, b := before.Ends[i], after.Ends[i]
				if n < 0 {
					a, b = b, a
				}
				if a.Result == taken && (b.Result != taken || b.Waited > a.Waited) {
					t.Fatalf("with %+d agents %+v became %+v", n, before.Ends[i], after.Ends[i])
				}
			}
		}
	})
}

func TestChanges(t *testing.T) {
	c := newCentre(3, 3, plain, config.Queue{ID: "side", Mode: config.QueuePush})
	c.world.Agents[0].Teams = []events.TeamID{"a"}
	c.everybody(events.AgentAvailable)
	c.state("ag02", events.AgentOffline, "command")
	c.lives(3 * time.Hour)
	d := c.day(morning, c.now)
	base := play(t, d, c.world)
	was := base.Run(target)
	for name, q := range map[string]queries.WhatIf{"capacity": {Capacity: 200}, "two more": {Agents: 2}, "of a team": {Agents: 3, Team: "a"}} {
		d2, w2 := Changed(&q, d, c.world)
		p := play(t, d2, w2)
		is := p.Run(target)
		if is.Total.Average >= was.Total.Average || is.Total.Arrivals != was.Total.Arrivals || is.Occupancy >= was.Occupancy || is.Total.InTime < was.Total.InTime {
			t.Errorf("%s: %+v after %+v", name, is, was)
		}
	}
	d2, w2 := Changed(&queries.WhatIf{Queues: []config.Queue{{ID: "side", Mode: config.QueueManual}}}, d, c.world)
	p := play(t, d2, w2)
	if is := p.Run(target); is.Queues[1].Queue != "side" || is.Queues[1].Taken != 0 || is.Queues[1].Waiting != is.Queues[1].Arrivals || is.Queues[0].Average >= was.Queues[0].Average {
		t.Errorf("without the side queue: %+v", is)
	}
	d2, w2 = Changed(&queries.WhatIf{Agents: -10}, d, c.world)
	if p = play(t, d2, w2); len(w2.Agents) != 1 || p.Run(target).Total.Taken != 0 {
		t.Errorf("with nobody: %d agents, %+v", len(w2.Agents), p.Run(target).Total)
	}
	if again := play(t, d, c.world); !reflect.DeepEqual(again, base) {
		t.Error("asking has changed the day")
	}
	d2, w2 = Changed(&queries.WhatIf{Agents: 2, Team: "nobody's"}, d, c.world)
	if is := Was(&d2, w2); len(w2.Agents) != 5 || is.Available == 0 {
		t.Errorf("of a team without people: %d agents", len(w2.Agents))
	}
}

func TestQuestionsThatMakeNoSense(t *testing.T) {
	w := World{Queues: []config.Queue{plain}}
	day := func(change func(*queries.WhatIf)) *queries.WhatIf {
		q := &queries.WhatIf{From: morning, To: morning.Add(24 * time.Hour)}
		change(q)
		return q
	}
	if err := Check(day(func(*queries.WhatIf) {}), w); err != nil {
		t.Error(err)
	}
	for i, q := range []*queries.WhatIf{
		day(func(q *queries.WhatIf) { q.To = q.From }), day(func(q *queries.WhatIf) { q.To = q.From.Add(49 * time.Hour) }), day(func(q *queries.WhatIf) { q.Agents = 501 }),
		day(func(q *queries.WhatIf) { q.Capacity = -1 }), day(func(q *queries.WhatIf) { q.Target = -1 }), day(func(q *queries.WhatIf) { q.Team = "a" }),
		day(func(q *queries.WhatIf) { q.Queues = []config.Queue{{ID: "nobody's"}} }), day(func(q *queries.WhatIf) { q.Queues = []config.Queue{{ID: "front", OverflowTo: "x"}} }),
		day(func(q *queries.WhatIf) { q.Queues = []config.Queue{{ID: "front", OfferFor: -1}} }),
	} {
		if Check(q, w) == nil {
			t.Errorf("question %d is taken: %+v", i, q)
		}
	}
}

func TestARunCanBeStopped(t *testing.T) {
	c := newCentre(1, 2, plain)
	c.everybody(events.AgentAvailable)
	c.lives(time.Hour)
	d := c.day(morning, c.now)
	if _, ok := Simulate(&d, c.world, func() bool { return true }); ok {
		t.Error("it went on")
	}
}

func TestNumbersOfWaits(t *testing.T) {
	var ends []End
	for i := 1; i <= 10; i++ {
		ends = append(ends, End{Result: taken, Waited: time.Duration(i) * time.Second})
	}
	ends = append(ends, End{Result: left}, End{}, End{Result: "otherwise"})
	got := count("q", ends, 5*time.Second)
	want := queries.WhatIfCount{Queue: "q", Arrivals: 13, Taken: 10, Abandoned: 1, Otherwise: 1, Waiting: 1, Average: 5500, Median: 5000, P90: 9000, Longest: 10_000, InTime: 5.0 / 11}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// BenchmarkDay plays a busy day of fifty agents.
func BenchmarkDay(b *testing.B) {
	c := newCentre(9, 50, config.Queue{ID: "front", Mode: config.QueuePush, OfferFor: 20})
	c.arrivals = 250
	c.everybody(events.AgentAvailable)
	c.lives(2 * time.Hour)
	d := c.day(morning, c.now)
	for b.Loop() {
		if _, ok := Simulate(&d, c.world, nil); !ok {
			b.Fatal("stopped")
		}
	}
	b.ReportMetric(float64(len(d.Stays)), "stays")
}
