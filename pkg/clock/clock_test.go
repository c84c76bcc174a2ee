package clock_test

import (
	"context"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/clock"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func fired(c <-chan time.Time) (time.Time, bool) {
	select {
	case at := <-c:
		return at, true
	default:
		return time.Time{}, false
	}
}

func TestAdvanceFiresEachTimerAtItsOwnDeadline(t *testing.T) {
	f := clock.NewFake(start)
	late, early, never := f.NewTimer(2*time.Second), f.NewTimer(time.Second), f.NewTimer(time.Hour)
	f.Advance(1500 * time.Millisecond)
	if at, ok := fired(early.C()); !ok || !at.Equal(start.Add(time.Second)) {
		t.Fatalf("early fired %v at %v", ok, at)
	}
	if _, ok := fired(late.C()); ok {
		t.Fatal("late fired before its deadline")
	}
	f.Advance(500 * time.Millisecond)
	if at, ok := fired(late.C()); !ok || !at.Equal(start.Add(2*time.Second)) {
		t.Fatalf("late fired %v at %v", ok, at)
	}
	if f.Waiters() != 1 || !never.Stop() || f.Waiters() != 0 {
		t.Fatal("the last timer was not waiting")
	}
	f.Advance(-time.Hour)
	if !f.Now().Equal(start.Add(2 * time.Second)) {
		t.Fatalf("time ran backwards to %v", f.Now())
	}
}

func TestStopAndResetLeaveNoStaleTick(t *testing.T) {
	f := clock.NewFake(start)
	timer := f.NewTimer(time.Second)
	f.Advance(time.Second)
	if timer.Stop() {
		t.Fatal("stop claims to have prevented a timer that fired")
	}
	if _, ok := fired(timer.C()); ok {
		t.Fatal("a tick was left after stop")
	}
	if timer.Reset(time.Minute) {
		t.Fatal("reset claims the timer had been active")
	}
	if !timer.Reset(2 * time.Minute) {
		t.Fatal("reset claims the timer had not been active")
	}
	f.Advance(time.Minute)
	if _, ok := fired(timer.C()); ok {
		t.Fatal("the first deadline survived reset")
	}
	f.Advance(time.Minute)
	if _, ok := fired(timer.C()); !ok {
		t.Fatal("the second deadline was lost")
	}
	if _, ok := fired(f.After(0)); !ok {
		t.Fatal("a timer of zero did not fire at once")
	}
}

func TestBlockUntilSeesAGoroutineStartToWait(t *testing.T) {
	f := clock.NewFake(start)
	done := make(chan time.Time)
	go func() { done <- <-f.After(time.Minute) }()
	if err := f.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	f.Advance(time.Minute)
	if at := <-done; !at.Equal(start.Add(time.Minute)) {
		t.Fatalf("fired at %v", at)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.BlockUntil(ctx, 1); err == nil {
		t.Fatal("block until returned without a waiter")
	}
}

func TestSystemClockRuns(t *testing.T) {
	var c clock.Clock = clock.System{}
	before := c.Now()
	timer := c.NewTimer(time.Millisecond)
	<-timer.C()
	if c.Now().Sub(before) < time.Millisecond || c.Now().Location() != time.UTC {
		t.Fatal("the system clock does not run in UTC")
	}
	if timer.Reset(time.Hour) || !timer.Stop() {
		t.Fatal("the timer's state is wrong")
	}
	<-c.After(0)
}

func TestAFunctionIsCalledAtItsDeadline(t *testing.T) {
	f := clock.NewFake(start)
	called := make(chan string, 3)
	stopped := f.AfterFunc(time.Second, func() { called <- "stopped" })
	f.AfterFunc(time.Minute, func() { called <- "after a minute" })
	if !stopped.Stop() || f.Waiters() != 1 {
		t.Fatal("a function that has not been called cannot be stopped")
	}
	f.Advance(59 * time.Second)
	if len(called) != 0 || f.Waiters() != 1 {
		t.Fatal("called before its time")
	}
	f.Advance(time.Second)
	if got := <-called; got != "after a minute" {
		t.Fatal(got)
	}
	f.AfterFunc(0, func() { called <- "at once" })
	if got := <-called; got != "at once" {
		t.Fatal(got)
	}
	clock.System{}.AfterFunc(time.Millisecond, func() { called <- "by the system" })
	if got := <-called; got != "by the system" {
		t.Fatal(got)
	}
}
