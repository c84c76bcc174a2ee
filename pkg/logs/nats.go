package logs

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// NATS returns an adapter that writes the log of an embedded nats-server to
// log. Notices become debug lines, since an operator acts on none of them.
// Protocol traces are dropped whole: they are the traffic itself. A protocol
// error quotes what the client sent; the quotation is cut off. Fatalf writes
// a line and returns: ending the program is its owner's decision.
func NATS(log zerolog.Logger) server.Logger { return natsAdapter{log} }

type natsAdapter struct{ log zerolog.Logger }

func (a natsAdapter) Noticef(format string, v ...any) { a.write(a.log.Debug(), format, v) }
func (a natsAdapter) Debugf(format string, v ...any)  { a.write(a.log.Trace(), format, v) }
func (a natsAdapter) Warnf(format string, v ...any)   { a.write(a.log.Warn(), format, v) }
func (a natsAdapter) Errorf(format string, v ...any)  { a.write(a.log.Error(), format, v) }
func (a natsAdapter) Fatalf(format string, v ...any) {
	a.write(a.log.WithLevel(zerolog.FatalLevel), format, v)
}
func (a natsAdapter) Tracef(string, ...any) {}

// quotes are the words after which nats-server 2.15 prints bytes of a client
// (parser.go and client.go: protoSnippet, "Parse Error").
var quotes = []string{"proto=", "proto:", "Parse Error", "ParseError", "snip="}

func (a natsAdapter) write(e *zerolog.Event, format string, v []any) {
	if !e.Enabled() {
		return
	}
	text := fmt.Sprintf(format, v...)
	for _, q := range quotes {
		if i := strings.Index(text, q); i >= 0 {
			text = text[:i+len(q)] + " [withheld]"
		}
	}
	e.Str("detail", cut(text)).Msg("nats server")
}
