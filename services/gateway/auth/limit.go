package auth

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// failures remembers failed attempts by key. At most maxKeys are kept; when
// there are more, those that have recovered are forgotten, and if none has, the
// whole class counts as limited until some have.
type failures struct {
	every time.Duration // one more attempt is forgiven in this time
	burst int

	mu    sync.Mutex // guards all below
	keys  map[string]*rate.Limiter
	swept time.Time
}

const maxKeys = 10_000

func newFailures(every time.Duration, burst int) *failures {
	return &failures{every: every, burst: burst, keys: map[string]*rate.Limiter{}}
}

// wait is how long this key has to wait before it may try; nought means now.
func (f *failures) wait(key string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	lim, ok := f.keys[key]
	if !ok {
		if len(f.keys) >= maxKeys && !f.forget(now) {
			return f.every
		}
		return 0
	}
	tokens := lim.TokensAt(now)
	if tokens >= 1 {
		return 0
	}
	return time.Duration((1 - tokens) * float64(f.every))
}

// failed counts one failure. Attempts that were under way together may take the
// key below nought; it then waits longer.
func (f *failures) failed(key string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lim, ok := f.keys[key]
	if !ok {
		if len(f.keys) >= maxKeys && !f.forget(now) {
			return // wait refuses every new key in this state
		}
		lim = rate.NewLimiter(rate.Every(f.every), f.burst)
		f.keys[key] = lim
	}
	lim.ReserveN(now, 1)
}

// forget drops what has recovered and reports whether that made room. It looks
// at most once a second, because it looks at everything. It needs the lock.
func (f *failures) forget(now time.Time) bool {
	if since := now.Sub(f.swept); since >= 0 && since < time.Second {
		return false
	}
	f.swept = now
	for key, lim := range f.keys {
		if lim.TokensAt(now) >= float64(f.burst) {
			delete(f.keys, key)
		}
	}
	return len(f.keys) < maxKeys
}
