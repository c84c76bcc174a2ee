package conf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

const mask = "********"

// print writes the settings in the form of the settings file, in the order of
// the struct.
func print(w io.Writer, ctx *kong.Context) error {
	var out bytes.Buffer
	out.WriteByte('{')
	first := true
	for _, f := range ctx.Model.Flags {
		if f.Name == "help" || f.Name == "config" || f.Name == "print-config" {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		var v bytes.Buffer
		enc := json.NewEncoder(&v)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(shown(f)); err != nil {
			return fmt.Errorf("print setting %s: %w", f.Name, err)
		}
		fmt.Fprintf(&out, "\n  %q: %s", f.Name, bytes.TrimSpace(v.Bytes()))
	}
	out.WriteString("\n}\n")
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	return nil
}

func shown(f *kong.Flag) any {
	if f.Tag.Has("secret") {
		if f.Target.IsZero() {
			return ""
		}
		return mask
	}
	v := f.Target.Interface()
	switch t := v.(type) {
	case time.Duration:
		return t.String()
	case string:
		return withoutPassword(t)
	case []string:
		shown := make([]string, len(t))
		for i, s := range t {
			shown[i] = withoutPassword(s)
		}
		return shown
	case fmt.Stringer:
		return t.String()
	}
	if f.Target.Kind() == reflect.String {
		return withoutPassword(f.Target.String())
	}
	return v
}

// withoutPassword masks the user part of an address such as
// nats://user:password@host, where a token stands for the user as well. A
// setting may hold several, separated by commas.
func withoutPassword(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	parts := strings.Split(s, ",")
	for i, p := range parts {
		if !strings.Contains(p, "@") {
			continue
		}
		u, err := url.Parse(p)
		if err != nil || u.User == nil {
			parts[i] = mask
			continue
		}
		u.User = nil
		scheme, rest, _ := strings.Cut(u.String(), "://")
		parts[i] = scheme + "://" + mask + "@" + rest
	}
	return strings.Join(parts, ",")
}
