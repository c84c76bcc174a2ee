package whatif

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// circle are two queues that hand everything on to one another after no time at all:
// so many seconds are more than a length of time holds, and turn negative.
func circle() []config.Queue {
	const wraps = 9_300_000_000
	return []config.Queue{
		{ID: "front", Mode: config.QueuePush, OverflowTo: "back", OverflowAfter: wraps},
		{ID: "back", Mode: config.QueuePush, OverflowTo: "front", OverflowAfter: wraps},
	}
}

func TestTimesBeyondReasonAreRefused(t *testing.T) {
	w := World{Queues: circle()}
	for i, c := range []config.Queue{
		circle()[0], {ID: "front", OfferFor: 601}, {ID: "front", PassFor: 86_401}, {ID: "front", Boost: 86_401}, {ID: "front", PreferFor: 86_401},
		{ID: "front", WrapUp: 3601}, {ID: "front", Relax: []config.Relax{{After: -1, By: 1}}}, {ID: "front", Relax: []config.Relax{{After: 1, By: 1 << 40}}},
		{ID: "front", Needs: []events.Need{{Skill: "ko", Level: -5}}},
	} {
		if Check(&queries.WhatIf{From: morning, To: morning.Add(time.Hour), Queues: []config.Queue{c}}, w) == nil {
			t.Errorf("change %d is taken: %+v", i, c)
		}
	}
	fine := config.Queue{ID: "front", OfferFor: 600, PassFor: 86_400, OverflowTo: "back", OverflowAfter: 604_800, Relax: []config.Relax{{After: 1, By: 10}}}
	if err := Check(&queries.WhatIf{From: morning, To: morning.Add(time.Hour), Queues: []config.Queue{fine}}, w); err != nil {
		t.Error(err)
	}
}

// Whatever the desk goes round in, within one moment too, the run can be stopped.
func TestARunThatGoesRoundInOneMomentCanBeStopped(t *testing.T) {
	d := Day{From: morning, To: morning.Add(time.Hour), Stays: []Stay{{ID: "s1", Queue: "front", Began: morning, Wait: events.Wait{Queue: "front", Since: morning, Entered: morning}}}}
	asked := 0
	done := make(chan bool, 1)
	go func() {
		_, ok := Simulate(&d, World{Queues: circle()}, func() bool { asked++; return asked > 3 })
		done <- ok
	}()
	select {
	case ok := <-done:
		if ok {
			t.Error("two queues that hand on at once came to an end")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the run does not look whether to stop")
	}
}

// A supervisor is told of the queues that are theirs, in the total too.
func TestWhatIsBeyondTheScopeIsNotTold(t *testing.T) {
	p := Played{Ends: []End{{Stay: "1", Queue: "front", Result: taken, Waited: time.Second}, {Stay: "2", Queue: "back", Result: taken, Waited: time.Hour}, {Stay: "3", Queue: "back", Result: left}}}
	run := func(scope *queries.ReportScope) queries.WhatIfRun {
		within := p.Within(scope)
		return within.Run(time.Minute)
	}
	got := run(&queries.ReportScope{Queues: []events.QueueID{"front"}})
	if got.Total.Arrivals != 1 || got.Total.Longest != 1000 || len(got.Queues) != 1 || got.Queues[0].Queue != "front" {
		t.Errorf("told %+v", got)
	}
	if none := run(&queries.ReportScope{}); none.Total.Arrivals != 0 || len(none.Queues) != 0 {
		t.Errorf("who sees no queue is told %+v", none)
	}
	if all := run(nil); all.Total.Arrivals != 3 || len(all.Queues) != 2 || len(p.Ends) != 3 {
		t.Errorf("an administrator is told %+v", all)
	}
}
