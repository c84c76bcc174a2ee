package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// standIn holds a data folder as a running program does, and answers at its
// control socket with what a test wants to be answered.
func standIn(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	data := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(data, "log", "jetstream"), 0o700))
	lock, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	must(t, err)
	t.Cleanup(func() { must(t, lock.Close()) })
	must(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	if answer == nil {
		return data
	}
	listener, err := net.Listen("unix", filepath.Join(data, "control.sock"))
	must(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := conn.Read(make([]byte, 4096)); err == nil { // the request has arrived
				answer(conn)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { must(t, listener.Close()); <-served })
	return data
}

// TestAToolBelievesOnlyAWord asks programs that die at the question, within their
// answer, or say something else. Only the word of what was asked for, and for a
// backup the file itself, makes the tool say 0.
//
// To see it fail: in house ask, do not compare what was done with what was asked.
func TestAToolBelievesOnlyAWord(t *testing.T) {
	says := func(text string) func(net.Conn) {
		return func(c net.Conn) { _, _ = io.WriteString(c, text) } // the tool may be gone
	}
	ok := func(body string) func(net.Conn) {
		return says(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	}
	for name, c := range map[string]struct {
		answer func(net.Conn)
		says   string
	}{
		"nobody listens": {nil, "it takes no questions"}, "it dies at the question": {says(""), "before it had answered"},
		"it dies within the head": {says("HTTP/1.1 200 O"), "before it had answered"}, "it dies within the body": {says("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"done\":"), "before it had answered"},
		"it dies within a chunk": {says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"do"), "before it had answered"},
		"rubbish":                {says("\x00\x01\x02\r\n\r\n"), "before it had answered"}, "an empty answer": {ok(""), "does not say"}, "an empty object": {ok("{}"), "does not say"},
		"nothing": {ok("null"), "does not say"}, "a page": {ok("<html>"), "does not say"}, "a word for another": {ok(`{"done":"tea","backup":{"Streams":9},"report":{}}`), "does not say"},
		"a word alone": {ok(`{"done":"verify"}`), "does not say"}, "no such road": {says("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"), "says: gone"},
		"it cannot": {says("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nthe disk!"), "says: the disk!"},
	} {
		t.Run(strings.ReplaceAll(name, " ", ""), func(t *testing.T) {
			data, file := standIn(t, c.answer), filepath.Join(t.TempDir(), "b")
			run(t, nil, "verify", "--data", data).want(t, 1, c.says)
			run(t, nil, "backup", file, "--data", data).want(t, 1, c.says)
			absent(t, file)
		})
	}
	data, file := standIn(t, ok(`{"done":"backup","backup":{"Streams":9,"Bytes":5}}`)), filepath.Join(t.TempDir(), "b")
	run(t, nil, "backup", file, "--data", data).want(t, 1, "elsewhere")
	must(t, os.WriteFile(file, []byte("other"), 0o600))
	run(t, nil, "backup", file, "--data", data).want(t, 0, "9 streams")
	must(t, os.WriteFile(file, []byte("another"), 0o600))
	run(t, nil, "backup", file, "--data", data).want(t, 1, "7 bytes")
	run(t, nil, "rebuild", "--data", data).want(t, 1, "stop the program first")
	run(t, nil, "restore", file, "--data", data).want(t, 1, "holds a log already")
}

// TestTheServerDiesUnderATool kills the program when the question has reached it
// and it has not answered.
//
// To see it fail: as TestToolsSayWhatHappened.
func TestTheServerDiesUnderATool(t *testing.T) {
	t.Parallel() // it mostly waits
	child := rig.Start(t, filepath.Join(t.TempDir(), "d"), "--log-level", "warn")
	file := filepath.Join(t.TempDir(), "b")
	for _, words := range [][]string{{"verify"}, {"backup", file}} {
		must(t, syscall.Kill(child.PID(), syscall.SIGSTOP)) // it lives and answers nobody
		got := make(chan ran, 1)
		go func() { got <- run(t, nil, append(words, "--data", child.Data)...) }()
		rig.Eventually(t, func() error { return connected(filepath.Join(child.Data, "control.sock")) })
		child.Kill()
		rig.Receive(t, "the end of "+words[0], got).want(t, 1, "before it had answered")
		absent(t, file)
		child.Start()
	}
	run(t, nil, "verify", "--data", child.Data).want(t, 0, "the books balance")
}

// connected is nil once somebody has a connection to a socket. /proc/net/unix lists
// each under the path of the listener, which alone is in state 01.
func connected(path string) error {
	text, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 8 && f[5] != "01" && f[7] == path {
			return nil
		}
	}
	return errors.New("nobody is connected to " + path)
}

// TestTheServerDiesInABackup kills the program while it writes a backup. What is
// left is no backup to anybody, and the next one takes it away.
//
// To see it fail: in house fill, write to the file's own name.
func TestTheServerDiesInABackup(t *testing.T) {
	t.Parallel() // it mostly waits
	child := rig.Start(t, filepath.Join(t.TempDir(), "d"), "--log-level", "warn")
	// A database that somebody else has open stops the backup in its middle.
	path := filepath.Join(child.Data, "kept", "zz", "held.db")
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	held, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	must(t, err)
	file := filepath.Join(t.TempDir(), "b")
	got := make(chan ran, 1)
	go func() { got <- run(t, nil, "backup", file, "--data", child.Data) }()
	rig.Eventually(t, func() error {
		info, err := os.Stat(file + ".partial")
		if err == nil && info.Size() == 0 {
			err = errors.New("nothing is written yet")
		}
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("others may read it: %v", info.Mode())
		}
		return err
	})
	child.Kill()
	rig.Receive(t, "the end of the backup", got).want(t, 1, "no backup is made")
	absent(t, file)
	if _, err := os.Stat(file + ".partial"); err == nil {
		run(t, nil, "restore", file+".partial", "--data", filepath.Join(t.TempDir(), "fresh")).want(t, 1, "not finished")
		must(t, os.Rename(file+".partial", file+".2"))
		run(t, nil, "restore", file+".2", "--data", filepath.Join(t.TempDir(), "fresh")).want(t, 1, "ends before its end")
	}
	must(t, os.WriteFile(file+".partial", []byte("left"), 0o600))
	must(t, os.WriteFile(file+".spool", []byte("left"), 0o600))
	must(t, held.Close())
	child.Start()
	run(t, nil, "backup", file, "--data", child.Data).want(t, 0, "streams")
	absent(t, file+".partial", file+".spool")
}
