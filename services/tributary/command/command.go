// Package command is tributary's command line: the first word chooses what to
// do, and serving is what happens without one.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/conf"
	"github.com/tributary-inbox/tributary/pkg/logs"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// errUsage wraps mistakes on the command line.
var errUsage = errors.New("usage")

type invocation struct {
	args    []string
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

var tools = map[string]func(context.Context, invocation) error{
	"serve": serve, "verify": verify, "rebuild": rebuild, "backup": backup, "restore": restore,
	"bench": benchmark, "simulate": simulation, "conformance": conformance,
}

// Run does what the arguments say. environ is as os.Environ gives it.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	in := invocation{args: args, environ: environ, stdout: stdout, stderr: stderr}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		tool, ok := tools[args[0]]
		if !ok {
			return fmt.Errorf("%w: no command %q; there are %s", errUsage, args[0], names())
		}
		in.args = args[1:]
		return ignoreDone(tool(ctx, in))
	}
	return ignoreDone(serve(ctx, in))
}

func ignoreDone(err error) error {
	if errors.Is(err, conf.ErrDone) {
		return nil
	}
	return err
}

func names() string {
	var out []string
	for name := range tools {
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// settings parses the house's settings, after a leading file name where the
// tool takes one.
func (in *invocation) settings(fileName string) (house.Settings, string, error) {
	var s house.Settings
	var file string
	if fileName != "" {
		if len(in.args) == 0 || strings.HasPrefix(in.args[0], "-") {
			return s, "", fmt.Errorf("%w: name the %s", errUsage, fileName)
		}
		file, in.args = in.args[0], in.args[1:]
	}
	err := conf.Parse(&s, conf.Options{
		Name: "tributary", Description: "An omnichannel inbox in one program.", Prefix: "TRIBUTARY",
		Ignore: []string{"TRIBUTARY_CORPUS", "TRIBUTARY_VECTORS", "TRIBUTARY_BROWSER"}, Args: in.args, Environ: in.environ, Stdout: in.stdout,
	})
	return s, file, err
}

func (in *invocation) logger(s house.Settings) (zerolog.Logger, error) {
	return logs.New(in.stderr, logs.Format(s.LogFormat), s.LogLevel)
}

// begin parses the settings and opens the logger they ask for, which is how
// every tool of the house starts.
func (in *invocation) begin(fileName string) (house.Settings, string, zerolog.Logger, error) {
	s, file, err := in.settings(fileName)
	if err != nil {
		return s, "", zerolog.Nop(), err
	}
	log, err := in.logger(s)
	return s, file, log, err
}

func serve(ctx context.Context, in invocation) error {
	s, _, log, err := in.begin("")
	if err != nil {
		return err
	}
	for {
		h, err := house.Build(ctx, s, log)
		if err != nil {
			return err
		}
		// Whoever is connected finds the program again where it was.
		s.Listen, s.SMTPListen = h.HTTPAddr(), h.SMTPAddr()
		err = errors.Join(h.Run(ctx, in.stdout), h.Close())
		if !errors.Is(err, house.ErrReopen) {
			return err
		}
		if ctx.Err() != nil { // asked to stop meanwhile
			return nil
		}
		log.Warn().Err(err).Msg("there is room again: everything is opened anew")
	}
}

func verify(ctx context.Context, in invocation) error {
	s, _, log, err := in.begin("")
	if err != nil {
		return err
	}
	return house.RunVerify(ctx, s, log, in.stdout)
}

func rebuild(ctx context.Context, in invocation) error {
	s, _, log, err := in.begin("")
	if err != nil {
		return err
	}
	return house.RunRebuild(ctx, s, log, in.stdout)
}

func backup(ctx context.Context, in invocation) error {
	s, file, log, err := in.begin("file to write")
	if err != nil {
		return err
	}
	return house.RunBackup(ctx, s, log, file)
}

func restore(ctx context.Context, in invocation) error {
	s, file, log, err := in.begin("file to restore from")
	if err != nil {
		return err
	}
	return house.RunRestore(ctx, s, log, file)
}
