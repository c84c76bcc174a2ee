// Package conf fills a settings struct from the command line, the environment
// and an optional file, in that order of precedence, over the defaults in the
// struct's tags (github.com/alecthomas/kong describes the tags).
//
// A flag --smtp-listen is PREFIX_SMTP_LISTEN in the environment and
// "smtp-listen" in the file, which is one flat JSON object. What is not known
// is an error in all three places, so that a misspelt setting cannot pass for
// one that works. A variable that is set but empty counts as not set.
//
// The package reads no environment by itself: a main hands it over.
package conf

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// ErrDone is returned by Parse after --help or --print-config has been
// answered: there is nothing left to do, and the program exits with 0.
var ErrDone = errors.New("answered on the command line")

// Options say who is asking.
type Options struct {
	// Name and Description head the help text.
	Name, Description string
	// Prefix is put before the name of every variable, without the last
	// underscore; "" reads no environment.
	Prefix string
	// Ignore names further variables that begin with the prefix and belong to
	// somebody else.
	Ignore []string
	// Args are the arguments without the program's name.
	Args []string
	// Environ is as os.Environ gives it.
	Environ []string
	// Stdout receives the help text and the printed settings; nil discards.
	Stdout io.Writer
}

// own are the flags that every program has.
type own struct {
	Config      string `help:"File with settings: a flat JSON object." placeholder:"FILE"`
	PrintConfig bool   `help:"Print the settings with secrets masked, and exit."`
}

// Parse fills settings, a pointer to a struct. Errors say which setting is
// wrong; the value of a field tagged `secret:""` never stands in one. After an
// error the struct is not to be used.
func Parse(settings any, opts Options) error {
	if opts.Stdout == nil {
		opts.Stdout = io.Discard
	}
	var base own
	env, err := environment(opts)
	if err != nil {
		return err
	}
	src := &source{opts: opts, env: env, base: &base}
	asked := false
	parser, err := kong.New(settings,
		kong.Name(opts.Name), kong.Description(opts.Description), kong.Embed(&base),
		kong.Writers(opts.Stdout, opts.Stdout), kong.Exit(func(int) { asked = true }),
		kong.Resolvers(src), kong.ValueFormatter(src.help))
	if err != nil {
		return fmt.Errorf("describe settings: %w", err)
	}
	if err := src.checkEnvironment(parser.Model); err != nil {
		return err
	}
	ctx, err := parser.Parse(opts.Args)
	switch {
	case asked:
		return ErrDone
	case err != nil:
		return fmt.Errorf("settings: %w", src.conceal(parser.Model, err))
	case base.PrintConfig:
		if err := print(opts.Stdout, ctx); err != nil {
			return err
		}
		return ErrDone
	}
	return nil
}

func environment(opts Options) (map[string]string, error) {
	env := map[string]string{}
	if opts.Prefix == "" {
		return env, nil
	}
	for _, kv := range opts.Environ {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.HasPrefix(name, opts.Prefix+"_") {
			continue
		}
		if _, twice := env[name]; twice {
			return nil, fmt.Errorf("variable %s is set twice", name)
		}
		env[name] = value
	}
	return env, nil
}
