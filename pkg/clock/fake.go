package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Fake is a Clock that moves only when told to. Use NewFake.
type Fake struct {
	mu      sync.Mutex // guards all below
	now     time.Time
	timers  []*fakeTimer // active, ordered by deadline, then by age
	changed chan struct{}
}

// NewFake makes a clock that stands at start, in UTC.
func NewFake(start time.Time) *Fake {
	return &Fake{now: start.UTC(), changed: make(chan struct{})}
}

// Now is where the clock was last moved to.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// NewTimer makes a timer that fires when the clock is moved to or past d from
// now. A timer of zero or less fires at once, as a real one does.
func (f *Fake) NewTimer(d time.Duration) Timer {
	t := &fakeTimer{clock: f, c: make(chan time.Time, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start(t, d)
	return t
}

// After is NewTimer(d).C().
func (f *Fake) After(d time.Duration) <-chan time.Time { return f.NewTimer(d).C() }

// AfterFunc calls f when the clock is moved to or past d from now.
func (f *Fake) AfterFunc(d time.Duration, call func()) Timer {
	t := &fakeTimer{clock: f, call: call}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start(t, d)
	return t
}

// Advance moves the clock forward by d. Every timer due on the way fires at
// its own deadline, earliest first, before Advance returns. A negative d does
// nothing: time does not run backwards.
func (f *Fake) Advance(d time.Duration) {
	if d < 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	end := f.now.Add(d)
	for len(f.timers) > 0 && !f.timers[0].at.After(end) {
		t := f.timers[0]
		f.timers = f.timers[1:]
		f.now = t.at
		t.fire(t.at)
	}
	f.now = end
	f.notify()
}

// Waiters is the number of timers that have neither fired nor been stopped.
func (f *Fake) Waiters() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.timers)
}

// BlockUntil returns once at least n timers are waiting, or with the error of
// ctx. A test calls it before Advance, so as not to move the clock too early.
func (f *Fake) BlockUntil(ctx context.Context, n int) error {
	for {
		f.mu.Lock()
		enough, changed := len(f.timers) >= n, f.changed
		f.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// start needs the lock.
func (f *Fake) start(t *fakeTimer, d time.Duration) {
	t.at = f.now.Add(d)
	if d <= 0 {
		t.fire(f.now)
		return
	}
	i, _ := slices.BinarySearchFunc(f.timers, t.at, func(o *fakeTimer, at time.Time) int {
		if o.at.After(at) {
			return 1
		}
		return -1 // an equal deadline stays in order of age
	})
	f.timers = slices.Insert(f.timers, i, t)
	f.notify()
}

// notify needs the lock.
func (f *Fake) notify() {
	close(f.changed)
	f.changed = make(chan struct{})
}

type fakeTimer struct {
	clock *Fake
	c     chan time.Time // nil where call is set
	call  func()
	at    time.Time // guarded by clock.mu
}

func (t *fakeTimer) fire(now time.Time) {
	if t.call != nil {
		go t.call()
		return
	}
	t.c <- now
}

func (t *fakeTimer) C() <-chan time.Time { return t.c }

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.stop()
}

func (t *fakeTimer) Reset(d time.Duration) bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	active := t.stop()
	t.clock.start(t, d)
	return active
}

// stop needs the clock's lock.
func (t *fakeTimer) stop() bool {
	select {
	case <-t.c: // a tick nobody has taken must not be seen later
	default:
	}
	i := slices.Index(t.clock.timers, t)
	if i < 0 {
		return false
	}
	t.clock.timers = slices.Delete(t.clock.timers, i, i+1)
	t.clock.notify()
	return true
}
