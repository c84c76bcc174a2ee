package mailfake

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// User and Password are what every relay asks for.
const (
	User     = "apikey"
	Password = "a relay's password"
)

// Relay is a provider's SMTP submission server. It behaves as fake.Mode says:
// Down hangs up before it greets, Slow waits before it takes, Garbage answers
// the final dot with what is no reply, Swallow takes and hangs up, Limited and
// Broken answer 451 before and after the mail, Dead refuses the password. Open
// and Close it; State is filled by it.
type Relay struct {
	fake.Server

	mu     sync.Mutex // guards all below
	server *smtp.Server
	port   int
	ended  chan struct{}
	taken  []Taken
	last   atomic.Int64
}

// Taken is a mail that the relay took, by the names a report calls it.
type Taken struct {
	ID        string // the relay's own
	MessageID string // the header's, bare
	From, To  string
	Raw       []byte
}

// Open begins to serve on a free port of loopback.
func (r *Relay) Open() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open a relay: %w", err)
	}
	server := smtp.NewServer(smtp.BackendFunc(r.session))
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "relay.example", true, true
	server.ErrorLog = silent{}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(&moody{listener, r}) }()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server, r.ended, r.port = server, ended, listener.Addr().(*net.TCPAddr).Port
	return nil
}

// Close ends the relay and waits for it. One that was never opened is closed.
func (r *Relay) Close() error {
	r.mu.Lock()
	server, ended := r.server, r.ended
	r.server = nil
	r.mu.Unlock()
	client.CloseIdleConnections()
	if server == nil {
		return nil
	}
	err := server.Close()
	<-ended
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// Settings are the part of an inbox's settings that names the relay; its
// password goes among the secrets.
func (r *Relay) Settings() map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return map[string]any{"host": "127.0.0.1", "port": r.port, "tls": "none", "username": User}
}

// Taken lists the mails that were taken, in order.
func (r *Relay) Taken() []Taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Taken(nil), r.taken...)
}

// State is the part that all fakes share.
func (r *Relay) State() *fake.Server { return &r.Server }

// silent keeps connections that end badly out of the log: here they are meant.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// moody hangs up on clients while the relay is down.
type moody struct {
	net.Listener
	relay *Relay
}

// Accept passes on clients that are served.
func (m *moody) Accept() (net.Conn, error) {
	for {
		conn, err := m.Listener.Accept()
		if err != nil || m.relay.Mode() != fake.Down {
			return conn, err
		}
		_ = conn.Close()
	}
}

type session struct {
	relay  *Relay
	conn   *smtp.Conn
	signed bool
	now    Taken
}

func (r *Relay) session(c *smtp.Conn) (smtp.Session, error) { return &session{relay: r, conn: c}, nil }

// AuthMechanisms is PLAIN.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks user and password.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.relay.Mode() == fake.Dead || user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		s.signed = true
		return nil
	}), nil
}

// Reset forgets the envelope.
func (s *session) Reset() { s.now = Taken{} }

// Logout has nothing to release.
func (s *session) Logout() error { return nil }

var (
	errLimited = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "too many messages, slow down"}
	errBroken  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "requested action aborted: local error"}
)

// Mail opens an envelope for whom has signed in.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	switch {
	case !s.signed:
		return smtp.ErrAuthRequired
	case s.relay.Mode() == fake.Limited:
		return errLimited
	}
	s.now = Taken{From: from}
	return nil
}

// Rcpt takes every recipient; reports name the first.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.now.To == "" {
		s.now.To = to
	}
	return nil
}

// Data takes a mail, as the mode has it.
func (s *session) Data(in io.Reader) error {
	raw, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	r := s.relay
	switch r.Mode() {
	case fake.Broken:
		return errBroken
	case fake.Garbage:
		_, _ = s.conn.Conn().Write([]byte("<html>{]\r\n")) // whoever is there will wonder
		_ = s.conn.Conn().Close()
		return errBroken
	case fake.Swallow:
		r.take(s.now, raw)
		_ = s.conn.Conn().Close()
		return errBroken
	case fake.Slow:
		delay := r.Delay
		if delay == 0 {
			delay = 5 * time.Second
		}
		timer := time.NewTimer(delay)
		defer timer.Stop()
		<-timer.C
	}
	id := r.take(s.now, raw)
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "Ok: queued as " + id}
}

func (r *Relay) take(t Taken, raw []byte) string {
	m := mailparse.Parse(raw, mailparse.Options{})
	t.ID, t.MessageID, t.Raw = fmt.Sprintf("relay-%d", r.last.Add(1)), m.MessageID, raw
	sent := fake.Sent{ID: t.ID, To: t.To, Text: strings.TrimSpace(m.Text)}
	for _, f := range m.Attachments {
		sent.Files = append(sent.Files, f.Name)
	}
	r.mu.Lock()
	r.taken = append(r.taken, t)
	r.mu.Unlock()
	r.Keep(sent)
	return t.ID
}
