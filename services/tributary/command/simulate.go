package command

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetryfake"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
	"github.com/tributary-inbox/tributary/services/tributary/simulate"
)

// simulation drives a program that runs elsewhere. The password may stand in
// TRIBUTARY_ADMIN_PASSWORD, where fewer people see it than on a command line.
func simulation(ctx context.Context, in invocation) error {
	var o simulate.Options
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.StringVar(&o.URL, "url", "http://127.0.0.1:8080", "the server's HTTP address")
	flags.StringVar(&o.SMTP, "smtp", "127.0.0.1:2525", "the server's mail port; empty leaves mail out")
	flags.StringVar(&o.Email, "email", in.getenv("TRIBUTARY_ADMIN_EMAIL"), "an administrator's e-mail")
	flags.StringVar(&o.Password, "password", "", "that administrator's password; better left to TRIBUTARY_ADMIN_PASSWORD")
	flags.IntVar(&o.Customers, "customers", 100, "how many people write")
	flags.IntVar(&o.Agents, "agents", 5, "how many agents work")
	flags.Float64Var(&o.Rate, "rate", 20, "messages a second from all customers, on average")
	flags.DurationVar(&o.Duration, "duration", 30*time.Second, "how long they write")
	flags.Uint64Var(&o.Seed, "seed", 1, "chooses customers and what they do")
	flags.Func("channels", "fake providers to write through besides: all, or names parted by commas; mail providers, telephone exchanges, shops and telemetry among them",
		func(text string) error { return choose(text, &o) })
	if err := in.words(flags); err != nil {
		return err
	}
	if o.Password == "" { // not as the flag's default, which help would print
		o.Password = in.getenv("TRIBUTARY_ADMIN_PASSWORD")
	}
	if o.Email == "" || o.Password == "" {
		return fmt.Errorf("%w: an administrator's --email and --password are needed", ErrUsage)
	}
	return simulate.Run(ctx, o, in.stdout)
}

// choose puts the fakes that a list names into the options.
func choose(text string, o *simulate.Options) error {
	all := simulate.Options{
		Providers: slices.DeleteFunc(fakes.All(), func(p fake.Provider) bool { return fakes.Mute(p.Kind()) }),
		Mail:      fakes.Mail(), Exchanges: fakes.Exchanges(), Shops: fakes.Shops(), Reports: telemetryfake.New(),
	}
	names := strings.Split(text, ",")
	named := func(name string) bool { return text == "all" || slices.Contains(names, name) }
	o.Providers = keep(all.Providers, named, fake.Provider.Kind)
	o.Mail = keep(all.Mail, named, mailfake.Provider.Name)
	o.Exchanges = keep(all.Exchanges, named, callfake.Exchange.Kind)
	o.Shops = keep(all.Shops, named, orderfake.Shop.Kind)
	if named(all.Reports.Kind()) {
		o.Reports = all.Reports
	}
	known := []string{"all", all.Reports.Kind()}
	known = append(known, namesOf(all.Providers, fake.Provider.Kind)...)
	known = append(known, namesOf(all.Mail, mailfake.Provider.Name)...)
	known = append(known, namesOf(all.Exchanges, callfake.Exchange.Kind)...)
	known = append(known, namesOf(all.Shops, orderfake.Shop.Kind)...)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("nobody writes on a channel %q", name)
		}
	}
	return nil
}

func namesOf[T any](list []T, name func(T) string) (out []string) {
	for _, p := range list {
		out = append(out, name(p))
	}
	return out
}

// keep are those of a list whose name is wanted.
func keep[T any](list []T, wanted func(string) bool, name func(T) string) []T {
	return slices.DeleteFunc(slices.Clone(list), func(p T) bool { return !wanted(name(p)) })
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
