// Command tributary is the whole inbox in one process, and its tools: verify,
// rebuild, backup, restore, simulate, conformance, bench.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/tributary-inbox/tributary/services/tributary/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command.Run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "tributary:", err)
		os.Exit(1)
	}
}
