package logs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/rs/zerolog"
)

// maxField bounds a text that comes from outside, in bytes.
const maxField = 256

// Watermill returns an adapter that writes Watermill's log to log. Values that
// may carry a message are replaced by their size or their type; long texts
// are cut. Watermill is talkative at info, which therefore becomes debug, and
// debug becomes trace.
func Watermill(log zerolog.Logger) watermill.LoggerAdapter { return watermillAdapter{log: log} }

type watermillAdapter struct {
	log    zerolog.Logger
	fields watermill.LogFields
}

func (a watermillAdapter) Error(msg string, err error, fields watermill.LogFields) {
	e := a.log.Error()
	if err != nil {
		e = e.Str("error", cut(err.Error()))
	}
	a.write(e, msg, fields)
}

func (a watermillAdapter) Info(msg string, fields watermill.LogFields) {
	a.write(a.log.Debug(), msg, fields)
}

func (a watermillAdapter) Debug(msg string, fields watermill.LogFields) {
	a.write(a.log.Trace(), msg, fields)
}

func (a watermillAdapter) Trace(msg string, fields watermill.LogFields) {
	a.write(a.log.Trace(), msg, fields)
}

func (a watermillAdapter) With(fields watermill.LogFields) watermill.LoggerAdapter {
	return watermillAdapter{log: a.log, fields: a.fields.Add(fields)}
}

func (a watermillAdapter) write(e *zerolog.Event, msg string, fields watermill.LogFields) {
	if !e.Enabled() {
		return
	}
	all := a.fields.Add(fields)
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		field(e, k, all[k])
	}
	e.Msg(cut(msg))
}

// private names the keys whose value is withheld whatever its type.
var private = []string{"payload", "metadata", "header", "body", "data", "password", "secret", "token"}

func field(e *zerolog.Event, key string, v any) {
	lower := strings.ToLower(key)
	for _, p := range private {
		if strings.Contains(lower, p) {
			e.Str(key, withheld(v))
			return
		}
	}
	switch v := v.(type) {
	case string:
		e.Str(key, cut(v))
	case error:
		e.Str(key, cut(v.Error()))
	case bool:
		e.Bool(key, v)
	case time.Duration:
		e.Dur(key, v)
	case time.Time:
		e.Time(key, v)
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		e.Interface(key, v)
	default:
		e.Str(key, withheld(v))
	}
}

func withheld(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("[%d bytes]", len(v))
	case []byte:
		return fmt.Sprintf("[%d bytes]", len(v))
	default:
		return fmt.Sprintf("[%T]", v)
	}
}

func cut(s string) string {
	if len(s) <= maxField {
		return s
	}
	return strings.ToValidUTF8(s[:maxField], "") + "…"
}
