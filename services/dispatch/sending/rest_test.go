package sending

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// An answer that cannot leave for days holds up nobody else over a restart. To see
// it fail, have the bus's fence wait until what is old is done.
func TestARestartSendsWhatIsNotHeld(t *testing.T) {
	r := newRig(t)
	var held atomic.Bool
	held.Store(true)
	r.deps.Look = time.Millisecond
	r.deps.Held = func(inbox events.InboxID) bool { return inbox == "paused" && held.Load() }
	for round := range 3 {
		stop := r.start()
		r.wantOn("fake", "paused", "cvheld", fmt.Sprint("held", round))
		id := fmt.Sprint("m", round)
		r.wantOn("fake", "open", fmt.Sprint("cv", round), id)
		r.becomes(id, events.StatusSent)
		stop()
	}
	held.Store(false)
	r.start()
	r.becomes("held2", events.StatusSent)
}

// OUTBOUND has no age: what is settled is swept out, and what is not stays.
func TestTheSweepTakesOnlyWhatIsSettled(t *testing.T) {
	r := newRig(t)
	var held atomic.Bool
	held.Store(true)
	r.deps.Look, r.deps.Sweep = time.Millisecond, time.Millisecond
	r.deps.Held = func(inbox events.InboxID) bool { return inbox == "paused" && held.Load() }
	stop := r.start()
	r.want("cv1", "m1", "m2", "m3")
	r.wantOn("fake", "paused", "cvheld", "held")
	r.want("cv2", "m4", "m5")
	r.becomes("m5", events.StatusSent)
	first := func(want uint64) {
		t.Helper()
		testkit.Eventually(t, time.Minute, func() error {
			if got, last, err := r.deps.Outbound.Bounds(t.Context()); err != nil || got != want || last != 6 {
				return fmt.Errorf("OUTBOUND goes from %d to %d, want %d to 6: %w", got, last, want, err)
			}
			return nil
		})
	}
	first(4) // the one that is held
	stop()
	held.Store(false)
	r.start()
	r.becomes("held", events.StatusSent)
	first(6) // the last names the pump's place
	if got := r.provider.order(); len(got) != 6 {
		t.Errorf("sent %v", got)
	}
}

// Who waits for a place at a busy inbox has tried nothing, and goes as soon as there
// is one, however long an attempt that failed would rest.
func TestWhoWaitsForAPlaceDoesNotRest(t *testing.T) {
	r := newRig(t)
	r.deps.Backoff = func(int) time.Duration { return time.Hour }
	open := make(chan struct{})
	release := sync.OnceFunc(func() { close(open) })
	defer release()
	r.provider.answer = func(int, events.SendRequest) events.SendResult {
		<-open
		return events.SendResult{Outcome: events.Sent}
	}
	r.start()
	const all = 3 * concurrency / 4
	for n := range all {
		r.want(fmt.Sprint("cv", n), fmt.Sprint("m", n))
	}
	testkit.Eventually(t, time.Minute, func() error {
		begun := 0
		for n := range all {
			if r.desk.is(events.MessageID(fmt.Sprint("m", n))) == events.StatusSending {
				begun++
			}
		}
		if begun != concurrency/4 {
			return fmt.Errorf("%d attempts under way", begun)
		}
		return nil
	})
	release()
	for n := range all {
		r.becomes(fmt.Sprint("m", n), events.StatusSent)
	}
}
