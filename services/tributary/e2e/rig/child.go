package rig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// AdminEmail and AdminPassword are those of the administrator whom every
// program here makes at its first start.
const (
	AdminEmail    = "root@example.test"
	AdminPassword = "correct horse battery"
)

// Server is where a program listens. HTTP and SMTP are host:port.
type Server struct {
	HTTP, SMTP string
	// Data is the program's folder.
	Data string
}

// URL is the address of a path at the program.
func (s *Server) URL(path string) string { return "http://" + s.HTTP + path }

var binary struct {
	once sync.Once
	path string
	err  error
}

// Binary is the program as an executable. It is built at the first call into a
// folder that outlives the test; call [Clean] from TestMain.
func Binary(t testing.TB) string {
	t.Helper()
	binary.once.Do(func() {
		dir, err := os.MkdirTemp("", "tributary-e2e-*")
		if err != nil {
			binary.err = err
			return
		}
		binary.path = filepath.Join(dir, "tributary")
		build := exec.Command("go", "build", "-o", binary.path, "github.com/tributary-inbox/tributary/services/tributary")
		if out, err := build.CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("build the program: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// Main runs the tests of a package, removes what Binary built, and returns the code
// to exit with.
func Main(m *testing.M) int {
	code := m.Run()
	if binary.path == "" {
		return code
	}
	if err := os.RemoveAll(filepath.Dir(binary.path)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Child is the program as a process of its own.
type Child struct {
	Server
	t     testing.TB
	flags []string
	cmd   *exec.Cmd
	ended chan error
	said  *Output
}

// Output is what a process wrote, both ways.
type Output struct {
	mu     sync.Mutex // guards all below
	buf    bytes.Buffer
	opened bool
	listen chan Server
	line   bytes.Buffer
}

// Write keeps p, and watches for the line that says where the program listens.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p)
	for _, c := range p {
		if c != '\n' {
			o.line.WriteByte(c)
			continue
		}
		var says struct{ Event, HTTP, SMTP string }
		if !o.opened && json.Unmarshal(o.line.Bytes(), &says) == nil && says.Event == "listening" {
			o.opened = true
			o.listen <- Server{HTTP: says.HTTP, SMTP: says.SMTP}
		}
		o.line.Reset()
	}
	return len(p), nil
}

// String is all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Start runs the program on a data folder and waits until it is ready. The
// flags come after those that every child has. It is killed when the test ends.
func Start(t testing.TB, data string, flags ...string) *Child {
	t.Helper()
	c := &Child{t: t, Server: Server{Data: data}, flags: flags}
	t.Cleanup(c.Kill)
	c.Start()
	return c
}

// Start starts the program again, at the addresses it had before.
func (c *Child) Start() {
	c.t.Helper()
	if err := c.TryStart(); err != nil {
		c.t.Fatal(err)
	}
}

// TryStart is Start with the failure as an error.
func (c *Child) TryStart() error {
	http, smtp := c.HTTP, c.SMTP
	if http == "" {
		// Of this process alone: while the program is down nobody else is given them.
		http, smtp = testkit.Address(c.t), testkit.Address(c.t)
		for smtp == http {
			smtp = testkit.Address(c.t)
		}
	}
	said := &Output{listen: make(chan Server, 1)}
	args := append([]string{"--data", c.Data, "--listen", http, "--smtp-listen", smtp, "--mail-dns", "off", "--log-format", "json"}, c.flags...)
	cmd := exec.Command(Binary(c.t), args...)
	cmd.Env = []string{"TRIBUTARY_ADMIN_EMAIL=" + AdminEmail, "TRIBUTARY_ADMIN_PASSWORD=" + AdminPassword, "TMPDIR=" + os.TempDir()}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the program: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	deadline := time.NewTimer(2 * Patience)
	defer deadline.Stop()
	select {
	case at := <-said.listen:
		if c.HTTP == "" { // later starts have the same addresses, which others read meanwhile
			c.HTTP, c.SMTP = at.HTTP, at.SMTP
		}
	case err := <-ended:
		return fmt.Errorf("the program ended at start: %w\n%s", errors.Join(err, errors.New("no error")), said)
	case <-deadline.C:
		return errors.Join(fmt.Errorf("the program is not ready after %v\n%s", 2*Patience, said), cmd.Process.Kill())
	}
	c.cmd, c.ended, c.said = cmd, ended, said
	return nil
}

// Kill ends the program as a power cut of the process would: SIGKILL, at once,
// nothing flushed. It does nothing when the program does not run.
func (c *Child) Kill() {
	if c.cmd == nil {
		return
	}
	// It may have ended by itself meanwhile; then there is nobody to kill.
	_ = c.cmd.Process.Kill()
	<-c.ended
	c.cmd = nil
}

// Stop asks the program to end (SIGTERM) and returns how it ended; nil means
// exit status 0. More than patience is an error.
func (c *Child) Stop(patience time.Duration) error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("ask the program to stop: %w", err)
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case err := <-c.ended:
		c.cmd = nil
		if err != nil {
			return fmt.Errorf("%w\n%s", err, c.said)
		}
		return nil
	case <-deadline.C:
		// Its goroutines say what it waits for.
		_ = c.cmd.Process.Signal(syscall.SIGQUIT)
		<-c.ended
		c.cmd = nil
		return fmt.Errorf("the program still runs after %v\n%s", patience, c.said)
	}
}

// Output is what the running program has written so far.
func (c *Child) Output() string { return c.said.String() }

// PID is the running program's process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Tool runs one of the program's commands on the folder and returns what it
// wrote; the error says that it did not exit with 0.
func (c *Child) Tool(words ...string) (string, error) {
	return Tool(c.t, append(words, "--data", c.Data)...)
}

// Tool runs one of the program's commands.
func Tool(t testing.TB, words ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(Binary(t), words...)
	cmd.Env = []string{"TMPDIR=" + os.TempDir()}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Healthy fails the test unless the program says that it is ready.
func (s *Server) Healthy(t testing.TB) {
	t.Helper()
	Eventually(t, s.TryHealthy)
}

// TryHealthy is Healthy with the failure as an error.
func (s *Server) TryHealthy() error {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(s.URL("/readyz"))
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz answers %d (%w)", resp.StatusCode, err)
	}
	conn, err := net.DialTimeout("tcp", s.SMTP, 5*time.Second)
	if err != nil {
		return err
	}
	greeting := make([]byte, 3)
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = conn.Read(greeting)
	if err := errors.Join(err, conn.Close()); err != nil || !strings.HasPrefix(string(greeting), "220") {
		return fmt.Errorf("smtp greets with %q (%w)", greeting, err)
	}
	return nil
}
