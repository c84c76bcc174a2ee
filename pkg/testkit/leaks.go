package testkit

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// NoLeaks is a package's TestMain: it runs the tests, and fails where goroutines of
// theirs are left. What is ending by then, as a connection that was just closed, has
// a minute for it, as long as a loaded machine may need. It ends the process.
func NoLeaks(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := Await(time.Minute, func() error { return goleak.Find(options...) }); err != nil {
			fmt.Fprintf(os.Stderr, "the tests leave goroutines behind: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}
