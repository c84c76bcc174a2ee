// Command tributary is the whole inbox in one process, and its tools: verify,
// rebuild, backup, restore, simulate, conformance, bench.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/tributary-inbox/tributary/services/tributary/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Main(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
