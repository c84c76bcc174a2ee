package command

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/services/tributary/bench"
)

// bench measures. The words load, bare and query are for the processes that it
// starts itself.
func benchmark(ctx context.Context, in invocation) error {
	if len(in.args) > 0 {
		switch word, rest := in.args[0], in.args[1:]; {
		case word == "load":
			return bench.Load(ctx, os.Stdin, in.stdout)
		case word == "bare" && len(rest) == 1:
			return bench.Bare(ctx, rest[0], in.stdout)
		case word == "query" && len(rest) == 2:
			count, err := strconv.Atoi(rest[1])
			if err != nil {
				return fmt.Errorf("%w: how often: %w", ErrUsage, err)
			}
			return bench.Query(ctx, rest[0], count, in.stdout)
		}
	}
	var o bench.Options
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.Short, "short", false, "fewer and shorter rounds, smaller sizes")
	flags.StringVar(&o.JSON, "json", "", "file for the report as JSON")
	flags.StringVar(&o.Dir, "dir", "", "where temporary folders are made; on a real disk")
	flags.IntVar(&o.Rounds, "rounds", 0, "how often each figure is taken; 5, or 2 when short")
	flags.StringVar(&o.Profile, "profile", "", "folder for processor profiles of the program under load")
	flags.StringVar(&only, "only", "", "parts, separated by commas: latency, hooks, flood, queues, size, crowd")
	if err := in.words(flags); err != nil {
		return err
	}
	if only != "" {
		o.Only = strings.Split(only, ",")
	}
	return bench.Run(ctx, o, in.stdout, in.stderr)
}
