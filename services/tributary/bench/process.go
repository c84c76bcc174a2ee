package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a process of this executable. Whoever starts one stops it; when the
// context ends it is asked to end, and killed if it does not.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	err   *tail
	ended chan struct{}
	cause error // set before ended is closed
}

// stopWait is how long a child may take to end by itself.
const stopWait = 30 * time.Second

func launch(ctx context.Context, environ []string, args ...string) (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this executable: %w", err)
	}
	c := &child{cmd: exec.CommandContext(ctx, exe, args...), err: &tail{}, ended: make(chan struct{})}
	c.cmd.Env = append([]string{"TMPDIR=" + os.TempDir()}, environ...) // nothing of the caller's settings
	c.cmd.Stderr, c.cmd.WaitDelay = c.err, stopWait
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	c.cmd.Stdout, c.out = w, bufio.NewReader(r)
	err = c.cmd.Start()
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", args[0], err), r.Close())
	}
	go func() {
		defer close(c.ended)
		c.cause = c.cmd.Wait()
	}()
	return c, nil
}

// stop asks the child to end and waits until it has.
func (c *child) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	kill := time.AfterFunc(stopWait, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	<-c.ended
	return c.wait()
}

// wait returns how the child ended, with the last of what it complained.
func (c *child) wait() error {
	<-c.ended
	if c.cause == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", c.cmd.Args[1], c.cause, c.err)
}

// server is a child that listens.
type server struct {
	*child
	http string
	took time.Duration // from its start to being ready
}

// listening waits for the line that says where.
func listening(c *child, began time.Time) (*server, error) {
	var at struct {
		Event string `json:"event"`
		HTTP  string `json:"http"`
	}
	for {
		line, err := c.out.ReadBytes('\n')
		if err != nil {
			return nil, errors.Join(errors.New("the server ended before it listened"), c.stop())
		}
		if json.Unmarshal(line, &at) == nil && at.Event == "listening" {
			break
		}
	}
	s := &server{child: c, http: at.HTTP, took: time.Since(began)}
	go func() { _, _ = io.Copy(io.Discard, c.out) }() // until the child ends
	return s, nil
}

// memory is the resident set in MiB, where the system tells it.
func (c *child) memory() (float64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	_, rest, found := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, false
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib / 1024, err == nil
}

// busy is the processor time used so far, in clock ticks of 10 ms.
func (c *child) busy() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	at := strings.LastIndexByte(string(text), ')') // the name before it may hold anything
	fields := strings.Fields(string(text[at+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

// quiet waits until the child does next to nothing, for at most two minutes.
func (c *child) quiet(ctx context.Context) {
	for still, seconds := 0, 0; still < restful && seconds < 240; seconds++ {
		before := c.busy()
		if !pause(ctx, time.Second) {
			return
		}
		if still++; c.busy()-before > 4 {
			still = 0
		}
	}
}

// restful is for how many seconds in a row a program does next to nothing when it
// has nothing to do: the search index rests for one between two batches.
const restful = 3

// pause reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex // guards text
	text []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text) - tailBytes; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
