package screens

import (
	"fmt"
	"os"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := rig.Clean(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
