// Package clock is the only way by which a shell learns the time, so that a
// test can hold the time still and move it by hand.
//
// System is the machine's clock. Fake stands still until Advance is called;
// its timers fire in the order of their deadlines, and Waiters lets a test
// wait until the code under test has really started to wait.
//
// The package does not own calendars, time zones or business hours.
package clock

import "time"

// Clock tells the time and makes timers. Implementations may be used by many
// goroutines at once.
type Clock interface {
	// Now is the present time in UTC.
	Now() time.Time
	// NewTimer makes a timer that fires once after d. The caller stops it.
	NewTimer(d time.Duration) Timer
	// After is NewTimer for callers that never stop it.
	After(d time.Duration) <-chan time.Time
	// AfterFunc calls f in a goroutine of its own once d has passed. The timer's
	// C is nil; Stop reports whether f will not be called, and does not wait for
	// an f that has begun.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer fires once on C. As with time.Timer since Go 1.23, no stale tick can
// be received after Stop or Reset has returned.
type Timer interface {
	// C delivers the time at which the timer fired; it is never closed.
	C() <-chan time.Time
	// Stop reports whether it prevented the timer from firing.
	Stop() bool
	// Reset starts the timer again and reports whether it had been active.
	Reset(d time.Duration) bool
}

// System is the wall clock of the machine, with Go's monotonic reading, so
// that differences of two readings survive a change of the wall clock.
type System struct{}

// Now is time.Now in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// NewTimer wraps time.NewTimer.
func (System) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

// After is time.After.
func (System) After(d time.Duration) <-chan time.Time { return time.After(d) }

// AfterFunc is time.AfterFunc.
func (System) AfterFunc(d time.Duration, f func()) Timer { return systemTimer{time.AfterFunc(d, f)} }

type systemTimer struct{ t *time.Timer }

func (t systemTimer) C() <-chan time.Time        { return t.t.C }
func (t systemTimer) Stop() bool                 { return t.t.Stop() }
func (t systemTimer) Reset(d time.Duration) bool { return t.t.Reset(d) }
