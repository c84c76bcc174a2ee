package imap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"go.uber.org/goleak"

	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// The server that the tests speak to never unlocks a connection that is cut
// while it writes a literal; what is ours must end.
func TestMain(m *testing.M) {
	testkit.NoLeaks(m, goleak.IgnoreAnyFunction("github.com/emersion/go-imap/v2/imapserver.(*Conn).serve"))
}

// mailserver is go-imap's own server on a port that stays the same while the
// server comes and goes.
type mailserver struct {
	t    *testing.T
	user *imapmemserver.User
	mem  *imapmemserver.Server
	opt  imapserver.Options
	addr string
	wrap func(net.Conn) net.Conn // what stands between, nil for nothing

	mu     sync.Mutex // guards what follows
	now    *imapserver.Server
	ended  chan struct{}
	logins int
}

func newMailserver(t *testing.T, adjust ...func(*mailserver)) *mailserver {
	t.Helper()
	s := &mailserver{t: t, mem: imapmemserver.New(), user: imapmemserver.NewUser("box", "secret")}
	if err := s.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	s.mem.AddUser(s.user)
	s.opt = imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s.mu.Lock()
			s.logins++
			s.mu.Unlock()
			return s.mem.NewSession(), nil, nil
		},
		Caps: goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}}, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	}
	for _, f := range adjust {
		f(s)
	}
	s.up()
	t.Cleanup(s.down)
	return s
}

type wrapped struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (w *wrapped) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err == nil && w.wrap != nil {
		c = w.wrap(c)
	}
	return c, err
}

func (s *mailserver) up() {
	s.t.Helper()
	address := s.addr
	if address == "" {
		address = "127.0.0.1:0"
	}
	var l net.Listener
	// While it was down somebody may have been lent its port.
	testkit.Eventually(s.t, time.Minute, func() (err error) { l, err = net.Listen("tcp", address); return err })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr = l.Addr().String()
	opt := s.opt
	s.now, s.ended = imapserver.New(&opt), make(chan struct{})
	go func(server *imapserver.Server, ended chan struct{}) {
		defer close(ended)
		_ = server.Serve(&wrapped{l, s.wrap})
	}(s.now, s.ended)
}

func (s *mailserver) down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return
	}
	_ = s.now.Close()
	<-s.ended
	s.now = nil
}

func (s *mailserver) put(n int, extra string) {
	s.t.Helper()
	s.append(letter(n)+extra, time.Now())
}

func (s *mailserver) append(mail string, at time.Time) {
	s.t.Helper()
	r := literal{bytes.NewReader([]byte(mail)), int64(len(mail))}
	if _, err := s.user.Append("INBOX", r, &goimap.AppendOptions{Time: at}); err != nil {
		s.t.Fatal(err)
	}
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

func letter(n int) string {
	return fmt.Sprintf("From: Jane <jane@example.org>\r\nTo: help@example.com\r\nSubject: Question %d\r\nMessage-ID: <m%d@example.org>\r\n\r\nNumber %d\r\n", n, n, n)
}

// desk is who takes what arrives.
type desk struct {
	mu   sync.Mutex // guards what follows
	got  []arrival.Arrival
	fail error
	why  []string
}

func (d *desk) deliver(_ context.Context, a arrival.Arrival) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil && (a.Mail != nil || !errors.Is(d.fail, ErrTooLarge)) {
		return d.fail
	}
	d.got = append(d.got, a)
	return nil
}

func (d *desk) refuse(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

func (d *desk) failed(_ context.Context, why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.why = append(d.why, why)
}

func (d *desk) heard(why string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.why, why)
}

// numbers are the mails that were taken, in order; a kept one is negative.
func (d *desk) numbers() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, a := range d.got {
		raw := ""
		if a.Kept != nil {
			raw = "-" + string(a.Kept.Raw)
			out = append(out, "-"+between(raw))
			continue
		}
		out = append(out, between(string(a.Mail.Raw)))
	}
	return strings.Join(out, " ")
}

func between(raw string) string {
	_, rest, _ := strings.Cut(raw, "Subject: Question ")
	n, _, _ := strings.Cut(rest, "\r\n")
	return n
}

// watching runs a watcher until stop is called; stop waits for its end.
func (s *mailserver) watching(d *desk, store *Store, adjust ...func(*Account, *Options)) (stop func()) {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	account := Account{Inbox: "in1", Secrets: Secrets{Password: "secret"}, Settings: Settings{Host: "127.0.0.1", TLS: "none", Username: "box", AllowPrivate: true}}
	if _, err := fmt.Sscan(port, &account.Settings.Port); err != nil {
		s.t.Fatal(err)
	}
	opt := Options{Store: store, Deliver: d.deliver, Failed: d.failed, Log: testkit.Logger(s.t), FirstPause: 5 * time.Millisecond, LastPause: 50 * time.Millisecond, Poll: 200 * time.Millisecond}
	for _, f := range adjust {
		f(&account, &opt)
	}
	if err := account.Settings.Check(account.Secrets); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); New(account, opt).Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(time.Minute):
			s.t.Error("the watcher did not stop")
		}
	})
	s.t.Cleanup(stop)
	return stop
}

func newStore(t *testing.T) *Store {
	t.Helper()
	store, err := OpenStore(filepath.Join(t.TempDir(), "marks.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
