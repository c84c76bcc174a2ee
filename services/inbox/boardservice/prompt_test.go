package boardservice

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// watchedClock stands still until it is moved, and says which timers were set again
// once they are.
type watchedClock struct {
	*clock.Fake
	set chan time.Duration
}

type watchedTimer struct {
	clock.Timer
	set chan time.Duration
}

func (c watchedClock) NewTimer(d time.Duration) clock.Timer {
	return watchedTimer{c.Fake.NewTimer(d), c.set}
}

func (t watchedTimer) Reset(d time.Duration) bool {
	was := t.Timer.Reset(d)
	t.set <- d
	return was
}

// Every decision is told within a quarter second of when it was read, and no two
// changes within less: by the board's own clock, which moves only when the board waits,
// so that a busy machine changes nothing. To see it fail, make every longer, tell at
// every beat instead of at once, or leave out the rest between two.
func TestEveryDecisionIsToldWithinAQuarterSecond(t *testing.T) {
	w := newWorld(t, 31)
	fake := watchedClock{clock.NewFake(w.day.Now), make(chan time.Duration, 1000)}
	w.step()
	s, err := New(Deps{NC: w.nc, Feed: w.feed, Settings: w.settings, Dir: w.dir, Zone: zone, Clock: fake, Logger: testkit.Logger(t)})
	must(t, err)
	w.run(s)
	heard := make(chan *nats.Msg, 1000)
	sub, err := w.nc.ChanSubscribe(events.BoardSubject, heard)
	must(t, err)
	defer func() { must(t, sub.Unsubscribe()) }()
	const quarter = 250 * time.Millisecond
	told, changes, began := time.Time{}, 0, fake.Now()
	// until waits for the change that tells of a decision. Whenever the board waits
	// between two changes, the clock goes on to the end of the wait.
	until := func(seq uint64) {
		t.Helper()
		for {
			patience := patience
			if told.IsZero() { // until it listens for followers
				must(t, w.nc.Publish(events.BoardFollowSubject, nil))
				patience = 10 * time.Millisecond // and then again
			}
			select {
			case d := <-fake.set:
				if d <= quarter {
					fake.Advance(d)
				}
			case m := <-heard:
				var c queries.BoardChange
				must(t, json.Unmarshal(m.Data, &c))
				told = fake.Now()
				changes++
				if c.AsOf >= seq {
					return
				}
			case <-time.After(patience):
				if !told.IsZero() {
					t.Fatal("nothing is told")
				}
			}
		}
	}
	until(0)
	for i := range 24 {
		fake.Advance([]time.Duration{0, quarter / 3, quarter - 1, quarter, quarter + quarter/2}[i%5])
		at := fake.Now()
		w.step()
		testkit.Eventually(t, patience, func() error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.state.facts < w.last {
				return errors.New("the decision is not read yet")
			}
			return nil
		})
		if until(w.last); told.Sub(at) > quarter {
			t.Fatalf("a decision is told after %v", told.Sub(at))
		}
	}
	if most := int(told.Sub(began)/quarter) + 1; changes > most {
		t.Errorf("%d changes in %v, want at most %d", changes, told.Sub(began), most)
	}
}
