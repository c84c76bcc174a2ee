package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// ran is what a tool printed, and what it exited with.
type ran struct {
	code int
	out  string
}

// run runs the program as a tool, with what it prints in one text unless stdout
// says otherwise.
func run(t *testing.T, stdout *os.File, words ...string) ran {
	t.Helper()
	cmd := exec.Command(rig.Binary(t), words...)
	cmd.Env = []string{"TMPDIR=" + filepath.Join(t.TempDir(), "none")} // nothing may need it
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if stdout != nil {
		cmd.Stdout = stdout
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Error(err) // it may be a goroutine's
		return ran{-1, err.Error()}
	}
	return ran{cmd.ProcessState.ExitCode(), out.String()}
}

func (r ran) want(t *testing.T, code int, words string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.out, words) {
		t.Errorf("it exited with %d and said %q, want %d and %q", r.code, r.out, code, words)
	}
}

func absent(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there (%v)", path, err)
		}
	}
}

// stored is a stopped program's folder with a few messages in its log, and a file
// of two random mebibytes among what is kept.
func stored(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "d")
	child := rig.Start(t, data, "--log-level", "warn")
	admin := child.Admin(t)
	shop := admin.Shop()
	for n := range 20 {
		child.Say(t, shop, rig.Said{ID: fmt.Sprint("m", n), Contact: rig.SaidBy{ID: "c"}, Text: "a word"})
	}
	admin.AwaitBook(shop.ID, rig.Book{Received: 20, Stored: 20})
	must(t, child.Stop(rig.Patience))
	big := filepath.Join(data, "kept", "phone", "files", "big.csv")
	must(t, os.MkdirAll(filepath.Dir(big), 0o700))
	noise := make([]byte, 2<<20)
	_, err := rand.Read(noise)
	must(t, err)
	must(t, os.WriteFile(big, noise, 0o600))
	return data
}

// TestToolsSayWhatHappened holds every tool to its word without a program that
// runs: 0 is said only of what was done, 1 of what was not, 2 of what was asked
// wrongly, never in silence, and what was refused has left nothing behind.
//
// To see it fail: in house eachEntry, return io.EOF of an empty file and have
// command.Main take it for a good end.
func TestToolsSayWhatHappened(t *testing.T) {
	t.Parallel() // it mostly waits
	data, dir := stored(t), t.TempDir()
	whole := filepath.Join(dir, "whole")
	run(t, nil, "backup", whole, "--data", data).want(t, 0, "kept files in")
	absent(t, whole+".partial", whole+".spool")
	run(t, nil, "verify", "--data", data).want(t, 0, "the books balance")
	fresh, file, none := filepath.Join(dir, "fresh"), filepath.Join(dir, "file"), filepath.Join(dir, "none")
	for _, c := range []struct {
		words string
		code  int
		says  string
	}{
		{"-h", 0, "tributary restore"}, {"help", 0, "tributary restore"}, {"backup -h", 0, "tributary backup <file>"}, {"simulate -h", 0, "-customers"}, {"bench --help", 0, "-short"},
		{"nope", 2, `no command "nope"`}, {"verify more", 2, "unexpected argument more"}, {"verify --nope", 2, "unknown flag --nope"}, {"simulate --nope", 2, "-nope"},
		{"simulate more", 2, `"more"`}, {"bench more", 2, `"more"`}, {"conformance --channel nope", 2, "--channel is one of"}, {"backup", 2, "<file>"}, {"restore --data " + fresh, 2, "<file>"},
		{"--config /dev/null", 2, "it is empty"}, {"verify --config " + none, 2, none}, {"--listen here", 2, "--listen"}, {"--smtp-relay relay", 2, "--smtp-relay"},
		{"--replicas 9", 2, "--replicas"}, {"--replicas many", 2, "--replicas"}, {"--zone Nowhere", 2, "--zone"}, {"--public-url inbox", 2, "--public-url"}, {"--mail-dns nope", 2, "--mail-dns"},
		{"--log-level loud", 2, "--log-level"}, {"--roles king", 2, "no role"}, {"--roles inbox", 2, "nats-url"}, {"--keep-inbound -1h", 2, "--keep-inbound"}, {"--smtp-cert x", 2, "--smtp-key"},
		{"verify --data " + fresh, 1, "there is no log"}, {"backup " + file + " --data " + fresh, 1, "there is no log"}, {"rebuild --data " + fresh, 1, "there is no log"},
		{"verify --data " + whole, 1, "not a directory"}, {"--data " + whole + "/x --listen 127.0.0.1:0 --smtp-listen 127.0.0.1:0", 1, "make the data folder"},
		{"verify --nats-url 127.0.0.1:1 --data " + fresh + "2", 1, "connect to nats"},
		{"restore " + none + " --data " + fresh, 1, "no such file"}, {"restore " + dir + " --data " + fresh, 1, "nothing is restored"}, {"restore " + whole + " --data " + data, 1, "holds a log already"},
		{"backup " + dir + " --data " + data, 1, "is a folder"}, {"backup " + none + "/x --data " + data, 1, "no such file or directory"}, {"backup " + whole + "/x --data " + data, 1, "not a directory"},
		{"backup " + data + "/kept/x --data " + data, 1, "elsewhere"}, {"simulate --email a@b.test --password 12345678 --url http://127.0.0.1:1 --smtp=", 1, "refused"},
		{"conformance --channel webhook-nope", 2, "--channel"}, {"conformance --channel telegram --url http://127.0.0.1:1/hooks/telegram/x", 1, "FAILS"},
	} {
		t.Run(c.words, func(t *testing.T) { run(t, nil, strings.Fields(c.words)...).want(t, c.code, c.says) })
	}
	absent(t, fresh, file, none)
	run(t, nil, "restore", whole, "--data", fresh).want(t, 0, "streams and")
	run(t, nil, "verify", "--data", fresh).want(t, 0, "the books balance")
	if was, err := os.ReadFile(filepath.Join(data, "kept", "phone", "files", "big.csv")); err != nil {
		t.Error(err)
	} else if is, err := os.ReadFile(filepath.Join(fresh, "kept", "phone", "files", "big.csv")); err != nil || !bytes.Equal(was, is) {
		t.Errorf("the kept file is not what it was (%v)", err)
	}
}

// TestWhatIsNoBackup gives restore files that are something else, or that a
// disk or a cable has changed.
//
// To see it fail: in house eachEntry, do not read behind the last entry.
func TestWhatIsNoBackup(t *testing.T) {
	t.Parallel() // it mostly waits
	data, dir := stored(t), t.TempDir()
	good := filepath.Join(dir, "good")
	run(t, nil, "backup", good, "--data", data).want(t, 0, "streams")
	text, err := os.ReadFile(good)
	must(t, err)
	flipped := bytes.Clone(text)
	flipped[len(flipped)/2] ^= 1
	sum := bytes.Clone(text)
	sum[len(sum)-8] ^= 1
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"empty": {nil, "it is empty"}, "text": {[]byte("this is no backup at all"), "does not begin as a backup does"}, "one byte": {text[:1], "does not begin"},
		"half": {text[:len(text)/2], "ends before its end"}, "without its last bytes": {text[:len(text)-4], "ends before its end"},
		"a changed bit": {flipped, "cannot be read whole"}, "a changed sum": {sum, "cannot be read whole"},
		"of a later program": {packed(t, "format", "99", "complete", "ok"), "later program"}, "without a log": {packed(t, "format", "1", "complete", "ok"), "no log"},
		"without an end": {packed(t, "format", "1"), "ends before its end"}, "of an odd format": {packed(t, "format", "new", "complete", "ok"), "format"},
		"left.partial": {text, "not finished"},
	} {
		t.Run(name, func(t *testing.T) {
			file, fresh := filepath.Join(t.TempDir(), name), filepath.Join(t.TempDir(), "fresh")
			must(t, os.WriteFile(file, c.body, 0o600))
			run(t, nil, "restore", file, "--data", fresh).want(t, 1, c.says)
			absent(t, fresh)
		})
	}
}

// packed is an archive of these names and texts.
func packed(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for i := 0; i < len(pairs); i += 2 {
		must(t, w.WriteHeader(&tar.Header{Name: pairs[i], Mode: 0o600, Size: int64(len(pairs[i+1]))}))
		_, err := io.WriteString(w, pairs[i+1])
		must(t, err)
	}
	must(t, errors.Join(w.Close(), zipped.Close()))
	return out.Bytes()
}

// TestToolsOnDisksThatRefuse has no room, or no right to write.
//
// To see it fail: in house restoreInto, do not leave the mark.
func TestToolsOnDisksThatRefuse(t *testing.T) {
	t.Parallel() // it mostly waits
	data := stored(t)
	good := filepath.Join(t.TempDir(), "good")
	run(t, nil, "backup", good, "--data", data).want(t, 0, "streams")

	small := smallDisk(t, 1<<20)
	run(t, nil, "backup", filepath.Join(small, "b"), "--data", data).want(t, 1, "no space left")
	if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
		t.Errorf("a backup that found no room left %v (%v)", left, err)
	}
	into := filepath.Join(small, "fresh")
	run(t, nil, "restore", good, "--data", into).want(t, 1, "did not come to its end")
	for _, words := range [][]string{{"serve", "--listen", "127.0.0.1:0", "--smtp-listen", "127.0.0.1:0"}, {"verify"}, {"backup", filepath.Join(t.TempDir(), "b")}, {"restore", good}} {
		if got := run(t, nil, append(words, "--data", into)...); got.code != 1 || !strings.Contains(got.out, "did not come to its end") && !strings.Contains(got.out, "there is no log") {
			t.Errorf("%s on half a log: %d %s", words[0], got.code, got.out)
		}
	}

	still := smallDisk(t, 1<<20)
	must(t, syscall.Mount("", still, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	run(t, nil, "backup", filepath.Join(still, "b"), "--data", data).want(t, 1, "read-only file system")
	run(t, nil, "restore", good, "--data", filepath.Join(still, "fresh")).want(t, 1, "read-only file system")
	run(t, nil, "--data", filepath.Join(still, "fresh"), "--listen", "127.0.0.1:0", "--smtp-listen", "127.0.0.1:0").want(t, 1, "read-only file system")

	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	must(t, err)
	t.Cleanup(func() { must(t, full.Close()) })
	run(t, full, "verify", "--data", data).want(t, 1, "no space left")

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, taken.Close()) })
	run(t, nil, "--data", data, "--listen", taken.Addr().String(), "--smtp-listen", "127.0.0.1:0").want(t, 1, "address already in use")
}
