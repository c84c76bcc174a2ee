package whatif

import (
	"fmt"
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

// However much is to be done in one moment, the run can be stopped within it; and queues
// that hand on to each other at once do so once into each, so that a day of them ends.
//
// To see it fail: ask for the stop only between moments, or leave out what a place
// overflowed into in the desk's overflowsTo.
func TestARunThatGoesRoundInOneMomentCanBeStopped(t *testing.T) {
	d := Day{From: morning, To: morning.Add(time.Hour)}
	for i := range 2000 {
		id := events.ConversationID(fmt.Sprint("s", i))
		d.Stays = append(d.Stays, Stay{ID: id, Queue: "front", Began: morning, Wait: events.Wait{Queue: "front", Since: morning, Entered: morning}})
	}
	asked := 0
	if _, ok := Simulate(&d, World{Queues: circle()}, func() bool { asked++; return asked > 3 }); ok {
		t.Error("thousands who move in one moment were played without a look at whether to stop")
	}
	ended := make(chan bool, 1)
	stop := make(chan struct{})
	go func() {
		_, ok := Simulate(&d, World{Queues: circle()}, func() bool {
			select {
			case <-stop:
				return true
			default:
				return false
			}
		})
		ended <- ok
	}()
	select {
	case ok := <-ended:
		if !ok {
			t.Error("it was stopped by nobody")
		}
	case <-time.After(time.Minute):
		close(stop)
		<-ended
		t.Fatal("two queues that hand on to each other go round for ever")
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
