// Package logs builds the zerolog logger that is handed to everything else,
// and the adapters through which Watermill and the NATS server write to it.
//
// What other people's code hands over is not trusted to be fit for a log: the
// adapters never write the payload, metadata or header of a message, nor the
// bytes a client sent. There is no global logger.
package logs

import (
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
)

// Format is how a line is written.
type Format string

const (
	// JSON is one object a line, for machines.
	JSON Format = "json"
	// Console is one coloured line, for a person at a terminal.
	Console Format = "console"
)

// New makes a logger that writes lines of at least the given level ("trace",
// "debug", "info", "warn", "error", or "" for info) to w. Times are UTC with
// milliseconds. w must accept concurrent writes, as an *os.File does.
func New(w io.Writer, format Format, level string) (zerolog.Logger, error) {
	lv := zerolog.InfoLevel
	if level != "" {
		var err error
		if lv, err = zerolog.ParseLevel(level); err != nil {
			return zerolog.Nop(), fmt.Errorf("log level %q: %w", level, err)
		}
	}
	switch format {
	case JSON, "":
	case Console:
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
	default:
		return zerolog.Nop(), fmt.Errorf("log format %q: want %s or %s", format, JSON, Console)
	}
	return zerolog.New(w).Level(lv).Hook(utc{}), nil
}

// utc stamps each line itself, so that no package-wide setting of zerolog is
// changed.
type utc struct{}

func (utc) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
}
