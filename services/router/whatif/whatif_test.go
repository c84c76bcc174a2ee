package whatif

import (
	"fmt"
	"math"
	"reflect"
	"slices"
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

func change(t interface{ Fatal(...any) }, q *queries.WhatIf, d Day, w World) (Day, World) {
	d2, w2, err := Changed(q, d, w)
	if err != nil {
		t.Fatal(err)
	}
	return d2, w2
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
		} else if len(a.Total.Backlog) != 48 || slices.Max(a.Total.Backlog) == 0 || !slices.Equal(a.Total.Backlog, b.Total.Backlog) || !slices.Equal(a.Total.Backlog, a.Queues[0].Backlog) {
			t.Errorf("%s: waiting was %v, again %v", name, a.Total.Backlog, b.Total.Backlog)
		}
	}
}

// A day on which settings were changed is played under each for as long as it held:
// to the second, and with the occupancy of what capacity there was.
//
// To see it fail: leave a case out of turns, or take the capacity of the morning in
// time.
func TestADayOfChangedSettingsPlayedAgainIsThatDay(t *testing.T) {
	heavy := config.Workload{Weights: map[string]config.Weight{"webchat": {Units: 40}}}
	changes := map[string]Turn{
		"wrap-up":       {Queue: &config.Queue{ID: "front", Mode: config.QueuePush, WrapUp: 60}},
		"offers":        {Queue: &config.Queue{ID: "front", Mode: config.QueuePush, OfferFor: 30}},
		"more room":     {Agent: &config.Agent{ID: "ag00", Capacity: 100}},
		"one is gone":   {Agent: &config.Agent{ID: "ag01", Capacity: 40, Disabled: true}},
		"one more":      {Agent: &config.Agent{ID: "new", Capacity: 60}},
		"work is heavy": {Workload: &heavy},
		"a queue goes":  {Gone: "side"},
	}
	for name, turn := range changes {
		c := newCentre(11, 4, plain, config.Queue{ID: "side", Mode: config.QueuePush})
		c.leaves = 200
		c.everybody(events.AgentAvailable)
		c.lives(time.Hour)
		from := c.now
		c.lives(time.Hour)
		c.turns(turn)
		if turn.Agent != nil && turn.Agent.ID == "new" {
			c.state("new", events.AgentAvailable, "command")
		}
		c.lives(2 * time.Hour)
		d := c.day(from, c.now)
		was, again := Was(&d, c.world), play(t, d, c.world)
		still := c.world
		still.Turns = nil
		without := play(t, d, still)
		differ := func(p Played) (n int) {
			for i := range was.Ends {
				if was.Ends[i] != p.Ends[i] {
					n++
				}
			}
			return n
		}
		if n := differ(again); n > 0 || len(was.Ends) < 100 {
			t.Errorf("%s: %d of %d are otherwise", name, n, len(was.Ends))
		}
		if differ(without) == 0 {
			t.Errorf("%s: it made no difference", name)
		}
		if a, b := was.Run(target), again.Run(target); math.Abs(a.Occupancy-b.Occupancy) > 0.01 || math.Abs(a.Agents-b.Agents) > 0.05 {
			t.Errorf("%s: occupancy %.3f by %.2f agents, again %.3f by %.2f", name, a.Occupancy, a.Agents, b.Occupancy, b.Agents)
		}
	}
}

// Only what is asked differs from the day: in a queue that is set otherwise today, the
// fields that the question leaves as they are today stay as they were then, before
// and after a change within the day; and the people of the day are changed, also those
// who came in the middle of it.
func TestOnlyWhatIsAskedDiffers(t *testing.T) {
	then := config.Queue{ID: "front", Name: "Front", Mode: config.QueuePush, OfferFor: 20, WrapUp: 30, Needs: []events.Need{{Skill: "ko", Level: 3}}, OverflowTo: "back", OverflowAfter: 60}
	later := then
	later.WrapUp = 40
	today := config.Queue{ID: "front", Name: "Front desk", Mode: config.QueuePull, OfferFor: 45, WrapUp: 10, Teams: []events.TeamID{"a"}}
	asked := today
	asked.WrapUp, asked.Teams, asked.OverflowTo, asked.PassFor = 0, nil, "", 300
	w := World{
		Queues: []config.Queue{then, {ID: "back"}}, Now: []config.Queue{today, {ID: "back"}}, Agents: []config.Agent{{ID: "anna", Capacity: 10}},
		Turns: []Turn{{At: morning.Add(time.Hour), Queue: &later}, {At: morning.Add(2 * time.Hour), Agent: &config.Agent{ID: "bela", Capacity: 10}}},
	}
	q := &queries.WhatIf{From: morning, To: morning.Add(4 * time.Hour), Capacity: 50, Queues: []config.Queue{asked}}
	if err := Check(q, w); err != nil {
		t.Fatal(err)
	}
	_, got := change(t, q, Day{}, w)
	want := then
	want.WrapUp, want.PassFor, want.Teams = 0, 300, nil
	if !reflect.DeepEqual(got.Queues[0], want) || !reflect.DeepEqual(*got.Turns[0].Queue, want) || got.Queues[1].ID != "back" {
		t.Errorf("from\n%+v it is\n%+v and then\n%+v, want\n%+v", then, got.Queues[0], *got.Turns[0].Queue, want)
	}
	if got.Agents[0].Capacity != 50 || got.Turns[1].Agent.Capacity != 50 || w.Turns[1].Agent.Capacity != 10 || w.Queues[0].WrapUp != 30 {
		t.Errorf("capacities %+v and %+v", got.Agents, got.Turns[1].Agent)
	}
	// As it is today it is whole, all day long, with what is asked of it or without.
	for _, is := range [][]config.Queue{nil, {asked}} {
		want := today
		if len(is) > 0 {
			want = asked
		}
		q := &queries.WhatIf{From: morning, To: morning.Add(4 * time.Hour), Today: []events.QueueID{"front"}, Queues: is}
		if err := Check(q, w); err != nil {
			t.Fatal(err)
		}
		_, got := change(t, q, Day{}, w)
		if !reflect.DeepEqual(got.Queues[0], want) || !reflect.DeepEqual(*got.Turns[0].Queue, want) || !reflect.DeepEqual(w.Queues[0], then) {
			t.Errorf("as today it is\n%+v and then\n%+v, want\n%+v", got.Queues[0], *got.Turns[0].Queue, want)
		}
	}
	if Check(&queries.WhatIf{From: morning, To: morning.Add(time.Hour), Today: []events.QueueID{"gone"}}, w) == nil {
		t.Error("a queue that never was is played as it is today")
	}
	w.Now = nil // the queue is no more: all of what is asked holds
	if _, got = change(t, q, Day{}, w); !reflect.DeepEqual(got.Queues[0], asked) {
		t.Errorf("it is %+v", got.Queues[0])
	}
	d := Day{From: morning, To: morning.Add(4 * time.Hour), Presence: map[events.AgentID][]events.Presence{"bela": {{Agent: "bela", State: events.AgentAvailable, Since: morning.Add(3 * time.Hour)}}}}
	if _, got = change(t, &queries.WhatIf{Agents: -1}, d, w); len(got.Turns) != 1 || len(got.Agents) != 1 {
		t.Errorf("without one they are %+v and %+v", got.Agents, got.Turns)
	}
	if _, got = change(t, &queries.WhatIf{Agents: 1}, d, w); len(got.Agents) != 2 || got.Agents[1].Capacity != 10 {
		t.Errorf("with one more they are %+v", got.Agents)
	}
	q.Queues = []config.Queue{{ID: "today's", Mode: config.QueuePush}}
	if Check(q, w) == nil {
		t.Error("a queue that was not there then is changed")
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
			d2, w2 := change(t, &queries.WhatIf{Agents: n}, d, c.world)
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
		d2, w2 := change(t, &q, d, c.world)
		p := play(t, d2, w2)
		is := p.Run(target)
		if is.Total.Average >= was.Total.Average || is.Total.Arrivals != was.Total.Arrivals || is.Occupancy >= was.Occupancy || is.Total.InTime < was.Total.InTime {
			t.Errorf("%s: %+v after %+v", name, is, was)
		}
	}
	d2, w2 := change(t, &queries.WhatIf{Queues: []config.Queue{{ID: "side", Mode: config.QueueManual}}}, d, c.world)
	p := play(t, d2, w2)
	if is := p.Run(target); is.Queues[1].Queue != "side" || is.Queues[1].Taken != 0 || is.Queues[1].Waiting != is.Queues[1].Arrivals || is.Queues[0].Average >= was.Queues[0].Average {
		t.Errorf("without the side queue: %+v", is)
	}
	d2, w2 = change(t, &queries.WhatIf{Agents: -10}, d, c.world)
	if p = play(t, d2, w2); len(w2.Agents) != 1 || p.Run(target).Total.Taken != 0 {
		t.Errorf("with nobody: %d agents, %+v", len(w2.Agents), p.Run(target).Total)
	}
	if again := play(t, d, c.world); !reflect.DeepEqual(again, base) {
		t.Error("asking has changed the day")
	}
	d2, w2 = change(t, &queries.WhatIf{Agents: 2, Team: "nobody's"}, d, c.world)
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
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A skill that is left out is needed by nobody, whether the queue asks for it or what
// sent the conversation there; what else is needed still is.
//
// To see it fail: leave out the needs of queues alone, or of those who wait alone.
func TestASkillThatIsLeftOut(t *testing.T) {
	ko, en := events.Need{Skill: "ko", Level: 5}, events.Need{Skill: "en", Level: 1}
	for name, c := range map[string]struct{ ofQueue, ofStay, later []events.Need }{
		"asked for by the queue": {ofQueue: []events.Need{ko}}, "asked for by the one who waits": {ofStay: []events.Need{ko, en}}, "asked for later": {ofQueue: []events.Need{ko}, later: []events.Need{en, ko}},
	} {
		d := Day{From: morning, To: morning.Add(time.Hour), Presence: map[events.AgentID][]events.Presence{"ag": {{Agent: "ag", State: events.AgentAvailable, Since: morning}}}}
		d.Stays = []Stay{{ID: "s", Queue: "front", Began: morning.Add(time.Minute), Wait: events.Wait{Queue: "front", Since: morning, Entered: morning, Needs: c.ofStay}}}
		w := World{Queues: []config.Queue{{ID: "front", Mode: config.QueuePush, Needs: c.ofQueue}}, Agents: []config.Agent{{ID: "ag", Capacity: 100, Skills: map[events.SkillID]int{"en": 3}}}, Workload: config.DefaultWorkload()}
		if c.later != nil {
			w.Turns = []Turn{{At: morning.Add(time.Second), Queue: &config.Queue{ID: "front", Mode: config.QueuePush, Needs: c.later}}}
		}
		before := fmt.Sprintf("%+v %+v %+v", d, w.Queues, c.later)
		for _, skills := range [][]events.SkillID{nil, {"en"}, {"ko"}} {
			d2, w2 := change(t, &queries.WhatIf{Without: skills}, d, w)
			want := ""
			if slices.Contains(skills, "ko") {
				want = taken
			}
			if got := play(t, d2, w2).Ends[0].Result; got != want {
				t.Errorf("%s: without %v it ended as %q, want %q", name, skills, got, want)
			}
		}
		if after := fmt.Sprintf("%+v %+v %+v", d, w.Queues, c.later); after != before {
			t.Errorf("%s: the day was changed itself:\n%s\n%s", name, before, after)
		}
	}
}

// Of those who wait in each step none is missing: not who came before the day, not who
// waits on at its end; and who left at the very moment waits no more.
func TestTheBacklogOfADay(t *testing.T) {
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	d := Day{From: at(0), To: at(5)}
	for _, s := range []struct {
		queue        events.QueueID
		began, ended int
	}{{"front", -90, 2}, {"front", 1, 3}, {"back", 1, 1}, {"back", 4, 0}, {"front", 5, 0}} { // minutes; 0 is never
		stay := Stay{Queue: s.queue, Began: at(s.began), Reason: left}
		if s.ended > 0 {
			stay.Ended = at(s.ended)
		}
		d.Stays = append(d.Stays, stay)
	}
	was := Was(&d, World{})
	run := was.Run(target)
	if want := []int{1, 2, 1, 0, 1}; !slices.Equal(run.Total.Backlog, want) {
		t.Errorf("waiting in each minute %v, want %v", run.Total.Backlog, want)
	}
	back := run.Queues[slices.IndexFunc(run.Queues, func(c queries.WhatIfCount) bool { return c.Queue == "back" })]
	if want := []int{0, 0, 0, 0, 1}; !slices.Equal(back.Backlog, want) {
		t.Errorf("waiting of one queue %v, want %v", back.Backlog, want)
	}
	// A wait between two steps is seen.
	short := Was(&Day{From: at(0), To: at(5), Stays: []Stay{{Queue: "front", Began: at(2).Add(time.Second), Ended: at(2).Add(2 * time.Second), Reason: left}}}, World{})
	if got, want := short.backlog(short.waits), []int{0, 0, 1, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("a second of waiting is told as %v, want %v", got, want)
	}
	theirs := was.Within(&queries.ReportScope{Queues: []events.QueueID{"back"}})
	if got := theirs.Run(target).Total.Backlog; !slices.Equal(got, back.Backlog) {
		t.Errorf("who sees that queue alone is told %v in all", got)
	}
}

func TestStepsOfABacklog(t *testing.T) {
	for _, c := range []struct{ span, want time.Duration }{{time.Minute, time.Minute}, {96 * time.Minute, time.Minute}, {97 * time.Minute, 2 * time.Minute}, {24 * time.Hour, 15 * time.Minute}, {25 * time.Hour, 30 * time.Minute}, {queries.MaxWhatIfSpan, 30 * time.Minute}} {
		if got := Step(morning, morning.Add(c.span)); got != c.want {
			t.Errorf("of %v a step is %v, want %v", c.span, got, c.want)
		}
	}
}

func TestEveryAssumptionHasAName(t *testing.T) {
	if len(Assumed) != len(Assumptions) || len(slices.Compact(slices.Sorted(slices.Values(Assumed)))) != len(Assumed) {
		t.Errorf("%d assumptions have the names %q", len(Assumptions), Assumed)
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
