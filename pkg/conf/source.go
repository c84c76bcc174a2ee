package conf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// maxFile bounds the settings file, in bytes.
const maxFile = 1 << 20

// source resolves what the command line left open: environment over file.
type source struct {
	opts Options
	env  map[string]string
	base *own

	loaded bool
	file   map[string]any
}

// Validate is part of kong.Resolver; what there is to check is checked
// before the parse and when the file is read.
func (s *source) Validate(*kong.Application) error { return nil }

// Resolve is part of kong.Resolver. It returns nil for "keep the default".
func (s *source) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Name == "help" {
		return nil, nil
	}
	if v := s.env[s.variable(flag.Name)]; v != "" {
		return v, nil
	}
	if flag.Name == "config" || flag.Name == "print-config" {
		return nil, nil
	}
	if !s.loaded {
		if err := s.load(ctx); err != nil {
			return nil, err
		}
		s.loaded = true
	}
	return s.file[flag.Name], nil
}

func (s *source) variable(flag string) string {
	if s.opts.Prefix == "" {
		return ""
	}
	return s.opts.Prefix + "_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(flag))
}

// checkEnvironment refuses variables that have the prefix and no setting.
// Kubernetes sets PREFIX_SERVICE_HOST, PREFIX_PORT_8080_TCP and the like for a
// service of the program's name ("environment variables" in its manual on
// services); those are let through.
func (s *source) checkEnvironment(app *kong.Application) error {
	known := map[string]bool{}
	for _, f := range app.Flags {
		known[s.variable(f.Name)] = true
	}
	var unknown []string
	for name := range s.env {
		rest := strings.TrimPrefix(name, s.opts.Prefix+"_")
		linked := rest == "PORT" || strings.HasPrefix(rest, "PORT_") ||
			rest == "SERVICE_HOST" || strings.HasPrefix(rest, "SERVICE_PORT")
		if !known[name] && !linked && !slices.Contains(s.opts.Ignore, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("unknown variable %s", strings.Join(unknown, ", "))
}

func (s *source) load(ctx *kong.Context) error {
	path := s.env[s.variable("config")]
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Name == "config" {
			path, _ = ctx.FlagValue(p.Flag).(string)
		}
	}
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open settings file: %w", err)
	}
	defer f.Close()
	s.file, err = parseFile(f, ctx.Model.Flags)
	if err != nil {
		return fmt.Errorf("settings file %s: %w", path, err)
	}
	return nil
}

func parseFile(r io.Reader, flags []*kong.Flag) (map[string]any, error) {
	limited := &io.LimitedReader{R: r, N: maxFile + 1}
	dec := json.NewDecoder(limited)
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("want a JSON object, and it is empty")
		}
		return nil, fmt.Errorf("want a JSON object: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the object")
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("longer than %d bytes", maxFile)
	}
	known := map[string]bool{}
	for _, f := range flags {
		known[f.Name] = f.Name != "help" && f.Name != "config" && f.Name != "print-config"
	}
	for key, v := range raw {
		if !known[key] {
			return nil, fmt.Errorf("unknown setting %q", key)
		}
		plain, err := text(v)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", key, err)
		}
		raw[key] = plain
	}
	return raw, nil
}

// text turns a value into what the command line would have held.
func text(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if n, isNumber := e.(json.Number); isNumber {
				s, ok = n.String(), true
			}
			if !ok {
				return nil, errors.New("a list holds only strings and numbers")
			}
			parts[i] = strings.NewReplacer(`\`, `\\`, `,`, `\,`).Replace(s)
		}
		return strings.Join(parts, ","), nil
	default:
		return nil, errors.New("want a string, a number, a boolean or a list")
	}
}

// help adds the variable's name to a flag's line in the help text.
func (s *source) help(v *kong.Value) string {
	if v.Flag == nil || v.Name == "help" || s.opts.Prefix == "" {
		return kong.DefaultHelpValueFormatter(v)
	}
	return strings.TrimSpace(kong.DefaultHelpValueFormatter(v) + " ($" + s.variable(v.Name) + ")")
}

// conceal replaces an error of kong's that quotes the value of a secret.
func (s *source) conceal(app *kong.Application, err error) error {
	for _, f := range app.Flags {
		if f.Tag.Has("secret") && strings.Contains(err.Error(), "--"+f.Name) {
			return fmt.Errorf("--%s: invalid value", f.Name)
		}
	}
	return err
}
