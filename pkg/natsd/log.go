package natsd

import (
	"fmt"
	"strings"
	"sync"

	"github.com/rs/zerolog"
)

// logAdapter passes the server's log to zerolog. The server's notices are chat
// to an operator of the whole program, so they become debug lines. Tracing,
// which would print payloads, is dropped whatever the level.
type logAdapter struct {
	log zerolog.Logger

	mu     sync.Mutex // guards all below
	fatal  string
	failed chan struct{} // closed once
	over   bool
}

func (a *logAdapter) Noticef(format string, v ...any) { a.write(a.log.Debug(), format, v) }
func (a *logAdapter) Warnf(format string, v ...any)   { a.write(a.log.Warn(), format, v) }
func (a *logAdapter) Debugf(string, ...any)           {}
func (a *logAdapter) Tracef(string, ...any)           {}

// Errorf passes an error on. One of them the server tells nobody but its log: a
// stream that could not be written once refuses everything from then on, also
// when there is room again, until it is opened anew.
func (a *logAdapter) Errorf(format string, v ...any) {
	if strings.Contains(strings.ToLower(format), "critical write error") {
		a.fail()
	}
	a.write(a.log.Error(), format, v)
}

func (a *logAdapter) fail() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.over = true
		close(a.failed)
	}
}

// Fatalf remembers the reason and lets the process live: Start turns it into an
// error.
func (a *logAdapter) Fatalf(format string, v ...any) {
	a.mu.Lock()
	a.fatal = fmt.Sprintf(format, v...)
	a.mu.Unlock()
	a.write(a.log.Error(), format, v)
}

func (a *logAdapter) write(e *zerolog.Event, format string, v []any) {
	if e.Enabled() {
		e.Str("detail", fmt.Sprintf(format, v...)).Msg("nats server")
	}
}

func (a *logAdapter) fatalText() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fatal
}
