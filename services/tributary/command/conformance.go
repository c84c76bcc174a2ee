package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/conformance/door"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

// errDoor says that a door does not behave.
var errDoor = errors.New("the door does not behave")

// conformance holds a hook anywhere to what its provider expects. It writes as
// that provider, with the secrets it prints when no URL is given, and leaves
// messages behind.
func conformance(ctx context.Context, in invocation) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	kind := flags.String("channel", "", "which provider to write as")
	url := flags.String("url", "", "the hook's address; without it the settings that the inbox must have are printed")
	if err := in.words(flags); err != nil {
		return err
	}
	all := slices.Concat(fakes.All(), fakes.Telling(), fakes.MailDoors())
	at := slices.IndexFunc(all, func(p fake.Provider) bool { return p.Kind() == *kind })
	if at < 0 {
		var known []string
		for _, p := range all {
			known = append(known, p.Kind())
		}
		return fmt.Errorf("%w: --channel is one of %s", ErrUsage, strings.Join(known, ", "))
	}
	p := all[at]
	if *url == "" {
		return in.printSettings(p)
	}
	findings := door.Check(ctx, door.URL(*url), door.Provider{Signed: fakes.Signed(p.Kind()), Message: func(n int) door.Call {
		return p.Say("conformance", n, fmt.Sprintf("a message to check the door, number %d", n), time.Now())
	}})
	bad := 0
	for _, f := range findings {
		if f.Err != nil {
			bad++
			fmt.Fprintf(in.stdout, "FAILS  %s: %v\n", f.Check, f.Err)
			continue
		}
		fmt.Fprintf(in.stdout, "holds  %s\n", f.Check)
	}
	if bad > 0 {
		return fmt.Errorf("%w: %d of %d checks fail", errDoor, bad, len(findings))
	}
	return nil
}

func (in *invocation) printSettings(p fake.Provider) error {
	settings, err := fake.Filled(p, "http://127.0.0.1:1", "")
	if err != nil {
		return err
	}
	out, err := json.MarshalIndent(map[string]any{"channel": fakes.Channel(p), "name": "conformance", "settings": settings}, "", "  ")
	if err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	_, err = fmt.Fprintf(in.stdout, "Make an inbox of this (POST /api/v1/inboxes) and give its hook as --url:\n%s\n", out)
	return err
}
