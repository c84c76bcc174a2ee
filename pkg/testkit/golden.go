package testkit

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Golden compares got with the file at path, which is relative to the package
// under test, and fails the test with the first line that differs. With -update
// it writes the file. A missing file fails: golden files are made on purpose.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no golden file %s: run the test with -update and look at what it writes", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		n, w, g := firstDifference(string(want), string(got))
		t.Errorf("%s differs first in line %d\n want %q\n  got %q", path, n, w, g)
	}
}

// firstDifference is the number of the first line that differs, from 1, and the
// two lines; a line past the end is empty.
func firstDifference(want, got string) (n int, w, g string) {
	ws, gs := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(ws), len(gs)) {
		w, g = line(ws, i), line(gs, i)
		if w != g || i >= len(ws) || i >= len(gs) {
			return i + 1, w, g
		}
	}
	return 0, "", ""
}

func line(ls []string, i int) string {
	if i < len(ls) {
		return ls[i]
	}
	return ""
}
