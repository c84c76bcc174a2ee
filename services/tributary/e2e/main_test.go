package e2e

import (
	"os"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

func TestMain(m *testing.M) {
	os.Exit(rig.Main(m))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
