package house

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// archive writes a backup of these entries, in order; nil makes it end early.
func archive(t *testing.T, entries ...[2]string) string {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, e := range entries {
		if err := addEntry(w, e[0], []byte(e[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A backup from elsewhere cannot write where it likes, and one that is not whole
// writes nothing.
func TestRestoreWritesOnlyWhatIsKept(t *testing.T) {
	end := [2]string{"complete", "ok"}
	for name, entries := range map[string][][2]string{
		"upwards":       {{"kept/../../evil", "x"}, end},
		"absolute":      {{"kept//etc/evil", "x"}, end},
		"the folder":    {{"kept/.", "x"}, end},
		"roundabout":    {{"kept/email/../evil", "x"}, end},
		"without end":   {{"kept/email/mailboxes.db", "x"}},
		"twice the one": {{"kept/a", "x"}, {"kept/a", "y"}, end},
	} {
		t.Run(name, func(t *testing.T) {
			outside := t.TempDir()
			data := filepath.Join(outside, "data")
			if err := Restore(t.Context(), nil, data, archive(t, entries...)); err == nil {
				t.Error("it was restored")
			}
			_ = filepath.WalkDir(outside, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() && path != filepath.Join(data, "kept", "a") {
					t.Errorf("it wrote %s", path)
				}
				return err
			})
		})
	}
	data := t.TempDir()
	if err := Restore(t.Context(), nil, data, archive(t, [2]string{"kept/phone/files/a/b.csv", "lines"}, end)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(data, "kept", "phone", "files", "a", "b.csv")); err != nil || string(got) != "lines" {
		t.Errorf("%q, %v", got, err)
	}
	if err := noFiles(keptRoot(data)); err == nil {
		t.Error("a folder with kept files counts as empty")
	}
	if err := errors.Join(noFiles(t.TempDir()), noFiles(filepath.Join(t.TempDir(), "none"))); err != nil {
		t.Error(err)
	}
}

func TestKeptPathStaysBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"..", ".", "", "a", "b.db", "~", `\`, "kept"})).Draw(t, "parts")
		at, err := keptPath("/data", "kept/"+strings.Join(parts, "/"))
		if err == nil && !strings.HasPrefix(filepath.Clean(at), "/data/kept/") {
			t.Fatalf("%q leads to %s", parts, at)
		}
	})
}

// What is written to while it is copied has the length that was copied.
func TestAFileThatGrowsIsCopied(t *testing.T) {
	data := t.TempDir()
	path := filepath.Join(data, "kept", "phone", "files", "master.csv")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("line\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
		for err == nil {
			select {
			case <-stop:
				ended <- f.Close()
				return
			default:
				_, err = io.WriteString(f, "line\n")
			}
		}
		ended <- err
	}()
	to := target(filepath.Join(t.TempDir(), "backup"))
	for range 20 {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		files, err := keptInto(t.Context(), data, to, w)
		if err := errors.Join(err, w.Close()); err != nil || files != 1 {
			t.Errorf("%d files, %v", files, err)
		}
		r := tar.NewReader(&out)
		if h, err := r.Next(); err != nil || h.Name != "kept/phone/files/master.csv" || h.Size == 0 {
			t.Errorf("%+v, %v", h, err)
		}
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
