// Package command is tributary's command line: the first word chooses what to
// do, and serving is what happens without one.
package command

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/conf"
	"github.com/tributary-inbox/tributary/pkg/logs"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// ErrUsage wraps mistakes on the command line and in the settings.
var ErrUsage = errors.New("usage")

// What the program exits with.
const (
	exitFailed = 1
	exitUsage  = 2
)

type invocation struct {
	tool    string
	args    []string
	environ []string
	stdout  io.Writer
	stderr  io.Writer
}

var tools = map[string]func(context.Context, invocation) error{
	"serve":       serve,
	"verify":      verify,
	"rebuild":     rebuild,
	"backup":      backup,
	"restore":     restore,
	"simulate":    simulation,
	"conformance": conformance,
	"bench":       benchmark,
}

// does says what each of the tools is for.
var does = map[string]string{
	"serve":       "Runs the inbox; so does no word at all.",
	"verify":      "Walks the whole log and proves the books, also while the program runs.",
	"rebuild":     "Throws every derived file away and builds it anew; the program has to be stopped.",
	"backup":      "Writes everything that is kept into one file, also while the program runs.",
	"restore":     "Fills an empty data folder from such a file.",
	"simulate":    "Plays customers, providers and agents against a running program.",
	"conformance": "Holds a provider's hook, at any URL, to what that provider expects.",
	"bench":       "Measures the program beside a bare pipeline of the same parts.",
}

// Main does what the arguments say, tells stderr what went wrong, and returns what
// to exit with: 0 when all of it was done, 1 when it failed, 2 when the command line
// or the settings have to be changed first. environ is as os.Environ gives it.
func Main(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	err := Run(ctx, args, environ, stdout, stderr)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "tributary:", err)
	if errors.Is(err, ErrUsage) || errors.Is(err, house.ErrSettings) {
		return exitUsage
	}
	return exitFailed
}

// Run is Main with what went wrong as an error. nil means that what was asked for
// was done to its end.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	in := invocation{tool: "serve", args: args, environ: environ, stdout: stdout, stderr: stderr}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		in.tool, in.args = args[0], args[1:]
	}
	if in.tool == "help" {
		in.tool, in.args = "serve", []string{"--help"}
	}
	chosen, ok := tools[in.tool]
	if !ok {
		return fmt.Errorf("%w: no command %q; there are %s", ErrUsage, in.tool, strings.Join(names(), ", "))
	}
	err := chosen(ctx, in)
	switch {
	case errors.Is(err, conf.ErrDone):
		return nil
	case errors.Is(err, ErrUsage):
		return fmt.Errorf("%w (tributary %s --help says more)", err, in.tool)
	case in.tool != "serve" && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("%s was stopped before its end: %w", in.tool, err)
	}
	return err
}

func names() []string { return slices.Sorted(maps.Keys(does)) }

// description heads a tool's help. That of serving names the others.
func (in *invocation) description() string {
	if in.tool != "serve" {
		return does[in.tool]
	}
	var b strings.Builder
	b.WriteString("An omnichannel inbox in one program. Without a command it serves.\n")
	for _, name := range names() {
		fmt.Fprintf(&b, "\n  tributary %-12s %s", name, does[name])
	}
	b.WriteString("\n\nIt exits with 0 when all was done, 1 when it was not, and 2 when the command line or the settings are wrong.")
	return b.String()
}

// onFile are the settings of a tool that takes a file.
type onFile struct {
	house.Settings
	File string `arg:"" help:"The backup."`
}

// parse fills the settings and says which file the tool was given, if it takes one.
func (in *invocation) parse(takesFile bool) (house.Settings, string, error) {
	var s house.Settings
	var f onFile
	into, name := any(&s), "tributary"
	if takesFile {
		into = &f
	}
	if in.tool != "serve" {
		name += " " + in.tool
	}
	err := conf.Parse(into, conf.Options{
		Name: name, Description: in.description(), Prefix: "TRIBUTARY",
		Ignore: []string{"TRIBUTARY_CORPUS", "TRIBUTARY_VECTORS", "TRIBUTARY_BROWSER"}, Args: in.args, Environ: in.environ, Stdout: in.stdout,
	})
	if errors.Is(err, conf.ErrDone) {
		return s, "", err
	}
	if err != nil {
		return s, "", fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if takesFile {
		s = f.Settings
		if f.File == "" {
			return s, "", fmt.Errorf("%w: name the file", ErrUsage)
		}
	}
	return s, f.File, s.Check()
}

// words parses the flags of a tool that has its own, and takes nothing besides.
func (in *invocation) words(flags *flag.FlagSet) error {
	var said bytes.Buffer
	flags.SetOutput(&said)
	err := flags.Parse(in.args)
	if errors.Is(err, flag.ErrHelp) {
		if _, err := fmt.Fprintf(in.stdout, "%s\n\n%s", does[in.tool], said.String()); err != nil {
			return err
		}
		return conf.ErrDone
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: unexpected argument %q", ErrUsage, flags.Arg(0))
	}
	return nil
}

func (in *invocation) logger(s house.Settings) (zerolog.Logger, error) {
	return logs.New(in.stderr, logs.Format(s.LogFormat), s.LogLevel)
}

// begin parses the settings and opens the logger they ask for, which is how
// every tool of the house starts.
func (in *invocation) begin(takesFile bool) (house.Settings, string, zerolog.Logger, error) {
	s, file, err := in.parse(takesFile)
	if err != nil {
		return s, "", zerolog.Nop(), err
	}
	log, err := in.logger(s)
	return s, file, log, err
}

func serve(ctx context.Context, in invocation) error {
	s, _, log, err := in.begin(false)
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
	s, _, log, err := in.begin(false)
	if err != nil {
		return err
	}
	return house.RunVerify(ctx, s, log, in.stdout)
}

func rebuild(ctx context.Context, in invocation) error {
	s, _, log, err := in.begin(false)
	if err != nil {
		return err
	}
	return house.RunRebuild(ctx, s, log, in.stdout)
}

func backup(ctx context.Context, in invocation) error {
	s, file, log, err := in.begin(true)
	if err != nil {
		return err
	}
	return house.RunBackup(ctx, s, log, file, in.stdout)
}

func restore(ctx context.Context, in invocation) error {
	s, file, log, err := in.begin(true)
	if err != nil {
		return err
	}
	return house.RunRestore(ctx, s, log, file, in.stdout)
}
