// Package imapfake is a mailbox at a mail provider: a real IMAP server in memory
// with IDLE, into whose INBOX letters fall, and the relay beside it.
package imapfake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/tributary-inbox/tributary/services/email/imap"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
)

// User and Password sign in.
const (
	User     = "box"
	Password = "a mailbox's password"
)

// Fake is the provider.
type Fake struct {
	mailfake.Relay
	memory *imapmemserver.Server
	user   *imapmemserver.User

	mu      sync.Mutex // guards all below
	server  *imapserver.Server
	ended   chan struct{}
	port    int
	refuses bool
	logins  int
	reading bool // a mail's content was asked for, and no IDLE came since
}

// New makes a mailbox with an empty INBOX.
func New() *Fake {
	f := &Fake{memory: imapmemserver.New(), user: imapmemserver.NewUser(User, Password)}
	if err := f.user.Create("INBOX", nil); err != nil {
		panic(err) // it is empty
	}
	f.memory.AddUser(f.user)
	return f
}

// Name is "imap".
func (f *Fake) Name() string { return "imap" }

// Open serves the mailbox and the relay. A mailbox that was closed opens at the
// same port, with what is in it.
func (f *Fake) Open() error {
	f.mu.Lock()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", f.port))
	if err != nil {
		f.mu.Unlock()
		return fmt.Errorf("open a mailbox: %w", err)
	}
	f.port = listener.Addr().(*net.TCPAddr).Port
	f.server = imapserver.New(&imapserver.Options{
		NewSession: f.session, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
		Caps: goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}},
	})
	f.ended = make(chan struct{})
	server, ended := f.server, f.ended
	f.mu.Unlock()
	go func() { defer close(ended); _ = server.Serve(listener) }()
	return f.Relay.Open()
}

// Close ends both; the mail stays.
func (f *Fake) Close() error {
	f.mu.Lock()
	server, ended := f.server, f.ended
	f.server = nil
	f.mu.Unlock()
	if server != nil {
		_ = server.Close() // tells of connections that were open
		<-ended
	}
	return f.Relay.Close()
}

// Mailbox is the part of an inbox's settings that names the mailbox.
func (f *Fake) Mailbox() imap.Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return imap.Settings{Host: "127.0.0.1", Port: f.port, TLS: "none", Username: User, AllowPrivate: true}
}

// Settings fetch from the mailbox.
func (f *Fake) Settings(address string) (json.RawMessage, map[string]string) {
	return mailfake.Settings(f, &f.Relay, address, f.Mailbox()), map[string]string{"imap_password": Password, "relay_password": mailfake.Password}
}

// Tell puts a letter into the INBOX. The same letter put twice is two mails with
// one Message-ID, as happens with lists.
func (f *Fake) Tell(_ context.Context, _ string, l mailfake.Letter) error {
	return f.Put(l.Bytes(), time.Now())
}

// Put puts a mail into the INBOX that came at a moment.
func (f *Fake) Put(raw []byte, at time.Time) error {
	if _, err := f.user.Append("INBOX", sized{bytes.NewReader(raw), int64(len(raw))}, &goimap.AppendOptions{Time: at}); err != nil {
		return fmt.Errorf("put a mail: %w", err)
	}
	return nil
}

// Done reports whether whoever reads has gone back to waiting for mail after the
// last that it fetched: it has noted by then that it has that one.
func (f *Fake) Done() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.reading
}

func (f *Fake) read(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading = yes
}

// Refuse has the server refuse the password from the next attempt on, as after
// somebody changed it.
func (f *Fake) Refuse(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuses = yes
}

// Logins counts attempts to sign in.
func (f *Fake) Logins() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.logins
}

type sized struct {
	io.Reader
	size int64
}

// Size is that of the mail.
func (s sized) Size() int64 { return s.size }

func (f *Fake) session(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	return &session{f.memory.NewSession(), f}, nil, nil
}

// session is one connection.
type session struct {
	imapserver.Session
	fake *Fake
}

// Login signs in unless the password was changed.
func (s *session) Login(user, password string) error {
	s.fake.mu.Lock()
	s.fake.logins++
	refuses := s.fake.refuses
	s.fake.mu.Unlock()
	if refuses {
		return imapserver.ErrAuthFailed
	}
	return s.Session.Login(user, password)
}

// Fetch notes that the content of a mail is asked for.
func (s *session) Fetch(w *imapserver.FetchWriter, of goimap.NumSet, options *goimap.FetchOptions) error {
	if len(options.BodySection) > 0 {
		s.fake.read(true)
	}
	return s.Session.Fetch(w, of, options)
}

// Idle tells of what came, also of what came in the moment before: the library's
// own would keep that to itself until something else comes.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.fake.read(false)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
	}
}
