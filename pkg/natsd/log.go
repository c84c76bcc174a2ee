package natsd

import (
	"fmt"
	"sync"

	"github.com/rs/zerolog"
)

// logAdapter passes the server's log to zerolog. The server's notices are chat
// to an operator of the whole program, so they become debug lines. Tracing,
// which would print payloads, is dropped whatever the level.
type logAdapter struct {
	log zerolog.Logger

	mu    sync.Mutex // guards fatal
	fatal string
}

func (a *logAdapter) Noticef(format string, v ...any) { a.write(a.log.Debug(), format, v) }
func (a *logAdapter) Warnf(format string, v ...any)   { a.write(a.log.Warn(), format, v) }
func (a *logAdapter) Errorf(format string, v ...any)  { a.write(a.log.Error(), format, v) }
func (a *logAdapter) Debugf(string, ...any)           {}
func (a *logAdapter) Tracef(string, ...any)           {}

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
