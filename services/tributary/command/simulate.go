package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
	"github.com/tributary-inbox/tributary/services/tributary/simulate"
)

// simulation drives a program that runs elsewhere. The password may stand in
// TRIBUTARY_ADMIN_PASSWORD, where fewer people see it than on a command line.
func simulation(ctx context.Context, in invocation) error {
	var o simulate.Options
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(in.stderr)
	flags.StringVar(&o.URL, "url", "http://127.0.0.1:8080", "the server's HTTP address")
	flags.StringVar(&o.SMTP, "smtp", "127.0.0.1:2525", "the server's mail port; empty leaves mail out")
	flags.StringVar(&o.Email, "email", in.getenv("TRIBUTARY_ADMIN_EMAIL"), "an administrator's e-mail")
	flags.StringVar(&o.Password, "password", "", "that administrator's password; better left to TRIBUTARY_ADMIN_PASSWORD")
	flags.IntVar(&o.Customers, "customers", 100, "how many people write")
	flags.IntVar(&o.Agents, "agents", 5, "how many agents work")
	flags.Float64Var(&o.Rate, "rate", 20, "messages a second from all customers, on average")
	flags.DurationVar(&o.Duration, "duration", 30*time.Second, "how long they write")
	flags.Uint64Var(&o.Seed, "seed", 1, "chooses customers and what they do")
	flags.Func("channels", "fake providers to write through besides: all, or names parted by commas", func(text string) error {
		var err error
		o.Providers, err = chosen(text)
		return err
	})
	if err := flags.Parse(in.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if o.Password == "" { // not as the flag's default, which help would print
		o.Password = in.getenv("TRIBUTARY_ADMIN_PASSWORD")
	}
	if o.Email == "" || o.Password == "" {
		return fmt.Errorf("%w: an administrator's --email and --password are needed", errUsage)
	}
	return simulate.Run(ctx, o, in.stdout)
}

// chosen are the fakes that a list names.
func chosen(text string) ([]fake.Provider, error) {
	all := slices.DeleteFunc(fakes.All(), func(p fake.Provider) bool { return fakes.Mute(p.Kind()) })
	if text == "all" {
		return all, nil
	}
	var out []fake.Provider
	for _, kind := range strings.Split(text, ",") {
		at := slices.IndexFunc(all, func(p fake.Provider) bool { return p.Kind() == kind })
		if at < 0 {
			return nil, fmt.Errorf("nobody writes on a channel %q", kind)
		}
		out = append(out, all[at])
	}
	return out, nil
}

// getenv reads from the invocation's environment; empty when it is not there.
func (in *invocation) getenv(name string) string {
	for _, pair := range in.environ {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value
		}
	}
	return ""
}
